"""Durations and dates: from text such as `"26w"` to days, and back.

Units: d (days), w (weeks), m (months of 30.4375 days) and y (years of 365.25 days).
"""

from __future__ import annotations

import datetime as dt
import math
import re

__all__ = [
    "DAYS",
    "DAYS_PER_YEAR",
    "DURATION_PATTERN",
    "FOREVER",
    "YEAR",
    "anniversaries",
    "days",
    "duration_text",
    "end_of_run",
    "later",
]

DAYS_PER_YEAR = YEAR = 365.25
DAYS = {"d": 1.0, "w": 7.0, "m": DAYS_PER_YEAR / 12, "y": DAYS_PER_YEAR}
FOREVER = "never"
"""How an infinite half-life is written."""
DURATION_PATTERN = r"^\s*[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?\s*[dwmy]\s*$"
MAX_DAYS = 3_652_500.0
"""Ten thousand years, in days."""


def days(text: str) -> float:
    """The length in days of a duration such as "26w". Raises ValueError, with the likely meaning as second argument."""
    if not re.match(DURATION_PATTERN, text, re.ASCII):
        raise ValueError("not a duration", _likely(text))
    amount, unit = text.strip()[:-1], text.strip()[-1]
    length = float(amount) * DAYS[unit]
    if not length <= MAX_DAYS:
        raise ValueError("longer than ten thousand years", "")
    return length


def _likely(text: str) -> str:
    """`26 weeks` probably means `26w`."""
    match = re.match(r"^\s*([0-9]+(?:\.[0-9]+)?)\s*(d|w|m|y)[a-z]*\s*$", text, re.ASCII | re.IGNORECASE)
    return f'"{match[1]}{match[2].lower()}"' if match else ""


def duration_text(length: float) -> str:
    """A duration as an analyst would write it; `days` gives exactly the same number of days again."""
    if math.isinf(length):
        return FOREVER
    for unit in ("y", "m", "w"):
        amount = length / DAYS[unit]
        if amount >= 1 and amount == round(amount) and amount * DAYS[unit] == length:
            return f"{amount:.0f}{unit}"
    return f"{length:.0f}d" if length == round(length) else f"{length!r}d"


def later(start: dt.date, duration: str) -> dt.date:
    """The date a duration after `start`; whole years and months keep the day of the month. May raise ValueError."""
    length, amount, unit = days(duration), duration.strip()[:-1].strip(), duration.strip()[-1]
    if unit in "my" and amount.isdigit():
        return _months_later(start, int(amount) * (12 if unit == "y" else 1))
    try:
        return start + dt.timedelta(days=math.ceil(length - 1e-9))
    except OverflowError:
        raise ValueError("goes beyond the year 9999", "") from None


def _months_later(start: dt.date, months: int) -> dt.date:
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    if year > dt.MAXYEAR:
        raise ValueError("goes beyond the year 9999", "")
    for day in (start.day, 30, 29, 28):
        try:
            return dt.date(year, month + 1, day)
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")


def end_of_run(start: dt.date, horizon: dt.date, tick: int) -> dt.date:
    """The first end of a tick that is not before `horizon`. May raise OverflowError."""
    return start + dt.timedelta(days=math.ceil((horizon - start).days / tick) * tick)


def anniversaries(start: dt.date, end: dt.date, tick: int) -> tuple[dt.date, ...]:
    """Each anniversary of the start up to the end of the run, and the end.

    An anniversary within the last tick is left out: the end is assessed at the same moment.
    """
    last = end - dt.timedelta(days=tick)
    years = range(1, end.year - start.year + 1)
    dates = [date for date in (_months_later(start, 12 * year) for year in years) if date <= last]
    return (*dates, end)
