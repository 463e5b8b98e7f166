"""Compiled models as the kernel reads them: one model, or the outer draws that have paths in a block.

A kernel that runs one draw after the other spends most of its time between them when each has few paths. So the draws
of a block run together. What the loops over paths read is laid out by path; what only events read, by draw.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

import numpy as np

from frenemy.arrays import Bools, Floats, Ints
from frenemy.simulation.compile.compile import Compiled
from frenemy.simulation.ensemble.kernel.state import InitialEvents, Law, Motion, Used

__all__ = ["law_of", "law_of_draws", "laws_beside", "varies"]

BY_PATH = {
    "motion": ("phi", "anchor_in", "scar_in", "heal", "shock", "level", "scar", "anchor"),
    "triggers": ("intercept", "slope", "shift", "on_end"),
    "pairs": ("keep",),
    "programs": ("value",),
    "rules": ("ticks",),
}
"""Numbers that the loops over paths read."""
BY_DRAW = {
    "triggers": ("cooldown", "effect", "lasting", "severity_sigma", "duration", "duration_sigma"),
    "links": ("chance", "delay", "delay_sigma"),
    "pairs": ("jump",),
    "calendar": ("cumulative", "effect", "lasting", "shift", "log_factor"),
    "initial": ("running_median", "running_sigma"),
}
"""Numbers that only events and dates read."""


def varies(part: str, name: str) -> bool:
    """Whether a field of this part of a law is a number, which may differ from draw to draw."""
    return name in BY_PATH.get(part, ()) or name in BY_DRAW.get(part, ())


def law_of(compiled: Compiled) -> Law:
    """One compiled model."""
    move, triggers = compiled.transition, compiled.triggers
    limited = (triggers.cooldown > 0) | (triggers.max_count < np.inf) | (triggers.episode == 1)
    return Law(
        ticks=compiled.ticks,
        tick=compiled.tick,
        year=compiled.year,
        motion=Motion(
            phi=_tidy(move.phi),
            anchor_in=_tidy(move.anchor),
            scar_in=_tidy(move.scar),
            heal=_tidy(move.heal),
            shock=_tidy(move.shock),
            level=compiled.level,
            scar=compiled.scar,
            anchor=compiled.anchor,
        ),
        triggers=triggers,
        links=compiled.links,
        pairs=compiled.pairs,
        calendar=compiled.calendar,
        programs=compiled.programs,
        rules=compiled.rules,
        initial=InitialEvents(
            imposed_trigger=np.array([k for k, _ in compiled.imposed], dtype=np.int64),
            imposed_time=np.array([time for _, time in compiled.imposed], dtype=np.float64),
            running_trigger=np.array([k for k, _, _ in compiled.running], dtype=np.int64),
            running_median=np.array([median for _, median, _ in compiled.running], dtype=np.float64),
            running_sigma=np.array([sigma for _, _, sigma in compiled.running], dtype=np.float64),
        ),
        observations=compiled.observations,
        used=Used(
            slope=triggers.slope != 0,
            gate=limited,
            shift=triggers.shift != 0,
            on_end=triggers.on_end != 0,
            motion=(move.phi != 0) | (move.anchor != 0) | (move.scar != 0),
            shock=_tidy(move.shock) != 0,
        ),
        draw=0,
    )


def laws_beside(models: Sequence[Compiled]) -> Law:
    """Draws of one model, each number with a last axis over them."""
    laws = [law_of(model) for model in models]
    numbers = {part: (*BY_PATH.get(part, ()), *BY_DRAW.get(part, ())) for part in (*BY_PATH, *BY_DRAW)}
    whole = _with(laws[0], numbers, lambda part, name: _beside(laws, f"{part}.{name}"))
    changes = _beside(laws, "calendar.changes").any(axis=-1)
    used = Used(*(_beside(laws, f"used.{name}").any(axis=-1) for name in Used._fields))
    return whole._replace(calendar=whole.calendar._replace(changes=changes), used=used)


def law_of_draws(beside: Law, draws: slice, paths: Ints) -> Law:
    """Some of the draws beside each other, of which each has so many paths, (draws,), one after the other."""
    draw = np.repeat(np.arange(len(paths)), paths)
    by_path = draw + draws.start
    law = _with(beside, BY_PATH, lambda part, name: _numbers(beside, part, name).take(by_path, axis=-1))
    law = _with(law, BY_DRAW, lambda part, name: _tidy(_numbers(beside, part, name)[..., draws]))
    return law._replace(draw=draw)


def _with(law: Law, parts: Any, change: Any) -> Law:
    """The law with other numbers in these fields of these parts."""
    changed = {
        part: getattr(law, part)._replace(**{name: change(part, name) for name in names})
        for part, names in parts.items()
    }
    return law._replace(**changed)


def _numbers(law: Law, part: str, name: str) -> Any:
    return getattr(getattr(law, part), name)


def _beside(laws: Sequence[Law], name: str) -> Any:
    """The arrays of this name with a last axis over the laws."""
    read = attrgetter(name)
    return np.stack([read(law) for law in laws], axis=-1)


def _tidy(array: Floats | Bools) -> Any:
    return np.ascontiguousarray(array)
