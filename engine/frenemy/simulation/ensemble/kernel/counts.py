"""What a block adds up."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from frenemy.simulation.ensemble.kernel.maths import PART, PerPath, at
from frenemy.simulation.ensemble.kernel.state import CELLS, CountRows, Ints32, KeptPaths, Levels, Places, Sums

__all__ = ["count", "end_year", "finish"]


@PART
def count(places: Places, sums: Sums, kept: NDArray[np.int8], counted: CountRows, n: int, paths: int) -> None:
    """Add the assessment at the end of tick n to the sums."""
    for j in range(len(places.streak)):
        for i in range(len(counted.row)):
            first, last = counted.start[i], counted.start[i + 1]
            scenario, spent = places.scenario[first:last], places.spent[j, first:last]
            inside = fresh = squares = 0
            for p in range(len(scenario)):  # from 0: a loop that might index from the end is not vectorised
                here = 1 if scenario[p] == j else 0
                inside += here
                fresh += here if spent[p] == 0 else 0
                squares += here * (2 * spent[p] + 1)
            for p in range(len(scenario)):
                spent[p] += scenario[p] == j
            sums.occupancy[counted.row[i], n, j] += inside
            sums.first_entry[counted.row[i], n, j] += fresh
            sums.share_squares[n, j] += squares
    if len(kept) > 0:
        for p in range(paths):
            kept[n, p] = places.scenario[p]


@PART
def end_year(draw: PerPath, happened: Ints32, before: Ints32, sums: Sums, year: int, paths: int) -> None:
    """Add the events of the year that ends."""
    squares, years = sums.year_squares, sums.year_happened
    for k in range(len(happened)):
        now, then = happened[k], before[k]
        for p in range(paths):
            number = np.int64(now[p] - then[p])
            years[at(draw, p), year, k] += number > 0
            squares[year, k] += number * number
            then[p] = now[p]


@PART
def finish(levels: Levels, happened: Ints32, places: Places, sums: Sums, kept: KeptPaths, paths: int) -> None:
    """Add what depends on the scenario in which a path ends, and what is known only at the end."""
    drivers = len(levels.x)
    if sums.histogram.size > 0:
        for n in range(len(levels.bins)):
            for d in range(drivers):
                bins = levels.bins[n, d]
                for p in range(paths):
                    sums.histogram[places.scenario[p], n, d, bins[p]] += 1
    for k in range(len(happened)):
        for p in range(paths):
            sums.event_squares[k] += np.int64(happened[k, p]) * happened[k, p]
    if sums.plane.size > 0:
        for p in range(paths):
            i = np.int64(min(levels.s[0, p], CELLS - 1.0))
            j = np.int64(min(levels.s[drivers - 1 if drivers < 2 else 1, p], CELLS - 1.0))
            sums.plane[places.scenario[p], i, j] += 1
    for c in range(len(places.branch)):
        for p in range(paths):
            sums.branches[c, places.branch[c, p]] += 1
    if kept.counts.shape[1] > 0:
        for k in range(len(happened)):
            for p in range(paths):
                kept.counts[k, p] = np.int64(happened[k, p])
        for c in range(len(places.branch)):
            for p in range(paths):
                kept.branch[c, p] = places.branch[c, p]
