"""Levels of the score, and the genealogy of the paths that a splitting run simulates."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields

import numpy as np

from frenemy.arrays import Floats, Ints

__all__ = ["HIT", "LOST", "Genealogy", "Levels", "joined_genealogies"]


HIT, LOST = np.inf, -np.inf
"""Scores of a path that is in the scenario, and of one that can no longer enter it."""


@dataclass(frozen=True, slots=True)
class Levels:
    """Levels of the score, ascending, and into how many a path that reaches each is split (not always whole)."""

    scores: tuple[float, ...] = ()
    copies: tuple[float, ...] = ()

    def total(self) -> Floats:
        """(levels + 1,) copies of an initial path once so many levels are reached."""
        return np.concatenate([[1.0], np.cumprod(self.copies)])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Genealogy:
    """How the paths of a splitting run ended, and from which initial path each descends.

    The weight of an end is its share of its initial path; times its likelihood ratio it is its weight in the estimate.
    The weight of a hit already includes that ratio.
    """

    initial_paths: int
    ticks: int
    work: int  # ticks simulated, over all paths
    hit_ancestor: Ints  # (hits,) number of the initial path
    hit_tick: Ints  # (hits,)
    hit_weight: Floats  # (hits,)
    end_ancestor: Ints  # (ends,) hits included
    end_weight: Floats  # (ends,)
    end_ratio: Floats  # (ends,)
    end_best: Floats  # (ends,) best score on the way; HIT for hits

    def totals(self) -> Floats:
        """(ticks, initial paths) weight that reached the scenario by each tick; its mean estimates P(ever)."""
        hits = np.zeros((self.ticks, self.initial_paths))
        np.add.at(hits, (self.hit_tick, self.hit_ancestor), self.hit_weight)
        return np.cumsum(hits, axis=0)

    def probability_of(self, score: float) -> float:
        """The estimated probability that a path reaches a score."""
        there = self.end_best >= score
        return float((self.end_weight * self.end_ratio)[there].sum()) / self.initial_paths


def joined_genealogies(parts: Iterable[Genealogy]) -> Genealogy:
    """Several populations as one."""
    parts = list(parts)
    before = np.cumsum([0, *(part.initial_paths for part in parts)])
    joined = {
        name: np.concatenate(
            [
                getattr(part, name) + (n if name.endswith("ancestor") else 0)
                for part, n in zip(parts, before, strict=False)
            ]
        )
        for name in (field.name for field in fields(Genealogy))
        if name.startswith(("hit_", "end_"))
    }
    return Genealogy(
        initial_paths=int(before[-1]), ticks=parts[0].ticks, work=sum(part.work for part in parts), **joined
    )
