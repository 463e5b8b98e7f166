"""What an ensemble adds up: counts and sums whose size does not depend on the number of paths.

Axis order everywhere: outer draw, batch, tick, scenario or trigger or driver, bin. Assessments are the ends of ticks
1..N; level arrays also hold the start, so they have N + 1 ticks.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from frenemy.arrays import Floats, Ints

__all__ = ["BATCHES", "BINS", "GROUP", "Tally"]

GROUP = 64
"""Paths p with the same p // GROUP % BATCHES share a batch."""
BATCHES = 32
"""Independent batches of paths, the units of every batch standard error."""
BINS = 1000
"""Bins of the 0-100 index: 0.1 points each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """The sums of one ensemble; `+` joins two disjoint sets of paths of the same compiled model."""

    paths: int
    batch_paths: Ints  # (BATCHES,) paths in each batch
    occupancy: Ints  # (BATCHES, ticks, scenarios) paths in the scenario at the assessment
    first_entry: Ints  # (BATCHES, ticks, scenarios) paths that are in the scenario for the first time
    share_squares: Ints  # (ticks, scenarios) sum over paths of (assessments so far in the scenario) squared
    index_sum: Floats  # (ticks + 1, drivers) sum over paths of the index
    index_squares: Floats  # (ticks + 1, drivers) sum over paths of the squared index
    histogram: Ints  # (scenarios, ticks + 1, drivers, BINS) by the scenario at the last assessment; may be empty
    plane: Ints  # (scenarios, 100, 100) first driver x second driver at the last tick, by scenario; may be empty
    events: Ints  # (ticks, triggers) events
    first_events: Ints  # (ticks, triggers) events that are the first of their path
    event_squares: Ints  # (triggers,) sum over paths of (events of the path) squared
    year_events: Ints  # (years, triggers) paths with at least one event in the year, counted from the start
    year_squares: Ints  # (years, triggers) sum over paths of (events of the path in the year) squared
    branches: Ints  # (calendar events inside the run, by date; branches) paths that took the branch

    def __add__(self, other: Tally) -> Tally:
        return Tally(**{field.name: getattr(self, field.name) + getattr(other, field.name) for field in fields(self)})
