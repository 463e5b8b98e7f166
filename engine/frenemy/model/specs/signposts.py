"""`signposts` of drivers and scenarios."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from frenemy.model.specs.base import Finding, Names, Spec, entry, refusal, toml_text
from frenemy.model.specs.checks import tables
from frenemy.model.specs.fields import DriverName, Items, ScenarioName, name_problem
from frenemy.model.specs.numbers import Level

__all__ = ["Reliability", "SignpostSpec", "Signposts", "signpost_findings", "signpost_names"]

Chance = Annotated[float, Field(gt=0, lt=1)]
Factor = Annotated[float, Field(gt=0, lt=1e6)]
Reliability = Annotated[float, Field(ge=0.5, le=1)]
EFFECTS = ("per_10_points", "by_scenario")


class SignpostSpec(Spec):
    """An item of `signposts`: something to watch for, with the likelihood of seeing it."""

    text: str = entry("What would be seen.", example="Joint exercises are cancelled")
    name: str = entry("Name in ledgers; required for a likelihood.", example="exercises_cancelled", default="")
    chance: Chance | None = entry(
        "Probability of seeing it if one looks, with the drivers at their references.",
        unit="probability, above 0 and below 1",
        example=0.2,
        default=None,
    )
    per_10_points: dict[DriverName, Factor] = entry(
        "Factor on the odds of seeing it for each 10 points of a driver above its reference.",
        unit="factor",
        example={"trust": 0.6},
        default={},
    )
    reference: dict[DriverName, Level] = entry(
        "Levels at which the chance is stated, for drivers in `per_10_points`; that of the driver if left out.",
        unit="index points",
        example={"trust": 40},
        default={},
    )
    by_scenario: dict[ScenarioName, Factor] = entry(
        "Factor on the odds of seeing it in a scenario.", unit="factor", example={"total_rift": 4}, default={}
    )
    reliability: Reliability = entry(
        "How often a report of it is right: 1 is always, 0.5 is no better than a guess.",
        unit="share, 0.5 to 1",
        example=0.9,
        default=1.0,
    )
    source: str = entry("Where the likelihood comes from.", example="judgment", default="")

    @classmethod
    def cross_checks(cls, table: Mapping[str, Any], names: Names) -> Iterator[Finding]:  # noqa: ARG003
        """A likelihood has a name, a chance, and a driver or scenario that it depends on."""
        stated = [key for key in ("chance", *EFFECTS) if key in table]
        name = table.get("name")
        if isinstance(name, str) and (why := name_problem(name)):
            yield Finding(why, ("name",), toml_text(name))
        if stated and "name" not in table:
            allowed = 'a name, such as name = "exercises_cancelled"'
            yield Finding(f"missing: a signpost with {' and '.join(stated)} needs one", ("name",), "", allowed)
        if ("name" in table or stated) and "chance" not in table:
            yield Finding("missing: a signpost with a name needs a likelihood", ("chance",), "", cls.like("chance"))
        if "chance" in table and not any(tables(table, key) for key in EFFECTS if key in table):
            allowed = f"{' or '.join(EFFECTS)}, such as per_10_points = {{ trust = 0.6 }}"
            yield Finding(
                "depends on no driver and no scenario, so seeing it is not informative", ("chance",), "", allowed
            )
        modulated = tables(table, "per_10_points")
        for driver in tables(table, "reference"):
            if driver not in modulated:
                allowed = ", ".join(modulated) or "none: per_10_points is empty"
                yield Finding(
                    "is not in per_10_points, so its reference has no effect", ("reference", driver), "", allowed
                )


@dataclass(frozen=True)
class _OrText:
    """A table, or only text."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        def read(value: Any) -> Any:
            if isinstance(value, str):
                return {"text": value}
            if not isinstance(value, dict):
                raise refusal("expected text or a table", value=value)
            return value

        return core_schema.no_info_before_validator_function(read, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [{"type": "string"}, handler(schema)]}


Signposts = Items[Annotated[SignpostSpec, _OrText()]]


def signpost_names(table: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    """The names of the signposts in a whole model as written, with the path of each."""
    for section in ("drivers", "scenarios"):
        for home, spec in tables(table, section).items():
            posts = spec.get("signposts") if isinstance(spec, dict) else None
            for place, post in enumerate(posts if isinstance(posts, list) else []):
                name = post.get("name") if isinstance(post, dict) else None
                if isinstance(name, str):
                    yield name, (section, home, "signposts", place, "name")


def signpost_findings(table: Mapping[str, Any]) -> Iterator[Finding]:
    """No two signposts of a model have the same name."""
    seen: dict[str, str] = {}
    for name, path in signpost_names(table):
        if name in seen:
            yield Finding(f"a signpost of {seen[name]} already has this name", path, toml_text(name))
        seen.setdefault(name, f"{path[0]}.{path[1]}")
