"""What stays constant in a session: the run, its sliders, and what the page needs to draw them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from frenemy.model.experiment import Experiment
from frenemy.model.resolved import Model, Number
from frenemy.workshop.state.commands import MAX_NAME, MAX_WHY
from frenemy.workshop.state.sliders import Slider, sliders_of
from frenemy.workshop.state.state import Focus

__all__ = ["Catalogue", "as_data", "catalogue_of"]


@dataclass(frozen=True)
class Catalogue:
    """A run and its sliders."""

    model: Model
    experiment: Experiment
    sliders: Mapping[str, Slider]

    @cached_property
    def scenarios(self) -> dict[str, str]:
        """Labels of the scenarios, by name."""
        return {scenario.name: scenario.label for scenario in self.model.scenarios}

    @cached_property
    def numbers(self) -> dict[str, Number]:
        """The numbers of all sliders in the file."""
        return {key: slider.number for key, slider in self.sliders.items()}

    @property
    def focus(self) -> Focus:
        """The first focus: the scenario of highest priority, at the end of the run."""
        return Focus(scenario=self.model.scenarios[0].name, reading="at", date=self.experiment.end)

    def tick(self, date: dt.date) -> int:
        """The assessment on that day or the next after it, from 0; the first or last for dates outside the run."""
        run = self.experiment
        return min(max(-((run.start - date).days // run.tick), 1), run.ticks) - 1


def catalogue_of(model: Model, experiment: Experiment) -> Catalogue:
    """The catalogue of a run."""
    return Catalogue(model, experiment, {slider.key: slider for slider in sliders_of(model, experiment)})


def as_data(catalogue: Catalogue, paths: int) -> dict[str, Any]:
    """The catalogue for the page; `paths` are those of a settled answer."""
    model, run = catalogue.model, catalogue.experiment
    return {
        "title": model.title,
        "experiment": run.title,
        "name": run.name,
        "description": run.description,
        "start": str(run.start),
        "end": str(run.end),
        "tick": run.tick,
        "ticks": run.ticks,
        "paths": paths,
        "draws": run.uncertainty.draws,
        "scenarios": [
            {
                "name": scenario.name, "label": scenario.label, "colour": scenario.colour,
                "narrative": scenario.narrative, "default": scenario.default,
            }
            for scenario in model.scenarios
        ],
        "drivers": [{"name": driver.name, "label": driver.label} for driver in model.drivers],
        "calendar": [
            {"name": event.name, "label": event.label, "date": str(event.date)}
            for event in sorted(model.calendar, key=lambda event: event.date)
            if run.start <= event.date < run.end
        ],
        "dates": [str(date) for date in run.report_at],
        "sliders": [_slider(slider) for slider in catalogue.sliders.values()],
        "groups": list(dict.fromkeys(slider.group for slider in catalogue.sliders.values())),
        "words": "ICD 203",
        "limits": {"name": MAX_NAME, "why": MAX_WHY, "note": MAX_WHY},
    }  # fmt: skip


MEANINGS = {
    "trigger": "chance in the next 12 months", "start": "level at the start", "long_run": "long-run level",
    "branch": "chance of this outcome",
}  # fmt: skip


def _slider(slider: Slider) -> dict[str, Any]:
    (lowest, highest), (low, high) = slider.ends, slider.span(slider.number)
    return {
        "key": slider.key, "kind": slider.kind, "name": slider.name, "event": slider.event, "label": slider.label,
        "group": slider.group, "description": slider.description, "source": slider.source, "unit": slider.unit,
        "says": MEANINGS[slider.kind], "scale": "logit" if slider.unit == "chance" else "linear",
        "min": lowest, "max": highest, "base": slider.base, "low": low, "high": high, "ranged": slider.ranged,
    }  # fmt: skip
