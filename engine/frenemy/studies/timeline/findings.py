"""The odds as evidence came in: the effect of each entry of a ledger when it became known, and its effect now.

In sequence: the ledger is assimilated as far as it was known on the day of each entry, then with the entry. What did
not happen in between is a step of its own. An entry whose date is a range is known by its last day. By removal: the
whole ledger is compared with the ledger without the entry. Both effects are changes of log odds in bits, the logarithm
to base 2 of the odds p / (1 - p): one bit doubles them.

Over outer draws each draw of the uncertain numbers has particles of its own and is weighed by how likely it makes each
ledger (`shared_filter`); or every number is at its median. Each is repeated in `repeats` passes with different seeds,
with other draws and other noise. A pass weighs by its estimate of the probability of the ledger, so that all passes
together are one large sample. All steps of a pass have the same draws and the same noise, so that most of the sampling
error cancels between steps; errors are those of the differences, by a jackknife over passes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import logsumexp, stdtrit

from frenemy.arrays import Floats
from frenemy.model.evidence.entries import Coverage, Entry, EpisodeEnd, LedgerResolved, SignpostSighting
from frenemy.model.evidence.resolve import Evidence
from frenemy.model.experiment import Experiment, Reading
from frenemy.model.resolved import Model
from frenemy.runtime.executors import ordered_map
from frenemy.studies.timeline.shared_filter import LedgerOdds, filter_plans, run_filters, run_filters_over_draws
from frenemy.studies.update.parameter_space import ParameterSpace

__all__ = ["READINGS", "SILENCE", "Bits", "Passes", "Plan", "Step", "TimelineFindings", "plan", "run_timeline"]

READINGS: tuple[Reading, ...] = ("at", "ever")
SILENCE = ""
"""Stands for what did not happen since the step before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One more entry, on the day on which it became known."""

    date: dt.date
    entry: str  # SILENCE: only time has passed
    ledger: LedgerResolved


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All ledgers to be assimilated."""

    before: LedgerResolved
    steps: tuple[Step, ...]
    left_out: Mapping[str, LedgerResolved]  # entry -> the whole ledger without it

    @property
    def passes(self) -> int:
        """Updates in one repetition."""
        return 1 + len(self.steps) + len(self.left_out)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bits:
    """A change of log odds to base 2, with its Monte Carlo error, estimated from a few passes."""

    change: float
    se: float
    repeats: int

    @property
    def half(self) -> float:
        """Half the width of the 95 % interval, by Student's t distribution."""
        return float(stdtrit(self.repeats - 1, 0.975)) * self.se

    @property
    def significant(self) -> bool:
        """Whether it is distinguishable from chance at 95 %."""
        return abs(self.change) > self.half


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Passes:
    """What the passes found given one ledger."""

    odds: Floats  # (repeats, readings, scenarios) at the horizon
    log_evidence: Floats  # (repeats,) log of the probability of the ledger
    effective: Floats  # (repeats,) effective number of the draws; 1 at the medians

    def means(self) -> Floats:
        """The odds from all passes, then from all but each of them: (1 + repeats, readings, scenarios)."""
        weights = np.exp(self.log_evidence - self.log_evidence.max())
        rows = np.concatenate([weights[None], weights * (1 - np.eye(len(weights)))])
        return np.asarray(np.tensordot(rows / rows.sum(axis=1, keepdims=True), self.odds, axes=1))

    @property
    def probability(self) -> float:
        """Logarithm of the ledger's probability, from all passes."""
        return float(logsumexp(self.log_evidence) - np.log(len(self.log_evidence)))

    @property
    def effective_draws(self) -> float:
        """The effective number of the draws of all passes together."""
        weights = np.exp(self.log_evidence - self.log_evidence.max())
        return float(weights.sum() ** 2 / np.sum(weights**2 / self.effective))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TimelineFindings:
    """Odds at the horizon after each step."""

    model: Model
    experiment: Experiment
    evidence: Evidence
    before: Passes
    steps: tuple[Step, ...]
    after: tuple[Passes, ...]  # of each step
    left_out: Mapping[str, Passes]  # entry -> without it; empty if not requested
    draws: int  # of the uncertain numbers in each pass; 0: these at their medians
    paths: int  # particles of each draw, or of a pass at the medians
    repeats: int

    @property
    def width(self) -> float:
        """Standard errors in half a 95 % interval, by Student's t distribution: there are only a few passes."""
        return float(stdtrit(self.repeats - 1, 0.975))

    @property
    def effective_draws(self) -> float:
        """The effective number of the draws of all passes after the step that leaves the fewest."""
        return min(each.effective_draws for each in (self.before, *self.after))

    def odds(self, step: int) -> tuple[Floats, Floats]:
        """Odds and their standard errors, (readings, scenarios), after a step; -1: before all."""
        means = (self.before if step < 0 else self.after[step]).means()
        return means[0], _jackknife_error(means[1:])

    def arrival(self, step: int, reading: int, scenario: int) -> Bits:
        """The effect of a step on the odds, given what was known before."""
        earlier = self.before if step == 0 else self.after[step - 1]
        return self._bits(earlier, self.after[step], reading, scenario)

    def removal(self, entry: str, reading: int, scenario: int) -> Bits:
        """The effect of an entry given all that is known: with it against without it."""
        return self._bits(self.left_out[entry], self.after[-1], reading, scenario)

    def silence(self, reading: int, scenario: int) -> Bits:
        """The effect of all that did not happen, in sequence."""
        own = [n for n, step in enumerate(self.steps) if step.entry == SILENCE]
        each = [self._change(self.before if n == 0 else self.after[n - 1], self.after[n]) for n in own]
        total = sum((part[:, reading, scenario] for part in each), np.zeros(self.repeats + 1))
        return _jackknifed(total)

    def surprise(self, step: int) -> float:
        """How surprising a step was: minus the logarithm to base 2 of its probability given what was known before."""
        earlier = self.before if step == 0 else self.after[step - 1]
        return (earlier.probability - self.after[step].probability) / float(np.log(2))

    def _bits(self, earlier: Passes, later: Passes, reading: int, scenario: int) -> Bits:
        return _jackknifed(self._change(earlier, later)[:, reading, scenario])

    def _change(self, earlier: Passes, later: Passes) -> Floats:
        """Differences of log odds from all passes, then from all but each: (1 + repeats, readings, scenarios)."""
        size = max(self.draws, 1) * self.paths
        return _log_odds(later.means(), size) - _log_odds(earlier.means(), size)


def _log_odds(means: Floats, size: int) -> Floats:
    """To base 2, of odds from all passes, then from all but each; half a path is added to both sides."""
    repeats = len(means) - 1
    counts = np.full(repeats + 1, float(size * max(repeats - 1, 1)))
    counts[0] = size * repeats
    counts = counts.reshape(-1, *(1,) * (means.ndim - 1))
    share = (means * counts + 0.5) / (counts + 1)
    return np.asarray(np.log2(share / (1 - share)))


def _jackknifed(estimates: Floats) -> Bits:
    """The estimate from all repeats comes first, then those without one each."""
    repeats = len(estimates) - 1
    se = float(_jackknife_error(estimates[1:])) if repeats > 1 else np.nan
    return Bits(change=float(estimates[0]), se=se, repeats=repeats)


def _jackknife_error(others: Floats) -> Floats:
    """The standard error, from estimates that each leave out one pass, (repeats, ...)."""
    repeats = len(others)
    return np.asarray(np.sqrt((repeats - 1) / repeats * np.sum((others - others.mean(axis=0)) ** 2, axis=0)))


def _empty_report(start: dt.date) -> SignpostSighting:
    """A report without information: with it, odds before all evidence have the same noise as those after."""
    return SignpostSighting(
        entry="", signpost="", date=start, seen=True, chance=0.5, per_10_points={}, reference={}, by_scenario={},
        reliability=0.5,
    )  # fmt: skip


def plan(evidence: Evidence, name: str, start: dt.date, until: dt.date | None, *, leave_out: bool) -> Plan:
    """The ledgers to assimilate, step by step, up to the odds as they are now."""
    whole = evidence.ledger(name, until)
    nothing = LedgerResolved(name=name, until=whole.until, sightings=(_empty_report(start),))
    names = tuple(dict.fromkeys(entry.entry for entry in whole.entries if not _open(entry, evidence)))
    return Plan(
        before=nothing,
        steps=tuple(_steps(evidence, name, whole)),
        left_out={entry: evidence.ledger(name, until, (entry,)) for entry in names} if leave_out else {},
    )


def _open(entry: Entry, evidence: Evidence) -> bool:
    """Whether it is the end of an episode that has not ended yet: like what did not happen, it belongs to silence."""
    return isinstance(entry, EpisodeEnd) and entry.last < evidence.notes[entry.entry].last


def _steps(evidence: Evidence, name: str, whole: LedgerResolved) -> Iterator[Step]:
    if not whole.entries:
        return
    known_on: dict[dt.date, list[str]] = {}
    for entry in whole.entries:
        if not isinstance(entry, Coverage) and not _open(entry, evidence):
            known_on.setdefault(evidence.notes[entry.entry].last, []).append(entry.entry)
    end = whole.until - dt.timedelta(days=1)
    for day in sorted({*known_on, end}):
        waiting = sorted(known_on.get(day, []))
        if whole.coverage or whole.ends:
            yield Step(date=day, entry=SILENCE, ledger=evidence.ledger(name, day, waiting=waiting))
        for place, arrived in enumerate(waiting):
            yield Step(date=day, entry=arrived, ledger=evidence.ledger(name, day, waiting=waiting[place + 1 :]))


def run_timeline(
    model: Model,
    experiment: Experiment,
    evidence: Evidence,
    steps: Plan,
    *,
    draws: int,
    paths: int,
    repeats: int,
    workers: int = 0,
    progress: Callable[[int], object] = int,
) -> TimelineFindings:
    """Assimilate every ledger of a plan, `repeats` times, over `draws` with so many `paths` each (0: at the medians).

    `progress` is called after each ledger.

    Raises InputError if no path is consistent with a ledger, naming the entry.
    """
    ledgers = (steps.before, *(step.ledger for step in steps.steps), *steps.left_out.values())
    plans = filter_plans(model, experiment, ledgers)
    nothing = LedgerResolved(name="nothing", until=experiment.start)

    def once(repeat: int) -> list[LedgerOdds]:
        run = replace(experiment, seed=experiment.seed + repeat)
        if not draws:
            return run_filters(plans, seed=run.seed, paths=paths, progress=progress)
        space = ParameterSpace.of(model, run, nothing)
        ensemble = space.ensemble(space.prior(draws), paths, 0)
        return run_filters_over_draws(plans, ensemble, seed=run.seed, progress=progress)

    passes = list(ordered_map(once, range(repeats), workers))
    found = [_joined(of_ledger) for of_ledger in zip(*passes, strict=True)]
    found[0] = replace(found[0], log_evidence=found[0].log_evidence - np.log(0.5))  # the empty report: one half
    count = len(steps.steps)
    return TimelineFindings(
        model=model,
        experiment=experiment,
        evidence=evidence,
        before=found[0],
        steps=steps.steps,
        after=tuple(found[1 : count + 1]),
        left_out=dict(zip(steps.left_out, found[count + 1 :], strict=True)),
        draws=draws,
        paths=paths,
        repeats=repeats,
    )


def _joined(found: Sequence[LedgerOdds]) -> Passes:
    """What all passes found given one ledger."""
    return Passes(
        odds=np.array([[one.at, one.ever] for one in found]),
        log_evidence=np.array([one.log_evidence for one in found]),
        effective=np.array([one.effective for one in found]),
    )
