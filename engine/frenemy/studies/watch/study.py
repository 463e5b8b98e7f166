"""What to watch: from a file to the questions whose answers would move the odds, to look at, to plot and to save."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from frenemy.errors import InputError, Problem
from frenemy.forecast.run import Source, announce, prepare
from frenemy.forecast.which_odds import scenario_place
from frenemy.model.durations import later
from frenemy.model.experiment import Experiment, Reading
from frenemy.model.files.load_ledgers import load_case
from frenemy.model.resolved import Model
from frenemy.model.specs.studies import WatchSpec
from frenemy.runtime.progress import Progress, automatic
from frenemy.simulation.noise.streams import BLOCK
from frenemy.studies.base import Study
from frenemy.studies.update.parameter_space import ParameterSpace
from frenemy.studies.update.smc2 import run_smc2
from frenemy.studies.update.study import UpdateRequest, given, in_parts
from frenemy.studies.watch.findings import WatchFindings, find_watch
from frenemy.studies.watch.futures import Horizon, simulate_answers
from frenemy.studies.watch.futures_given_evidence import assessed_by, continue_answers

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Watch", "watch"]

SOON = "6m"
"""How far ahead the answers are, if not said otherwise; at most half the way to the date of the odds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _WatchOptions:
    """What was asked for, by the options or the file; None: not said."""

    by: dt.date | None
    at: dt.date | None
    reading: Reading


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Watch(Study[WatchFindings]):
    """What would tell most, in order, and what the coming dates would do.

    Its folder: questions.csv, answers.csv, resolved.toml and the pictures.
    """

    def plot(self, scenario: str = "", axes: Sequence[Axes] | None = None) -> Sequence[Axes]:
        """What would tell most about one scenario (the first with a rule, if not named). Takes two axes.

        Raises InputError for a scenario that the model does not have.
        """
        from frenemy.studies.watch.plots.questions import telling_most

        return telling_most(self.findings, self._place(scenario), axes)

    def plot_dates(self, scenario: str = "", ax: Axes | None = None) -> Axes:
        """What each outcome of the coming dates would do to one scenario (the first with a rule, if not named)."""
        from frenemy.studies.watch.plots.dates import coming

        return coming(self.findings, self._place(scenario), ax)

    def _place(self, scenario: str) -> int:
        return scenario_place(self.findings.model, scenario) if scenario else self.findings.model.ruled_scenarios[0]

    def to_csv(self) -> str:
        """What each question would tell about each scenario."""
        from frenemy.studies.watch.text import questions_csv

        return questions_csv(self.findings)

    def _size(self) -> Mapping[str, int]:
        return {"paths": self.findings.paths, "draws": self.findings.draws}

    def __repr__(self) -> str:
        found = self.findings
        return f"<Watch {found.experiment.title}: {len(found.questions)} questions by {found.by}>"


def watch(
    source: Source,
    *,
    by: dt.date | None = None,
    at: dt.date | None = None,
    reading: Reading | None = None,
    evidence: bool = True,
    ledgers: Sequence[str | Path] | None = None,
    until: dt.date | None = None,
    paths: int | None = None,
    draws: int | None = None,
    seed: int | None = None,
    set: Mapping[str, Any] | None = None,  # noqa: A002 the word of the file and of the command line
    workers: int = 0,
    progress: Progress | None = None,
) -> Watch:
    """Rank triggers and signposts by how much learning of them by a day would move the odds.

    Where the experiment names ledgers, or `ledgers` are given, their evidence is taken in first (`until` a day, if
    said), and the futures go on from where it ends; without, or with `evidence` off, from the start of the run. `by`:
    the day by whose end the answers are known; half a year on if not said. `at`: when the scenarios hold whose odds are
    asked for; the end of the run if not said. `reading`: "at" that date, or "ever" by then. What is not given is as
    `[watch]` of the experiment's file says. With outer draws, `paths` futures are simulated for each (at most 1,024 if
    not given; with evidence as many as there are particles). Raises InputError with all that is wrong with the files or
    the options, and for evidence that the model holds to be impossible.
    """
    progress = progress or automatic()
    asked, file = WatchSpec(), None
    if isinstance(source, str | Path):
        case = load_case(Path(source), ledgers=(), set=set)
        asked = case.asked.watch
        file = Path(source) if evidence and (ledgers or case.asked.evidence.ledgers) else None
    wanted = _WatchOptions(by=by or asked.by, at=at or asked.at, reading=reading or asked.reading)
    if file is None:
        if until or ledgers:
            message = "there is no evidence to know until then" if until else "a ledger, and its evidence switched off"
            raise InputError([Problem(message=message, key="until" if until else "evidence")])
        model, experiment = prepare(source, paths=paths, draws=draws, seed=seed, set=set, progress=progress)
        return _from_start(model, experiment, wanted, given_paths=paths, workers=workers, progress=progress)
    taken = given(file, ledgers=ledgers, until=until, paths=paths, draws=draws, seed=seed, set=set, progress=progress)
    return _from_evidence(taken, file.stem, wanted, workers=workers, progress=progress)


def _from_start(
    model: Model,
    experiment: Experiment,
    wanted: _WatchOptions,
    *,
    given_paths: int | None,
    workers: int,
    progress: Progress,
) -> Watch:
    """All futures of the experiment."""
    look_at = _look(experiment, wanted, experiment.start)
    outer = experiment.uncertainty
    if outer.draws and given_paths is None:
        experiment = replace(experiment, uncertainty=replace(outer, paths=min(outer.paths, BLOCK)))
    _check(model)
    announce(progress)
    outer = experiment.uncertainty
    number = outer.draws * outer.paths or experiment.paths
    told = f"{outer.draws:,} × {outer.paths:,}" if outer.draws else f"{number:,}"
    with progress.stage(f"Simulating {told} futures", number) as step:
        seen = simulate_answers(model, experiment, look_at, workers=workers, progress=step)
    return Watch(findings=find_watch(model, experiment, look_at, seen))


def _from_evidence(
    taken: UpdateRequest, name: str, wanted: _WatchOptions, *, workers: int, progress: Progress
) -> Watch:
    """The futures that go on from the evidence."""
    model, experiment = taken.case.model, taken.case.experiment
    ledger = taken.case.evidence.ledger(name, taken.until)
    now = ParameterSpace.of(model, experiment, ledger).now
    since = experiment.start + dt.timedelta(days=now * experiment.tick)
    look_at = _look(experiment, wanted, since)
    soon = assessed_by(experiment.start, experiment.tick, look_at.by)
    look_at = replace(look_at, by=experiment.start + dt.timedelta(days=soon * experiment.tick - 1))
    _check(model)
    announce(progress)
    with progress.stage("Taking in the evidence", 1000) as step:
        search = run_smc2(
            model, experiment, ledger, draws=taken.draws, paths=taken.paths, workers=workers,
            progress=in_parts(step, 1000),
        )  # fmt: skip
    draws = len(search.weights)
    with progress.stage(f"Simulating {draws:,} × {taken.paths:,} futures", draws * taken.paths) as step:
        seen = continue_answers(search, look_at, workers=workers, progress=step)
    return Watch(findings=find_watch(model, experiment, look_at, seen, since=since, evidence=len(ledger.entries)))


def _check(model: Model) -> None:
    if not (model.triggers or model.signposts or model.calendar):
        message = "the model has no triggers, no dates and no signposts with a likelihood: there is nothing to watch"
        raise InputError([Problem(message=message, key="triggers")])


def _look(experiment: Experiment, wanted: _WatchOptions, since: dt.date) -> Horizon:
    """The look with every default filled in. Raises InputError for dates that are not ahead, or not in order."""
    start, end = experiment.start, experiment.end
    problems = [
        Problem(
            message="is not ahead of the evidence" if start < date <= since else "is not within the run",
            key=key,
            found=str(date),
            allowed=f"after {since}, up to {end}",
        )
        for key, date in (("by", wanted.by), ("at", wanted.at))
        if date is not None and not since < date <= end
    ]
    if wanted.reading not in ("at", "ever"):
        problems.append(Problem(message="not a reading", key="reading", found=str(wanted.reading), allowed="at, ever"))
    if problems:
        raise InputError(problems)
    tick = -(-((wanted.at or end) - start).days // experiment.tick) - 1
    horizon = start + dt.timedelta(days=experiment.tick * (tick + 1))
    by = wanted.by or min(later(since, SOON), since + (horizon - since) // 2)
    if by >= horizon:
        message = "must be before the date of the odds"
        raise InputError([Problem(message=message, key="by", found=str(by), allowed=f"a date before {horizon}")])
    return Horizon(by=by, at=tick, reading=wanted.reading)
