"""Observations from a file, checked: the rows and dates of a fit, and the map to the index."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from frenemy.errors import InputError, Problem
from frenemy.model.durations import YEAR, days, later
from frenemy.model.files.csv_input import CsvTable, a_date, a_number
from frenemy.storage.run_folder import sha256
from frenemy.studies.fit.findings import Data, Transform, transformed
from frenemy.studies.fit.index_map import Anchor, IndexMap, Shape

__all__ = [
    "check_series",
    "data_of",
    "end_of",
    "index_map_of",
    "length_of",
    "observations",
    "period_of",
    "rows_where",
    "starts_of",
]

MIN_OBSERVATIONS = 8
MAX_OBSERVATIONS = 20_000
MAX_PERIODS = 100_000
PERIODS = (1.0, 0.25, 1 / 12, 7 / YEAR)
"""Lengths of the periods in which events are counted, in years: the default is the longest with eight periods."""


def rows_where(table: CsvTable, where: Mapping[str, str] | None) -> CsvTable:
    for column, value in (where or {}).items():
        table = table.where(column, value)
    return table


def observations(
    table: CsvTable, date: str, column: str, transform: Transform
) -> tuple[tuple[dt.date, ...], tuple[float, ...]]:
    """Dates and transformed values of the rows that have both, in the order of time."""
    days_read, numbers = table.read(date, a_date, "--date"), table.read(column, a_number)
    found: dict[dt.date, tuple[float, int]] = {}
    problems = []
    for day, number, line in zip(days_read, numbers, table.lines, strict=True):
        if number is None:
            continue
        if day is None:
            problems.append(Problem(message="a value without a date", key=date, file=table.label, line=line))
            continue
        if day in found:
            message = f"two values of one date, the first on line {found[day][1]}"
            problems.append(Problem(message=message, key=date, found=str(day), file=table.label, line=line))
            continue
        try:
            found[day] = transformed(number, transform), line
        except ValueError as error:
            message = f"has no {transform}"
            problems.append(
                Problem(
                    message=message, key=column, found=f"{number:g}", allowed=str(error), file=table.label, line=line
                )
            )
    if problems:
        raise InputError(problems[:20])
    when = tuple(sorted(found))
    return when, tuple(found[day][0] for day in when)


def check_series(label: str, column: str, values: Sequence[float]) -> None:
    if not MIN_OBSERVATIONS <= len(values) <= MAX_OBSERVATIONS:
        allowed = f"{MIN_OBSERVATIONS} to {MAX_OBSERVATIONS:,}"
        message = (
            "too few values to fit" if len(values) < MIN_OBSERVATIONS else "too many values; take every tenth, or means"
        )
        raise InputError([Problem(message=message, file=label, key=column, found=str(len(values)), allowed=allowed)])
    if np.ptp(values) <= 1e-12 * max(float(np.abs(values).max()), 1e-300):
        raise InputError([Problem(message="the values are all the same", file=label, key=column)])


def index_map_of(anchors: Mapping[float, float], transform: Transform, shape: Shape) -> IndexMap:
    problems = []
    points = []
    if len(anchors) != 2:
        allowed = "such as --anchor 66=60 --anchor 30=25"
        raise InputError([Problem(message="two anchors are needed", key="--anchor", allowed=allowed)])
    for value, index in anchors.items():
        if not 0 < index < 100:
            problems.append(
                Problem(message="not an index", key="--anchor", found=f"{index:g}", allowed="above 0, below 100")
            )
        try:
            points.append(Anchor(value=transformed(value, transform), index=index))
        except ValueError as error:
            message = f"has no {transform}"
            problems.append(Problem(message=message, key="--anchor", found=f"{value:g}", allowed=str(error)))
    if problems:
        raise InputError(problems)
    first, second = sorted(points, key=lambda point: point.value)
    if first.index == second.index:
        raise InputError([Problem(message="both anchors have the same index", key="--anchor")])
    return IndexMap(anchors=(first, second), shape=shape)


def period_of(text: str, years: float) -> float:
    """The length of a period in years."""
    if not text:
        return next((length for length in PERIODS if years / length >= 8), years / 8)
    length = length_of(text)
    if not years / MAX_PERIODS <= length <= years / 2:
        message = "the window must have at least two periods"
        raise InputError([Problem(message=message, key="--period", found=text)])
    return length


def length_of(text: str) -> float:
    """Years of a duration."""
    try:
        length = days(text) / YEAR
    except ValueError as error:
        allowed = 'such as "1y", "3m", "1w"'
        raise InputError([Problem(message=str(error.args[0]), key="--period", found=text, allowed=allowed)]) from None
    if length <= 0:
        raise InputError([Problem(message="no time at all", key="--period", found=text)])
    return length


def end_of(start: dt.date, period: str) -> dt.date:
    """The day after a period; whole years and months are those of the calendar. Raises InputError beyond 9999."""
    try:
        return later(start, period)
    except ValueError as error:
        raise InputError([Problem(message=str(error.args[0]), key="--period", found=period)]) from None


def starts_of(since: dt.date, until: dt.date, number: int) -> tuple[dt.date, ...]:
    """The first days of equal periods."""
    return tuple(since + dt.timedelta(days=math.ceil(n * (until - since).days / number)) for n in range(number))


def data_of(path: Path, column: str, where: Mapping[str, str] | None, when: Sequence[dt.date]) -> Data:
    return Data(
        file=path.name, sha256=sha256(path), column=column,
        where=", ".join(f"{name} = {value}" for name, value in (where or {}).items()), first=when[0], last=when[-1],
        count=len(when),
    )  # fmt: skip
