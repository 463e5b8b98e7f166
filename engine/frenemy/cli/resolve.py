"""`frenemy resolve`: record what came of a question."""

from __future__ import annotations

import datetime as dt
import json as jsonlib
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from frenemy.cli.console import console
from frenemy.cli.output import plain_date
from frenemy.model.files.toml_source import display_path

__all__ = ["resolve"]


def resolve(
    question: Annotated[str, Parameter(name="QUESTION")],
    /,
    *,
    outcome: str,
    source: str,
    date: str | None = None,
    journal: Path | None = None,
    correct: bool = False,
    json: bool = False,
) -> None:
    """Record what came of a question, for every forecast that asked it.

    Questions are named as in the journal: at/DATE (which scenario it is), ever/SCENARIO/DATE, trigger/NAME/FROM/UNTIL,
    level/DRIVER/DATE.

    ```
    frenemy resolve trigger/tariff_round/2025-01-21/2026-01-21 --outcome yes --date 2025-03-04 --source "EO 14194"
    ```

    Parameters
    ----------
    question
        The question.
    outcome
        yes or no; the scenario; or the level of a driver.
    source
        Where it can be read.
    date
        When it was known. If not given: today.
    journal
        The journal. If not given: journal.jsonl beside drivers.toml.
    correct
        Put this in the place of an earlier outcome; both stay on record.
    json
        Print the entry as JSON, for other programs.
    """
    from frenemy.studies.score.record import journal_of
    from frenemy.studies.score.record import resolve as record

    path = journal or journal_of(Path())
    known = plain_date(date) or dt.datetime.now(dt.UTC).date()
    entry = record(path, question, outcome, date=known, source=source, correct=correct)
    if json:
        sys.stdout.write(jsonlib.dumps(entry, indent=2, ensure_ascii=False) + "\n")
        return
    console().print(
        f"{question}: {outcome}, {known}\nEntry {entry['entry']} of {display_path(path)}, hash {entry['hash']}",
        soft_wrap=True,
    )
