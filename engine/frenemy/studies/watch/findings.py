"""What to watch: which answers of the coming months would move the odds most, and which dates."""

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
from frenemy.studies.watch.value_of_information import Value, learnt, tabled

__all__ = ["Question", "WatchFindings", "find_watch", "split_count"]

Kind = Literal["trigger", "signpost", "calendar"]
RARE = 0.0005
"""An answer rarer than this is not a question: there are too few paths to say what it would mean."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Question:
    """Something that will be known on a date, and what it would tell. A yes comes before a no."""

    kind: Kind
    name: str
    label: str
    date: dt.date
    least: int  # triggers: yes is at least so many events
    answers: tuple[str, ...]
    learnt: Value


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WatchFindings:
    """What would be learnt; scenarios in the order of the model."""

    model: Model
    experiment: Experiment
    since: dt.date  # now: events count from here
    evidence: int  # pieces of it that have been taken in
    by: dt.date
    at: dt.date  # of the assessment at which the odds are read
    reading: Reading
    odds: Floats  # (scenarios,) as of now
    odds_se: Floats
    questions: tuple[Question, ...]  # triggers and signposts, the most telling first
    calendar: tuple[Question, ...]  # by date
    paths: int
    draws: int

    @property
    def doubt(self) -> Floats:
        """(scenarios + 1,): the Brier score to expect of the odds as they are, and its sum over scenarios."""
        apart = self.odds * (1 - self.odds)
        return np.append(apart, apart.sum())


def find_watch(
    model: Model,
    experiment: Experiment,
    wanted: Horizon,
    seen: Answers,
    *,
    since: dt.date | None = None,
    evidence: int = 0,
) -> WatchFindings:
    """Rank what is to be watched, by the expected fall of the Brier score summed over all scenarios.

    `since`: when the futures begin, if not with the run; `evidence`: how much of it they bear out.
    """
    odds = seen.hits.mean(axis=(1, 2))
    step = dt.timedelta(days=experiment.tick * (wanted.at + 1))
    asked = (*_triggers(model, experiment, wanted, seen), *_signposts(model, experiment, wanted, seen))
    questions = sorted(asked, key=lambda question: -float(question.learnt.gain[-1]))
    return WatchFindings(
        model=model,
        experiment=experiment,
        since=since or experiment.start,
        evidence=evidence,
        by=wanted.by,
        at=experiment.start + step,
        reading=wanted.reading,
        odds=odds,
        odds_se=_errors(seen, odds),
        questions=tuple(questions),
        calendar=tuple(_calendar(model, experiment, wanted, seen)),
        paths=seen.hits.shape[2] * (1 if seen.nested else seen.hits.shape[1]),
        draws=seen.hits.shape[1] if seen.nested else 0,
    )


def split_count(counts: NDArray[np.uint8]) -> int:
    """The least number of events of a yes: that which splits the paths most evenly into fewer and at least so many.

    It depends on nothing but the counts, so that it is not chosen for what it happens to tell.
    """
    share = np.bincount(counts.ravel()) / counts.size
    at_least = share[::-1].cumsum()[::-1][1:]
    return int(np.argmin(np.abs(at_least - 0.5))) + 1 if len(at_least) else 1


def _triggers(model: Model, experiment: Experiment, wanted: Horizon, seen: Answers) -> Iterator[Question]:
    for counts, trigger in zip(seen.counts, model.triggers, strict=True):
        least = split_count(counts)
        answer = (counts < least).astype(np.int64)
        if RARE < answer.mean() < 1 - RARE:
            rng = generator(experiment.seed, f"watch/shuffles/trigger/{trigger.name}", 0)
            yield Question(
                kind="trigger", name=trigger.name, label=trigger.label, date=wanted.by, least=least,
                answers=("yes", "no"), learnt=_learnt(answer, 2, wanted, seen, rng),
            )  # fmt: skip


def _signposts(model: Model, experiment: Experiment, wanted: Horizon, seen: Answers) -> Iterator[Question]:
    for reported, post in zip(seen.seen, model.signposts.values(), strict=True):
        answer = (~reported).astype(np.int64)
        if RARE < answer.mean() < 1 - RARE:
            rng = generator(experiment.seed, f"watch/shuffles/signpost/{post.name}", 0)
            yield Question(
                kind="signpost", name=post.name, label=post.text, date=wanted.by, least=0,
                answers=("yes", "no"), learnt=_learnt(answer, 2, wanted, seen, rng),
            )  # fmt: skip


def _calendar(model: Model, experiment: Experiment, wanted: Horizon, seen: Answers) -> Iterator[Question]:
    horizon = experiment.start + dt.timedelta(days=experiment.tick * (wanted.at + 1))
    for branch, place in zip(seen.branch, seen.calendar, strict=True):
        event = model.calendar[place]
        if event.date < horizon:
            rng = generator(experiment.seed, f"watch/shuffles/calendar/{event.name}", 0)
            yield Question(
                kind="calendar", name=event.name, label=event.label, date=event.date, least=0,
                answers=tuple(item.name for item in event.branches),
                learnt=_learnt(branch.astype(np.int64), len(event.branches), wanted, seen, rng),
            )  # fmt: skip


def _learnt(answer: Ints, kinds: int, wanted: Horizon, seen: Answers, rng: np.random.Generator) -> Value:
    table = tabled(answer, seen.hits, kinds, exclusive=wanted.reading == "at", nested=seen.nested)
    return learnt(table, rng)


def _errors(seen: Answers, odds: Floats) -> Floats:
    """Standard errors of the odds: between clusters where these are outer draws, else of independent paths."""
    if seen.nested and seen.hits.shape[1] > 1:
        apart = seen.hits.mean(axis=2)
        return np.asarray(apart.std(axis=1, ddof=1) / np.sqrt(apart.shape[1]))
    number = seen.hits[0].size
    return np.sqrt(np.asarray(jeffreys_variance(odds * number, odds * number, number)))
