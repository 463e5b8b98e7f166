"""`frenemy freeze`: put a forecast on record."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from frenemy.cli.console import console, errors
from frenemy.cli.options import Date, Journal, Json
from frenemy.cli.output import print_json
from frenemy.errors import Interrupted
from frenemy.model.describe.wording import counted
from frenemy.model.files.toml_source import display_path

__all__ = ["freeze"]


def freeze(
    source: Annotated[Path, Parameter(name="FOLDER|EXPERIMENT")],
    /,
    *,
    journal: Journal | None = None,
    as_of: Annotated[
        Date | None,
        Parameter(
            help="Day up to which things were known; questions that were due by then are left out. If not given: "
            "today; for an update, the day on which its evidence ends."
        ),
    ] = None,
    note: str = "",
    json: Json = False,
) -> None:
    """Put a forecast on record, to be scored later.

    Adds one line to the model's journal.jsonl: the odds of every question that can be settled, with the hash of
    configuration and inputs, seed and date. Each line holds the hash of the line before, so that a later change shows.

    ```
    # The forecasts of a run
    frenemy freeze runs/baseline
    # Those of an update
    frenemy freeze runs/baseline.update
    # Run an experiment and freeze it, with a note
    frenemy freeze experiments/baseline.toml --note "before the review"
    ```

    Parameters
    ----------
    source
        The folder of a run or of an update, or an experiment's file, which is run. For an update, the odds are those
        after its evidence.
    note
        A note that is kept with the forecast.
    """
    from frenemy.runtime.progress import Terminal
    from frenemy.studies.score.record import freeze as record
    from frenemy.studies.score.record import home_of

    path = journal or home_of(source)
    try:
        entry = record(source, journal=path, as_of=as_of, note=note, progress=Terminal(errors()))
    except KeyboardInterrupt:
        raise Interrupted("nothing was written") from None
    if json:
        print_json(entry)
        return
    questions = [*entry["questions"]]
    asked = f"{counted(len(questions), 'question')}, such as {questions[0]}"
    console().print(
        f"Frozen as {entry['forecast']}, as of {entry['as_of']}: {asked}.\n{_left_out(entry)}"
        f"Entry {entry['entry']} of {display_path(path)}, hash {entry['hash']}",
        soft_wrap=True,
    )


def _left_out(entry: Mapping[str, Any]) -> str:
    """The questions left out because their answer is certain, without their dates: a line for each reason."""
    names: dict[str, dict[str, None]] = {}
    for question, why in entry.get("left_out", {}).items():
        kind, name, *_ = question.split("/")
        names.setdefault(why, {})[kind if kind == "at" else f"{kind}/{name}"] = None
    return "".join(f"Left out, as {why}: {', '.join(which)}\n" for why, which in names.items())
