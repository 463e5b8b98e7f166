"""drivers.toml with its scenarios, whole."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

from frenemy.model.specs.base import Finding, Names, Spec, entry
from frenemy.model.specs.calendar import CalendarEventSpec
from frenemy.model.specs.checks import (
    default_findings,
    pair_findings,
    tables,
    tie_findings,
)
from frenemy.model.specs.drivers import DriverSpec, HeaderSpec
from frenemy.model.specs.fields import DriverName, name_problem
from frenemy.model.specs.judgement import ModelJudgementSpec
from frenemy.model.specs.numbers import Correlation
from frenemy.model.specs.scenarios import ScenarioSpec
from frenemy.model.specs.signposts import signpost_findings
from frenemy.model.specs.triggers import TriggerSpec

__all__ = ["DriversFile", "ModelTree"]


class DriversFile(Spec):
    """`drivers.toml`: drivers, triggers and calendar."""

    model: HeaderSpec = entry("What the model is about.", example={"title": "A model", "start": dt.date(2025, 1, 21)})
    sources: dict[str, str] = entry(
        "Short names of sources, with the full citations.", example={"study": "A. Author, The study, 2025"}, default={}
    )
    drivers: dict[str, DriverSpec] = entry("The drivers, by name.", example={})
    correlations: dict[DriverName, dict[DriverName, Correlation]] = entry(
        "Correlations of the levels of two drivers in the long run, each pair once.",
        unit="correlation",
        example={"trust": {"alignment": 0.3}},
        default={},
    )
    judgement: ModelJudgementSpec = entry(
        "How judgements of different numbers hang together.", example={}, default=ModelJudgementSpec()
    )
    triggers: dict[str, TriggerSpec] = entry("The triggers, by name.", example={}, default={})
    calendar: dict[str, CalendarEventSpec] = entry("The calendar events, by name.", example={}, default={})

    @classmethod
    def cross_checks(cls, table: Mapping[str, Any], names: Names) -> Iterator[Finding]:  # noqa: ARG003
        """Valid names, each pair of drivers once, no driver tied to itself."""
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
        """The keys of drivers.toml; scenarios are written elsewhere."""
        return DriversFile.entries()

    @classmethod
    def cross_checks(cls, table: Mapping[str, Any], names: Names) -> Iterator[Finding]:
        """Valid names, one default, and different priorities."""
        yield from super().cross_checks(table, names)
        scenarios = {name: spec for name, spec in tables(table, "scenarios").items() if isinstance(spec, dict)}
        for name in scenarios:
            if why := name_problem(name):
                yield Finding(why, ("scenarios", name))
        if names.whole:
            yield from default_findings(scenarios)
            yield from tie_findings(scenarios)
        yield from signpost_findings(table)
