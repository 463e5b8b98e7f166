"""Noise as data: all the randomness of path p is a function of (seed, p) alone.

Paths are drawn in blocks of a fixed size. Within a block each stream has a generator of its own, keyed by the seed,
the stream's *name* and the block's number, so that adding a driver or a trigger changes no other draw. A stream is
a stack of layers, one number per path in each: layer n is the n-th tick of a driver, or the n-th event of a trigger.
Layers are drawn in order, so a deeper stack holds the shallower one unchanged.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from frenemy.arrays import Floats, Ints
from frenemy.simulation.compile.compile import Compiled

__all__ = ["BLOCK", "FOLLOW_UP", "OWN", "Layout", "Rows", "Stream", "draw", "generator", "layout", "occurrence_streams"]

BLOCK = 1024
"""Paths in a block."""
OWN, FOLLOW_UP = 0, 1
"""An event is its trigger's own, or it followed from another or was imposed. The two kinds are numbered separately."""

Distribution = Literal["normal", "exponential", "uniform"]


@dataclass(frozen=True, slots=True)
class Stream:
    """Layers of one distribution. `trigger` and `kind` say whose events number the layers; -1: a fixed number."""

    name: str
    distribution: Distribution
    trigger: int = -1
    kind: int = -1
    layers: int = 1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Layout:
    """Which streams a compiled model needs, and where it finds them: indices into `streams`, -1 where none is needed.

    First axis of the arrays of event draws: OWN, FOLLOW_UP.
    """

    streams: tuple[Stream, ...]
    drivers: Ints  # (D,)
    calendar: Ints  # (C,)
    clock: Ints  # (K,)
    severity: Ints  # (2, K)
    duration: Ints  # (2, K)
    chance: Ints  # (2, links)
    delay: Ints  # (2, links)
    remaining: Ints  # (running episodes,)
    occurrence: Ints  # (occurrences,) three layers: the day, the cause, the moment within the day


class Rows(NamedTuple):
    """First row of each stream in the block's noise, -1 where there is none; `depth` is (2, K), layers drawn."""

    drivers: Ints
    calendar: Ints
    clock: Ints
    severity: Ints
    duration: Ints
    chance: Ints
    delay: Ints
    remaining: Ints
    occurrence: Ints
    depth: Ints


def generator(seed: int, name: str, block: int) -> np.random.Generator:
    """The generator of one stream in one block."""
    words = np.frombuffer(hashlib.sha256(name.encode()).digest(), dtype="<u4")
    key = (*(int(word) for word in words[:4]), block)
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence(seed, spawn_key=key)))


def draw(stream: Stream, seed: int, block: int, out: Floats) -> None:
    """Fill `out`, (layers, BLOCK), with the stream's first layers in a block."""
    source = generator(seed, stream.name, block)
    match stream.distribution:
        case "normal":
            source.standard_normal(out=out)
        case "exponential":
            source.standard_exponential(out=out)
        case "uniform":
            source.random(out=out)


def layout(compiled: Compiled, *others: Compiled) -> Layout:
    """The streams that a compiled model reads, or any of these draws of it."""
    streams: list[Stream] = []
    models = (compiled, *others)
    severe = np.any([model.triggers.severity_sigma > 0 for model in models], axis=0)
    lasts = np.any([model.triggers.duration_sigma > 0 for model in models], axis=0)
    delayed = np.any([model.links.delay_sigma > 0 for model in models], axis=0)

    def add(name: str, distribution: Distribution, trigger: int = -1, kind: int = -1, layers: int = 1) -> int:
        streams.append(Stream(name, distribution, trigger, kind, layers))
        return len(streams) - 1

    links = compiled.links
    followed = {int(k) for k in (*links.target, *compiled.observations.trigger)} | {k for k, _ in compiled.imposed}
    n_triggers, n_links = len(compiled.trigger_names), len(links.target)
    clock = np.full(n_triggers, -1, dtype=np.int64)
    severity, duration = (np.full((2, n_triggers), -1, dtype=np.int64) for _ in range(2))
    chance, delay = (np.full((2, n_links), -1, dtype=np.int64) for _ in range(2))
    drivers = [add(f"driver/{name}", "normal", layers=compiled.ticks) for name in compiled.drivers]
    calendar = [add(f"calendar/{name}", "uniform") for name in compiled.calendar_names]
    for k, name in enumerate(compiled.trigger_names):
        clock[k] = add(f"trigger/{name}/clock", "exponential", k, OWN)
        for kind, prefix in ((OWN, f"trigger/{name}"), (FOLLOW_UP, f"trigger/{name}/follow_up")):
            if kind == FOLLOW_UP and k not in followed:
                continue
            if severe[k]:
                severity[kind, k] = add(f"{prefix}/severity", "normal", k, kind)
            if lasts[k]:
                duration[kind, k] = add(f"{prefix}/duration", "normal", k, kind)
            for link in range(links.start[k], links.start[k + 1]):
                target = compiled.trigger_names[links.target[link]]
                chance[kind, link] = add(f"{prefix}/leads_to/{target}/chance", "uniform", k, kind)
                if delayed[link]:
                    delay[kind, link] = add(f"{prefix}/leads_to/{target}/delay", "normal", k, kind)
    remaining = [
        add(f"trigger/{compiled.trigger_names[k]}/remaining", "normal")
        if any(model.running[i][2] > 0 for model in models)
        else -1
        for i, (k, _, _) in enumerate(compiled.running)
    ]
    occurrence = [add(name, "uniform", layers=3) for name in occurrence_streams(compiled)]
    return Layout(
        streams=tuple(streams),
        drivers=np.array(drivers, dtype=np.int64),
        calendar=np.array(calendar, dtype=np.int64),
        clock=clock,
        severity=severity,
        duration=duration,
        chance=chance,
        delay=delay,
        remaining=np.array(remaining, dtype=np.int64),
        occurrence=np.array(occurrence, dtype=np.int64),
    )


def occurrence_streams(compiled: Compiled) -> list[str]:
    """The names of the streams of observed occurrences, in their order."""
    names, seen = [], dict[str, int]()
    for k, first in zip(compiled.observations.trigger, compiled.observations.first, strict=True):
        name = f"trigger/{compiled.trigger_names[k]}/observed/{first}"
        seen[name] = seen.get(name, 0) + 1
        names.append(f"{name}/{seen[name]}")
    return names
