"""What moves the odds, what is owed to what, a typical story, a goal: the studies of the command line, for the page."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from frenemy.errors import InputError, Problem
from frenemy.forecast.run import story as tell_story
from frenemy.forecast.story_text import effects, entry_sentence, spells, storyline_title
from frenemy.model.experiment import Experiment, Sensitivity, Target
from frenemy.model.realise import quantities, uncertain, with_values
from frenemy.model.resolved import Model, Number
from frenemy.present.key_labels import key_label, value_text
from frenemy.simulation.ensemble.run import Noise
from frenemy.studies.causes.study import causes as find_causes
from frenemy.studies.sensitivity.findings import find_tornado
from frenemy.studies.sensitivity.tornado import Tornado
from frenemy.studies.tune.study import tune as find_tuning
from frenemy.workshop.compute.jobs import JobProgress
from frenemy.workshop.state.catalogue import Catalogue
from frenemy.workshop.state.commands import Wanted
from frenemy.workshop.state.sliders import shifted
from frenemy.workshop.state.state import Focus

__all__ = ["StudyInput", "causes", "focus_data", "story", "tornado", "tune"]

TORNADO, CAUSES = 2048, 4096
"""Paths of these studies: enough for a ranking that a room looks at."""
STRONGEST = 4
"""Numbers that a goal may turn where none are named."""
World = tuple[Model, Experiment]


@dataclass(frozen=True, slots=True)
class StudyInput:
    """What a study works with."""

    catalogue: Catalogue
    world: World
    watched: JobProgress
    workers: int = 0


def focus_data(focus: Focus) -> dict[str, str]:
    """The focus as plain data."""
    return {"scenario": focus.scenario, "reading": focus.reading, "date": str(focus.date)}


def tornado(bench: StudyInput, focus: Focus) -> dict[str, Any]:
    """What each uncertain number alone does to the focused odds, strongest first."""
    catalogue, model = bench.catalogue, bench.world[0]
    bars = _bars(bench, bench.world, focus)
    place, tick = list(catalogue.scenarios).index(focus.scenario), catalogue.tick(focus.date)
    return {
        "type": "tornado",
        "odds": float(bars.odds[tick, place]),
        "bars": [
            {
                "key": bars.keys[n], "label": key_label(bars.keys[n], model),
                "slider": bars.keys[n] in catalogue.sliders,
                "low_value": _value(catalogue, bars.keys[n], float(bars.values[n, 0])),
                "high_value": _value(catalogue, bars.keys[n], float(bars.values[n, 2])),
                "low": float(bars.change[n, 0, tick, place]), "high": float(bars.change[n, 1, tick, place]),
                "clear": bool(bars.clear[n, :, tick, place].any()),
            }
            for n in bars.order(tick, place)
        ],
    }  # fmt: skip


def _bars(bench: StudyInput, world: World, focus: Focus) -> Tornado:
    model, experiment = world
    paths = min(TORNADO, experiment.paths)
    asked = Sensitivity(scenario=focus.scenario, reading=focus.reading, date=min(focus.date, experiment.end))
    experiment = replace(experiment, paths=paths, sensitivity=asked)
    numbers = len(uncertain(model) | uncertain(experiment))
    noise = Noise(experiment.seed, keep=True)
    with bench.watched.stage(f"Moving {numbers} numbers, one by one", 1 + 2 * numbers) as step:
        return find_tornado(model, experiment, noise=noise, workers=bench.workers, step=step)


def _value(catalogue: Catalogue, key: str, value: float) -> str:
    """A value as the room reads it."""
    slider = catalogue.sliders.get(key)
    if slider is None:
        return value_text(key, value)
    shown = slider.shown(value)
    return f"{100 * shown:.3g} %" if slider.unit == "chance" else f"{shown:.3g}"


def causes(bench: StudyInput, focus: Focus) -> dict[str, Any]:
    """Which triggers the focused scenario owes to, strongest first."""
    model, experiment = bench.world
    experiment = replace(experiment, report_at=(min(focus.date, experiment.end),))
    found = find_causes(
        (model, experiment), paths=min(CAUSES, experiment.paths), workers=bench.workers, progress=bench.watched
    ).causes
    at, place = found.effects[focus.reading], list(bench.catalogue.scenarios).index(focus.scenario)
    labels = {trigger.name: trigger.label for trigger in model.triggers}
    names = ("necessity", "necessity_se", "removal", "removal_se", "lift", "lift_se")
    rows = [
        {
            "trigger": model.triggers[k].name, "label": labels[model.triggers[k].name],
            **{name: _known(getattr(at, name)[n, 0, place]) for name in names},
        }
        for n, k in enumerate(found.triggers)
    ]  # fmt: skip
    strength = np.abs(np.nan_to_num(at.removal[:, 0, place]))
    rows = [rows[n] for n in np.argsort(-strength, kind="stable")]
    return {"type": "causes", "scenario": focus.scenario, "rows": rows, "few": bool(at.hits[0, place] < 100)}


def _known(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def story(bench: StudyInput, scenario: str) -> dict[str, Any]:
    """The most typical path that ends in a scenario, as dated sentences."""
    with bench.watched.stage("Looking for a typical future", 1):
        found = tell_story(bench.world, scenario=scenario)
    told_, model = found.storyline, bench.world[0]
    entries = [(entry, entry_sentence(entry, model)) for entry in told_.entries]
    return {
        "type": "story",
        "scenario": scenario,
        "path": told_.path,
        "title": storyline_title(told_, model),
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
            {"scenario": model.scenarios[j].name, "from": str(told_.dates[first + 1]), "to": str(told_.dates[last])}
            for j, first, last in spells(told_)
        ],
        "levels": {driver.name: told_.index[:, i].tolist() for i, driver in enumerate(model.drivers)},
    }  # fmt: skip


def tune(
    bench: StudyInput, wanted: Sequence[Wanted], keys: Sequence[str]
) -> tuple[dict[str, Any], Mapping[str, Number]]:
    """The least change of the sliders at `keys` that brings the odds about, and the numbers to put at which keys."""
    catalogue, (model, experiment) = bench.catalogue, bench.world
    _check_keys(catalogue, keys)
    for target in wanted:
        if target.scenario not in catalogue.scenarios:
            raise InputError([Problem(message=f"there is no scenario {target.scenario}")])
    targets = tuple(
        Target(
            scenario=item.scenario, reading=item.reading, date=min(item.date, experiment.end),
            probability=item.probability,
        )
        for item in wanted
    )  # fmt: skip
    if not keys:
        keys = _strongest(bench, targets[0], max(STRONGEST, len(targets)))
    experiment = replace(experiment, targets=targets, tune=tuple(keys), paths=min(experiment.paths, 10_000))
    with bench.watched.stage("Looking for the least change", 1):
        found = find_tuning((model, experiment), draws=0, workers=bench.workers, progress=bench.watched)
    now = quantities(model)
    numbers = {key: shifted(now[key], value) for key, value in found.set.items()}
    told_ = found.to_dict()
    message = {
        "type": "tune",
        "targets": [
            {name: item[name] for name in ("scenario", "reading", "date", "wanted", "before", "reached", "mc_se")}
            for item in told_["targets"]
        ],
        "values": [
            {
                "key": item["key"], "label": item["label"], "slider": item["key"] in catalogue.sliders,
                "from": catalogue.sliders[item["key"]].shown(item["before"]),
                "to": catalogue.sliders[item["key"]].shown(item["after"]), "share": item["share"],
            }
            for item in told_["numbers"]
        ],
    }  # fmt: skip
    return message, numbers


def _check_keys(catalogue: Catalogue, keys: Sequence[str]) -> None:
    problems = [Problem(message="there is no such slider", key=key) for key in keys if key not in catalogue.sliders]
    if problems:
        raise InputError(problems)


def _strongest(bench: StudyInput, target: Target, count: int) -> list[str]:
    """The sliders that move the target's odds most."""
    catalogue, (model, experiment) = bench.catalogue, bench.world
    others = {key: number.median for key, number in uncertain(model).items() if key not in catalogue.sliders}
    focus = Focus(scenario=target.scenario, reading=target.reading, date=target.date)
    bars = _bars(bench, (with_values(model, others), experiment), focus)
    order = bars.order(catalogue.tick(target.date), list(catalogue.scenarios).index(target.scenario))
    return [bars.keys[n] for n in order if bars.keys[n] in catalogue.sliders][:count]
