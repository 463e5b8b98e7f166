"""What an ensemble adds up: counts and sums whose size does not depend on the number of paths.

Axis order everywhere: group (outer draw or batch), tick, scenario or trigger or driver, bin. Assessments are the ends
of ticks 1..N; level arrays also hold the start, so they have N + 1 ticks.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields

import numpy as np

from frenemy.arrays import Floats, Ints
from frenemy.simulation.ensemble.groups import Groups, joined

__all__ = ["BATCHES", "BINS", "GROUP", "Tally", "pooled"]

GROUP = 64
"""Paths p of one model with the same p // GROUP % BATCHES share a batch."""
BATCHES = 32
"""Independent batches of the paths of one model."""
BINS = 1000
"""Bins of the 0-100 index: 0.1 points each."""
BY_GROUP = ("occupancy", "first_entry", "model_events", "model_happened", "model_year_events", "model_year_happened")
"""Fields with one row for each group, or each model."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tally:
    """The sums of one ensemble. In the fields `model_...` the first axis is the outer draw, of length 1 without draws.

    A tally of the odds alone has empty fields for levels and events.
    """

    groups: Groups
    occupancy: Ints  # (groups, ticks, scenarios) paths in the scenario at the assessment
    first_entry: Ints  # (groups, ticks, scenarios) paths that are in the scenario for the first time
    share_squares: Ints  # (ticks, scenarios) sum over paths of (assessments so far in the scenario) squared
    index_sum: Floats  # (ticks + 1, drivers) sum over paths of the index
    index_squares: Floats  # (ticks + 1, drivers) sum over paths of the squared index
    histogram: Ints  # (scenarios, ticks + 1, drivers, BINS) by the scenario at the last assessment; may be empty
    plane: Ints  # (scenarios, 100, 100) first driver x second driver at the last tick, by scenario; may be empty
    events: Ints  # (ticks, triggers) events
    first_events: Ints  # (ticks, triggers) events that are the first of their path
    event_squares: Ints  # (triggers,) sum over paths of (events of the path) squared
    year_squares: Ints  # (years, triggers) sum over paths of (events of the path in the year) squared
    branches: Ints  # (calendar events inside the run, by date; branches) paths that took the branch
    model_events: Ints  # (models, triggers) events
    model_happened: Ints  # (models, triggers) paths with at least one event
    model_year_events: Ints  # (models, years, triggers) events in the year, counted from the start
    model_year_happened: Ints  # (models, years, triggers) paths with at least one event in the year

    @property
    def paths(self) -> int:
        """Paths in all."""
        return int(self.groups.paths.sum())

    @property
    def draws(self) -> int:
        """Outer draws; 0: one model."""
        return len(self.groups.paths) if self.groups.drawn else 0


def pooled(tallies: Iterable[Tally]) -> Tally:
    """The tallies of disjoint sets of outer draws as one; read one at a time.

    The arrays of the first are added to: a histogram is too large to be copied for each.
    """
    iterator = iter(tallies)
    first = next(iterator)
    groups, rows = [first.groups], {name: [getattr(first, name)] for name in BY_GROUP}
    sums = {f.name: getattr(first, f.name) for f in fields(Tally) if f.name not in {"groups", *BY_GROUP}}
    for tally in iterator:
        groups.append(tally.groups)
        for name, arrays in rows.items():
            arrays.append(getattr(tally, name))
        for name, total in sums.items():
            np.add(total, getattr(tally, name), out=total)
    if len(groups) == 1:
        return first
    return Tally(groups=joined(groups), **sums, **{name: np.concatenate(arrays) for name, arrays in rows.items()})
