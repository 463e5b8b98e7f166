"""Numbers from data, as TOML with their source: a driver's from a series, a trigger's rate from a list of events."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from frenemy.errors import InputError, Problem
from frenemy.model.describe.wording import counted
from frenemy.model.durations import YEAR
from frenemy.model.files.csv_input import a_count, dates, read_table
from frenemy.studies.base import DataStudy
from frenemy.studies.fit.event_rate import fit_rate as rate_of
from frenemy.studies.fit.event_rate import periods
from frenemy.studies.fit.findings import DriverFitFindings, RateFitFindings, Transform, to_years
from frenemy.studies.fit.index_map import IndexEstimate, Shape, index_estimate
from frenemy.studies.fit.observations import (
    check_series,
    data_of,
    end_of,
    index_map_of,
    length_of,
    observations,
    period_of,
    rows_where,
    starts_of,
)
from frenemy.studies.fit.ornstein_uhlenbeck import Series
from frenemy.studies.fit.series_fit import fit_series

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["DriverFit", "RateFit", "fit", "fit_counts", "fit_rate"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DriverFit(DataStudy[DriverFitFindings]):
    """A driver's numbers from a series. A terminal and a notebook show them.

    Its folder: fitted.toml, fit.csv, level.csv, profile.csv, models.csv and the picture.
    """

    _shown_by = "series_text"

    @property
    def toml(self) -> str:
        """The numbers as written in drivers.toml, with source, method and range."""
        from frenemy.studies.fit.toml_text import driver_toml

        return driver_toml(self.findings)

    def plot(self, axes: Sequence[Axes] | None = None) -> Sequence[Axes]:
        """The series with its level, and the profile likelihood of the half-life: two axes."""
        from frenemy.studies.fit.plots.series import fitted_series

        return fitted_series.on(axes, self.findings)

    def __repr__(self) -> str:
        fit = self.findings.fit
        half_life = f"half-life {12 * fit.best.half_life:.1f} months" if fit.has_half_life else "no half-life"
        return f"<DriverFit {self.findings.driver}: {half_life}>"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RateFit(DataStudy[RateFitFindings]):
    """A trigger's rate from a list of events. A terminal and a notebook show it.

    Its folder: fitted.toml, rate.csv, periods.csv and the picture.
    """

    _shown_by = "rate_text"

    @property
    def toml(self) -> str:
        """The rate as written in drivers.toml, with source, method and range."""
        from frenemy.studies.fit.toml_text import trigger_toml

        return trigger_toml(self.findings)

    def plot(self, axes: Sequence[Axes] | None = None) -> Sequence[Axes]:
        """Cumulative events against a constant rate, and the posterior of the rate: two axes."""
        from frenemy.studies.fit.plots.rate import fitted_rate

        return fitted_rate.on(axes, self.findings)

    def __repr__(self) -> str:
        return f"<RateFit {self.findings.trigger}: {self.findings.rate.rate:.3g} a year>"


def fit(
    source: str | Path,
    column: str,
    *,
    driver: str = "driver",
    date: str = "date",
    transform: Transform = "none",
    since: dt.date = dt.date.min,
    until: dt.date = dt.date.max,
    where: Mapping[str, str] | None = None,
    anchors: Mapping[float, float] | None = None,
    shape: Shape = "logit",
) -> DriverFit:
    """Half-life, volatility and long-run level of a driver from a column of a CSV file.

    The series is treated as an Ornstein–Uhlenbeck level with white noise; dates may be uneven and cells empty.
    `transform` is applied to the values first. `anchors` maps two values of the series (before the transform) to the
    index. Raises InputError with all problems of the file.

    Other Parameters
    ----------------
    driver, date
        The driver's name, and the column of dates.
    since, until
        The first day of the record, and the first day after it.
    where
        Only rows with these values in other columns.
    shape
        Whether the map to the index is a line in its logit or in the index itself.
    """
    path = Path(source)
    table = rows_where(read_table(path), where)
    when, values = observations(table, date, column, transform)
    inside = [n for n, day in enumerate(when) if since <= day < until]
    when, values = tuple(when[n] for n in inside), tuple(values[n] for n in inside)
    check_series(table.label, column, values)
    found = fit_series(Series(times=to_years(when), values=np.array(values)))
    estimates: tuple[IndexEstimate, ...] = ()
    if anchors is not None:
        index_map = index_map_of(anchors, transform, shape)
        try:
            estimates = (index_estimate(found, index_map),)
        except ValueError as error:
            raise InputError([Problem(message=f"{error}; other anchors are needed", key="--anchor")]) from None
    data = data_of(path, column, where, when)
    return DriverFit(
        findings=DriverFitFindings(
            driver=driver, data=data, transform=transform, dates=when, fit=found, index_estimates=estimates
        )
    )


def fit_rate(
    source: str | Path,
    *,
    since: dt.date,
    until: dt.date,
    trigger: str = "trigger",
    date: str = "date",
    where: Mapping[str, str] | None = None,
    once_a_day: bool = False,
    period: str = "",
) -> RateFit:
    """The rate of a trigger from a CSV file with a row for each event.

    Every event from `since` to the day before `until` must be in the file: this window is the exposure. With
    `once_a_day`, events of the same date count once. `period` is the length of the periods, such as "1y", in which
    events are counted to test whether they cluster; the default is the longest of year, quarter, month and week with
    eight periods in the window. `where` keeps rows with these values in other columns. Raises InputError with all
    problems of the file.
    """
    path = Path(source)
    if until <= since:
        raise InputError([Problem(message="the window is empty", key="--until", found=str(until))])
    table = rows_where(read_table(path), where)
    when = sorted(day for day in dates(table, date) if since <= day < until)
    same = len(when) - len(set(when))
    when = sorted(set(when)) if once_a_day else when
    years = (until - since).days / YEAR
    times = np.array([(day - since).days / YEAR for day in when])
    rate = rate_of(periods(times, years, period_of(period, years)), years)
    data = replace(data_of(path, date, where, tuple(when) or (since, until)), count=len(when))
    return RateFit(
        findings=RateFitFindings(
            trigger=trigger, data=data, since=since, until=until, dates=tuple(when),
            starts=starts_of(since, until, len(rate.dispersion.counts)), same_day=0 if once_a_day else same, rate=rate,
        )
    )  # fmt: skip


def fit_counts(
    source: str | Path,
    column: str,
    *,
    period: str,
    trigger: str = "trigger",
    date: str = "date",
    where: Mapping[str, str] | None = None,
    since: dt.date = dt.date.min,
    until: dt.date = dt.date.max,
) -> RateFit:
    """The rate of a trigger from a CSV file with a row for each period and a column of counts.

    All periods have the length `period`, such as "1y", and begin at their date. Those without a count were not observed
    and are not part of the exposure. Raises InputError with all problems of the file.
    """
    path = Path(source)
    table = rows_where(read_table(path), where)
    length = length_of(period)
    starts, counts = [], []
    for day, count in sorted(zip(dates(table, date), table.read(column, a_count), strict=True), key=lambda row: row[0]):
        if count is not None and since <= day < until:
            starts.append(day)
            counts.append(count)
    if len(starts) < 2:
        message = "fewer than two periods with a count"
        raise InputError([Problem(message=message, file=table.label, key=column)])
    gaps = np.diff([day.toordinal() for day in starts])
    if gaps.min() < 0.9 * length * YEAR:
        message = f"two rows begin within {counted(gaps.min(), 'day')} of each other, less than a period"
        raise InputError([Problem(message=message, file=table.label, key="--period", found=period)])
    when = tuple(day for day, count in zip(starts, counts, strict=True) for _ in range(count))
    return RateFit(
        findings=RateFitFindings(
            trigger=trigger, data=replace(data_of(path, column, where, starts), count=len(when)), since=starts[0],
            until=end_of(starts[-1], period), dates=when, starts=tuple(starts), same_day=0,
            rate=rate_of(counts, length * len(counts)),
        )
    )  # fmt: skip
