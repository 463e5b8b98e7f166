"""scenarios/NAME.toml."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from frenemy.model.specs.base import Finding, Names, close_to, entry, toml_text
from frenemy.model.specs.checks import (
    RULE_KEYS,
    threshold_findings,
)
from frenemy.model.specs.fields import Colour, Condition
from frenemy.model.specs.numbers import Real, Waiting
from frenemy.model.specs.signposts import Signposts
from frenemy.model.specs.sourced import Section

__all__ = ["ScenarioSpec"]


class ScenarioSpec(Section):
    """`scenarios/NAME.toml`: a class of futures, recognised in each path by a rule."""

    label: str = entry("Name for people to read; the name of the file if left out.", example="Total rift", default="")
    narrative: str = entry("The story in a few sentences.", example="Cooperation breaks down.", default="")
    likelihood: str = entry("The author's own word for how likely it is.", example="plausible", default="")
    colour: Colour = entry(
        "Its colour in all pictures; if left out one of a palette, for the default scenario grey.",
        unit='"#rrggbb"',
        example="#d55e00",
        default="",
    )
    default: bool = entry(
        "Whether it is the default: the scenario of a path while no rule holds. True also if there is no `enter`.",
        example=True,
        default=False,
    )
    thresholds: dict[str, Real] = entry(
        "Named numbers for the conditions, so that they can be uncertain.",
        unit="number",
        example={"floor": {"q05": 20, "median": 25, "q95": 30}},
        default={},
    )
    enter: Condition | None = entry(
        "A path enters when this has held for the time in `for`.",
        unit="condition",
        example="trust < floor",
        default=None,
    )
    for_: Waiting = entry(
        "How long `enter` must hold without interruption; rounded up to whole ticks.",
        unit="duration",
        example="8w",
        default=0.0,
        alias="for",
    )
    leave: Condition | None = entry(
        "A path leaves when this holds; when `enter` no longer holds if left out.",
        unit="condition",
        example="trust > 35",
        default=None,
    )
    absorbing: bool = entry("Whether a path that has entered never leaves.", example=True, default=False)
    priority: int = entry(
        "The higher wins where two scenarios could be entered at once.", unit="whole number", example=2, default=0
    )
    signposts: Signposts = entry(
        "What to watch for: text, or tables with the likelihood of seeing each.",
        example=["Joint exercises are cancelled"],
        default=(),
    )

    @classmethod
    def cross_checks(cls, table: Mapping[str, Any], names: Names) -> Iterator[Finding]:
        """The default scenario has no rule; `leave` and `absorbing` exclude each other."""
        yield from super().cross_checks(table, names)
        yield from threshold_findings(table, names)
        ruled = [key for key in ("enter", *RULE_KEYS) if key in table]
        if table.get("default") is True and ruled:
            yield Finding("the default scenario has no rule", ("default",), "true", f"no {', '.join(ruled)}")
        elif ruled and "enter" not in table and not any(close_to(key, ["enter"]) for key in table):
            yield Finding(
                f"missing: {', '.join(ruled)} alone is not a complete rule", ("enter",), "", cls.like("enter")
            )
        if table.get("absorbing") is True and "leave" in table:
            yield Finding("an absorbing scenario is never left", ("leave",), toml_text(table["leave"]))
