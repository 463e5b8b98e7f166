"""[sweep]: the numbers to vary, and the odds to show."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from frenemy.errors import InputError
from frenemy.model.durations import DURATION_PATTERN
from frenemy.model.experiment import MOST_DRAWS, Axis
from frenemy.model.specs.base import Finding, Names, Spec, entry, findings_of, toml_text
from frenemy.model.specs.fields import Items, Reads, ScenarioName
from frenemy.model.specs.number_at import quantity_at
from frenemy.model.specs.numbers import plain_number

__all__ = ["DEFAULT_POINTS", "AxisSpec", "SweepSpec", "axis", "spread_out"]

DEFAULT_POINTS = 11
"""Values of a range, unless stated otherwise."""
MAX_POINTS = 201
"""The most values of one number."""
MAX_AXES = 2


def _written(value: Any) -> float | str:
    """A number or a duration, as the key requires."""
    if isinstance(value, str):
        return value
    return plain_number(value)


def _written_schema() -> dict[str, Any]:
    return {"anyOf": [{"type": "number"}, {"type": "string", "pattern": DURATION_PATTERN}]}


Written = Annotated[float | str, Reads(_written, _written_schema)]
RANGE = ("from", "to", "points")


class AxisSpec(Spec):
    """`[[sweep.over]]`: one number and its values: a list, or a range with a number of points."""

    key: str = entry("Its dotted key.", example="triggers.unilateral_strike.probability")
    values: Items[Written] | None = entry("A list of values, ascending.", example=[0.02, 0.06, 0.2], default=None)
    from_: Written | None = entry("The least value of a range.", example=0.01, default=None, alias="from")
    to: Written | None = entry("The greatest value of a range.", example=0.2, default=None)
    points: Annotated[int, Field(ge=2, le=MAX_POINTS)] = entry(
        "How many values the range has.", unit="whole number", example=13, default=DEFAULT_POINTS
    )
    spacing: Literal["linear", "own"] = entry(
        "Evenly spaced as written (linear), or on the number's natural scale (own): log-odds for numbers with two "
        "bounds, such as probabilities and levels, logarithms for positive numbers, such as rates and durations.",
        example="own",
        default="linear",
    )

    @classmethod
    def cross_checks(cls, table: Mapping[str, Any], names: Names) -> Iterator[Finding]:  # noqa: ARG003
        """The key of a number, and a list or a range of allowed values."""
        ranged = [key for key in RANGE if key in table]
        if "values" in table and ranged:
            yield Finding("states a list and a range", ("values",), "", f"no {', '.join(ranged)}")
        elif "values" not in table:
            for key in ("from", "to"):
                if key not in table:
                    yield Finding("missing", (key,), "", f"values = [...], or from and to, such as {key} = 0.1")
        named = table.get("key")
        if not isinstance(named, str):
            return
        try:
            quantity_at(named)
        except InputError as error:
            problem = error.problems[0]
            yield Finding(problem.message, ("key",), toml_text(named), problem.allowed, problem.suggestion)
        else:
            yield from _value_findings(named, table)


Place = tuple[str | int, ...]


def _value_findings(key: str, table: Mapping[str, Any]) -> Iterator[Finding]:
    quantity, listed = quantity_at(key), table.get("values")
    places: dict[Place, Any] = {("from",): table.get("from"), ("to",): table.get("to")}
    if isinstance(listed, list):
        places = {("values", place): value for place, value in enumerate(listed)}
    numbers: dict[Place, float] = {}
    for place, value in places.items():
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            continue  # missing, or a problem of its own
        try:
            numbers[place] = quantity.point(value)
        except ValidationError as error:
            yield from (Finding(f.message, place, f.found, f.allowed, f.suggestion) for f in findings_of(error))
            continue
        message = ""
        if math.isinf(numbers[place]):
            message = "a sweep needs finite values"
        elif table.get("spacing") == "own" and not quantity.domain.inside(numbers[place]):
            message = "is at an end of the allowed range, which the number's natural scale does not reach"
        if message:
            yield Finding(message, place, toml_text(value), 'a value inside the range, or spacing = "linear"')
            return
    if len(numbers) == len(places):
        yield from _order_findings(places, [*numbers.values()])


def _order_findings(places: Mapping[Place, Any], numbers: list[float]) -> Iterator[Finding]:
    rising = all(low < high for low, high in pairwise(numbers))
    if ("to",) in places:
        if not rising:
            written = places["to",], places["from",]
            yield Finding("must be above `from`", ("to",), toml_text(written[0]), f"more than {toml_text(written[1])}")
    elif len(numbers) < 2:
        yield Finding("a sweep needs at least two values", ("values",), toml_text([*places.values()]))
    elif not rising:
        yield Finding("the values must be ascending and different", ("values",), toml_text([*places.values()]))


class SweepSpec(Spec):
    """`[sweep]`: the numbers that `frenemy sweep` varies: one (a curve of the odds) or two (a map)."""

    over: Items[AxisSpec] = entry(
        "The numbers to vary, one or two: horizontal, vertical.",
        example=[{"key": "triggers.unilateral_strike.probability", "from": 0.01, "to": 0.2}],
        default=(),
    )
    scenario: ScenarioName = entry(
        "The scenario shown in pictures; all if left out. The tables hold all of them.",
        example="total_rift",
        default="",
    )
    reading: Literal["at", "ever", "time_share"] = entry(
        "The odds shown in pictures: of being in it at the date, of having been in it by then, or the share of time in "
        "it. The tables hold all three.",
        example="ever",
        default="at",
    )
    date: dt.date | None = entry(
        "The date; the end of the run if left out. The tables also hold the dates of the report.",
        unit="date",
        example=dt.date(2027, 12, 31),
        default=None,
    )
    contours: Items[Annotated[float, Field(gt=0, lt=1)]] = entry(
        "Odds to locate: where a curve crosses them, or lines on a map.",
        unit="probabilities",
        example=[0.25, 0.5],
        default=(0.05, 0.1, 0.25, 0.5, 0.75),
    )
    draws: Annotated[int, Field(ge=0, le=MOST_DRAWS)] = entry(
        "Outer draws of all other uncertain numbers at each point, which share the experiment's paths; 0 for their "
        "medians. 1000000: those of the experiment, but at least 16 paths for each.",
        unit="whole number",
        example=64,
        default=MOST_DRAWS,
    )

    @classmethod
    def cross_checks(cls, table: Mapping[str, Any], names: Names) -> Iterator[Finding]:  # noqa: ARG003
        """One or two different numbers."""
        over = table.get("over")
        keys = [item.get("key") for item in over if isinstance(item, dict)] if isinstance(over, list) else []
        if len(keys) > MAX_AXES:
            yield Finding("one number too many", ("over", MAX_AXES), f"{len(keys)} numbers", "one or two")
        if len(keys) == MAX_AXES and keys[0] == keys[1] and keys[0] is not None:
            yield Finding("the same number twice", ("over", 1, "key"), toml_text(keys[1]), "two different numbers")


def spread_out(key: str, ends: tuple[float, float], points: int, spacing: str) -> tuple[float, ...]:
    """`points` values from one end to the other, evenly spaced as they are or on the number's natural scale.

    The ends are exact, the others have six significant digits.
    """
    low, high = ends
    if spacing == "own":
        domain = quantity_at(key).domain
        first, last = domain.to_line(low), domain.to_line(high)
        inner = [domain.from_line(first + (last - first) * n / (points - 1)) for n in range(1, points - 1)]
    else:
        inner = [low + (high - low) * n / (points - 1) for n in range(1, points - 1)]
    return low, *dict.fromkeys(float(f"{value:.6g}") for value in inner), high


def axis(spec: AxisSpec) -> Axis:
    """A number and its values, from a list or a range."""
    quantity = quantity_at(spec.key)

    def numbers(values: Sequence[float | str | None]) -> tuple[float, ...]:
        return tuple(quantity.point(value) for value in values)

    if spec.values is not None:
        return Axis(key=spec.key, values=numbers(spec.values), spacing=spec.spacing)
    low, high = numbers((spec.from_, spec.to))
    assert math.isfinite(low + high), "the spec has checked the ends"
    return Axis(key=spec.key, values=spread_out(spec.key, (low, high), spec.points, spec.spacing), spacing=spec.spacing)
