"""The studies of the command line, for the page: tornado, causes, a typical story, a goal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from frenemy.errors import InputError, Problem
from frenemy.forecast.run import story as find_story
from frenemy.forecast.story_text import effects, entry_sentence, spells, storyline_title
from frenemy.model.describe.wording import counted
from frenemy.model.experiment import Experiment, Sensitivity, Target
from frenemy.model.realise import quantities, uncertain, with_values
from frenemy.model.resolved import Model, Number
from frenemy.present.key_labels import key_label, value_text
from frenemy.runtime.progress import scaled_progress
from frenemy.simulation.ensemble.run import Noise
from frenemy.simulation.ensembles import for_study
from frenemy.studies.causes.study import causes as find_causes
from frenemy.studies.sensitivity.findings import find_tornado
from frenemy.studies.sensitivity.tornado import ROUGHLY_CLEAR, Tornado
from frenemy.studies.tune.study import tune as find_tuning
from frenemy.workshop.compute.jobs import JobProgress
from frenemy.workshop.state.catalogue import Catalogue
from frenemy.workshop.state.commands import GoalTarget
from frenemy.workshop.state.pooled_estimates import finite_or_none
from frenemy.workshop.state.sliders import shifted
from frenemy.workshop.state.state import Focus

__all__ = ["StudyInput", "causes", "focus_data", "story", "tornado", "tune"]

TORNADO_PATHS, CAUSES_PATHS = 10_000, 4096
"""Enough for a ranking."""
GOAL_NUMBERS = 4
"""Numbers that a goal may change if none are named."""
Run = tuple[Model, Experiment]


@dataclass(frozen=True, slots=True)
class StudyInput:
    """The input of a study."""

    catalogue: Catalogue
    run: Run
    progress: JobProgress
    workers: int = 0


def focus_data(focus: Focus) -> dict[str, str]:
    """The focus as plain data."""
    return {"scenario": focus.scenario, "reading": focus.reading, "date": str(focus.date)}


def tornado(inputs: StudyInput, focus: Focus) -> dict[str, Any]:
    """What each uncertain number alone does to the odds in focus, strongest first."""
    catalogue, model = inputs.catalogue, inputs.run[0]
    bars = _bars(inputs, inputs.run, focus)
    column, tick = list(catalogue.scenarios).index(focus.scenario), catalogue.tick(focus.date)
    return {
        "type": "tornado",
        "odds": float(bars.odds[tick, column]),
        "bars": [
            {
                "key": bars.keys[n], "label": key_label(bars.keys[n], model),
                "slider": bars.keys[n] in catalogue.sliders,
                "low_value": _value(catalogue, bars.keys[n], float(bars.values[n, 0])),
                "high_value": _value(catalogue, bars.keys[n], float(bars.values[n, 2])),
                "low": float(bars.change[n, 0, tick, column]), "high": float(bars.change[n, 1, tick, column]),
                "clear": bool(bars.significant[n, :, tick, column].any()),
            }
            for n in bars.order(tick, column)
        ],
    }  # fmt: skip


def _bars(inputs: StudyInput, run: Run, focus: Focus) -> Tornado:
    model, experiment = run
    paths = min(TORNADO_PATHS, experiment.paths)
    options = Sensitivity(scenario=focus.scenario, reading=focus.reading, date=min(focus.date, experiment.end))
    experiment = for_study(replace(experiment, paths=paths, sensitivity=options))
    numbers = len(uncertain(model) | uncertain(experiment))
    noise = Noise(experiment.seed, keep=True)
    with inputs.progress.stage(f"Varying {counted(numbers, 'number')}, one by one", 1000) as step:
        shown = scaled_progress(step, 1000)
        return find_tornado(model, experiment, noise=noise, workers=inputs.workers, clear=ROUGHLY_CLEAR, progress=shown)


def _value(catalogue: Catalogue, key: str, value: float) -> str:
    """A value in the slider's unit."""
    slider = catalogue.sliders.get(key)
    if slider is None:
        return value_text(key, value)
    in_unit = slider.from_file(value)
    return f"{100 * in_unit:.3g} %" if slider.unit == "chance" else f"{in_unit:.3g}"


def causes(inputs: StudyInput, focus: Focus) -> dict[str, Any]:
    """Which triggers drive the scenario in focus, strongest first."""
    model, experiment = inputs.run
    experiment = replace(experiment, report_at=(min(focus.date, experiment.end),))
    found = find_causes(
        (model, experiment), paths=min(CAUSES_PATHS, experiment.paths), workers=inputs.workers, progress=inputs.progress
    ).causes
    at, column = found.effects[focus.reading], list(inputs.catalogue.scenarios).index(focus.scenario)
    labels = {trigger.name: trigger.label for trigger in model.triggers}
    names = ("necessity", "necessity_se", "removal", "removal_se", "lift", "lift_se")
    rows = [
        {
            "trigger": model.triggers[k].name, "label": labels[model.triggers[k].name],
            **{name: finite_or_none(getattr(at, name)[n, 0, column]) for name in names},
        }
        for n, k in enumerate(found.triggers)
    ]  # fmt: skip
    strength = np.abs(np.nan_to_num(at.removal[:, 0, column]))
    rows = [rows[n] for n in np.argsort(-strength, kind="stable")]
    return {"type": "causes", "scenario": focus.scenario, "rows": rows, "few": bool(at.hits[0, column] < 100)}


def story(inputs: StudyInput, scenario: str) -> dict[str, Any]:
    """The most typical path that ends in a scenario, as dated sentences."""
    with inputs.progress.stage("Searching for a typical future", 1):
        found = find_story(inputs.run, scenario=scenario)
    storyline, dates, model = found.storyline, found.storyline.dates, inputs.run[0]
    entries = [(entry, entry_sentence(entry, model)) for entry in storyline.entries]
    return {
        "type": "story",
        "scenario": scenario,
        "path": storyline.path,
        "title": storyline_title(storyline, model),
        "chosen": found.reason,
        "log": [
            {
                "date": str(entry.date), "text": text, "kind": entry.kind, "name": entry.name,
                "effects": effects(entry.effects, model),
            }
            for entry, text in entries
            if text
        ],
        "spells": [
            {"scenario": model.scenarios[j].name, "from": str(dates[first + 1]), "to": str(dates[last])}
            for j, first, last in spells(storyline)
        ],
        "levels": {driver.name: storyline.index[:, i].tolist() for i, driver in enumerate(model.drivers)},
    }  # fmt: skip


def tune(
    inputs: StudyInput, goals: Sequence[GoalTarget], keys: Sequence[str]
) -> tuple[dict[str, Any], Mapping[str, Number]]:
    """The least change of the sliders at `keys` that reaches the target odds, and the numbers to set by key."""
    catalogue, (model, experiment) = inputs.catalogue, inputs.run
    _check_keys(catalogue, keys)
    for target in goals:
        if target.scenario not in catalogue.scenarios:
            raise InputError([Problem(message=f"there is no scenario {target.scenario}")])
    targets = tuple(
        Target(
            scenario=item.scenario, reading=item.reading, date=min(item.date, experiment.end),
            probability=item.probability,
        )
        for item in goals
    )  # fmt: skip
    if not keys:
        keys = _strongest(inputs, targets[0], max(GOAL_NUMBERS, len(targets)))
    size = for_study(replace(experiment, paths=min(experiment.paths, 10_000)))
    experiment = replace(size, targets=targets, tune=tuple(keys))
    with inputs.progress.stage("Searching for the least change", 1):
        found = find_tuning((model, experiment), workers=inputs.workers, progress=inputs.progress)
    now = quantities(model)
    numbers = {key: shifted(now[key], value) for key, value in found.set.items()}
    data = found.to_dict()
    message = {
        "type": "tune",
        "targets": [
            {name: item[name] for name in ("scenario", "reading", "date", "wanted", "before", "reached", "mc_se")}
            for item in data["targets"]
        ],
        "values": [
            {
                "key": item["key"], "label": item["label"], "slider": item["key"] in catalogue.sliders,
                "from": catalogue.sliders[item["key"]].from_file(item["before"]),
                "to": catalogue.sliders[item["key"]].from_file(item["after"]), "share": item["share"],
            }
            for item in data["numbers"]
        ],
    }  # fmt: skip
    return message, numbers


def _check_keys(catalogue: Catalogue, keys: Sequence[str]) -> None:
    problems = [Problem(message="there is no such slider", key=key) for key in keys if key not in catalogue.sliders]
    if problems:
        raise InputError(problems)


def _strongest(inputs: StudyInput, target: Target, count: int) -> list[str]:
    """The sliders that move the target's odds most."""
    catalogue, (model, experiment) = inputs.catalogue, inputs.run
    others = {key: number.median for key, number in uncertain(model).items() if key not in catalogue.sliders}
    focus = Focus(scenario=target.scenario, reading=target.reading, date=target.date)
    bars = _bars(inputs, (with_values(model, others), experiment), focus)
    order = bars.order(catalogue.tick(target.date), list(catalogue.scenarios).index(target.scenario))
    return [bars.keys[n] for n in order if bars.keys[n] in catalogue.sliders][:count]
