"""The drivers over a tick."""

from __future__ import annotations

import numpy as np

from frenemy.arrays import Floats, Ints
from frenemy.simulation.ensemble.kernel.maths import PART, add_scaled, at, copy, exp, sum_of, sum_of_squares
from frenemy.simulation.ensemble.kernel.state import Ints32, KeptPaths, Law, Levels, Sums
from frenemy.simulation.ensemble.tally import BINS

__all__ = ["end_tick", "move_drivers", "read_levels"]


@PART
def move_drivers(
    law: Law,
    streams: Ints,
    noise: Floats,
    levels: Levels,
    ends: Floats,
    n: int,
    start: float,
    paths: int,
) -> None:
    """Move levels and scars by the exact transition over the tick, before its events act."""
    motion, used, shifts = law.motion, law.used, law.triggers.shift
    drivers = len(motion.level)
    for d in range(drivers):
        mu, anchor = levels.mu[d], levels.anchor[d]
        for p in range(paths):
            mu[p] = anchor[p]
    for k in range(len(shifts)):
        for d in range(drivers):
            if used.shift[k, d]:
                shift, mu, end = shifts[k, d], levels.mu[d], ends[k]
                for p in range(paths):
                    mu[p] += at(shift, p) if end[p] > start else 0.0
    for d in range(drivers):
        x_next = levels.x_next[d]
        x_next[:] = 0.0
        for j in range(drivers):
            if used.motion[d, j]:
                add_scaled(x_next, motion.phi[d, j], levels.x[j], paths)
                add_scaled(x_next, motion.anchor_in[d, j], levels.mu[j], paths)
                add_scaled(x_next, motion.scar_in[d, j], levels.scar[j], paths)
            if used.shock[d, j]:
                add_scaled(x_next, motion.shock[d, j], noise[streams[j] + n], paths)
    for d in range(drivers):
        x, x_next, scar, heal = levels.x[d], levels.x_next[d], levels.scar[d], motion.heal[d, d]
        for p in range(paths):
            x[p] = x_next[p]
        for p in range(paths):
            scar[p] *= at(heal, p)


@PART
def end_tick(
    law: Law,
    levels: Levels,
    ends: Floats,
    branch: Ints32,
    n: int,
    start: float,
    end: float,
    paths: int,
) -> None:
    """Apply the effects of episodes that ended in the tick, and of the calendar's branches."""
    calendar, on_end = law.calendar, law.triggers.on_end
    for k in range(len(on_end)):
        for d in range(len(levels.x)):
            if law.used.on_end[k, d]:
                effect, x, ended = on_end[k, d], levels.x[d], ends[k]
                for p in range(paths):
                    x[p] += at(effect, p) if start < ended[p] <= end else 0.0
    for c in range(len(calendar.tick)):
        if calendar.tick[c] == n:
            for p in range(paths):
                b, m = branch[c, p], at(law.draw, p)
                lasting = at(calendar.lasting[c, b], m)
                for d in range(len(levels.x)):
                    effect_now = at(calendar.effect[c, b, d], m)
                    levels.x[d, p] += effect_now
                    levels.scar[d, p] += lasting * effect_now


@PART
def read_levels(levels: Levels, sums: Sums, kept: KeptPaths, n: int, paths: int) -> None:
    """Compute the index at tick n from the latent levels, and add up its sums and its bins for the histogram."""
    for d in range(len(levels.x)):
        s, x = levels.s[d], levels.x[d]
        for p in range(paths):
            s[p] = 100.0 / (1.0 + exp(-x[p]))
        sums.index_sum[n, d] += sum_of(s, paths)
        sums.index_squares[n, d] += sum_of_squares(s, paths)
        if sums.histogram.size > 0:
            bins = levels.bins[n, d]
            for p in range(paths):
                bins[p] = np.uint16(min(s[p] * (BINS / 100.0), BINS - 1.0))
        if len(kept.points) > 0:
            copy(kept.points[n, d], s, paths)
        if len(kept.latent) > 0:
            copy(kept.latent[n, d], x, paths)
