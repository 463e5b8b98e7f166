"""`frenemy fit`: a driver's numbers from a series, or a trigger's rate from a list of events."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from frenemy.cli.console import console
from frenemy.cli.options import Date, OutputOptions, Strings, once
from frenemy.cli.output import deliver
from frenemy.errors import InputError, Problem
from frenemy.model.files.toml_source import display_path
from frenemy.runtime.progress import Progress

__all__ = ["fit"]


def fit(
    file: Annotated[Path, Parameter(name="FILE")],
    /,
    *,
    driver: str = "",
    trigger: str = "",
    column: str = "",
    date: str = "date",
    transform: Literal["none", "log", "logit"] = "none",
    since: Annotated[
        Date | None,
        Parameter(
            name=["--since", "--from"],
            help="First day that counts. For a trigger: the day from which the file is complete. "
            "If not given: that of the first row.",
        ),
    ] = None,
    until: Annotated[
        Date | None, Parameter(help="First day that no longer counts (exclusive). If not given: none.")
    ] = None,
    where: Strings | None = None,
    anchor: Strings | None = None,
    map: Literal["logit", "linear"] = "logit",  # noqa: A002 the word of the command line
    period: str = "",
    once_a_day: bool = False,
    write: Path | None = None,
    output: OutputOptions = OutputOptions(),
) -> None:
    r"""Fit a driver to a series, or a trigger's rate to a list of events.

    Prints TOML for drivers.toml, each number with its range, source and method, and writes it with tables and a picture
    to runs/NAME.fit in the current folder. A series is treated as a level that reverts to its mean, observed with
    noise; dates may be uneven, cells empty.

    ```
    # A driver from a series
    frenemy fit data/fentanyl_seizures.csv --driver pressure --column pounds \
      --transform log
    # A trigger from a list of events
    frenemy fit data/mass_transfers.csv --trigger mass_transfer \
      --from 2025-01-20 --until 2026-01-21
    ```

    Parameters
    ----------
    file
        A CSV file with a header and a column of dates (2025-03-04, 2025-03 or 2025).
    driver
        The driver that the series measures.
    trigger
        The trigger whose events are the rows.
    column
        The column of the series. If not given: the only one beside the dates. For a trigger: the column of counts,
        where each row is not an event but a period of the length --period.
    date
        The column of dates. If not given: date.
    transform
        Transform the values first: none, log, or logit of a percentage. If not given: none.
    where
        COLUMN=VALUE: only rows with this value; may be repeated.
    anchor
        VALUE=INDEX, twice: two values of the series, each with the index (0 to 100) that it corresponds to.
    map
        The map through the anchors: a straight line in the logit of the index, or in the index. If not given: logit.
    period
        Length of the periods in which events are counted, to test whether they cluster, such as 1y. If not
        given: one is chosen.
    once_a_day
        Events of the same date count once.
    write
        Also write the TOML to this file, which must not exist yet.
    """
    from frenemy.storage.single_file import check_places
    from frenemy.studies.fit.study import DriverFit, RateFit, fit_counts, fit_rate
    from frenemy.studies.fit.study import fit as fit_driver

    name = _one_of(driver, trigger)
    of_series = {"--anchor": anchor, "--transform": transform != "none"}
    idle = of_series if trigger else {"--once-a-day": once_a_day, "--period": period}
    _refuse_idle([key for key, given in idle.items() if given], trigger=bool(trigger))
    if write is not None:
        check_places([write], key="--write")
    rows = once((_pair(text, "--where", "COLUMN=VALUE") for text in where or []), "--where")
    written: list[str] = []

    def find(_: Progress) -> DriverFit | RateFit:
        found: DriverFit | RateFit
        if trigger and column:
            found = fit_counts(
                file, column, period=period, trigger=trigger, date=date, where=rows, since=since or dt.date.min,
                until=until or dt.date.max,
            )  # fmt: skip
        elif trigger:
            opens, closes = _window(since, until)
            found = fit_rate(
                file, since=opens, until=closes, trigger=trigger, date=date, where=rows, once_a_day=once_a_day,
                period=period,
            )  # fmt: skip
        else:
            anchors = once(((_number(v), _number(i)) for v, i in (_anchor(text) for text in anchor or [])), "--anchor")
            found = fit_driver(
                file, column or _only_column(file, date), driver=driver, date=date, transform=transform,
                since=since or dt.date.min, until=until or dt.date.max, where=rows, anchors=anchors or None, shape=map,
            )  # fmt: skip
        written.append(found.toml)
        return found

    further = {} if write is None else {"toml": display_path(write)}
    deliver(
        find, output.out or Path("runs") / f"{name}.fit", output, inputs={file.name: file},
        files=lambda found: {} if write is None else {write: found.toml}, **further,
    )  # fmt: skip
    if not output.json:  # unwrapped, so that it can be copied from a narrow terminal
        console().print(f"\n{written[0].rstrip()}", soft_wrap=True, markup=False)


def _one_of(driver: str, trigger: str) -> str:
    if bool(driver) == bool(trigger):
        message = "choose what to fit: a driver to a series, or a trigger to its events"
        raise InputError([Problem(message=message, allowed="--driver NAME or --trigger NAME")])
    name = driver or trigger
    if not name.isidentifier():
        raise InputError([Problem(message="not a name", key="--driver" if driver else "--trigger", found=name)])
    return name


def _refuse_idle(keys: list[str], *, trigger: bool) -> None:
    """Raise InputError for options that would have no effect."""
    what = "applies to a series, and a trigger has none" if trigger else "applies to events, and a driver has none"
    if keys:
        raise InputError([Problem(message=what, key=key) for key in keys])


def _window(since: dt.date | None, until: dt.date | None) -> tuple[dt.date, dt.date]:
    if since is None or until is None:
        message = (
            "a rate needs the window in which every event would have been recorded; the events alone do not show it"
        )
        raise InputError([Problem(message=message, allowed="--from DATE --until DATE")])
    return since, until


def _only_column(file: Path, date: str) -> str:
    from frenemy.model.files.csv_input import read_table

    table = read_table(file)
    others = [name for n, name in enumerate(table.header) if n != table.place(date, "--date")]
    if len(others) != 1:
        message = "which column is the series?"
        raise InputError([Problem(message=message, file=table.label, key="--column", allowed=", ".join(others))])
    return others[0]


def _pair(text: str, key: str, form: str) -> tuple[str, str]:
    left, middle, right = text.partition("=")
    if not middle:
        raise InputError([Problem(message=f"expected {form}", file=key, found=text)])
    return left.strip(), right.strip()


def _anchor(text: str) -> tuple[str, str]:
    return _pair(text, "--anchor", "VALUE=INDEX")


def _number(text: str) -> float:
    from frenemy.model.files.csv_input import a_number

    try:
        return a_number(text)
    except ValueError as error:
        message, allowed = error.args
        raise InputError([Problem(message=message, key="--anchor", found=text, allowed=allowed)]) from None
