"""Multilevel splitting: the probability of a rare scenario, from paths that are split as they come near it.

A score says how near a path is. A path that reaches a level of the score for the first time is replaced by several
copies of itself, each with its share of the weight and independent from there on. A path that reaches several levels at
once is split for all of them. The mean weight that reaches the scenario is an unbiased estimate of its probability,
whatever the levels and the numbers of copies are, so long as they are chosen beforehand (fixed splitting:
Villén-Altamirano 1991; Garvels 2000, The splitting method in rare event simulation; L'Ecuyer, Demers and Tuffin 2007,
ACM TOMACS 17(2)). The descendants of different initial paths are independent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from frenemy.arrays import Floats, Ints
from frenemy.studies.rare.genealogy import HIT, LOST, Genealogy, Levels

__all__ = ["Population", "split_paths"]


MAX_GROWTH = 16
"""Paths for each initial path beyond which a population is thinned at random."""
MIN_OCCUPIED = 0.3
"""Share of places that hold a path below which the free ones are removed."""


class Population(Protocol):
    """Paths simulated together tick by tick, each in a place."""

    ticks: int

    @property
    def size(self) -> int:
        """How many places there are."""

    def advance(self) -> None:
        """Simulate one tick."""

    def score(self) -> Floats:
        """(size,) how near each path is; HIT and LOST at the ends."""

    def ratio(self, places: Ints) -> Floats:
        """(places,) likelihood of each path under the law over that under which it was simulated; 1 if the same."""

    def record_hits(self, places: Ints, weight: Floats) -> None:
        """Take note of the paths that have reached the scenario, and of their weights."""

    def spread(self, source: Ints, target: Ints) -> None:
        """Copy the paths in the places `source` into the places `target`; the copies have noise of their own."""

    def arrange(self, index: Ints) -> None:
        """Make place n hold the path of place `index[n]`. A path that is there twice is to be overwritten."""


@dataclass(slots=True, eq=False)
class _Branches:
    """The state of the path in each place; a place is free where no path is alive."""

    ancestor: Ints  # number of the initial path
    weight: Floats
    level: Ints
    best: Floats
    alive: NDArray[np.bool_]

    @classmethod
    def initial(cls, count: int) -> _Branches:
        """The initial paths."""
        zeros, all_alive = np.zeros(count, dtype=np.int64), np.ones(count, dtype=np.bool_)
        return cls(np.arange(count), np.ones(count), zeros, np.full(count, LOST), all_alive)

    def ends(self, places: Ints, population: Population) -> tuple[Ints, Floats, Floats, Floats]:
        """Ancestors, weights, likelihood ratios and best scores of paths that end."""
        return self.ancestor[places], self.weight[places], population.ratio(places), self.best[places]

    def spread(self, source: Ints, target: Ints) -> None:
        """Copy the paths in the places `source` into the places `target`."""
        for values in (self.ancestor, self.weight, self.level, self.best):
            values[target] = values[source]
        self.alive[target] = True

    def arrange(self, index: Ints, alive: int) -> None:
        """Make place n hold the path of place `index[n]`; only the first `alive` places hold one."""
        self.ancestor, self.weight, self.level = self.ancestor[index], self.weight[index], self.level[index]
        self.best, self.alive = self.best[index], np.arange(len(index)) < alive


def split_paths(population: Population, levels: Levels, rng: np.random.Generator) -> Genealogy:
    """Simulate a population of initial paths, not yet advanced, to the end, and split paths that reach levels.

    A number of copies that is not whole is rounded up or down at random, so that its mean is right. Where there are too
    many paths, some are dropped at random and the others weigh more, which leaves the estimate unbiased too.
    """
    initial_paths = population.size
    branches = _Branches.initial(initial_paths)
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
            weight = branches.weight[hit] * population.ratio(hit)
            hits.append((branches.ancestor[hit], np.full(len(hit), tick), weight))
            population.record_hits(hit, weight)
        if len(over):
            ends.append(branches.ends(over, population))
        branches.alive[over] = False
        source = _split(branches, score, levels, rng)
        source = _thin(branches, source, MAX_GROWTH * initial_paths, rng)
        if not branches.alive.any():
            break
        if len(source):
            _make_room(population, branches, len(source))
            target = np.flatnonzero(~branches.alive)[: len(source)]
            population.spread(source, target)
            branches.spread(source, target)
        elif branches.alive.sum() < MIN_OCCUPIED * population.size:
            _remove_free_places(population, branches)
    ends.append(branches.ends(np.flatnonzero(branches.alive), population))
    return _genealogy(initial_paths, population.ticks, work, hits, ends)


def _split(branches: _Branches, score: Floats, levels: Levels, rng: np.random.Generator) -> Ints:
    """Divide the weight of the paths that reach a new level; returns the paths to copy, each as often as needed."""
    total = levels.total()
    reached = np.searchsorted(np.asarray(levels.scores), score, side="right")
    rising = np.flatnonzero(branches.alive & (reached > branches.level))
    split = total[reached[rising]] / total[branches.level[rising]]
    copies = np.floor(split + rng.random(len(rising))).astype(np.int64)
    branches.weight[rising] /= split
    branches.level[rising] = reached[rising]
    return np.repeat(rising, copies - 1)


def _thin(branches: _Branches, source: Ints, most: int, rng: np.random.Generator) -> Ints:
    """Drop paths, and copies to be made, at random where there are too many; the others weigh more."""
    number = int(branches.alive.sum()) + len(source)
    if number <= most:
        return source
    share = most / number
    branches.weight /= share
    branches.alive &= rng.random(len(branches.alive)) < share
    return source[rng.random(len(source)) < share]


def _make_room(population: Population, branches: _Branches, needed: int) -> None:
    """Add places if too few are free; a copy of a path that has just been dropped can still be made."""
    size = population.size
    lacking = needed - int((~branches.alive).sum())
    if lacking > 0:
        index = np.append(np.arange(size), np.zeros(lacking + (size + lacking) // 2, dtype=np.int64))
        alive = branches.alive
        population.arrange(index)
        branches.arrange(index, size)
        branches.alive[:size] = alive


def _remove_free_places(population: Population, branches: _Branches) -> None:
    index = np.flatnonzero(branches.alive)
    population.arrange(index)
    branches.arrange(index, len(index))


def _genealogy(
    initial_paths: int,
    ticks: int,
    work: int,
    hits: list[tuple[Ints, Ints, Floats]],
    ends: list[tuple[Ints, Floats, Floats, Floats]],
) -> Genealogy:
    none: tuple[Ints, Ints, Floats] = np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)
    hit = [np.concatenate(part) for part in zip(none, *hits, strict=True)]
    end = [np.concatenate(part) for part in zip(*ends, strict=True)]
    return Genealogy(
        initial_paths=initial_paths, ticks=ticks, work=work, hit_ancestor=hit[0], hit_tick=hit[1],
        hit_weight=hit[2], end_ancestor=end[0], end_weight=end[1], end_ratio=end[2], end_best=end[3],
    )  # fmt: skip
