"""An elicitation as CSV files and as plain data. judgements.csv can be read in again as part of a panel."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from frenemy.forecast.forecast import READINGS
from frenemy.forecast.tables import BANDS
from frenemy.model.files.load_panel import COLUMNS
from frenemy.model.files.rewrite import as_written
from frenemy.model.panel import ALL_POINTS, POINTS
from frenemy.model.realise import quantities
from frenemy.model.resolved import Number
from frenemy.present.table import COUNT, PROBABILITY, SIGNIFICANT, TEXT, Columns, decimals
from frenemy.studies.elicit.expert_odds import ViewDifference, ViewOdds
from frenemy.studies.elicit.findings import ElicitationFindings
from frenemy.studies.elicit.pooling import quantile
from frenemy.studies.elicit.rounds import movement
from frenemy.studies.elicit.weights import method
from frenemy.studies.elicit.wording import ends, pool_after

__all__ = ["as_data", "tables"]

LEVELS = (0.05, 0.5, 0.95)
Rows = Iterator[Sequence[Any]]
JUDGEMENTS = Columns(dict.fromkeys(COLUMNS, TEXT))
POOLS = Columns(dict.fromkeys(("question", "key", "view", "pool", *POINTS), TEXT))
EXPERTS = Columns(
    expert=TEXT, question=TEXT, weight=PROBABILITY, calibration=SIGNIFICANT, information=SIGNIFICANT, seeds=COUNT
)
ODDS = Columns(
    view=TEXT, reading=TEXT, date=TEXT, scenario=TEXT,
    **dict.fromkeys(("probability", "mc_se", *BANDS, "change", "change_mc_se"), PROBABILITY),
)  # fmt: skip
DISAGREEMENTS = Columns(
    question=TEXT, key=TEXT, view=TEXT, value=TEXT, reading=TEXT, date=TEXT, scenario=TEXT, probability=PROBABILITY,
    change=PROBABILITY, mc_se=PROBABILITY,
)  # fmt: skip
ROUNDS = Columns(
    {"question": TEXT, "view": TEXT, "from": COUNT, "to": COUNT}, median_before=TEXT, median_after=TEXT,
    shift=decimals(4), wider=decimals(4),
)  # fmt: skip
SCORES = Columns(name=TEXT, calibration=SIGNIFICANT, information=SIGNIFICANT)


def tables(found: ElicitationFindings) -> Mapping[str, str]:
    """Judgements, pools, experts, odds, disagreements and rounds."""
    return {
        "judgements.csv": JUDGEMENTS.csv(_judgements(found)),
        "pools.csv": POOLS.csv(_pools(found)),
        "experts.csv": EXPERTS.csv(_experts(found)),
        "odds.csv": ODDS.csv(_odds(found)),
        "disagreements.csv": DISAGREEMENTS.csv(_disagreements(found)),
        "rounds.csv": ROUNDS.csv(_rounds(found)),
    }


def _judgements(found: ElicitationFindings) -> Rows:
    for it in found.panel.judgements:
        stated = (it.quantiles.get(name) for name in ALL_POINTS)
        counts = " ".join(f"{count:g}" for count in it.counts)
        yield found.names[it.expert], it.round, it.question, *stated, counts, it.rationale


def _pools(found: ElicitationFindings) -> Rows:
    before = quantities(found.before[0]) | quantities(found.before[1])
    for question in found.questions:
        views = [(found.names[name], "", view) for name, view in found.views.latest(question.name).items()]
        pool = ("pool", method(found.panel, found.views.domains[question.name]), found.pooled[question.name])
        for view, how, number in (*views, pool, ("before", "", before[question.key])):
            yield question.name, question.key, view, how, *_points(question.key, number)


def _points(key: str, number: Number) -> Iterator[str]:
    for level in LEVELS:
        written = as_written(key, float(f"{quantile(number, level):.6g}"))
        yield written if isinstance(written, str) else f"{written:.6g}"


def _median(key: str, number: Number) -> str:
    return [*_points(key, number)][1]


def _experts(found: ElicitationFindings) -> Rows:
    weighing, scores = found.weighing, found.weighing.scores
    for n, name in enumerate(weighing.experts):
        own = (None,) * 3 if scores is None else (scores.calibration[n], scores.information[n], scores.seeds[n])
        for question in found.questions:
            weight = weighing.weights[n, found.panel.questions.index(question)]
            yield found.names[name], question.name, weight, *own


def _worlds(found: ElicitationFindings) -> Iterator[tuple[str, Mapping[Any, ViewOdds], ViewDifference | None]]:
    yield "pool", found.odds, None
    yield "before", found.prior.odds, found.prior
    for name, view in found.by_expert.items():
        yield found.names[name], view.odds, view


def _odds(found: ElicitationFindings) -> Rows:
    for view, odds, difference in _worlds(found):
        for reading in READINGS:
            world, change = odds[reading], difference and difference.change[reading]
            for tick in found.report_ticks:
                for j, scenario in enumerate(found.model.scenarios):
                    yield (
                        view, reading, found.dates[tick + 1], scenario.name, world.probability[tick, j],
                        world.mc_se[tick, j], *world.quantiles[:, tick, j],
                        *((change.change[tick, j], change.mc_se[tick, j]) if change else (None, None)),
                    )  # fmt: skip


def _disagreements(found: ElicitationFindings) -> Rows:
    """The odds with one number at its lowest and its highest median; changes from the odds under the pool."""
    for one in found.disagreements:
        for view, value, odds in (("lowest", one.lowest, one.at_lowest), ("highest", one.highest, one.at_highest)):
            head = (one.question.name, one.question.key, view, _median(one.question.key, value))
            for reading in READINGS:
                world = odds[reading]
                for tick in found.report_ticks:
                    for j, scenario in enumerate(found.model.scenarios):
                        values = (part[tick, j] for part in (world.variant, world.change, world.mc_se))
                        yield *head, reading, found.dates[tick + 1], scenario.name, *values


def _rounds(found: ElicitationFindings) -> Rows:
    """Each step of each expert who stated a view by both rounds, and of the pool."""
    for question in found.questions:
        for first, last in pairwise(sorted(found.views.stated[question.name])):
            earlier, later = (found.views.upto(question.name, number) for number in (first, last))
            steps = [(found.names[name], earlier[name], later[name]) for name in earlier]
            steps.append(("pool", pool_after(found, question, first), pool_after(found, question, last)))
            for view, before, after in steps:
                step = movement(before, after, found.views.domains[question.name])
                medians = (_median(question.key, number) for number in (before, after))
                yield question.name, view, first, last, *medians, step.shift, step.wider


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
        "questions": [_question(found, place) for place in range(len(found.questions))],
        "experts": SCORES.records(
            (found.names[name], *((None, None) if scores is None else (scores.calibration[n], scores.information[n])))
            for n, name in enumerate(weighing.experts)
        ),
        "odds": ODDS.records(_odds(found)),
    }


def _question(found: ElicitationFindings, place: int) -> dict[str, Any]:
    question = found.questions[place]
    weights = found.weighing.of(found.panel.questions.index(question))
    odds = [ends(found, one) for one in found.disagreements if one.question == question]
    return {
        "name": question.name,
        "key": question.key,
        "text": question.text,
        "pooled": _quantiles(found.pooled[question.name]),
        **({"odds_by_medians": [*odds[0]]} if odds else {}),
        "views": [
            {"expert": found.names[name], "weight": weights.get(name, 0.0), **_quantiles(view)}
            for name, view in found.views.latest(question.name).items()
        ],
    }


def _quantiles(number: Number) -> dict[str, float]:
    return {name: float(quantile(number, level)) for name, level in zip(POINTS, LEVELS, strict=True)}
