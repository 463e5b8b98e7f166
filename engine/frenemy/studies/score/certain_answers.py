"""Questions whose answer is certain before anything happens: no forecasts, and nothing that a score may count."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from frenemy.model.experiment import Experiment
from frenemy.model.resolved import Model

__all__ = ["certain_answers"]


def certain_answers(
    questions: Mapping[str, Mapping[str, float]],
    model: Model,
    experiment: Experiment,
    past: Iterable[Mapping[str, str]] = (),
) -> Mapping[str, str]:
    """Why the answer of each such question is certain. `past`: odds at assessments that the evidence covers."""
    entered = {row["scenario"] for row in past if float(row["probability"]) == 1.0}
    found = ((question, _why(question, odds, model, experiment, entered)) for question, odds in questions.items())
    return {question: why for question, why in found if why}


def _why(question: str, odds: Mapping[str, float], model: Model, experiment: Experiment, entered: set[str]) -> str:
    kind, name, *_ = question.split("/")
    if kind == "at" and len(model.scenarios) == 1:
        return "the model has one scenario"
    if kind == "ever" and name in {scenario.name for scenario in model.scenarios if scenario.default}:
        return "every future starts in the default scenario"
    if kind == "ever" and name in entered:
        return "by the evidence, every future has been in it"
    return _why_of_trigger(question, odds["yes"], model, experiment) if kind == "trigger" else ""


def _why_of_trigger(question: str, probability: float, model: Model, experiment: Experiment) -> str:
    _, name, first, last = question.split("/")
    since, until = date.fromisoformat(first), date.fromisoformat(last)
    trigger = {one.name: one for one in model.triggers}[name]
    if trigger.until <= since or trigger.from_ >= until or trigger.max_count == 0:
        return "the trigger cannot happen then"
    imposed = any(one.trigger == name and since <= one.date < until for one in experiment.impose)
    return "the experiment makes it happen" if imposed and probability == 1.0 else ""
