"""A rolling hindcast: what the model would have forecast month by month, and how good that was."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from frenemy.errors import InputError, Problem
from frenemy.forecast.run import announce, prepare
from frenemy.model.describe.wording import counted
from frenemy.model.evidence.entries import Coverage, Occurrence
from frenemy.model.files.load_ledgers import ExperimentWithLedgers, load_case
from frenemy.model.realise import realise, uncertain
from frenemy.runtime.progress import Progress, automatic
from frenemy.studies.base import Study
from frenemy.studies.hindcast.findings import HindcastFindings, score_windows
from frenemy.studies.hindcast.forecasters import with_evidence, without_evidence
from frenemy.studies.hindcast.windows import date_of, make_forecasts, origins_of, windows

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Hindcast", "hindcast"]

MONTHS = (3, 6, 12)
DEFAULT_DRAWS, DEFAULT_PATHS = 32, 128


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Hindcast(Study[HindcastFindings]):
    """Forecasts of triggers from month to month, and their scores; a terminal and a notebook show the scores.

    Its folder: hindcast.csv, scores.csv, reliability.csv, resolved.toml and two pictures.
    """

    def plot(self, axes: Sequence[Axes] | None = None) -> Sequence[Axes]:
        """The forecasts of each trigger over time, with the outcomes: an axes for each trigger."""
        from frenemy.studies.hindcast.plots import month_by_month

        return month_by_month.on(axes, self.findings)

    def _size(self) -> Mapping[str, int]:
        return {"paths": self.findings.paths, "draws": self.findings.draws}

    def __repr__(self) -> str:
        return f"<Hindcast {self.findings.experiment.title}: {counted(len(self.findings.forecasts), 'forecast')}>"


def hindcast(
    source: str | Path,
    *,
    ledgers: Sequence[str | Path] | None = None,
    months: Sequence[int] = MONTHS,
    until: dt.date = dt.date.max,
    paths: int = DEFAULT_PATHS,
    draws: int | None = None,
    seed: int | None = None,
    set: Mapping[str, Any] | None = None,  # noqa: A002 the word of the file and of the command line
    workers: int = 0,
    progress: Progress | None = None,
) -> Hindcast:
    """Forecast in each month since the start, with the ledger of that day, whether triggers happen, and score it.

    Windows are scored if the ledger is complete for the trigger throughout.

    Parameters
    ----------
    source
        An experiment's file.
    ledgers
        Files that replace those that the experiment names.
    months
        Lengths of the windows.
    until
        The last day from which to forecast.

    Other Parameters
    ----------------
    paths
        Particles for each draw.
    draws
        Draws of the uncertain numbers; 0: all at their medians.
    seed, set, workers, progress
        As in `run`.

    Raises
    ------
    InputError
        With all that is wrong with the files, and where the ledger is complete for no window.
    """
    progress = progress or automatic()
    path = Path(source)
    prepare(path, seed=seed, set=set, progress=progress)
    case = load_case(path, ledgers=None if ledgers is None else [Path(file) for file in ledgers], seed=seed, set=set)
    draws = min(DEFAULT_DRAWS, case.experiment.uncertainty.draws) if draws is None else draws
    _check(case, months, paths, until)
    entries, run = case.evidence.entries, case.experiment
    last = min(until, max((e.until for e in entries if isinstance(e, Coverage)), default=run.start))
    origins = origins_of(run, last)
    questions = windows(case.model, run, entries, origins, sorted(months))
    if not questions:
        message = "the ledger is complete for no trigger throughout any window"
        raise InputError([Problem(message=message, file=str(path), key="months", allowed="[[complete]] in a ledger")])
    announce(progress)
    model = case.model
    if draws == 0 or not (uncertain(model) or uncertain(run)):
        draws, model, run = 0, realise(model), realise(run)
    sizes = {"draws": draws, "paths": paths, "workers": workers}
    dates = len({window.origin for window in questions})
    with progress.stage(f"Forecasting from {counted(dates, 'date')}", dates) as step:
        forecaster = with_evidence(model, run, case.evidence, **sizes, step=step)
        references = {"no_news": without_evidence(model, run, **sizes)}
        forecasts = tuple(make_forecasts(run, entries, questions, forecaster, references))
    names = tuple(file.name for file in case.files)
    title = f"{run.title}, {counted(len(forecasts), 'forecast')} from {counted(dates, 'date')}"
    return Hindcast(
        findings=HindcastFindings(
            model=case.model, experiment=run, ledgers=names, origins=tuple(date_of(run, tick) for tick in origins),
            months=tuple(sorted(months)), draws=draws, paths=paths, forecasts=forecasts,
            events=tuple((e.trigger, e.first, e.last) for e in entries if isinstance(e, Occurrence)),
            card=score_windows(title, forecasts, sorted(months), ", ".join(names)),
        )
    )  # fmt: skip


def _check(case: ExperimentWithLedgers, months: Sequence[int], paths: int, until: dt.date) -> None:
    problems = []
    if until <= case.experiment.start:
        allowed = f"after {case.experiment.start}, when the run begins"
        problems.append(Problem(message="nothing is known yet", key="until", found=str(until), allowed=allowed))
    if not case.files:
        allowed = 'evidence = ["evidence/2025.toml"] in its file, or --ledger'
        problems.append(Problem(message="the experiment names no ledger", key="evidence", allowed=allowed))
    if not months or min(months) < 1:
        found = ", ".join(map(str, months))
        problems.append(Problem(message="not a number of months", key="months", found=found, allowed="such as 3 6 12"))
    if paths < 1:
        problems.append(Problem(message="too small", key="paths", found=str(paths), allowed="at least 1"))
    if problems:
        raise InputError(problems)
