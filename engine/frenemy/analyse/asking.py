"""Which odds are meant: a scenario and an assessment, by name and date."""

from __future__ import annotations

import datetime as dt

from frenemy.errors import InputError, Problem
from frenemy.model.experiment import Experiment
from frenemy.model.resolved import Model

__all__ = ["assessment", "scenario_place"]


def scenario_place(model: Model, name: str) -> int:
    """Position of the scenario in the model; with no name, of that of highest priority. Raises InputError."""
    names = [scenario.name for scenario in model.scenarios]
    if not name:
        return 0
    if name not in names:
        message = f"the model has no scenario {name}"
        raise InputError([Problem(message=message, key="scenario", allowed=", ".join(names))])
    return names.index(name)


def assessment(experiment: Experiment, date: dt.date) -> int:
    """The assessment on that day or the next after it, from 0; date.max stands for the last. Raises InputError."""
    if date == dt.date.max:
        return experiment.ticks - 1
    if not experiment.start < date <= experiment.end:
        allowed = f"after {experiment.start}, up to {experiment.end}"
        raise InputError([Problem(message="is not within the run", key="date", found=str(date), allowed=allowed)])
    return -((experiment.start - date).days // experiment.tick) - 1
