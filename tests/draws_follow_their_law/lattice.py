"""One driver on a lattice: the exact law, tick by tick, of what its level modulates or lets hold.

Days, latent levels, events a day throughout.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.stats import norm

from frenemy.arrays import Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lattice:
    """The density of one driver's latent level on Gauss-Legendre panels, pushed from tick to tick by its kernel."""

    x: Floats  # (nodes,)
    weight: Floats  # (nodes,)
    kernel: Floats  # (nodes, nodes) from, to; weights of `from` included
    first: Floats  # (nodes,) density after the first tick

    @classmethod
    def of(
        cls, *, start: float, anchor: float, half_life: float, sd: float, tick: float, cuts: tuple[float, ...] = (),
        nodes: int = 120,
    ) -> Lattice:  # fmt: skip
        """Levels and sd are latent; panels end at `cuts`, so that a threshold lies between nodes, never on one."""
        keep = 0.5 ** (tick / half_life)
        jolt = sd * math.sqrt(1 - keep**2)
        low, high = min(start, anchor) - 7 * sd, max(start, anchor) + 7 * sd
        edges = [low, *sorted(cuts), high]
        unit, weights = np.polynomial.legendre.leggauss(nodes)
        x = np.concatenate([(b - a) / 2 * unit + (a + b) / 2 for a, b in pairwise(edges)])
        w = np.concatenate([(b - a) / 2 * weights for a, b in pairwise(edges)])
        kernel = norm.pdf(x[None, :], anchor + keep * (x[:, None] - anchor), jolt) * w[:, None]
        grid = cls(x=x, weight=w, kernel=kernel, first=norm.pdf(x, anchor + keep * (start - anchor), jolt))
        assert abs(grid.mass(grid.push(grid.first)) - 1) < 1e-6, "too few nodes for so short a tick"
        return grid

    def push(self, density: Floats) -> Floats:
        return density @ self.kernel

    def mass(self, density: Floats) -> float:
        return float(density @ self.weight)


def expected(grid: Lattice, hazard: Floats, at_start: float, ticks: int) -> Floats:
    """Mean integrated rate of each tick."""
    density, each = grid.first, [at_start]
    for _ in range(ticks - 1):
        each.append(grid.mass(density * hazard))
        density = grid.push(density)
    return np.array(each)


def none_by(grid: Lattice, hazard: Floats, at_start: float, ticks: int) -> Floats:
    """Probability of no event by the end of each tick."""
    density, survive = grid.first * np.exp(-at_start), [np.exp(-at_start)]
    for _ in range(ticks - 1):
        density = density * np.exp(-hazard)
        survive.append(grid.mass(density))
        density = grid.push(density)
    return np.array(survive)


def occupied(grid: Lattice, enter: Floats, leave: Floats, run: int, ticks: int, anew: int = 0) -> tuple[Floats, Floats]:
    """Share inside at each assessment, and share that has ever been inside, of a rule on the lattice's nodes.

    `outside[j]` is the density of paths outside whose rule has held j times in a row; `never` leaves out those that
    have been inside before. On leaving the count starts from `anew`, whether or not the rule holds.
    """
    held = np.zeros((2 * run + 1, len(grid.x)))
    held[0] = held[run] = grid.first
    shares, ever = [], []
    for n in range(ticks):
        if n > 0:
            held = grid.push(held)
        outside, never, inside = held[:run], held[run:-1], held[-1]
        outside, entered = counted(outside, enter)
        never, _ = counted(never, enter)
        outside[anew] += inside * leave
        inside = inside * ~leave + entered
        held = np.vstack([outside, never, inside])
        shares.append(grid.mass(inside))
        ever.append(1 - grid.mass(never.sum(axis=0)))
    return np.array(shares), np.array(ever)


def counted(held: Floats, enter: Floats) -> tuple[Floats, Floats]:
    """One assessment: densities by the times in a row so far, and the density of those that have reached the last."""
    again = held * enter
    return np.vstack([held.sum(axis=0) * ~enter, again[:-1]]), again[-1]
