"""The report of a run: one self-contained page for a reader who has never seen the model.

Its content is assembled here from the forecast, the storylines and the model's own sentences; the layout is in
`report.html.j2`. The page has no scripts and loads nothing from outside.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from frenemy.forecast.forecast import READINGS, Forecast
from frenemy.forecast.plots.event_counts import count_text
from frenemy.forecast.plots.every import pictures
from frenemy.forecast.report.inline_svg import drawings, palette
from frenemy.forecast.rough_odds import rough_notes
from frenemy.forecast.sentences import footer, has_bands, headline, in_words, monte_carlo
from frenemy.forecast.story_text import Line, log, storyline_title
from frenemy.model.describe.parts import (
    describe_calendar,
    describe_correlations,
    describe_driver,
    describe_experiment,
    describe_judgement,
    describe_scenario,
    describe_trigger,
)
from frenemy.model.describe.wording import counted
from frenemy.model.resolved import Scenario
from frenemy.present.likelihood_words import ICD203
from frenemy.present.number_text import percent, range_text
from frenemy.present.section import Section
from frenemy.present.sheet import Panels
from frenemy.present.style import display_order
from frenemy.present.time_axis import day, month
from frenemy.simulation.storyline.log import Storyline

__all__ = ["Background", "report", "write_report"]

TICK_BIAS = "0.9"
"""Points by which weekly instead of daily assessment changes the odds of the shipped baseline: docs/verification.md."""
MAX_SHOCKS = 6
"""Largest shocks listed before the whole log of a storyline."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Background:
    """What a report says about a run besides its forecast."""

    digest: str = ""  # hash of the configuration
    command: str = ""  # the command line
    versions: Mapping[str, str] = field(default_factory=dict)  # library -> version
    reasons: Mapping[str, str] = field(default_factory=dict)  # scenario -> why its storyline was chosen
    sections: Sequence[Section] = ()  # sections of further questions, in the order of the page


def write_report(
    path: Path,
    forecast: Forecast,
    storylines: Mapping[str, Storyline],
    background: Background | None = None,
    panels: Mapping[str, Panels] | None = None,
) -> None:
    """Write the report; the same inputs give the same bytes."""
    path.write_text(report(forecast, storylines, background, panels), encoding="utf-8", newline="\n")


def report(
    forecast: Forecast,
    storylines: Mapping[str, Storyline],
    background: Background | None = None,
    panels: Mapping[str, Panels] | None = None,
) -> str:
    """The report as one HTML page; `storylines` by the scenario that they are typical of.

    `panels` of pictures that have been drawn before, by name, are not drawn again.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    background = background or Background()
    further = [picture for section in background.sections for picture in section.pictures]
    drawn, letters = drawings([*pictures(forecast, storylines), *further], forecast.model, panels)
    environment = Environment(
        loader=PackageLoader("frenemy.forecast.report", ""), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    return environment.get_template("report.html.j2").render(
        model=forecast.model,
        run=forecast.experiment,
        title=_title(forecast, background),
        without=headline(forecast),
        futures=f"{forecast.paths * max(forecast.draws, 1):,}",
        start=day(forecast.dates[0]),
        end=day(forecast.dates[-1]),
        end_month=month(forecast.dates[-1]),
        palette=palette(forecast.model),
        drawn=drawn,
        letters=letters,
        bands=has_bands(forecast),
        scenarios=[_scenario(forecast, j, scenario) for j, scenario in display_order(forecast.model)],
        dates=list(_dates(forecast)),
        monte_carlo=monte_carlo(forecast.odds["at"]),
        rough=rough_notes(forecast),
        triggers=list(_triggers(forecast)),
        years=[month(year) for year in forecast.events.years],
        calendar=list(_calendar(forecast)),
        stories=[_story(forecast, name, storyline, background) for name, storyline in storylines.items()],
        sections=background.sections,
        assumptions=list(_assumptions(forecast)),
        provenance=list(_provenance(forecast, background)),
        icd=ICD203.source,
        tick_bias=TICK_BIAS,
        footer=footer(forecast, background.digest),
    )


def _title(forecast: Forecast, background: Background) -> str:
    """The headline of the section that speaks for the report, such as an update; else that of the forecast."""
    return next((section.headline for section in background.sections if section.headline), headline(forecast))


def _scenario(forecast: Forecast, j: int, scenario: Scenario) -> dict[str, Any]:
    """A scenario's card: odds at the end in all readings, its meaning, the author's word beside that of this run."""
    at = forecast.odds["at"]
    return {
        "number": j,
        "name": scenario.name,
        "label": scenario.label,
        "colour": scenario.colour,
        "narrative": scenario.narrative.strip(),
        "source": scenario.source,
        "rule": describe_scenario(replace(scenario, likelihood=""), forecast.model),
        "signposts": tuple(post.text for post in scenario.signposts),
        "author": scenario.likelihood,
        "meaning": _meaning(scenario.likelihood),
        "word": ICD203.shown(float(at.probability[-1, j])).replace(" %", "\u00a0%"),
        "value": at.probability[-1, j],
        "band": tuple(at.quantiles[[0, -1], -1, j]),
        "readings": {reading: _cell(forecast, reading, len(at.probability) - 1, j) for reading in READINGS},
        "share": _share(at.judgement_variance[-1, j], at.path_variance[-1, j]),
        "mc": f"±{max(196 * at.mc_se[-1, j], 0.1):.1f}",
    }


def _meaning(word: str) -> str:
    """The range of the author's word on the scale of ICD 203, if it is on that scale."""
    try:
        low, high = ICD203.interval(word.split(",", maxsplit=1)[0].strip())
    except KeyError:
        return ""
    return range_text(low, high)


def _cell(forecast: Forecast, reading: Any, tick: int, j: int) -> dict[str, str]:
    odds = forecast.odds[reading]
    low, high = odds.quantiles[0, tick, j], odds.quantiles[-1, tick, j]
    return {
        "percent": percent(odds.probability[tick, j]),
        "word": in_words(odds, tick, j),
        "band": range_text(low, high) if np.isfinite(low) else "",
    }


def _dates(forecast: Forecast) -> Iterator[dict[str, Any]]:
    """Rows of the headline table: the first assessment, then the dates of the report."""
    ticks = dict.fromkeys((0, *forecast.report_ticks))
    for tick in ticks:
        cells = [_cell(forecast, "at", tick, j) for j, _ in display_order(forecast.model)]
        yield {"date": day(forecast.dates[tick + 1]), "lead": _lead(forecast, tick), "cells": cells}


def _lead(forecast: Forecast, tick: int) -> str:
    """How far ahead an assessment lies."""
    days = (tick + 1) * forecast.experiment.tick
    years = round(days / 365.25)
    if years >= 1 and abs(days - years * 365.25) < 15:
        return f"after {counted(years, 'year')}"
    if days < 60:
        return f"after {counted(days, 'day')}"
    return f"after {counted(round(days / 30.4375), 'month')}"


def _share(part: float, rest: float) -> tuple[str, str]:
    """Shares of two variances in their sum, in per cent; empty where one was not assessed or both are 0."""
    if not np.isfinite(part) or part + rest <= 0:
        return "", ""
    share = float(part / (part + rest))
    return percent(share), percent(1 - share)


def _triggers(forecast: Forecast) -> Iterator[dict[str, Any]]:
    events = forecast.events
    for k in np.argsort(-events.expected, kind="stable"):
        yield {
            "label": forecast.model.triggers[k].label,
            "expected": count_text(events.expected[k]),
            "error": f"±{1.96 * events.expected_se[k]:.2g}",
            "chance": percent(events.at_least_one[k]),
            "years": [percent(year) for year in events.year_at_least_one[:, k]],
        }


def _calendar(forecast: Forecast) -> Iterator[dict[str, Any]]:
    """Calendar events within the run, with the share of futures that took each branch."""
    run = forecast.experiment
    for event in sorted(forecast.model.calendar, key=lambda e: e.date):
        if run.start <= event.date < run.end:
            shares = forecast.events.branches.get(event.name, {})
            branches = [(branch.label, percent(shares.get(branch.name, 0.0))) for branch in event.branches]
            yield {"label": event.label, "date": day(event.date), "branches": branches}


def _story(forecast: Forecast, name: str, storyline: Storyline, background: Background) -> dict[str, Any]:
    lines = log(storyline, forecast.model)
    return {
        "name": f"storyline_{name}",
        "title": storyline_title(storyline, forecast.model),
        "reason": background.reasons.get(name, ""),
        "brief": _turning_points(storyline, lines, forecast),
        "lines": lines,
    }


def _turning_points(storyline: Storyline, lines: Sequence[Line], forecast: Forecast) -> list[Line]:
    """The changes of scenario and the largest shocks, in the order of time."""
    entries = [
        entry for entry in storyline.entries if not (entry.kind == "leave" and _is_default(entry.name, forecast))
    ]
    sizes = [sum(abs(points) for points in entry.effects.values()) for entry in entries]
    largest = sorted(range(len(entries)), key=lambda n: (-sizes[n], n))[:MAX_SHOCKS]
    keep = {n for n in largest if sizes[n] > 0} | {n for n, line in enumerate(lines) if line.scenario}
    return [lines[n] for n in sorted(keep)]


def _is_default(name: str, forecast: Forecast) -> bool:
    return any(scenario.default and scenario.name == name for scenario in forecast.model.scenarios)


def _assumptions(forecast: Forecast) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """The model in its own sentences, each with its source."""
    model = forecast.model
    yield "This run", [(sentence, "") for sentence in describe_experiment(forecast.experiment, model)]
    drivers = [(describe_driver(driver), driver.source) for driver in model.drivers]
    yield "Drivers", drivers + [(sentence, "") for sentence in describe_correlations(model)]
    if judged := describe_judgement(model):
        yield "Judgement", [(sentence, "") for sentence in judged]
    yield "Triggers", [(describe_trigger(trigger, model), trigger.source) for trigger in model.triggers]
    if model.calendar:
        yield "Calendar", [(describe_calendar(event, model), event.source) for event in model.calendar]
    yield "Scenarios", [(describe_scenario(s, model), s.source) for _, s in display_order(model)]


def _provenance(forecast: Forecast, background: Background) -> Iterator[tuple[str, str]]:
    run = forecast.experiment
    yield "Experiment", f"{run.name}: {run.title}"
    yield (
        "Span",
        (
            f"{run.start.isoformat()} to {run.end.isoformat()}, {counted(forecast.experiment.ticks, 'tick')} of "
            f"{counted(run.tick, 'day')}"
        ),
    )
    yield (
        "Paths",
        f"{counted(forecast.draws, 'draw')} of the uncertain numbers × {counted(forecast.paths, 'path')}"
        if forecast.draws
        else (f"{forecast.paths:,}, every number at its median"),
    )
    yield "Seed", str(run.seed)
    if background.digest:
        yield "Configuration (SHA-256)", background.digest
    if background.command:
        yield "Command", background.command
    if background.versions:
        yield "Versions", ", ".join(f"{name} {version}" for name, version in background.versions.items())
