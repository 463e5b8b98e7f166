"""Multilevel splitting: the probability of what hardly ever happens, from paths that multiply as they come near it.

A score says how near a path is. Levels of the score are climbed one after the other: a path that reaches a level for
the first time is replaced by several copies of itself, each going on by its own luck from there, each with its share
of the weight. A path that reaches several levels at once is multiplied for all of them. The mean weight that arrives
is an unbiased estimate of the probability, whatever the levels and the numbers of copies are, so long as they are
chosen beforehand (fixed splitting: Villén-Altamirano 1991; Garvels 2000, The splitting method in rare event simulation;
L'Ecuyer, Demers and Tuffin 2007, ACM TOMACS 17(2)). The trees of different roots are independent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from frenemy.arrays import Floats, Ints
from frenemy.studies.rare.genealogy import HIT, LOST, Genealogy, Levels

__all__ = ["Population", "split_paths"]


CROWD = 16
"""Times as many paths as there were roots, beyond which a population is thinned out at random."""
SPARSE = 0.3
"""Share of places with a path below which the others are given up."""


class Population(Protocol):
    """Paths that go through time together, each in a place."""

    ticks: int

    @property
    def size(self) -> int:
        """How many places there are."""

    def advance(self) -> None:
        """Simulate one tick."""

    def score(self) -> Floats:
        """(size,) how near each path is; HIT and LOST at the ends."""

    def ratio(self, places: Ints) -> Floats:
        """(places,) likelihood of what happened under the law over that under which it was simulated; 1 if the same."""

    def arrived(self, places: Ints, weight: Floats) -> None:
        """Hear which paths are there, and what each weighs."""

    def spread(self, source: Ints, target: Ints) -> None:
        """Put copies of the paths in the places `source` into the places `target`, to go on by luck of their own."""

    def arrange(self, index: Ints) -> None:
        """Have as many places as `index`, with the paths of those places. What stands twice is to be overwritten."""


@dataclass(slots=True, eq=False)
class _Branches:
    """What is known of the path in each place; a place is free where no path is alive."""

    root: Ints
    weight: Floats
    level: Ints
    best: Floats
    alive: NDArray[np.bool_]

    @classmethod
    def from_roots(cls, roots: int) -> _Branches:
        """One path for each root."""
        zeros, all_alive = np.zeros(roots, dtype=np.int64), np.ones(roots, dtype=np.bool_)
        return cls(np.arange(roots), np.ones(roots), zeros, np.full(roots, LOST), all_alive)

    def ends(self, places: Ints, population: Population) -> tuple[Ints, Floats, Floats, Floats]:
        """Roots, weights, ratios and best scores of paths that end."""
        return self.root[places], self.weight[places], population.ratio(places), self.best[places]

    def spread(self, source: Ints, target: Ints) -> None:
        """Copies of the paths at `source` in the places `target`."""
        for values in (self.root, self.weight, self.level, self.best):
            values[target] = values[source]
        self.alive[target] = True

    def arrange(self, index: Ints, alive: int) -> None:
        """The places `index`; only the first `alive` of them hold a path."""
        self.root, self.weight, self.level = self.root[index], self.weight[index], self.level[index]
        self.best, self.alive = self.best[index], np.arange(len(index)) < alive


def split_paths(population: Population, ladder: Levels, rng: np.random.Generator) -> Genealogy:
    """Let a population of roots, not yet advanced, climb a ladder to the end of its time.

    A number of copies that is not whole is rounded up or down at random, so that its mean is right. Where paths become
    too many, some are dropped at random and the others weigh more, which leaves the estimate unbiased too.
    """
    roots = population.size
    branches = _Branches.from_roots(roots)
    hits: list[tuple[Ints, Ints, Floats]] = []
    ends: list[tuple[Ints, Floats, Floats, Floats]] = []
    work = 0
    for tick in range(population.ticks):
        population.advance()
        work += population.size
        score = np.where(branches.alive, population.score(), LOST)
        branches.best = np.maximum(branches.best, score)
        hit = np.flatnonzero(score == HIT)
        over = np.flatnonzero(branches.alive & ((score == HIT) | (score == LOST)))
        if len(hit):
            counts = branches.weight[hit] * population.ratio(hit)
            hits.append((branches.root[hit], np.full(len(hit), tick), counts))
            population.arrived(hit, counts)
        if len(over):
            ends.append(branches.ends(over, population))
        branches.alive[over] = False
        source = _split(branches, score, ladder, rng)
        source = _thinned(branches, source, CROWD * roots, rng)
        if not branches.alive.any():
            break
        if len(source):
            _make_room(population, branches, len(source))
            target = np.flatnonzero(~branches.alive)[: len(source)]
            population.spread(source, target)
            branches.spread(source, target)
        elif branches.alive.sum() < SPARSE * population.size:
            _close_ranks(population, branches)
    ends.append(branches.ends(np.flatnonzero(branches.alive), population))
    return _trees(roots, population.ticks, work, hits, ends)


def _split(branches: _Branches, score: Floats, ladder: Levels, rng: np.random.Generator) -> Ints:
    """Share the weight of the paths that are higher than ever; returns whom to copy, as often as needed."""
    total = ladder.total()
    reached = np.searchsorted(np.asarray(ladder.at), score, side="right")
    rising = np.flatnonzero(branches.alive & (reached > branches.level))
    split = total[reached[rising]] / total[branches.level[rising]]
    copies = np.floor(split + rng.random(len(rising))).astype(np.int64)
    branches.weight[rising] /= split
    branches.level[rising] = reached[rising]
    return np.repeat(rising, copies - 1)


def _thinned(branches: _Branches, source: Ints, most: int, rng: np.random.Generator) -> Ints:
    """Drop paths, and copies to be made, at random where they are too many; the others weigh more."""
    number = int(branches.alive.sum()) + len(source)
    if number <= most:
        return source
    share = most / number
    branches.weight /= share
    branches.alive &= rng.random(len(branches.alive)) < share
    return source[rng.random(len(source)) < share]


def _make_room(population: Population, branches: _Branches, wanted: int) -> None:
    """Add places if too few are free; a copy of a path that has just been dropped can still be made."""
    size = population.size
    lacking = wanted - int((~branches.alive).sum())
    if lacking > 0:
        index = np.append(np.arange(size), np.zeros(lacking + (size + lacking) // 2, dtype=np.int64))
        alive = branches.alive
        population.arrange(index)
        branches.arrange(index, size)
        branches.alive[:size] = alive


def _close_ranks(population: Population, branches: _Branches) -> None:
    """Give up the places that are free."""
    index = np.flatnonzero(branches.alive)
    population.arrange(index)
    branches.arrange(index, len(index))


def _trees(
    roots: int,
    ticks: int,
    work: int,
    hits: list[tuple[Ints, Ints, Floats]],
    ends: list[tuple[Ints, Floats, Floats, Floats]],
) -> Genealogy:
    none: tuple[Ints, Ints, Floats] = np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)
    hit = [np.concatenate(part) for part in zip(none, *hits, strict=True)]
    end = [np.concatenate(part) for part in zip(*ends, strict=True)]
    return Genealogy(
        roots=roots, ticks=ticks, work=work, hit_root=hit[0], hit_tick=hit[1], hit_weight=hit[2],
        end_root=end[0], end_weight=end[1], end_ratio=end[2], end_best=end[3],
    )  # fmt: skip
