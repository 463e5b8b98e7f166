"""`frenemy fit`: a driver's numbers from a series, or a trigger's rate from a list of events."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from frenemy.cli.console import console
from frenemy.cli.output import deliver, plain_date
from frenemy.errors import InputError, Problem
from frenemy.model.files.toml_source import display_path
from frenemy.runtime.progress import Progress

__all__ = ["fit"]

Repeated = Annotated[list[str] | None, Parameter(consume_multiple=False)]


def fit(
    file: Annotated[Path, Parameter(name="FILE")],
    /,
    *,
    driver: str = "",
    trigger: str = "",
    column: str = "",
    date: str = "date",
    transform: Literal["none", "log", "logit"] = "none",
    since: Annotated[str | None, Parameter(name=["--since", "--from"])] = None,
    until: str | None = None,
    where: Repeated = None,
    anchor: Repeated = None,
    map: Literal["logit", "linear"] = "logit",  # noqa: A002 the word of the command line
    period: str = "",
    once_a_day: bool = False,
    out: Path | None = None,
    write: Path | None = None,
    plots: Annotated[bool, Parameter(negative="--no-plots")] = True,
    json: bool = False,
) -> None:
    """Fit a driver to a series, or a trigger's rate to a list of events.

    Prints TOML for drivers.toml, each number with its range, source and method, and writes a folder with it, tables and
    a picture. A series is taken for a level that reverts, seen through noise; dates may be uneven, cells empty.

    ```
    frenemy fit data/fentanyl_seizures.csv --driver pressure --column pounds --transform log
    frenemy fit data/mass_transfers.csv --trigger mass_transfer --from 2025-01-20 --until 2026-01-21
    ```

    Parameters
    ----------
    file
        A CSV file with a header and a column of dates (2025-03-04, 2025-03 or 2025).
    driver
        The driver that the series stands for.
    trigger
        The trigger of which each row is an event.
    column
        The series, by the name of its column; if not given, the only one beside the dates. For a trigger: its counts,
        where each row is not an event but a period of the length --period.
    date
        The column of dates.
    transform
        Of the values, before anything else: none, log, or logit of a percentage.
    since
        The first day that counts. For a trigger: when the file begins to be complete.
    until
        The first day that counts no more.
    where
        COLUMN=VALUE: only rows with this value; may be given again.
    anchor
        VALUE=INDEX, twice: two values of the series and the index (0 to 100) that each stands for.
    map
        The map through the anchors: a straight line in the logit of the index, or in the index.
    period
        Length of the periods in which events are counted, to see whether they come in clusters, such as 1y.
    once_a_day
        Events of the same date count once.
    out
        The folder. If not given: runs/NAME.fit in the current folder.
    write
        Also write the TOML to this file, which must not be there yet.
    plots
        --no-plots leaves out the picture.
    json
        Print what was found as JSON, for other programs.
    """
    from frenemy.storage.single_file import write_file
    from frenemy.studies.fit.study import DriverFit, RateFit, fit_counts, fit_rate
    from frenemy.studies.fit.study import fit as fit_driver

    name = _one_of(driver, trigger)
    of_series = {"--anchor": anchor, "--transform": transform != "none"}
    idle = of_series if trigger else {"--once-a-day": once_a_day, "--period": period}
    _refuse_idle([key for key, given in idle.items() if given], trigger=bool(trigger))
    if write is not None and write.exists():
        message = "exists already; choose another name, so that nothing of yours is replaced"
        raise InputError([Problem(message=message, file=display_path(write), key="--write")])
    rows = dict(_pair(text, "--where", "COLUMN=VALUE") for text in where or [])
    written: list[str] = []
    first, after = plain_date(since, "--from"), plain_date(until, "--until")

    def find(_: Progress) -> DriverFit | RateFit:
        found: DriverFit | RateFit
        if trigger and column:
            found = fit_counts(
                file, column, period=period, trigger=trigger, date=date, where=rows, since=first or dt.date.min,
                until=after or dt.date.max,
            )  # fmt: skip
        elif trigger:
            opens, closes = _window(first, after)
            found = fit_rate(
                file, since=opens, until=closes, trigger=trigger, date=date, where=rows, once_a_day=once_a_day,
                period=period,
            )  # fmt: skip
        else:
            anchors = {_number(value): _number(index) for value, index in (_anchor(text) for text in anchor or [])}
            found = fit_driver(
                file, column or _only_column(file, date), driver=driver, date=date, transform=transform,
                since=first or dt.date.min, until=after or dt.date.max, where=rows, anchors=anchors or None, shape=map,
            )  # fmt: skip
        if write is not None:
            write_file(write, found.toml, key="--write")
        written.append(found.toml)
        return found

    further = {} if write is None else {"toml": display_path(write)}
    folder = out if out is not None else Path("runs") / f"{name}.fit"
    deliver(find, folder, plots=plots, json=json, inputs={file.name: file}, **further)
    if not json:  # as it is, so that it can be copied from a narrow terminal
        console().print(f"\n{written[0].rstrip()}", soft_wrap=True, markup=False)


def _one_of(driver: str, trigger: str) -> str:
    if bool(driver) == bool(trigger):
        message = "say what is fitted: a driver by a series, or a trigger by its events"
        raise InputError([Problem(message=message, allowed="--driver NAME or --trigger NAME")])
    name = driver or trigger
    if not name.isidentifier():
        raise InputError([Problem(message="not a name", key="--driver" if driver else "--trigger", found=name)])
    return name


def _refuse_idle(keys: list[str], *, trigger: bool) -> None:
    """Raise InputError for options that would do nothing."""
    what = "of a series, and a trigger has none" if trigger else "of events, and a driver has none"
    if keys:
        raise InputError([Problem(message=what, key=key) for key in keys])


def _window(since: dt.date | None, until: dt.date | None) -> tuple[dt.date, dt.date]:
    if since is None or until is None:
        message = "a rate needs the window in which every event would have been seen; the events alone cannot tell it"
        raise InputError([Problem(message=message, allowed="--from DATE --until DATE")])
    return since, until


def _only_column(file: Path, date: str) -> str:
    from frenemy.model.files.csv_columns import read_table

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
    from frenemy.model.files.csv_columns import a_number

    try:
        return a_number(text)
    except ValueError as error:
        message, allowed = error.args
        raise InputError([Problem(message=message, key="--anchor", found=text, allowed=allowed)]) from None
