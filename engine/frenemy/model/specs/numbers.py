"""The numbers an analyst writes: plain or uncertain, with or without a unit of time."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, ValidationError, core_schema

from frenemy.model import distributions as laws
from frenemy.model.distributions import Distribution, Domain, FiveQuantiles, History, Pert, Pool, Quantiles, through
from frenemy.model.durations import DURATION_PATTERN, FOREVER, days
from frenemy.model.resolved import Number
from frenemy.model.specs.base import Finding, close_to, refusal, refuse, toml_text

__all__ = [
    "A_TIME", "SHARE", "Correlation", "Factor", "HalfLife", "HealingTime", "IndexLevel", "Level", "Multiplier",
    "NonNegative", "Points", "Probability", "Quantity", "Rate", "Real", "Share", "Waiting", "collect",
    "history_schema", "number_schema", "plain_number", "table_schema",
]  # fmt: skip

Reader = Callable[[Any], float]
PLAIN_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)")
SHAPES: dict[str, tuple[str, ...]] = {
    "quantiles": ("q05", "median", "q95"),
    "five quantiles": ("q05", "q25", "median", "q75", "q95"),
    "range": ("min", "mode", "max"),
    "history": ("events", "years"),
    "pool": ("pool", "weights"),
}
QUANTILES = ("quantiles", "five quantiles")
WRITTEN = "{ q05, median, q95 }, { min, mode, max } or { pool, weights }"


def plain_number(value: Any) -> float:
    """A finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise refusal("expected a number", value=value)
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise refusal("expected a finite number", value=value)
    return number


def duration(value: Any) -> float:
    """Days, from text such as "26w"."""
    allowed = 'text such as "26w": a number and d, w, m or y'
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise refusal("a duration needs a unit", value=value, allowed=allowed)
    if not isinstance(value, str):
        raise refusal("expected a duration", value=value, allowed=allowed)
    try:
        return days(value)
    except ValueError as error:
        message, suggestion = error.args
        raise refusal(message, value=value, allowed=allowed, suggestion=suggestion) from None


def healing_time(value: Any) -> float:
    """Days, or infinity."""
    if value == FOREVER or (isinstance(value, float) and value == math.inf):
        return math.inf
    return duration(value)


@dataclass(frozen=True)
class Quantity:
    """A number of a given domain that may be uncertain; `excluded` explains why an end of the domain is not allowed."""

    name: str
    domain: Domain
    unit: str
    read: Reader = plain_number
    excluded: str = ""
    counted: bool = False  # whether { events, years } may stand here
    limits: tuple[float, float] = (-math.inf, math.inf)  # beyond them no analyst can mean it

    @property
    def timed(self) -> bool:
        """Whether it is a time, in days once read."""
        return self.read is not plain_number

    def parse(self, value: Any) -> Number:
        """The number or distribution that the value means. Raises pydantic's ValidationError with all problems."""
        return self._distribution(value) if isinstance(value, dict) else self.point(value)

    def point(self, value: Any) -> float:
        """A number without spread."""
        number = self.read(self.unwrapped(value))
        if number not in self.domain and not (self.read is healing_time and number == math.inf):
            raise refusal(self._why(number), value=value, allowed=self._allowed())
        self._check_limits(number, value)
        return number

    def unwrapped(self, value: Any) -> Any:
        """The share that a text such as "4%" means, where a share may stand; else the value."""
        if self.timed or not isinstance(value, str):
            return value
        number = value.strip().removesuffix("%").strip().replace(",", ".")
        if not PLAIN_NUMBER.fullmatch(number):
            return value
        if value.strip().endswith("%") and (self.domain.low, self.domain.high) == (0, 1):
            return float(number) / 100
        raise refusal("expected a number", value=value, suggestion=number)

    def _check_limits(self, number: float, value: Any) -> None:
        low, high = self.limits
        if number != self.domain.low and not low <= number <= high:
            ends = f"{low:g} to {high:g}" if low > 0 else f"at most {high:g}"
            raise refusal("beyond what can be meant", value=value, allowed=ends)

    def _why(self, number: float) -> str:
        if number == self.domain.low and self.domain.closed_low:
            return "a quantile of 0 would make it impossible; for what never happens write a plain 0"
        return self.excluded if self.excluded and number in {self.domain.low, self.domain.high} else "out of range"

    def _allowed(self) -> str:
        return "a duration above zero" if self.read is not plain_number else str(self.domain)

    def _inside(self) -> str:
        """What is allowed for a quantile, which cannot lie at an end of the domain."""
        if self.read is not plain_number:
            return self._allowed()
        return f"{Domain(self.domain.low, self.domain.high)}, as quantiles are strictly inside the bounds"

    def _distribution(self, table: dict[str, Any]) -> Distribution:
        shape = _shape(table)
        homes = {home for home, keys in SHAPES.items() if not table.keys().isdisjoint(keys)}
        mixed = len({"quantiles" if home in QUANTILES else home for home in homes}) > 1
        if mixed or shape is None or (shape == "history" and not self.counted):
            forms = WRITTEN + (" or { events, years }" if self.counted else "")
            raise refusal(
                "mixes two forms" if mixed else "not a number or distribution",
                value=table,
                allowed=f"{self._allowed()}, or {forms}",
            )
        findings = [*_key_findings(table, shape)]
        if not isinstance(table.get("source", ""), str):
            findings.append(Finding("expected text", ("source",), toml_text(table["source"])))
        if shape == "pool":
            return self._pool(table, findings)
        values: dict[str, float] = {}
        for key in SHAPES[shape]:
            if key in table:
                collect(findings, key, values, partial(self._inner, table[key], shape, key))
        refuse(findings)
        source = table.get("source", "")
        if shape == "history":
            self._check_limits(values["events"] / values["years"], table)
            return History(values["events"], values["years"], source=source)
        ascending = [values[key] for key in SHAPES[shape]]
        if shape in QUANTILES:
            return self._through(ascending, table)
        low, middle, high = ascending
        if not (low <= middle <= high and low < high):
            raise refusal("a range must be in order: min <= mode <= max, and min < max", value=table)
        return Pert(low, middle, high, domain=self.domain, source=source)

    def _through(self, points: list[float], table: dict[str, Any]) -> Quantiles | FiveQuantiles:
        """The distribution through three or five quantiles. Raises ValidationError if there is none."""
        try:
            return through(points, self.domain, table.get("source", ""))
        except ValueError as error:
            message, allowed = error.args
            raise refusal(message, value=table, allowed=allowed) from None

    def _inner(self, value: Any, shape: str, key: str) -> float:
        """A number inside a distribution."""
        if shape == "history":
            domain = laws.NONNEGATIVE if key == "events" else laws.POSITIVE
            return Quantity(key, domain, "").point(value)
        number = self.read(self.unwrapped(value))
        self._check_limits(number, value)
        allowed = self.domain.inside(number) if shape in QUANTILES else number in self.domain
        if not allowed:
            ends = self._inside() if shape in QUANTILES else self._allowed()
            raise refusal(self._why(number), value=value, allowed=ends)
        return number

    def _pool(self, table: dict[str, Any], findings: list[Finding]) -> Pool:
        members: dict[int, Number] = {}
        views = table.get("pool", [])
        if not isinstance(views, list) or ("pool" in table and not views):
            findings.append(Finding("expected a list of numbers or distributions", ("pool",), toml_text(views)))
            views = []
        for place, view in enumerate(views):
            if isinstance(view, dict) and _shape(view) == "pool":
                findings.append(Finding("a pool within a pool", ("pool", place), allowed="numbers and distributions"))
            else:
                collect(findings, ("pool", place), members, partial(self.parse, view), key=place)
        weights = table.get("weights", [1.0] * len(views))
        findings += _weight_findings(weights, len(views))
        refuse(findings)
        shares = tuple(float(weight) for weight in weights)
        return Pool(tuple(members.values()), shares, domain=self.domain, source=table.get("source", ""))

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.parse)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return number_schema(self)


def _shape(table: Mapping[str, Any]) -> str | None:
    """The kind of distribution that a table was meant to be, by its keys, misspelt ones included."""
    known = {key: shape for shape, keys in reversed(SHAPES.items()) for key in keys}
    exact = [known[key] for key in table if key in known]
    votes = exact or [known[meant] for key in table if (meant := close_to(key, known))]
    if "five quantiles" in exact:  # q25 or q75; the other three keys are those of three quantiles too
        return "five quantiles"
    return max(votes, key=votes.count) if exact or len(votes) > 1 else None


def _key_findings(table: Mapping[str, Any], shape: str) -> Iterator[Finding]:
    missing = [key for key in SHAPES[shape] if key not in table and key != "weights"]
    free = [key for key in (*SHAPES[shape], "source") if key not in table]
    for key in table:
        if key not in SHAPES[shape] and key != "source":
            meant = close_to(key, free)
            if meant in missing:
                missing.remove(meant)
            allowed = "" if meant else ", ".join((*SHAPES[shape], "source"))
            yield Finding("unknown key", (key,), allowed=allowed, suggestion=meant)
    for key in missing:
        yield Finding("missing", (key,), allowed=f"{{ {', '.join(SHAPES[shape])} }}")


def _weight_findings(weights: Any, count: int) -> Iterator[Finding]:
    found = toml_text(weights)
    if not isinstance(weights, list) or not all(
        isinstance(weight, int | float) and not isinstance(weight, bool) and 0 <= weight < 1e300 for weight in weights
    ):
        yield Finding("expected a list of weights", ("weights",), found, "numbers of at least 0")
    elif len(weights) != count:
        yield Finding(f"{len(weights)} weights for {count} views", ("weights",), found, "one weight for each view")
    elif count and not sum(weights) > 0:
        yield Finding("at least one weight must be above 0", ("weights",), found)


def collect(
    findings: list[Finding], at: Any, into: dict[Any, Any], read: Callable[[], Any], *, key: Any = None
) -> None:
    """Read one value; add its problems to the findings under the key path `at`."""
    path = at if isinstance(at, tuple) else (at,)
    try:
        into[at if key is None else key] = read()
    except ValidationError as error:
        problems = error.errors(include_url=False)
        findings += [Finding(key=(*path, *problem["loc"]), **problem["ctx"]) for problem in problems]


CERTAIN_MESSAGE = (
    "a probability of 1 within a window would need an infinite rate; for an event that is certain write "
    "[[impose]] in an experiment, or a calendar event"
)
AT_MID_SCALE = "an effect is stated at mid-scale, where the index is 50"
Level = Annotated[float, Field(gt=0, lt=100)]
"""An index level that is never uncertain."""
IndexLevel = Annotated[Number, Quantity("index_level", laws.INDEX, "index points")]
Points = Annotated[Number, Quantity("points", laws.POINTS, "index points at mid-scale", excluded=AT_MID_SCALE)]
Probability = Annotated[Number, Quantity("probability", laws.PROBABILITY, "probability", excluded=CERTAIN_MESSAGE)]
SHARE = Quantity("share", laws.SHARE, "share, 0 to 1")
Share = Annotated[Number, SHARE]
Multiplier = Annotated[Number, Quantity("multiplier", laws.POSITIVE, "factor", limits=(1e-3, 1e3))]
Factor = Annotated[Number, Quantity("factor", laws.NONNEGATIVE, "factor", limits=(1e-6, 1e3))]
NonNegative = Annotated[Number, Quantity("non_negative", laws.NONNEGATIVE, "number of at least 0", limits=(0, 100))]
RATES = (0.0, 1e4)
"""Events a year that can be meant."""
Rate = Annotated[Number, Quantity("rate", laws.NONNEGATIVE, "events a year", counted=True, limits=RATES)]
Real = Annotated[Number, Quantity("real", laws.REAL, "number")]
Correlation = Annotated[Number, Quantity("correlation", laws.CORRELATION, "correlation")]
HalfLife = Annotated[Number, Quantity("half_life", laws.POSITIVE, "duration", read=duration)]
HealingTime = Annotated[Number, Quantity("healing_time", laws.POSITIVE, 'duration or "never"', read=healing_time)]
Waiting = Annotated[Number, Quantity("waiting", laws.NONNEGATIVE, "duration", read=duration)]
A_TIME = Quantity("time", laws.POSITIVE, "duration", read=duration)


def number_schema(quantity: Quantity) -> dict[str, Any]:
    """The JSON Schema of a number; `name` marks those that are the same."""
    point: dict[str, Any] = {"type": "number"}
    if quantity.read is not plain_number:
        point = {"type": "string", "pattern": DURATION_PATTERN.replace("|", "")}
        if quantity.read is healing_time:
            point = {"anyOf": [point, {"const": FOREVER}]}
    else:
        domain = quantity.domain
        if math.isfinite(domain.low):
            point["minimum" if domain.closed_low else "exclusiveMinimum"] = domain.low
        if math.isfinite(domain.high):
            point["maximum" if domain.closed_high else "exclusiveMaximum"] = domain.high
    inner = dict(point)
    forms = [
        point,
        *(table_schema(dict.fromkeys(SHAPES[shape], inner)) for shape in QUANTILES),
        table_schema(dict.fromkeys(SHAPES["range"], inner)),
    ]
    if quantity.counted:
        forms.append(history_schema())
    views = {"type": "array", "items": {"$name": quantity.name}, "minItems": 1}
    weights = {"type": "array", "items": {"type": "number", "minimum": 0}}
    forms.append(table_schema({"pool": views, "weights": weights}, optional=("weights",)))
    return {"$name": quantity.name, "anyOf": forms}


def history_schema() -> dict[str, Any]:
    """The JSON Schema of a count in a history."""
    return table_schema(
        {"events": {"type": "number", "minimum": 0}, "years": {"type": "number", "exclusiveMinimum": 0}}
    )


def table_schema(properties: dict[str, Any], optional: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {**properties, "source": {"type": "string"}},
        "required": [key for key in properties if key not in optional],
        "additionalProperties": False,
    }
