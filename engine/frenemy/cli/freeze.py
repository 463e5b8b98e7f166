"""`frenemy freeze`: put a forecast on record."""

from __future__ import annotations

import json as jsonlib
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from frenemy.cli.console import console, errors
from frenemy.cli.output import plain_date
from frenemy.errors import Interrupted
from frenemy.model.files.toml_source import display_path

__all__ = ["freeze"]


def freeze(
    source: Annotated[Path, Parameter(name="FOLDER|EXPERIMENT")],
    /,
    *,
    journal: Path | None = None,
    as_of: str | None = None,
    note: str = "",
    json: bool = False,
) -> None:
    """Put a forecast on record, to be scored when the time has come.

    Adds one line to the model's journal.jsonl: the odds of every question that can be settled, with the hash of
    configuration and inputs, seed and date. Lines are chained by their hashes, so that a change shows.

    ```
    frenemy freeze runs/baseline
    frenemy freeze runs/baseline.update
    frenemy freeze experiments/baseline.toml --note "before the review"
    ```

    Parameters
    ----------
    source
        The folder of a run or of an update, or an experiment's file, which is run. Of an update the odds are those
        after its evidence.
    journal
        The journal. If not given: journal.jsonl beside drivers.toml.
    as_of
        Up to which day things were known, which leaves out what had come due by then. If not given: today; of an update
        where its evidence ends.
    note
        Words to remember it by.
    json
        Print the entry as JSON, for other programs.
    """
    from frenemy.runtime.progress import Terminal
    from frenemy.studies.score.record import freeze as keep
    from frenemy.studies.score.record import home_of

    path = journal or home_of(source)
    try:
        entry = keep(source, journal=path, as_of=plain_date(as_of, "--as-of"), note=note, progress=Terminal(errors()))
    except KeyboardInterrupt:
        raise Interrupted("nothing was written") from None
    if json:
        sys.stdout.write(jsonlib.dumps(entry, indent=2, ensure_ascii=False) + "\n")
        return
    asked = [*entry["questions"]]
    console().print(
        f"Frozen as {entry['forecast']}, as of {entry['as_of']}: {len(asked)} questions, such as {asked[0]}.\n"
        f"Entry {entry['entry']} of {display_path(path)}, hash {entry['hash']}",
        soft_wrap=True,
    )
