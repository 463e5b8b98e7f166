"""What may stand in each file of a model, and all files of a model as one table."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

from frenemy.model.specs import DriverSpec, HeaderSpec, Section, TriggerSpec
from frenemy.model.specs_base import Finding, Names, Spec, close_to, entry, toml_text
from frenemy.model.specs_calendar import CalendarEventSpec
from frenemy.model.specs_checks import (
    RULE_KEYS,
    default_findings,
    pair_findings,
    tables,
    threshold_findings,
    tie_findings,
)
from frenemy.model.specs_experiment import ExperimentSpec, ResolvedExperimentSpec
from frenemy.model.specs_fields import Colour, Condition, DriverName, name_problem
from frenemy.model.specs_ledger import LedgerSpec, named_twice
from frenemy.model.specs_numbers import Correlation, Real, Waiting
from frenemy.model.specs_signposts import Signposts, signpost_findings

__all__ = ["DriversFile", "EvidenceTree", "ModelTree", "ResolvedTree", "RunTree", "ScenarioSpec"]


class ScenarioSpec(Section):
    """`scenarios/NAME.toml`: a class of futures, recognised in each path by a rule."""

    label: str = entry("Name for people to read; the name of the file if left out.", example="Total rift", default="")
    narrative: str = entry("The story in a few sentences.", example="Cooperation breaks down.", default="")
    likelihood: str = entry("The author's own word for how likely it is.", example="plausible", default="")
    colour: Colour = entry("Its colour in all pictures.", unit='"#rrggbb"', example="#d55e00", default="")
    default: bool = entry(
        "The scenario of all paths in which no rule holds; also if there is no `enter`.", example=True, default=False
    )
    thresholds: dict[str, Real] = entry(
        "Named numbers for the conditions, so that they can be uncertain.",
        unit="number",
        example={"floor": {"q05": 20, "median": 25, "q95": 30}},
        default={},
    )
    enter: Condition | None = entry(
        "A path enters when this has held for as long as `for`.",
        unit="condition",
        example="trust < floor",
        default=None,
    )
    for_: Waiting = entry(
        "How long `enter` must hold without a break, in whole ticks.",
        unit="duration",
        example="8w",
        default=0.0,
        alias="for",
    )
    leave: Condition | None = entry(
        "A path stays until this holds; until `enter` fails if left out.",
        unit="condition",
        example="trust > 35",
        default=None,
    )
    absorbing: bool = entry("Whether a path that has entered stays for good.", example=True, default=False)
    priority: int = entry(
        "The higher wins where two scenarios could be entered at once.", unit="whole number", example=2, default=0
    )
    signposts: Signposts = entry(
        "What to watch for: words, or tables that say what seeing it would tell.",
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
                f"missing: a rule is not complete with {', '.join(ruled)} alone", ("enter",), "", cls.like("enter")
            )
        if table.get("absorbing") is True and "leave" in table:
            yield Finding("an absorbing scenario is never left", ("leave",), toml_text(table["leave"]))


class DriversFile(Spec):
    """`drivers.toml`: drivers, triggers and calendar."""

    model: HeaderSpec = entry("What the model is about.", example={"title": "A model", "start": dt.date(2025, 1, 21)})
    sources: dict[str, str] = entry(
        "Short names of sources and what they stand for.", example={"study": "A. Author, The study, 2025"}, default={}
    )
    drivers: dict[str, DriverSpec] = entry("The drivers, by name.", example={})
    correlations: dict[DriverName, dict[DriverName, Correlation]] = entry(
        "Correlations of the levels of two drivers in the long run, each pair once.",
        unit="correlation",
        example={"trust": {"alignment": 0.3}},
        default={},
    )
    triggers: dict[str, TriggerSpec] = entry("The triggers, by name.", example={}, default={})
    calendar: dict[str, CalendarEventSpec] = entry("The calendar events, by name.", example={}, default={})

    @classmethod
    def cross_checks(cls, table: Mapping[str, Any], names: Names) -> Iterator[Finding]:  # noqa: ARG003
        """Usable names, each pair of drivers once, no driver tied to itself."""
        for section in ("drivers", "triggers", "calendar"):
            for name in tables(table, section):
                if why := name_problem(name):
                    yield Finding(why, (section, name))
        if table.get("drivers") == {}:
            yield Finding("expected at least one driver", ("drivers",))
        for driver, spec in tables(table, "drivers").items():
            if isinstance(spec, dict) and driver in tables(spec, "pulls"):
                yield Finding("a driver cannot pull itself", ("drivers", driver, "pulls", driver))
        yield from pair_findings(tables(table, "correlations"))


class ModelTree(DriversFile):
    """A model: drivers.toml with its scenarios."""

    scenarios: dict[str, ScenarioSpec] = entry("The scenarios, by name.", example={})

    @classmethod
    def entries(cls) -> dict[str, Any]:
        """The keys of drivers.toml: the others are not written there."""
        return DriversFile.entries()

    @classmethod
    def cross_checks(cls, table: Mapping[str, Any], names: Names) -> Iterator[Finding]:
        """Usable names, one default, and ties that are settled."""
        yield from super().cross_checks(table, names)
        scenarios = {name: spec for name, spec in tables(table, "scenarios").items() if isinstance(spec, dict)}
        for name in scenarios:
            if why := name_problem(name):
                yield Finding(why, ("scenarios", name))
        if names.whole:
            yield from default_findings(scenarios)
            yield from tie_findings(scenarios)
        yield from signpost_findings(table)


class RunTree(ModelTree):
    """A model and an experiment on it."""

    experiment: ExperimentSpec = entry("The experiment.", example={})


class EvidenceTree(RunTree):
    """A model, an experiment on it, and the ledgers of what is known."""

    ledgers: dict[str, LedgerSpec] = entry("The ledgers, by file.", example={}, default={})

    @classmethod
    def cross_checks(cls, table: Mapping[str, Any], names: Names) -> Iterator[Finding]:
        """No two entries of all ledgers with the same name."""
        yield from super().cross_checks(table, names)
        yield from named_twice(tables(table, "ledgers"))


class ResolvedTree(RunTree):
    """A model and an experiment as saved with the results of a run."""

    experiment: ResolvedExperimentSpec = entry("The experiment.", example={})
