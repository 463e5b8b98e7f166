"""What to watch: which questions of the coming months are most informative about the odds, and which dates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from frenemy.arrays import Floats, Ints
from frenemy.forecast.odds import jeffreys_variance
from frenemy.model.experiment import Experiment, Reading
from frenemy.model.resolved import Model
from frenemy.simulation.noise.streams import generator
from frenemy.studies.watch.futures import Answers, Horizon
from frenemy.studies.watch.value_of_information import Value, count_answers, value_of

__all__ = ["Question", "WatchFindings", "find_watch", "split_count"]

Kind = Literal["trigger", "signpost", "calendar"]
MIN_CHANCE = 0.0005
"""A question with a rarer answer is not asked: there are too few paths to estimate the odds given it."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Question:
    """Something that will be known on a date, and the value of knowing it. Yes comes before no."""

    kind: Kind
    name: str
    label: str
    date: dt.date
    least: int  # triggers: yes is at least so many events
    answers: tuple[str, ...]
    value: Value


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WatchFindings:
    """The questions with their values; scenarios in the order of the model."""

    model: Model
    experiment: Experiment
    since: dt.date  # now: events count from here
    through: dt.date | None  # the last day whose evidence is used
    evidence: int  # entries that the odds are conditioned on
    by: dt.date
    at: dt.date  # of the assessment at which the odds are read
    reading: Reading
    odds: Floats  # (scenarios,) as of now
    odds_se: Floats
    questions: tuple[Question, ...]  # triggers and signposts, the most informative first
    calendar: tuple[Question, ...]  # by date
    paths: int
    draws: int

    @property
    def brier_now(self) -> Floats:
        """(scenarios + 1,): the expected Brier score of the odds as they are, and its sum over scenarios."""
        scores = self.odds * (1 - self.odds)
        return np.append(scores, scores.sum())


def find_watch(
    model: Model,
    experiment: Experiment,
    horizon: Horizon,
    seen: Answers,
    *,
    since: dt.date | None = None,
    through: dt.date | None = None,
    evidence: int = 0,
) -> WatchFindings:
    """Rank the questions by the expected fall of the Brier score, summed over all scenarios.

    `since`: when the futures begin, if not at the start of the run; `evidence`: how many entries they are conditioned
    on, the last of them of the day `through`.
    """
    odds = seen.hits.mean(axis=(1, 2))
    step = dt.timedelta(days=experiment.tick * (horizon.at + 1))
    unsorted = (*_triggers(model, experiment, horizon, seen), *_signposts(model, experiment, horizon, seen))
    questions = sorted(unsorted, key=lambda question: -float(question.value.gain[-1]))
    return WatchFindings(
        model=model,
        experiment=experiment,
        since=since or experiment.start,
        through=through,
        evidence=evidence,
        by=horizon.by,
        at=experiment.start + step,
        reading=horizon.reading,
        odds=odds,
        odds_se=_errors(seen, odds),
        questions=tuple(questions),
        calendar=tuple(_calendar(model, experiment, horizon, seen)),
        paths=seen.hits.shape[2] * (1 if seen.nested else seen.hits.shape[1]),
        draws=seen.hits.shape[1] if seen.nested else 0,
    )


def split_count(counts: NDArray[np.uint8]) -> int:
    """The least number of events that counts as yes: the one that splits the paths most evenly.

    It depends on the counts only, so that it is not selected for its apparent value.
    """
    share = np.bincount(counts.ravel()) / counts.size
    at_least = share[::-1].cumsum()[::-1][1:]
    return int(np.argmin(np.abs(at_least - 0.5))) + 1 if len(at_least) else 1


def _triggers(model: Model, experiment: Experiment, horizon: Horizon, seen: Answers) -> Iterator[Question]:
    for counts, trigger in zip(seen.counts, model.triggers, strict=True):
        least = split_count(counts)
        answer = (counts < least).astype(np.int64)
        if MIN_CHANCE < answer.mean() < 1 - MIN_CHANCE:
            rng = generator(experiment.seed, f"watch/shuffles/trigger/{trigger.name}", 0)
            yield Question(
                kind="trigger", name=trigger.name, label=trigger.label, date=horizon.by, least=least,
                answers=("yes", "no"), value=_value(answer, 2, horizon, seen, rng),
            )  # fmt: skip


def _signposts(model: Model, experiment: Experiment, horizon: Horizon, seen: Answers) -> Iterator[Question]:
    for reported, post in zip(seen.seen, model.signposts.values(), strict=True):
        answer = (~reported).astype(np.int64)
        if MIN_CHANCE < answer.mean() < 1 - MIN_CHANCE:
            rng = generator(experiment.seed, f"watch/shuffles/signpost/{post.name}", 0)
            yield Question(
                kind="signpost", name=post.name, label=post.text, date=horizon.by, least=0,
                answers=("yes", "no"), value=_value(answer, 2, horizon, seen, rng),
            )  # fmt: skip


def _calendar(model: Model, experiment: Experiment, horizon: Horizon, seen: Answers) -> Iterator[Question]:
    end = experiment.start + dt.timedelta(days=experiment.tick * (horizon.at + 1))
    for branch, place in zip(seen.branch, seen.calendar, strict=True):
        event = model.calendar[place]
        if event.date < end:
            rng = generator(experiment.seed, f"watch/shuffles/calendar/{event.name}", 0)
            yield Question(
                kind="calendar", name=event.name, label=event.label, date=event.date, least=0,
                answers=tuple(item.name for item in event.branches),
                value=_value(branch.astype(np.int64), len(event.branches), horizon, seen, rng),
            )  # fmt: skip


def _value(answer: Ints, kinds: int, horizon: Horizon, seen: Answers, rng: np.random.Generator) -> Value:
    table = count_answers(answer, seen.hits, kinds, exclusive=horizon.reading == "at", nested=seen.nested)
    return value_of(table, rng)


def _errors(seen: Answers, odds: Floats) -> Floats:
    """Standard errors of the odds: between outer draws if there are any, otherwise of independent paths."""
    if seen.nested and seen.hits.shape[1] > 1:
        means = seen.hits.mean(axis=2)
        return np.asarray(means.std(axis=1, ddof=1) / np.sqrt(means.shape[1]))
    number = seen.hits[0].size
    return np.sqrt(np.asarray(jeffreys_variance(odds * number, odds * number, number)))
