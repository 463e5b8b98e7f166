"""An elicitation as CSV text and as plain data. judgements.csv can be read in again as part of a panel."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

import numpy as np

from frenemy.forecast.forecast import QUANTILES, READINGS
from frenemy.forecast.tables import BANDS
from frenemy.model.files.load_panel import COLUMNS
from frenemy.model.files.rewrite import as_written
from frenemy.model.panel import POINTS
from frenemy.model.realise import quantities
from frenemy.model.resolved import Number
from frenemy.present.csv_text import csv_text, fixed
from frenemy.studies.elicit.expert_odds import ViewDifference, ViewOdds
from frenemy.studies.elicit.findings import ElicitationFindings
from frenemy.studies.elicit.plots import disagreement
from frenemy.studies.elicit.plots.rounds import pool_after
from frenemy.studies.elicit.pooling import quantile
from frenemy.studies.elicit.rounds import movement
from frenemy.studies.elicit.weights import method

__all__ = ["as_data", "tables"]

LEVELS = (0.05, 0.5, 0.95)
Row = tuple[str, ...]


def tables(found: ElicitationFindings) -> Mapping[str, str]:
    """Judgements, pools, experts, odds, disagreements and rounds."""
    return {
        "judgements.csv": csv_text(COLUMNS, _judgements(found)),
        "pools.csv": csv_text(("question", "key", "view", "pool", *POINTS), _pools(found)),
        "experts.csv": csv_text(
            ("expert", "question", "weight", "calibration", "information", "seeds"), _experts(found)
        ),
        "odds.csv": csv_text(
            ("view", "reading", "date", "scenario", "probability", "mc_se", *BANDS, "change", "change_mc_se"),
            _odds(found),
        ),
        "disagreements.csv": csv_text(
            ("question", "key", "view", "value", "reading", "date", "scenario", "probability", "change", "mc_se"),
            _disagreements(found),
        ),
        "rounds.csv": csv_text(
            ("question", "view", "from", "to", "median_before", "median_after", "shift", "wider"), _rounds(found)
        ),
    }


def _judgements(found: ElicitationFindings) -> Iterator[Row]:
    for it in found.panel.judgements:
        stated = (str(it.quantiles[name]) for name in POINTS) if it.quantiles else ("", "", "")
        counts = " ".join(f"{count:g}" for count in it.counts)
        yield (found.names[it.expert], str(it.round), it.question, *stated, counts, it.rationale)


def _pools(found: ElicitationFindings) -> Iterator[Row]:
    before = quantities(found.before[0]) | quantities(found.before[1])
    for question in found.asked:
        held = found.views.latest(question.name)
        how = method(found.panel, found.views.domains[question.name])
        at = (question.name, question.key)
        for name, view in held.items():
            yield (*at, found.names[name], "", *_points(question.key, view))
        yield (*at, "pool", how, *_points(question.key, found.pooled[question.name]))
        yield (*at, "before", "", *_points(question.key, before[question.key]))


def _points(key: str, number: Number) -> Iterator[str]:
    for level in LEVELS:
        written = as_written(key, float(f"{quantile(number, level):.6g}"))
        yield written if isinstance(written, str) else f"{written:.6g}"


def _experts(found: ElicitationFindings) -> Iterator[Row]:
    weighing, scores = found.weighing, found.weighing.scores
    for n, name in enumerate(weighing.experts):
        told: Row = ("", "", "")
        if scores is not None:
            told = (_short(scores.calibration[n]), _short(scores.information[n]), str(int(scores.seeds[n])))
        for question in found.asked:
            weight = weighing.weights[n, found.panel.questions.index(question)]
            yield (found.names[name], question.name, fixed(float(weight), 6), *told)


def _short(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.6g}"


def _worlds(found: ElicitationFindings) -> Iterator[tuple[str, Mapping[Any, ViewOdds], ViewDifference | None]]:
    yield "pool", found.odds, None
    yield "before", found.unasked.odds, found.unasked
    for name, voice in found.voices.items():
        yield found.names[name], voice.odds, voice


def _odds(found: ElicitationFindings) -> Iterator[Row]:
    for view, odds, voice in _worlds(found):
        for reading in READINGS:
            for tick in found.report_ticks:
                for j, scenario in enumerate(found.model.scenarios):
                    world = odds[reading]
                    values = (world.probability[tick, j], world.mc_se[tick, j], *world.quantiles[:, tick, j])
                    change: Row = ("", "")
                    if voice is not None:
                        against = voice.change[reading]
                        change = (fixed(against.change[tick, j], 6), fixed(against.mc_se[tick, j], 6))
                    at = (view, reading, str(found.dates[tick + 1]), scenario.name)
                    yield (*at, *(fixed(value, 6) for value in values), *change)


def _disagreements(found: ElicitationFindings) -> Iterator[Row]:
    """The odds with one number at the lowest and the highest median; changes from all at their medians."""
    for one in found.reach:
        for view, value, odds in (("lowest", one.lowest, one.at_lowest), ("highest", one.highest, one.at_highest)):
            shown = [*_points(one.question.key, value)][1]
            for reading in READINGS:
                against = odds[reading]
                for tick in found.report_ticks:
                    for j, scenario in enumerate(found.model.scenarios):
                        values = (against.variant[tick, j], against.change[tick, j], against.mc_se[tick, j])
                        at = (one.question.name, one.question.key, view, shown, reading, str(found.dates[tick + 1]))
                        yield (*at, scenario.name, *(fixed(float(number), 6) for number in values))


def _rounds(found: ElicitationFindings) -> Iterator[Row]:
    """Each step of each expert who said something in both rounds, and of the pool."""
    for question in found.asked:
        domain = found.views.domains[question.name]
        numbers = sorted(found.views.said[question.name])
        for first, last in pairwise(numbers):
            earlier, later = (found.views.upto(question.name, number) for number in (first, last))
            steps = [(found.names[name], earlier[name], later[name]) for name in earlier]
            steps.append(("pool", pool_after(found, question, first), pool_after(found, question, last)))
            for view, before, after in steps:
                step = movement(before, after, domain)
                medians = ([*_points(question.key, number)][1] for number in (before, after))
                yield (question.name, view, str(first), str(last), *medians, fixed(step.shift, 4), fixed(step.wider, 4))


def as_data(found: ElicitationFindings) -> dict[str, Any]:
    """The same as plain data: odds at the report's dates."""
    weighing, scores = found.weighing, found.weighing.scores
    return {
        "panel": found.panel.title,
        "model": found.model.title,
        "experiment": found.before[1].name,
        "seed": found.experiment.seed,
        "paths": found.paths,
        "draws": found.draws,
        "pool": found.panel.pool,
        **({"alpha": weighing.alpha} if not math.isnan(weighing.alpha) else {}),
        "questions": [_question(found, place) for place in range(len(found.asked))],
        "experts": [
            {
                "name": found.names[name],
                **({} if scores is None or not scores.seeds[n] else {
                    "calibration": float(scores.calibration[n]), "information": float(scores.information[n]),
                }),
            }
            for n, name in enumerate(weighing.experts)
        ],
        "odds": [
            {"view": view, "scenario": scenario.name, "reading": reading, "date": str(found.dates[tick + 1])}
            | _datum(odds[reading], tick, j)
            | ({} if voice is None else {
                "change": float(voice.change[reading].change[tick, j]),
                "change_mc_se": float(voice.change[reading].mc_se[tick, j]),
            })
            for view, odds, voice in _worlds(found)
            for reading in READINGS
            for tick in found.report_ticks
            for j, scenario in enumerate(found.model.scenarios)
        ],
    }  # fmt: skip


def _question(found: ElicitationFindings, place: int) -> dict[str, Any]:
    question = found.asked[place]
    number, held = found.pooled[question.name], found.views.latest(question.name)
    weights = found.weighing.of(found.panel.questions.index(question))
    reach = [disagreement.ends(found, one) for one in found.reach if one.question == question]
    return {
        "name": question.name,
        "key": question.key,
        "text": question.text,
        "pooled": dict(zip(POINTS, _plain(number), strict=True)),
        **({"odds_by_medians": [*reach[0]]} if reach else {}),
        "views": [
            {
                "expert": found.names[name],
                "weight": weights.get(name, 0.0),
                **dict(zip(POINTS, _plain(view), strict=True)),
            }
            for name, view in held.items()
        ],
    }


def _plain(number: Number) -> list[float]:
    return [float(quantile(number, level)) for level in LEVELS]


def _datum(world: ViewOdds, tick: int, j: int) -> dict[str, float]:
    datum = {"probability": float(world.probability[tick, j]), "mc_se": float(world.mc_se[tick, j])}
    bands = world.quantiles[:, tick, j]
    if np.isfinite(bands).all():
        datum |= {f"q{round(100 * q):02d}": float(value) for q, value in zip(QUANTILES, bands, strict=True)}
    return datum
