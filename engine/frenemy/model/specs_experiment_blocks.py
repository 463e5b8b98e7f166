"""What may stand in the blocks of an experiment's file that ask what if, and why."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

from frenemy.model.specs_base import Finding, Names, Spec, entry
from frenemy.model.specs_checks import repeat_findings
from frenemy.model.specs_experiment_start import ImposeSpec, InitialSpec
from frenemy.model.specs_fields import Items, TriggerName, name_problem

__all__ = ["CausesSpec", "VariantSpec", "block_findings"]


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
