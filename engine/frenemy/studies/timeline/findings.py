"""The odds as evidence came in: the effect of each entry of a ledger when it became known, and its effect now.

In sequence: the ledger is assimilated as far as it was known on the day of each entry, then with the entry. What did
not happen in between is a step of its own. An entry whose date is a range is known by its last day. By removal: the
whole ledger is compared with the ledger without the entry. Both effects are changes of log odds in bits, the logarithm
to base 2 of the odds p / (1 - p): one bit doubles them.

Each is repeated in `repeats` passes with different seeds. All steps of a pass use the same seed, so that most of the
sampling noise cancels between steps; errors are those of the differences, by a jackknife over passes. With every number
at its median, the past that ledgers share is simulated once (`shared_filter`), and steps differ only in their evidence.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import stdtrit

from frenemy.arrays import Floats
from frenemy.model.evidence.entries import Coverage, Entry, EpisodeEnd, LedgerResolved, SignpostSighting
from frenemy.model.evidence.resolve import Evidence
from frenemy.model.experiment import Experiment, Reading
from frenemy.model.resolved import Model
from frenemy.studies.timeline.shared_filter import filter_plans, run_filters
from frenemy.studies.update.posterior import update

__all__ = ["READINGS", "SILENCE", "Bits", "Plan", "Step", "TimelineFindings", "plan", "run_timeline"]

Pass = Callable[[Experiment, int, Callable[[int], object]], tuple[Floats, Floats]]
"""On a seed and so many threads: odds at the horizon, (ledgers, readings, scenarios), and log evidence, (ledgers,)."""
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
class TimelineFindings:
    """Odds at the horizon after each step; arrays are (repeats, readings, scenarios)."""

    model: Model
    experiment: Experiment
    evidence: Evidence
    before: Floats
    steps: tuple[Step, ...]
    after: tuple[Floats, ...]  # of each step
    log_evidence: Floats  # (repeats, steps + 1) of the ledger so far
    left_out: Mapping[str, Floats]  # entry -> odds without it; empty if not requested
    draws: int  # of the uncertain numbers in each pass; 0: these at their medians
    paths: int  # particles of each draw, or of a pass at the medians
    repeats: int

    @property
    def width(self) -> float:
        """Standard errors in half a 95 % interval, by Student's t distribution: there are only a few passes."""
        return float(stdtrit(self.repeats - 1, 0.975))

    def odds(self, step: int) -> tuple[Floats, Floats]:
        """Odds and their standard errors, (readings, scenarios), after a step; -1: before all."""
        values = self.before if step < 0 else self.after[step]
        return values.mean(axis=0), values.std(axis=0, ddof=1) / np.sqrt(self.repeats)

    def arrival(self, step: int, reading: int, scenario: int) -> Bits:
        """The effect of a step on the odds, given what was known before."""
        earlier = self.before if step == 0 else self.after[step - 1]
        return self._bits(earlier[:, reading, scenario], self.after[step][:, reading, scenario])

    def removal(self, entry: str, reading: int, scenario: int) -> Bits:
        """The effect of an entry given all that is known: with it against without it."""
        return self._bits(self.left_out[entry][:, reading, scenario], self.after[-1][:, reading, scenario])

    def silence(self, reading: int, scenario: int) -> Bits:
        """The effect of all that did not happen, in sequence."""
        own = [n for n, step in enumerate(self.steps) if step.entry == SILENCE]
        each = [self._change(self.before if n == 0 else self.after[n - 1], self.after[n]) for n in own]
        total = sum((part[:, reading, scenario] for part in each), np.zeros(self.repeats + 1))
        return _jackknifed(total)

    def surprise(self, step: int) -> float:
        """How surprising a step was: minus the logarithm to base 2 of its probability given what was known before."""
        gain = self.log_evidence[:, step + 1] - self.log_evidence[:, step]
        return float(-gain.mean() / np.log(2))

    def _bits(self, earlier: Floats, later: Floats) -> Bits:
        return _jackknifed(self._change(earlier, later))

    def _change(self, earlier: Floats, later: Floats) -> Floats:
        """Differences of log odds of the means over all passes, then over all but one of them: (1 + repeats, ...)."""
        size = max(self.draws, 1) * self.paths
        return _log_odds(later, size) - _log_odds(earlier, size)


def _log_odds(values: Floats, size: int) -> Floats:
    """To base 2, of the mean over all repeats, then over all but each; half a path is added to both sides."""
    repeats = len(values)
    whole = values.sum(axis=0)
    means = np.stack([whole / repeats, *((whole - value) / max(repeats - 1, 1) for value in values)])
    counts = np.full(repeats + 1, float(size * max(repeats - 1, 1)))
    counts[0] = size * repeats
    counts = counts.reshape(-1, *(1,) * (values.ndim - 1))
    share = (means * counts + 0.5) / (counts + 1)
    return np.asarray(np.log2(share / (1 - share)))


def _jackknifed(estimates: Floats) -> Bits:
    """The estimate from all repeats comes first, then those without one each."""
    others = estimates[1:]
    repeats = len(others)
    se = np.sqrt((repeats - 1) / repeats * np.sum((others - others.mean()) ** 2)) if repeats > 1 else np.nan
    return Bits(change=float(estimates[0]), se=float(se), repeats=repeats)


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
    """Assimilate every ledger of a plan, `repeats` times; `progress` is called after each.

    Raises InputError if no path is consistent with a ledger, naming the entry.
    """
    ledgers = (steps.before, *(step.ledger for step in steps.steps), *steps.left_out.values())
    each = _over_draws(model, ledgers, draws, paths) if draws else _at_medians(model, experiment, ledgers, paths)
    odds = np.empty((len(ledgers), repeats, len(READINGS), len(model.scenarios)))
    log_evidence = np.empty((len(ledgers), repeats))
    for r in range(repeats):
        run = replace(experiment, seed=experiment.seed + r)
        odds[:, r], log_evidence[:, r] = each(run, workers, progress)
    log_evidence[0] -= np.log(0.5)  # the empty report has probability one half
    count = len(steps.steps)
    return TimelineFindings(
        model=model,
        experiment=experiment,
        evidence=evidence,
        before=odds[0],
        steps=steps.steps,
        after=tuple(odds[1 : count + 1]),
        log_evidence=log_evidence[: count + 1].T,
        left_out=dict(zip(steps.left_out, odds[count + 1 :], strict=True)),
        draws=draws,
        paths=paths,
        repeats=repeats,
    )


def _at_medians(model: Model, experiment: Experiment, ledgers: Sequence[LedgerResolved], paths: int) -> Pass:
    """Every number at its median: the past that ledgers share is simulated once."""
    filters = filter_plans(model, experiment, ledgers)

    def each(run: Experiment, workers: int, progress: Callable[[int], object]) -> tuple[Floats, Floats]:
        found = run_filters(filters, seed=run.seed, paths=paths, workers=workers, progress=progress)
        return np.array([[one.at, one.ever] for one in found]), np.array([one.log_evidence for one in found])

    return each


def _over_draws(model: Model, ledgers: Sequence[LedgerResolved], draws: int, paths: int) -> Pass:
    """Draws of the uncertain numbers, moved as the evidence requires: each ledger has its own SMC² run."""

    def each(run: Experiment, workers: int, progress: Callable[[int], object]) -> tuple[Floats, Floats]:
        odds, log_evidence = [], []
        for ledger in ledgers:
            found = update(model, run, ledger, draws=draws, paths=paths, workers=workers)
            odds.append([found.odds[reading].probability[-1] for reading in READINGS])
            log_evidence.append(found.log_evidence)
            progress(1)
        return np.array(odds), np.array(log_evidence)

    return each
