"""`frenemy resolve`: record the outcome of a question."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from frenemy.cli.console import console
from frenemy.cli.options import Date, Journal, Json
from frenemy.cli.output import print_json
from frenemy.model.files.toml_source import display_path

__all__ = ["resolve"]


def resolve(
    question: Annotated[str, Parameter(name="QUESTION")],
    /,
    *,
    outcome: str,
    source: str,
    date: Annotated[Date | None, Parameter(help="Day on which the outcome became known. If not given: today.")] = None,
    journal: Journal | None = None,
    correct: bool = False,
    json: Json = False,
) -> None:
    r"""Record the outcome of a question, for every forecast that contains it.

    Questions are named as in the journal: at/DATE (which scenario it is), ever/SCENARIO/DATE, trigger/NAME/FROM/UNTIL,
    level/DRIVER/DATE.

    ```
    # What became of a frozen forecast
    frenemy resolve trigger/tariff_round/2025-01-21/2026-01-21 --outcome yes \
      --date 2025-03-04 --source "EO 14194"
    ```

    Parameters
    ----------
    question
        The question.
    outcome
        yes or no; the scenario; or the level of a driver.
    source
        Where the outcome is documented.
    correct
        Replace an earlier outcome; both stay on record.
    """
    from frenemy.studies.score.record import journal_of
    from frenemy.studies.score.record import resolve as record

    path = journal or journal_of(Path())
    known = date or dt.datetime.now(dt.UTC).date()
    entry = record(path, question, outcome, date=known, source=source, correct=correct)
    if json:
        print_json(entry)
        return
    console().print(
        f"{question}: {outcome}, {known}\nEntry {entry['entry']} of {display_path(path)}, hash {entry['hash']}",
        soft_wrap=True,
    )
