"""The position of a scenario and of an assessment, by name and date."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from frenemy.errors import InputError, Problem
from frenemy.model.experiment import Experiment
from frenemy.model.resolved import Model
from frenemy.model.specs.base import close_to

__all__ = ["assessment", "no_scenario", "scenario_place"]


def scenario_place(model: Model, name: str) -> int:
    """Position of the scenario in the model; with no name, of that of highest priority. Raises InputError."""
    names = [scenario.name for scenario in model.scenarios]
    if not name:
        return 0
    if name not in names:
        raise InputError([no_scenario(name, names)])
    return names.index(name)


def no_scenario(name: str, names: Sequence[str]) -> Problem:
    """The problem of a scenario that the model does not have."""
    message, suggestion = f"the model has no scenario {name}", close_to(name, names)
    return Problem(message=message, key="scenario", allowed=", ".join(names), suggestion=suggestion)


def assessment(experiment: Experiment, date: dt.date) -> int:
    """The assessment on that day or the next one after it, from 0; date.max: the last. Raises InputError."""
    if date == dt.date.max:
        return experiment.ticks - 1
    if not experiment.start < date <= experiment.end:
        allowed = f"after {experiment.start}, up to {experiment.end}"
        raise InputError([Problem(message="is not within the run", key="date", found=str(date), allowed=allowed)])
    return -((experiment.start - date).days // experiment.tick) - 1
