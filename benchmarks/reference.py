"""What is measured: the shipped baseline, weekly, five years, numbers at their medians; and larger ones of its kind."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

from frenemy.forecast.run import prepare
from frenemy.model.realise import realise
from frenemy.model.resolved import Model, Trigger
from frenemy.simulation.compile.compile import Compiled, compile_model

__all__ = ["BASELINE", "PATHS", "SEED", "reference"]

BASELINE = Path(__file__).parent.parent / "experiments" / "baseline.toml"
PATHS = 10_000
SEED = 1


def reference(*, years: int = 5, copies: int = 1) -> Compiled:
    """The baseline over so many years, each trigger there `copies` times; copies happen and do nothing."""
    model, experiment = prepare(BASELINE, draws=0)
    end = experiment.start + dt.timedelta(days=round(years * 365.25))
    return compile_model(_with_copies(realise(model), copies), realise(replace(experiment, end=end, report_at=())))


def _with_copies(model: Model, copies: int) -> Model:
    more = tuple(_idle(trigger, number) for number in range(1, copies) for trigger in model.triggers)
    return replace(model, triggers=model.triggers + more)


def _idle(trigger: Trigger, number: int) -> Trigger:
    nothing = dict(effect={}, lasting=0.0, leads_to=(), raises={}, while_active={}, on_end={})
    return replace(trigger, name=f"{trigger.name}_{number}", **nothing)  # type: ignore[arg-type]
