"""Other kinds of value that an analyst writes: times, limits, names, conditions, colours, sources."""

from __future__ import annotations

import keyword
import math
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from frenemy.model.conditions import (
    ALLOWED,
    RESERVED,
    Active,
    Arithmetic,
    Count,
    Expression,
    ExpressionError,
    Named,
    parse,
    walk,
)
from frenemy.model.distributions import INDEX, NONNEGATIVE, History
from frenemy.model.resolved import Number, Times
from frenemy.model.specs.base import Finding, Names, close_to, names_of, refusal, refuse, toml_text
from frenemy.model.specs.numbers import A_TIME, RATES, Quantity, collect, history_schema, number_schema, table_schema

__all__ = [
    "LEVEL", "CalendarName", "Colour", "Condition", "Counted", "DriverName", "DurationDays", "EpisodeName", "Items",
    "Limit", "RandomTime", "Reads", "Reference", "ScenarioName", "SignpostName", "Sources", "TriggerName",
    "name_problem",
]  # fmt: skip


@dataclass(frozen=True)
class Reads:
    """A value that a function reads."""

    read: Callable[[Any], Any]
    schema: Callable[[], dict[str, Any]]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return self.schema()


@dataclass(frozen=True)
class Context:
    """What a value may refer to: the names of the model, and the keys of its table that were read before it."""

    names: Names
    before: Mapping[str, Any]


@dataclass(frozen=True)
class ReadsInContext:
    """A value that a function of the value and its context reads."""

    read: Callable[[Any, Context], Any]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        def validate(value: Any, info: core_schema.ValidationInfo) -> Any:
            return self.read(value, Context(names_of(info), getattr(info, "data", None) or {}))

        return core_schema.with_info_plain_validator_function(validate)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"type": "string"}


def _times(value: Any) -> Times:
    if not isinstance(value, dict):
        fixed = A_TIME.point(value)
        return Times(median=fixed, q95=fixed)
    findings: list[Finding] = []
    read: dict[str, Number] = {}
    free = [key for key in ("median", "q95") if key not in value]
    for key in value:
        if key in {"median", "q95"}:
            collect(findings, key, read, partial(A_TIME.parse, value[key]))
        elif key != "source":
            meant = close_to(key, free)
            free = [name for name in free if name != meant]
            findings.append(Finding("unknown key", (key,), allowed="" if meant else "median, q95", suggestion=meant))
    findings += [Finding("missing", (key,), allowed='{ median = "16w", q95 = "60w" }') for key in free]
    refuse(findings)
    median, q95 = (number if isinstance(number, float) else number.median for number in (read["median"], read["q95"]))
    if not median <= q95:
        raise refusal("the median of a time must not be above its q95", value=value)
    return Times(**read)


def _times_schema() -> dict[str, Any]:
    part = number_schema(A_TIME)
    form = table_schema({"median": part, "q95": part})
    return {"$name": "random_time", "anyOf": [part["anyOf"][0], form]}


RandomTime = Annotated[Times, Reads(_times, _times_schema)]


def _plain_duration(value: Any) -> float:
    return A_TIME.point(value)


def _duration_schema() -> dict[str, Any]:
    schema: dict[str, Any] = number_schema(A_TIME)["anyOf"][0]
    return schema


DurationDays = Annotated[float, Reads(_plain_duration, _duration_schema)]


def _limit(value: Any) -> float:
    if value == math.inf and isinstance(value, float):
        return math.inf
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value < 2**31:
        raise refusal("expected a whole number of at least 1", value=value, allowed="1, 2, 3 … or inf for no limit")
    return float(value)


Limit = Annotated[float, Reads(_limit, lambda: {"type": "number", "minimum": 1})]


def _counted(value: Any) -> History:
    if isinstance(value, dict):
        parsed = Quantity("history", NONNEGATIVE, "events a year", counted=True, limits=RATES).parse(value)
        if isinstance(parsed, History):
            return parsed
    raise refusal("expected a count of events in years", value=value, allowed="{ events = 3, years = 1 }")


Counted = Annotated[History, Reads(_counted, history_schema)]

LEVEL = Quantity("index_level", INDEX, "index points")
LONG_RUN: Literal["long_run"] = "long_run"
"""A trigger's reference: that of the driver, which is where its file puts the long run."""


def _reference(value: Any) -> Number | Literal["long_run"]:
    if isinstance(value, str):
        if value == LONG_RUN:
            return LONG_RUN
        meant = f'"{LONG_RUN}"' if close_to(value, [LONG_RUN]) else ""
        raise refusal("not a level", value=value, allowed=f'an index level or "{LONG_RUN}"', suggestion=meant)
    return LEVEL.parse(value)


def _reference_schema() -> dict[str, Any]:
    return {"anyOf": [{"const": LONG_RUN}, number_schema(LEVEL)]}


Reference = Annotated[Number | Literal["long_run"], Reads(_reference, _reference_schema)]


def name_problem(name: str) -> str:
    """Why a name is not valid; empty if it is."""
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        return "a name consists of letters without accents, digits and underscores, and does not begin with a digit"
    if name in RESERVED or keyword.iskeyword(name):
        return f"{name!r} is a word of the conditions' own language and cannot be a name"
    return ""


def _known(value: Any, known: Collection[str], what: str) -> str:
    if not isinstance(value, str):
        raise refusal(f"expected the name of {what}", value=value)
    if value not in known:
        meant = close_to(value, known)
        allowed = "" if meant else ", ".join(known) or f"nothing: the model has no {what.removeprefix('a ')}s"
        raise refusal(f"is not the name of {what}", value=value, allowed=allowed, suggestion=meant)
    return value


def _driver_name(value: Any, context: Context) -> str:
    known = context.names.drivers or [value]  # without any driver, only that is reported
    return _known(value, known, "a driver")


def _trigger_name(value: Any, context: Context) -> str:
    return _known(value, context.names.triggers, "a trigger")


def _episode_name(value: Any, context: Context) -> str:
    names = context.names
    name = _known(value, names.triggers, "a trigger")
    if name not in names.episodes:
        episodes = ", ".join(name for name in names.triggers if name in names.episodes)
        raise refusal("is a trigger without a duration, not an episode", value=value, allowed=episodes)
    return name


def _calendar_name(value: Any, context: Context) -> str:
    return _known(value, context.names.calendar, "a calendar event")


def _scenario_name(value: Any, context: Context) -> str:
    return _known(value, context.names.scenarios, "a scenario") if context.names.whole else str(value)


def _signpost_name(value: Any, context: Context) -> str:
    names = context.names
    if not names.whole:
        return str(value)
    if not names.signposts:
        raise refusal("no signpost of the model has a likelihood", value=value)
    return _known(value, names.signposts, "a signpost")


CalendarName = Annotated[str, ReadsInContext(_calendar_name)]
ScenarioName = Annotated[str, ReadsInContext(_scenario_name)]
SignpostName = Annotated[str, ReadsInContext(_signpost_name)]
DriverName = Annotated[str, ReadsInContext(_driver_name)]
TriggerName = Annotated[str, ReadsInContext(_trigger_name)]
EpisodeName = Annotated[str, ReadsInContext(_episode_name)]


def _condition(value: Any, context: Context) -> Expression:
    if not isinstance(value, str):
        raise refusal("expected a condition in quotes", value=value, allowed='text such as "trust < 25"')
    names = context.names
    try:
        expression = parse(value, frozenset(names.drivers))
    except ExpressionError as error:
        raise refusal(f"{error}, at character {error.column + 1}", value=value, allowed=ALLOWED) from None
    thresholds = context.before.get("thresholds")
    refuse(_name_findings(expression, names, thresholds))
    return expression


def _name_findings(expression: Expression, names: Names, thresholds: Mapping[str, Number] | None) -> Iterator[Finding]:
    """Unknown names in a condition, each once; `thresholds` is None if they could not be read."""
    for node in dict.fromkeys(walk(expression)):
        match node:
            case Count(name) | Active(name) if name not in names.triggers:
                meant = close_to(name, names.triggers)
                allowed = "" if meant else ", ".join(names.triggers) or "nothing: the model has no triggers"
                yield Finding("unknown trigger in a condition", (), name, allowed, meant)
            case Active(name) if name not in names.episodes:
                yield Finding("active() needs an episode; this trigger has no duration", (), name, f"count({name})")
            case Named(name) if thresholds is not None and names.drivers and name not in thresholds:
                known = [*names.drivers, *thresholds]
                meant = f"count({name})" if name in names.triggers else close_to(name, known)
                allowed = "" if meant else ", ".join(known)
                yield Finding("unknown driver or threshold in a condition", (), name, allowed, meant)
            case Arithmetic("/", _, Named(name)) if thresholds is not None and thresholds.get(name) == 0:
                yield Finding("divides by a threshold that is 0", (), name)


Condition = Annotated[Expression, ReadsInContext(_condition)]

COLOUR_PATTERN = r"^#[0-9a-fA-F]{6}$"


def _colour(value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(COLOUR_PATTERN[1:-1], value):
        raise refusal("not a colour", value=value, allowed='six hexadecimal digits, such as "#0072b2"')
    return value.lower()


Colour = Annotated[str, Reads(_colour, lambda: {"type": "string", "pattern": COLOUR_PATTERN})]


def _sources(value: Any) -> dict[str, str]:
    """Dotted key to text; tables within are flattened."""
    if not isinstance(value, dict):
        raise refusal("expected a table of texts by key", value=value, allowed='{ half_life = "judgment" }')
    flat: dict[str, str] = {}
    findings: list[Finding] = []
    _flatten(value, (), flat, findings)
    refuse(findings)
    return flat


def _flatten(table: dict[str, Any], path: tuple[str, ...], flat: dict[str, str], findings: list[Finding]) -> None:
    for key, item in table.items():
        if isinstance(item, dict):
            _flatten(item, (*path, key), flat, findings)
        elif isinstance(item, str):
            flat[".".join((*path, key))] = item
        else:
            findings.append(Finding("expected text", (*path, key), toml_text(item)))


Item = TypeVar("Item")
Items = Annotated[tuple[Item, ...], Field(strict=False)]
"""A list, which is a tuple once read."""

Sources = Annotated[dict[str, str], Reads(_sources, lambda: {"type": "object"})]
