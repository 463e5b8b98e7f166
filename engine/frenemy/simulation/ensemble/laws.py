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

__all__ = ["law_of", "law_of_draws", "laws_beside", "of_paths", "varies"]

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
RUNNING = ("running_trigger", "running_median", "running_sigma")
"""What a compiled model says of each episode that runs at the start."""
OF_COMPILED = {
    "phi": "transition.phi",
    "anchor_in": "transition.anchor",
    "scar_in": "transition.scar",
    "heal": "transition.heal",
    "shock": "transition.shock",
}
"""Numbers of the motion that have another place in a compiled model."""
NOTHING_USED = Used(*(np.zeros((0, 0), dtype=np.bool_) for _ in Used._fields))


def varies(part: str, name: str) -> bool:
    """Whether a field of this part of a law is a number, which may differ from draw to draw."""
    return name in BY_PATH.get(part, ()) or name in BY_DRAW.get(part, ())


def law_of(compiled: Compiled) -> Law:
    """One compiled model."""
    move = compiled.transition
    law = Law(
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
        triggers=compiled.triggers,
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
        used=NOTHING_USED,
        draw=0,
    )
    return law._replace(used=_used(law))


def laws_beside(models: Sequence[Compiled]) -> Law:
    """Draws of one model, each number with a last axis over them."""
    law = _with(law_of(models[0]), BY_PATH, lambda part, name: _beside(models, part, name))
    law = _with(law, BY_DRAW, lambda part, name: _beside(models, part, name))
    changes = (law.calendar.log_factor != 0).any(axis=(0, 1, 3))
    return law._replace(calendar=law.calendar._replace(changes=changes), used=_used(law))


def _used(law: Law) -> Used:
    """What does anything, from numbers with or without an axis over draws."""
    triggers, motion = law.triggers, law.motion

    def anywhere(numbers: Floats, axes: int) -> Bools:
        return np.asarray((numbers != 0).any(axis=tuple(range(axes, numbers.ndim))))

    return Used(
        slope=anywhere(triggers.slope, 2),
        gate=anywhere(triggers.cooldown, 1) | (triggers.max_count < np.inf) | (triggers.episode == 1),
        shift=anywhere(triggers.shift, 2),
        on_end=anywhere(triggers.on_end, 2),
        motion=anywhere(motion.phi, 2) | anywhere(motion.anchor_in, 2) | anywhere(motion.scar_in, 2),
        shock=anywhere(motion.shock, 2),
    )


def of_paths(number: Floats, law: Law) -> Floats:
    """A number that only events read, of each path: one number for all, or (paths,) from one for each draw."""
    return number[law.draw] if np.ndim(number) else number


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


def _beside(models: Sequence[Compiled], part: str, name: str) -> Any:
    """A number of all models, with a last axis over them."""
    if part == "initial":
        place = RUNNING.index(name)
        values = [[episode[place] for episode in model.running] for model in models]
    else:
        read = attrgetter(OF_COMPILED.get(name, name) if part == "motion" else f"{part}.{name}")
        values = [read(model) for model in models]
    return _tidy(np.moveaxis(np.array(values), 0, -1))


def _tidy(array: Floats | Bools) -> Any:
    return np.ascontiguousarray(array)
