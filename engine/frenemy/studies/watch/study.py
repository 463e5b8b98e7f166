"""What to watch: from a file to the questions that are most informative about the odds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from frenemy.errors import InputError, Problem
from frenemy.forecast.run import Source, announce, prepare
from frenemy.forecast.which_odds import scenario_place
from frenemy.model.describe.wording import counted
from frenemy.model.durations import later
from frenemy.model.experiment import Experiment, Reading
from frenemy.model.files.load_ledgers import load_case
from frenemy.model.resolved import Model
from frenemy.model.specs.studies import WatchSpec
from frenemy.runtime.progress import Progress, automatic, scaled_progress
from frenemy.simulation.noise.streams import BLOCK
from frenemy.studies.base import Study
from frenemy.studies.update.parameter_space import ParameterSpace
from frenemy.studies.update.smc2 import run_smc2
from frenemy.studies.update.study import UpdateRequest, check_filter_memory, prepare_update
from frenemy.studies.watch.findings import WatchFindings, find_watch
from frenemy.studies.watch.futures import Horizon, simulate_answers
from frenemy.studies.watch.futures_given_evidence import assessed_by, continue_answers

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Watch", "watch"]

SOON = "6m"
"""How far ahead the answers are by default; at most half the way to the date of the odds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _WatchOptions:
    """The options given or set in the file; None: neither."""

    by: dt.date | None
    at: dt.date | None
    reading: Reading


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Watch(Study[WatchFindings]):
    """The questions, the most informative first, and the coming dates.

    Its folder: questions.csv, answers.csv, resolved.toml and the pictures.
    """

    def plot(self, scenario: str = "", axes: Sequence[Axes] | None = None) -> Sequence[Axes]:
        """The most informative questions about one scenario (the first with a rule, if not named). Takes two axes.

        Raises InputError for a scenario that the model does not have.
        """
        from frenemy.studies.watch.plots.questions import most_informative

        return most_informative.on(axes, self.findings, self._place(scenario))

    def plot_dates(self, scenario: str = "", ax: Axes | None = None) -> Axes:
        """The odds of one scenario (the first with a rule, if not named) given each outcome of the coming dates."""
        from frenemy.studies.watch.plots.dates import coming_dates

        return coming_dates.on_one(ax, self.findings, self._place(scenario))

    def _place(self, scenario: str) -> int:
        return scenario_place(self.findings.model, scenario) if scenario else self.findings.model.ruled_scenarios[0]

    def to_csv(self) -> str:
        """The value of each question for each scenario."""
        return self.tables()["questions.csv"]

    def _size(self) -> Mapping[str, int]:
        return {"paths": self.findings.paths, "draws": self.findings.draws}

    def __repr__(self) -> str:
        found = self.findings
        return f"<Watch {found.experiment.title}: {counted(len(found.questions), 'question')} by {found.by}>"


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
    """Rank triggers and signposts by how informative they are about the odds.

    `by`: the day at whose end the answers are known (default: in half a year). `at`: the date of the odds (default: the
    end of the run). `reading`: "at" that date, or "ever" by then.

    Other Parameters
    ----------------
    If the experiment names ledgers, or `ledgers` are given, their evidence is assimilated first (up to the day
    `until`), and the futures continue from its end; without ledgers, or with `evidence` off, they begin at the start of
    the run. With outer `draws`, `paths` futures are simulated for each (default: at most 1,024; with evidence, as many
    as there are particles). `seed`, `set`, `workers` and `progress` are as for `run`. Options not given are taken from
    `[watch]` of the experiment's file.

    Raises InputError with all problems of the files or the options, and for evidence that is impossible under the
    model.
    """
    progress = progress or automatic()
    block, file = WatchSpec(), None
    if isinstance(source, str | Path):
        case = load_case(Path(source), ledgers=(), set=set)
        block = case.asked.watch
        file = Path(source) if evidence and (ledgers or case.asked.evidence.ledgers) else None
    options = _WatchOptions(by=by or block.by, at=at or block.at, reading=reading or block.reading)
    if file is None:
        if until or ledgers:
            message = "there is no evidence" if until else "a ledger is given, but evidence is switched off"
            raise InputError([Problem(message=message, key="until" if until else "evidence")])
        model, experiment = prepare(source, paths=paths, draws=draws, seed=seed, set=set, progress=progress)
        return _from_start(model, experiment, options, given_paths=paths, workers=workers, progress=progress)
    request = prepare_update(
        file, ledgers=ledgers, until=until, paths=paths, draws=draws, seed=seed, set=set, progress=progress
    )
    return _from_evidence(request, file.stem, options, workers=workers, progress=progress)


def _from_start(
    model: Model,
    experiment: Experiment,
    options: _WatchOptions,
    *,
    given_paths: int | None,
    workers: int,
    progress: Progress,
) -> Watch:
    """All futures of the experiment."""
    horizon = _horizon(experiment, options, experiment.start)
    outer = experiment.uncertainty
    if outer.draws and given_paths is None:
        experiment = replace(experiment, uncertainty=replace(outer, paths=min(outer.paths, BLOCK)))
    _check(model)
    announce(progress)
    outer = experiment.uncertainty
    number = outer.draws * outer.paths or experiment.paths
    size = f"{outer.draws:,} × {outer.paths:,}" if outer.draws else f"{number:,}"
    with progress.stage(f"Simulating {size} futures", number) as step:
        seen = simulate_answers(model, experiment, horizon, workers=workers, progress=step)
    return Watch(findings=find_watch(model, experiment, horizon, seen))


def _from_evidence(
    request: UpdateRequest, name: str, options: _WatchOptions, *, workers: int, progress: Progress
) -> Watch:
    """The futures that continue from the evidence."""
    model, experiment = request.case.model, request.case.experiment
    ledger = request.case.evidence.ledger(name, request.until)
    now = ParameterSpace.of(model, experiment, ledger).now
    since = experiment.start + dt.timedelta(days=now * experiment.tick)
    horizon = _horizon(experiment, options, since)
    soon = assessed_by(experiment.start, experiment.tick, horizon.by)
    horizon = replace(horizon, by=experiment.start + dt.timedelta(days=soon * experiment.tick - 1))
    _check(model)
    check_filter_memory(request, workers)
    announce(progress)
    with progress.stage("Updating on the evidence", 1000) as step:
        search = run_smc2(
            model, experiment, ledger, draws=request.draws, paths=request.paths, workers=workers,
            progress=scaled_progress(step, 1000),
        )  # fmt: skip
    draws = len(search.weights)
    with progress.stage(f"Simulating {draws:,} × {counted(request.paths, 'future')}", draws * request.paths) as step:
        seen = continue_answers(search, horizon, workers=workers, progress=step)
    found = find_watch(
        model, experiment, horizon, seen, since=since, through=ledger.last_day, evidence=len(ledger.entries)
    )
    return Watch(findings=found)


def _check(model: Model) -> None:
    if not (model.triggers or model.signposts or model.calendar):
        message = "the model has no triggers, no dates and no signposts with a likelihood: there is nothing to watch"
        raise InputError([Problem(message=message, key="triggers")])


def _horizon(experiment: Experiment, options: _WatchOptions, since: dt.date) -> Horizon:
    """The horizon with every default filled in. Raises InputError for dates that are not ahead, or not in order."""
    start, end = experiment.start, experiment.end
    problems = [
        Problem(
            message="is not ahead of the evidence" if start < date <= since else "is not within the run",
            key=key,
            found=str(date),
            allowed=f"after {since}, up to {end}",
        )
        for key, date in (("by", options.by), ("at", options.at))
        if date is not None and not since < date <= end
    ]
    if options.reading not in ("at", "ever"):
        problems.append(Problem(message="not a reading", key="reading", found=str(options.reading), allowed="at, ever"))
    if problems:
        raise InputError(problems)
    tick = -(-((options.at or end) - start).days // experiment.tick) - 1
    last = start + dt.timedelta(days=experiment.tick * (tick + 1))
    by = options.by or min(later(since, SOON), since + (last - since) // 2)
    if by >= last:
        message = "must be before the date of the odds"
        raise InputError([Problem(message=message, key="by", found=str(by), allowed=f"a date before {last}")])
    return Horizon(by=by, at=tick, reading=options.reading)
