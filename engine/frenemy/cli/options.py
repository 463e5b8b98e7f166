"""The options that several commands share: each is declared once, with its help text.

A command for which an option means something special says so: `Annotated[Paths | None, Parameter(help="...")]`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter, Token
from cyclopts.types import NonNegativeInt, PositiveInt

from frenemy.errors import InputError, Problem

__all__ = [
    "Changes", "Date", "Draws", "Experiment", "Force", "Journal", "Json", "Ledgers", "Out", "OutputOptions", "Paths",
    "Plots", "Reading", "RunOptions", "Seed", "Strings", "Until", "Workers", "values",
]  # fmt: skip


def _date(_: Any, tokens: Sequence[Token]) -> dt.date:
    """The date that was typed. Raises InputError if it is none."""
    token = tokens[0]
    try:
        return dt.date.fromisoformat(token.value)
    except ValueError:
        problem = Problem(
            message="not a date", key=token.keyword or "", found=token.value, allowed="such as 2027-12-31"
        )
        raise InputError([problem]) from None


Experiment = Annotated[
    Path, Parameter(name="EXPERIMENT", help="The experiment's file, such as experiments/baseline.toml.")
]
Paths = Annotated[PositiveInt, Parameter(help="Futures to simulate for each draw of the uncertain numbers.")]
Draws = Annotated[NonNegativeInt, Parameter(help="Draws of the uncertain numbers. 0: every number is at its median.")]
Seed = Annotated[NonNegativeInt, Parameter(help="Another seed gives another sample of futures.")]
Workers = Annotated[NonNegativeInt, Parameter(help="Threads. 0: one per core. The results do not depend on it.")]
Changes = Annotated[
    list[str],
    Parameter(
        name="--set",
        consume_multiple=False,
        help="KEY=VALUE: another value in the model, by dotted key; may be repeated.",
    ),
]
Out = Annotated[Path, Parameter(help="Folder for the results. If not given: runs/NAME.COMMAND.")]
Force = Annotated[bool, Parameter(help="Replace the file if it exists.")]
Plots = Annotated[bool, Parameter(negative="--no-plots", help="--no-plots leaves out the pictures.")]
Json = Annotated[bool, Parameter(help="Print the results as JSON, for other programs.")]
Date = Annotated[
    dt.date,
    Parameter(converter=_date, help="Date of the odds, such as 2027-12-31. If not given: the end of the run."),
]
Reading = Annotated[
    Literal["at", "ever", "time_share"],
    Parameter(
        help="Which odds. at: of being in the scenario at the date; ever: of having been in it by then; time_share: "
        "the share of time in it."
    ),
]
Until = Annotated[
    Date, Parameter(help="Use only what was known by the end of this day (inclusive), such as 2025-06-30.")
]
Ledgers = Annotated[
    list[Path],
    Parameter(
        name="--ledger",
        consume_multiple=False,
        help="A ledger's file, instead of those that the experiment names; may be repeated.",
    ),
]
Journal = Annotated[Path, Parameter(help="The journal. If not given: journal.jsonl beside drivers.toml.")]
Strings = Annotated[list[str], Parameter(consume_multiple=False)]
"""One string each time that the option is given."""


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """How an experiment is run."""

    seed: Seed | None = None
    workers: Workers = 0
    change: Changes | None = None

    @property
    def arguments(self) -> dict[str, Any]:
        """The options as the functions of all studies take them."""
        return {"seed": self.seed, "workers": self.workers, "set": values(self.change)}


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class OutputOptions:
    """Where the results of a study go."""

    out: Out | None = None
    plots: Plots = True
    json: Json = False


def values(changes: Sequence[str] | None) -> Mapping[str, Any]:
    """The values of all `--set KEY=VALUE`, by key."""
    from frenemy.model.files.load import parse_set

    return dict(parse_set(change) for change in changes or [])
