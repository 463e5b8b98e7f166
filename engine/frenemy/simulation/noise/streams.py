"""Noise as data: all the randomness of path p is a function of (seed, p) alone.

Streams are keyed by the seed and their *names*, so that adding a driver or a trigger changes no other draw. There are
two kinds:

- What every path reads comes in blocks of paths of a fixed size: the normals of each driver, one layer a tick, and the
  uniforms of the calendar. Within a block each stream has a generator of its own, keyed by the block's number too.
- The marks of events are drawn when an event asks for them: stream, path and number of the event are the key and the
  counter of NumPy's Philox generator (`frenemy.simulation.ensemble.kernel.marks`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from frenemy.arrays import Floats, Ints
from frenemy.simulation.compile.compile import Compiled

__all__ = [
    "BLOCK", "FOLLOW_UP", "OWN", "Keys", "Layout", "Marks", "Rows", "Stream", "draw", "generator", "keys", "layout",
    "occurrence_streams",
]  # fmt: skip

BLOCK = 1024
"""Paths in a block."""
OWN, FOLLOW_UP = 0, 1
"""An event is its trigger's own, or it followed from another or was imposed. The two kinds are numbered separately."""

Distribution = Literal["normal", "uniform"]
Keys = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Stream:
    """Layers of one distribution, one number per path in each."""

    name: str
    distribution: Distribution
    layers: int = 1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Layout:
    """Which streams a compiled model needs, and where it finds them: indices into `streams`, -1 where none is needed.

    The streams of marks have names only: of each kind of event first those of OWN, then those of FOLLOW_UP.
    """

    streams: tuple[Stream, ...]
    drivers: Ints  # (D,)
    calendar: Ints  # (C,)
    remaining: Ints  # (running episodes,)
    occurrence: Ints  # (occurrences,) three layers: the day, the cause, the moment within the day
    events: tuple[str, ...]  # (2 K,) marks of the events of each trigger
    links: tuple[str, ...]  # (2 links,) marks of the follow-ups of each link


class Rows(NamedTuple):
    """First row of each stream in the block's noise, -1 where there is none."""

    drivers: Ints
    calendar: Ints
    remaining: Ints
    occurrence: Ints


class Marks(NamedTuple):
    """What the marks of the events of some paths are a function of, beside the number of the event."""

    event: Keys  # (2, K, 2) key of each stream
    link: Keys  # (2, links, 2)
    path: Keys  # (paths,) number of each path
    pace: Floats  # (K, paths) by which a clock's unit exponentials are divided; (0, 0): 1 everywhere


def generator(seed: int, name: str, block: int) -> np.random.Generator:
    """The generator of one stream in one block."""
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence(seed, spawn_key=(*_words(name), block))))


@lru_cache(maxsize=64)
def keys(seed: int, names: tuple[str, ...]) -> Keys:
    """(names, 2) the key of each stream of marks; the same for all paths."""
    found = [np.random.SeedSequence(seed, spawn_key=_words(name)).generate_state(2, np.uint64) for name in names]
    return np.array(found, dtype=np.uint64).reshape(-1, 2)


def _words(name: str) -> tuple[int, ...]:
    words = np.frombuffer(hashlib.sha256(name.encode()).digest(), dtype="<u4")
    return tuple(int(word) for word in words[:4])


def draw(stream: Stream, seed: int, block: int, out: Floats) -> None:
    """Fill `out`, (layers, BLOCK), with the stream's first layers in a block."""
    source = generator(seed, stream.name, block)
    if stream.distribution == "normal":
        source.standard_normal(out=out)
    else:
        source.random(out=out)


def layout(compiled: Compiled, *others: Compiled) -> Layout:
    """The streams that a compiled model reads, or any of these draws of it."""
    streams: list[Stream] = []
    models, names = (compiled, *others), compiled.trigger_names

    def add(name: str, distribution: Distribution, layers: int = 1) -> int:
        streams.append(Stream(name, distribution, layers))
        return len(streams) - 1

    drivers = [add(f"driver/{name}", "normal", layers=compiled.ticks) for name in compiled.drivers]
    calendar = [add(f"calendar/{name}", "uniform") for name in compiled.calendar_names]
    remaining = [
        add(f"trigger/{names[k]}/remaining", "normal") if any(model.running[i][2] > 0 for model in models) else -1
        for i, (k, _, _) in enumerate(compiled.running)
    ]
    occurrence = [add(name, "uniform", layers=3) for name in occurrence_streams(compiled)]
    of_kind = [[f"trigger/{name}{suffix}" for name in names] for suffix in ("", "/follow_up")]
    return Layout(
        streams=tuple(streams),
        drivers=np.array(drivers, dtype=np.int64),
        calendar=np.array(calendar, dtype=np.int64),
        remaining=np.array(remaining, dtype=np.int64),
        occurrence=np.array(occurrence, dtype=np.int64),
        events=tuple(name for kind in of_kind for name in kind),
        links=tuple(
            f"{kind[source]}/leads_to/{names[target]}" for kind in of_kind for source, target in _links(compiled)
        ),
    )


def _links(compiled: Compiled) -> Iterator[tuple[int, int]]:
    """Source and target of each link."""
    start, target = compiled.links.start, compiled.links.target
    for source in range(len(compiled.trigger_names)):
        for link in range(start[source], start[source + 1]):
            yield source, int(target[link])


def occurrence_streams(compiled: Compiled) -> list[str]:
    """The names of the streams of observed occurrences, in their order."""
    names, seen = [], dict[str, int]()
    for k, first in zip(compiled.observations.trigger, compiled.observations.first, strict=True):
        name = f"trigger/{compiled.trigger_names[k]}/observed/{first}"
        seen[name] = seen.get(name, 0) + 1
        names.append(f"{name}/{seen[name]}")
    return names
