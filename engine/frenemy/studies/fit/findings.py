"""The data of a fit and its findings, as plain data."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from frenemy.studies.fit.event_rate import Rate
from frenemy.studies.fit.index_map import IndexEstimate
from frenemy.studies.fit.series_fit import Fit

__all__ = ["Data", "DriverFitFindings", "RateFitFindings", "Transform", "to_years", "transformed"]

Transform = Literal["none", "log", "logit"]
_TRANSFORMS: dict[Transform, tuple[Callable[[float], bool], Callable[[float], float], str]] = {
    "none": (lambda _: True, float, ""),
    "log": (lambda value: value > 0, lambda value: float(np.log(value)), "above 0"),
    "logit": (lambda value: 0 < value < 100, lambda value: float(np.log(value / (100 - value))), "between 0 and 100"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Data:
    """The source of the observations. Files have a name but no path, so results are the same on every machine."""

    file: str
    sha256: str
    column: str
    where: str  # such as "layer = sector"; empty: every row
    first: dt.date
    last: dt.date
    count: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DriverFitFindings:
    """A driver's numbers from a series; `index_estimates` if the series was mapped to the 0–100 index."""

    driver: str
    data: Data
    transform: Transform
    dates: tuple[dt.date, ...]
    fit: Fit
    index_estimates: tuple[IndexEstimate, ...]  # none or one


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RateFitFindings:
    """A trigger's rate from a list of events."""

    trigger: str
    data: Data
    since: dt.date
    until: dt.date  # the first day outside the window
    dates: tuple[dt.date, ...]  # of the events; of counts, the first day of the period
    starts: tuple[dt.date, ...]  # the first day of each period in which they are counted
    same_day: int  # events that share their date with an earlier one
    rate: Rate


def transformed(value: float, transform: Transform) -> float:
    """The value in the units of the fit. Raises ValueError, with what is allowed, for a value without one."""
    allowed, function, words = _TRANSFORMS[transform]
    if not allowed(value):
        raise ValueError(words)
    return function(value)


def to_years(dates: tuple[dt.date, ...]) -> NDArray[np.float64]:
    """Years of 365.25 days since the first date: (n,)."""
    return np.array([(date - dates[0]).days / 365.25 for date in dates])
