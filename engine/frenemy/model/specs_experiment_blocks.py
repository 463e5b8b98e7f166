"""What may stand in the blocks of an experiment's file that ask what if, why, and what then."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from frenemy.model.specs_base import Finding, Names, Spec, entry, refusal
from frenemy.model.specs_checks import repeat_findings, tables
from frenemy.model.specs_experiment_start import ImposeSpec, InitialSpec
from frenemy.model.specs_fields import Items, TriggerName, name_problem

__all__ = ["CausesSpec", "EvidenceSpec", "LedgersOrBlock", "VariantSpec", "WatchSpec", "block_findings"]


class VariantSpec(Spec):
    """`[[variants]]`: a named what-if, for `frenemy compare`: the experiment with one thing changed."""

    name: str = entry("A short name.", example="strike_in_2026")
    label: str = entry("Name for people to read; made of the name if left out.", example="A strike in 2026", default="")
    set: dict[str, Any] = entry(
        "Other values for keys of the model, as in `[set]` of the experiment, on top of it.",
        example={"triggers.unilateral_strike.probability": 0.2},
        default={},
    )
    impose: Items[ImposeSpec] = entry(
        "Events that happen in every path, besides those of the experiment.",
        example=[{"trigger": "strike", "date": dt.date(2026, 3, 2)}],
        default=(),
    )
    initial: InitialSpec = entry(
        "Scars and episodes at the start; each takes the place of the experiment's of that name, or is added.",
        example={"scars": {"trust": -3}},
        default=InitialSpec(),
    )

    @classmethod
    def cross_checks(cls, table: Mapping[str, Any], names: Names) -> Iterator[Finding]:  # noqa: ARG003
        """A usable name."""
        name = table.get("name")
        if isinstance(name, str) and (why := name_problem(name)):
            yield Finding(why, ("name",))


class CausesSpec(Spec):
    """`[causes]`: what `frenemy causes` asks."""

    triggers: Items[TriggerName] = entry(
        "The triggers to be held to account; all if left out.", example=["unilateral_strike"], default=()
    )
    force_on: dt.date | None = entry(
        "The day on which each is forced once; its first chance if left out.",
        unit="date",
        example=dt.date(2026, 3, 2),
        default=None,
    )


class EvidenceSpec(Spec):
    """`[evidence]`: what is known of the world, for `frenemy update`. A list of ledgers will do."""

    ledgers: Items[str] = entry(
        "Files of the ledgers, as seen from the experiment's file.", example=["evidence/2025.toml"], default=()
    )
    until: dt.date | None = entry(
        "The day at whose end the past ends and the forecast begins; the last that is told if left out.",
        unit="date",
        example=dt.date(2026, 1, 16),
        default=None,
    )
    draws: Annotated[int, Field(ge=1, le=10**6)] | None = entry(
        "Draws of the uncertain numbers, each with particles of its own; those of `[uncertainty]` if left out.",
        unit="whole number",
        example=512,
        default=None,
    )
    paths: Annotated[int, Field(ge=1, le=10**6)] | None = entry(
        "Particles for each draw.", unit="whole number", example=128, default=None
    )


@dataclass(frozen=True)
class _OrLedgers:
    """A table, or only the list of ledgers."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        def read(value: Any) -> Any:
            if not isinstance(value, list | dict):
                allowed = 'evidence = ["evidence/2025.toml"]'
                raise refusal("expected a list of ledgers or a table", value=value, allowed=allowed)
            return {"ledgers": value} if isinstance(value, list) else value

        return core_schema.no_info_before_validator_function(read, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [{"type": "array", "items": {"type": "string"}}, handler(schema)]}


LedgersOrBlock = Annotated[EvidenceSpec, _OrLedgers()]


class WatchSpec(Spec):
    """`[watch]`: what `frenemy watch` asks."""

    by: dt.date | None = entry(
        "The day by whose end the answers are known; half a year on if left out.",
        unit="date",
        example=dt.date(2026, 6, 30),
        default=None,
    )
    at: dt.date | None = entry(
        "When the scenarios hold whose odds are to be moved; the end of the run if left out.",
        unit="date",
        example=dt.date(2028, 12, 31),
        default=None,
    )
    reading: Literal["at", "ever"] = entry(
        "Odds of being in a scenario at that date, or of having been in it by then.", example="ever", default="at"
    )


def block_findings(table: Mapping[str, Any], start: dt.date, end: dt.date) -> Iterator[Finding]:
    """Variants have names of their own, and all dates lie within the run."""
    yield from repeat_findings(table, "variants", "name")
    dates: list[tuple[tuple[str | int, ...], Any]] = []
    variants = table.get("variants")
    for place, variant in enumerate(variants if isinstance(variants, list) else []):
        imposed = variant.get("impose") if isinstance(variant, dict) else None
        for number, item in enumerate(imposed if isinstance(imposed, list) else []):
            date = item.get("date") if isinstance(item, dict) else None
            dates.append((("variants", place, "impose", number, "date"), date))
    causes = table.get("causes")
    if isinstance(causes, dict):
        dates.append((("causes", "force_on"), causes.get("force_on")))
    for key, date in dates:
        if type(date) is dt.date and not start <= date < end:
            yield Finding("is not within the run", key, str(date), f"from {start}, before {end}")
    for block, name in (("evidence", "until"), ("watch", "by"), ("watch", "at")):
        date = tables(table, block).get(name)
        if type(date) is dt.date and not start <= date <= end:
            yield Finding("is not within the run", (block, name), str(date), f"from {start} to {end}")
