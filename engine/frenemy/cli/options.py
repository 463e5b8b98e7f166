"""The options that several commands share: each is declared once, with its help text.

A command for which an option means something special says so: `Annotated[Paths | None, Parameter(help="...")]`.
"""

from __future__ import annotations

import datetime as dt
import math
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_origin

from cyclopts import Parameter, Token

from frenemy.errors import InputError, Problem

__all__ = [
    "AtMedians", "Changes", "Count", "Date", "Decimals", "DrawOptions", "Draws", "ElicitDraws", "Experiment", "Force",
    "HindcastDraws", "Journal", "Json", "Ledgers", "Out", "OutputOptions", "Paths", "Plots", "Port", "PositiveCount",
    "PositiveCounts", "PositiveDecimal", "Reading", "RunOptions", "Seed", "Strings", "StudyDraws", "TimelineDraws",
    "Until", "Workers", "once", "values",
]  # fmt: skip


K = TypeVar("K")
V = TypeVar("V")
MOST = 2**63 - 1
"""The largest whole number that a file may hold."""
MOST_WORKERS = 4096


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


def _whole(text: str, least: int, most: int) -> int:
    """A whole number in decimal digits. Raises ValueError, with what is allowed."""
    allowed = f"a whole number from {least} to {most:,}" if most < MOST else f"a whole number of at least {least}"
    if not re.fullmatch(r"[+-]?[0-9]{1,30}", text):
        raise ValueError("not a whole number", allowed)
    if not least <= int(text) <= most:
        raise ValueError("too small" if int(text) < least else "too large", allowed)
    return int(text)


def _decimal(text: str, above: float) -> float:
    """A number with a decimal point. Raises ValueError, with what is allowed."""
    allowed = "a number such as 0.25" if above < 0 else f"a number above {above:g}"
    if not re.fullmatch(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?", text):
        raise ValueError("not a number", allowed)
    if not above < float(text) < math.inf:
        raise ValueError("too large" if float(text) > 0 else "too small", allowed)
    return float(text)


def _read(type_: Any, tokens: Sequence[Token], read: Callable[[str], Any]) -> Any:
    """The value of an option, or the values of one that may be repeated. Raises InputError for those that are none."""
    found, problems = [], []
    for token in tokens:
        try:
            found.append(read(token.value))
        except ValueError as error:
            message, allowed = error.args
            problems.append(Problem(message=message, key=token.keyword or "", found=token.value, allowed=allowed))
    if problems:
        raise InputError(problems)
    return found if get_origin(type_) in (list, tuple) else found[0]


def _number(read: Callable[..., Any], **limits: float) -> Parameter:
    """How an option is read that is a number: as it is written, never rounded."""
    return Parameter(converter=partial(_read, read=partial(read, **limits)))


Count = Annotated[int, _number(_whole, least=0, most=MOST)]
PositiveCount = Annotated[int, _number(_whole, least=1, most=MOST)]
PositiveCounts = Annotated[list[int], _number(_whole, least=1, most=MOST), Parameter(consume_multiple=True)]
Port = Annotated[int, _number(_whole, least=0, most=65_535)]
Decimals = Annotated[list[float], _number(_decimal, above=-math.inf), Parameter(consume_multiple=False)]
PositiveDecimal = Annotated[float, _number(_decimal, above=0)]


def _file(_: Any, tokens: Sequence[Token]) -> Path:
    """The file that was named. Raises InputError for what can be no name of one: nothing, or the root."""
    text = tokens[0].value
    path = Path(text)
    if text.strip() and path.name in ("", ".."):
        path = Path(os.path.normpath(path.absolute()))
    if not text.strip() or not path.name:
        message = "not an experiment's file"
        raise InputError([Problem(message=message, found=repr(text), allowed="such as experiments/baseline.toml")])
    return path


Experiment = Annotated[
    Path,
    Parameter(converter=_file, name="EXPERIMENT", help="The experiment's file, such as experiments/baseline.toml."),
]
Paths = Annotated[
    PositiveCount,
    Parameter(help="Futures to simulate for each draw of the uncertain numbers. If not given: as the file says."),
]
Draws = Annotated[
    Count, Parameter(help="Draws of the uncertain numbers. If not given: as the file says. 0: as --at-medians.")
]
AtMedians = Annotated[
    bool,
    Parameter(
        negative=(),
        help="Put every uncertain number at its median: another question, with other odds. If not given: odds are "
        "means over the draws.",
    ),
]
Seed = Annotated[Count, Parameter(help="Another seed gives another sample of futures. If not given: the file's.")]
Workers = Annotated[
    int,
    _number(_whole, least=0, most=MOST_WORKERS),
    Parameter(help="Threads. The results do not depend on it. If not given, or 0: one per core."),
]
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
        "the share of time in it. If not given: at, or as the file says."
    ),
]
Until = Annotated[
    Date,
    Parameter(
        help="Use only what was known by the end of this day (inclusive), such as 2025-06-30. If not given: all."
    ),
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
class DrawOptions:
    """Over how many draws of the uncertain numbers odds are averaged, or that these are at their medians."""

    draws: Draws | None = None
    at_medians: AtMedians = False

    @property
    def number(self) -> int | None:
        """The draws as the functions of all studies take them: None if not given, 0 at the medians.

        Raises InputError for draws at the medians.
        """
        if self.at_medians and self.draws:
            message, allowed = "has no draws", "one of --draws and --at-medians"
            raise InputError(
                [Problem(message=message, key="--at-medians", found=f"--draws {self.draws}", allowed=allowed)]
            )
        return 0 if self.at_medians else self.draws


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class StudyDraws(DrawOptions):
    """The same for a study that shares the experiment's futures among the draws."""

    draws: Annotated[
        Draws | None,
        Parameter(
            help="Draws of the uncertain numbers, at most one for each 16 futures. If not given: as the file says. 0: "
            "as --at-medians."
        ),
    ] = None


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class ElicitDraws(DrawOptions):
    """Draws in each world, each with all the paths that are asked for."""

    draws: Annotated[
        Draws | None,
        Parameter(
            help="Draws of the uncertain numbers in each world. If not given: as many as share the file's futures. "
            "0: as --at-medians."
        ),
    ] = None


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class HindcastDraws(DrawOptions):
    """Draws of each forecast."""

    draws: Annotated[
        Draws | None,
        Parameter(
            help="Draws of the uncertain numbers. If not given: 32, or those of the experiment if fewer. 0: as "
            "--at-medians."
        ),
    ] = None


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class TimelineDraws(DrawOptions):
    """Draws of each pass."""

    draws: Annotated[
        Draws | None,
        Parameter(
            help="Draws of the uncertain numbers in each pass, weighed by the evidence. If not given: 96, or those of "
            "the experiment if fewer. 0: as --at-medians."
        ),
    ] = None


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

    return once((parse_set(change) for change in changes or []), "--set")


def once(pairs: Iterable[tuple[K, V]], key: str) -> dict[K, V]:
    """The values of a repeated option by what each is for. Raises InputError if one is given twice."""
    found: dict[K, V] = {}
    for name, value in pairs:
        if name in found:
            raise InputError([Problem(message="is given twice", key=key, found=str(name), allowed=f"one {key} for it")])
        found[name] = value
    return found
