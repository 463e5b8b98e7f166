"""Ladders of levels, and the trees of paths that grow on them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from frenemy.arrays import Floats, Ints

__all__ = ["HIT", "LOST", "Genealogy", "Levels", "joined_genealogies"]


HIT, LOST = np.inf, -np.inf
"""Scores of a path that is there, and of one that cannot come there any more."""


@dataclass(frozen=True, slots=True)
class Levels:
    """Levels of the score, rising, and into how many a path is split that reaches each; it need not be whole."""

    at: tuple[float, ...] = ()
    copies: tuple[float, ...] = ()

    def total(self) -> Floats:
        """(levels + 1,) copies made by the time that so many levels are reached."""
        return np.concatenate([[1.0], np.cumprod(self.copies)])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Genealogy:
    """What grew from a number of roots. Each end of a branch has a root, a weight and the best score on its way.

    The weight of an end is its share of its root; times its ratio of likelihoods it is what it counts for. The weight
    of a hit is what it counts for.
    """

    roots: int
    ticks: int
    work: int  # ticks simulated, over all paths
    hit_root: Ints  # (hits,)
    hit_tick: Ints  # (hits,)
    hit_weight: Floats  # (hits,)
    end_root: Ints  # (ends,) hits included
    end_weight: Floats  # (ends,)
    end_ratio: Floats  # (ends,)
    end_best: Floats  # (ends,) HIT for hits

    def totals(self) -> Floats:
        """(ticks, roots) weight that has arrived by each tick from each root; its mean estimates P(ever)."""
        arrived = np.zeros((self.ticks, self.roots))
        np.add.at(arrived, (self.hit_tick, self.hit_root), self.hit_weight)
        return np.cumsum(arrived, axis=0)

    def reaching(self, score: float) -> float:
        """The estimated probability that a path reaches a score."""
        there = self.end_best >= score
        return float((self.end_weight * self.end_ratio)[there].sum()) / self.roots


def joined_genealogies(parts: Iterable[Genealogy]) -> Genealogy:
    """Trees that grew in several populations, as one."""
    trees = list(parts)
    before = np.cumsum([0, *(tree.roots for tree in trees)])
    return Genealogy(
        roots=int(before[-1]),
        ticks=trees[0].ticks,
        work=sum(tree.work for tree in trees),
        hit_root=np.concatenate([tree.hit_root + n for tree, n in zip(trees, before, strict=False)]),
        hit_tick=np.concatenate([tree.hit_tick for tree in trees]),
        hit_weight=np.concatenate([tree.hit_weight for tree in trees]),
        end_root=np.concatenate([tree.end_root + n for tree, n in zip(trees, before, strict=False)]),
        end_weight=np.concatenate([tree.end_weight for tree in trees]),
        end_ratio=np.concatenate([tree.end_ratio for tree in trees]),
        end_best=np.concatenate([tree.end_best for tree in trees]),
    )
