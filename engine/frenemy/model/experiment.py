"""The resolved experiment: what to run on a model, with every default filled in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from frenemy.model.fields import Leaf
from frenemy.model.resolved import Days, Number, Times

__all__ = [
    "LEAST_PRECISION", "MOST_DRAWS", "MOST_PRECISION", "Audit", "Axis", "Experiment", "Imposed", "Initial", "Map",
    "Rare", "Reading", "Sensitivity", "Sweep", "Target", "Tuning", "Uncertainty",
]  # fmt: skip

MOST_DRAWS = 10**6
"""The most outer draws that a file may ask for."""
LEAST_PRECISION, MOST_PRECISION = 0.01, 20.0
"""Percentage points that a run may be asked for."""
Reading = Literal["at", "ever", "time_share"]
"""Which odds: of being in the scenario at a date, of having been in it by then, or the share of time in it."""
DayOfRun = Annotated[dt.date, Leaf.DAY_OF_RUN]
"""Of the assessment on that day or the next; `date.max`: the last one."""
Name = Annotated[str, Leaf.NAME]


@dataclass(frozen=True, slots=True, kw_only=True)
class Imposed:
    """An event that happens in every path, whatever its rate (unless its window or `max_count` forbids it)."""

    trigger: str
    date: dt.date


@dataclass(frozen=True, slots=True, kw_only=True)
class Initial:
    """The state of the world at the start, beyond the levels of the drivers."""

    scars: Mapping[str, Number]  # driver -> shift of its anchor left over from the past, index points at mid-scale
    episodes: Mapping[str, Times]  # trigger -> remaining time of an episode that already runs


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncertainty:
    """Outer draws of the uncertain numbers, and the paths simulated for each. 0 draws: medians only."""

    draws: int
    paths: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensitivity:
    """The odds that `frenemy sensitivity` studies, and its budget."""

    scenario: Name = ""  # empty: the model's scenario of highest priority
    reading: Reading = "at"
    date: DayOfRun = dt.date.max
    samples: int = 128  # rows of the Sobol design; 0: no Sobol indices
    strongest: int = 8  # numbers with indices of their own; the others share one


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Odds that `frenemy tune` should reach."""

    scenario: str
    reading: Reading
    date: DayOfRun
    probability: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuning:
    """What `frenemy tune` finds beyond the least change."""

    solutions: int = 1  # solutions to find, if several numbers may change
    apart: float = 1.0  # their distance, in elicited standard deviations
    region: int = 0  # outer draws in which to look for a region; 0: none


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """A number that a sweep moves, and the values it takes, ascending; durations in days."""

    key: str
    values: tuple[float, ...]
    spacing: Literal["linear", "own"]  # the scale on which it is drawn


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """Which numbers `frenemy sweep` moves, and which odds it draws."""

    over: tuple[Axis, ...] = ()  # one: a curve; two: a map, across and up
    scenario: Name = ""  # empty: all
    reading: Reading = "at"
    date: DayOfRun = dt.date.max
    contours: tuple[float, ...] = (0.05, 0.1, 0.25, 0.5, 0.75)  # odds to locate
    draws: int = MOST_DRAWS  # of all other uncertain numbers; 0: at their medians; the most: those of the experiment


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """Settings of `frenemy audit`."""

    date: DayOfRun = dt.date.max  # at which odds are read


@dataclass(frozen=True, slots=True, kw_only=True)
class Map:
    """The plane of `frenemy map`."""

    drivers: tuple[str, ...] = ()  # across and up; empty: the first two of the model
    within: Days = 365.25  # from the start
    cells: int = 15  # points along each side


@dataclass(frozen=True, slots=True, kw_only=True)
class Rare:
    """Settings of `frenemy rare`."""

    scenario: Name = ""  # empty: the scenario that the fewest paths reach
    date: DayOfRun = dt.date.max


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """One file of `experiments/`, resolved. The model it names is loaded with `set` applied."""

    name: str  # the file's stem
    title: str
    description: str
    source: str
    cited: Mapping[str, str] = field(default_factory=dict)  # key -> where the number at that key comes from
    start: dt.date
    end: dt.date  # start + whole ticks, not before the horizon
    tick: int  # days: 7 or 1
    paths: int
    seed: int
    set: Mapping[str, Any]  # dotted key -> value, as in the model's files
    initial: Initial
    impose: tuple[Imposed, ...]
    uncertainty: Uncertainty
    precision: float = 0.0  # percentage points, 95 %, at which a run ends; 0: as many futures as stated
    report_at: tuple[dt.date, ...]  # dates of odds.csv, ascending; the end is always among them
    sensitivity: Sensitivity = Sensitivity()
    targets: tuple[Target, ...] = ()
    tune: tuple[str, ...] = ()  # dotted keys of the numbers that may change to meet the targets
    tuning: Tuning = Tuning()
    sweep: Sweep = Sweep()
    audit: Audit = Audit()
    map: Map = Map()
    rare: Rare = Rare()
    panel: Name = ""  # folder of a panel of experts, from the model's root; empty: none

    @property
    def ticks(self) -> int:
        """Number of ticks from start to end."""
        return (self.end - self.start).days // self.tick
