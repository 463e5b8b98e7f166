"""A rolling hindcast: what the model would have said month by month, and how good that was."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from frenemy.errors import InputError, Problem
from frenemy.forecast.run import announce, prepare
from frenemy.model.evidence.entries import Coverage, Occurrence
from frenemy.model.files.load_ledgers import ExperimentWithLedgers, load_case
from frenemy.runtime.progress import Progress, automatic
from frenemy.studies.base import Study
from frenemy.studies.hindcast.findings import HindcastFindings, card_of
from frenemy.studies.hindcast.forecasters import with_news, without_news
from frenemy.studies.hindcast.windows import date_of, said_of, stands, windows

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Hindcast", "hindcast"]

MONTHS = (3, 6, 12)
DRAWS, PATHS = 32, 128


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Hindcast(Study[HindcastFindings]):
    """Forecasts of triggers from month to month, and their scores; on a terminal and in a notebook it shows these.

    Its folder: hindcast.csv, scores.csv, reliability.csv, resolved.toml and two pictures.
    """

    def plot(self, axes: Sequence[Axes] | None = None) -> Sequence[Axes]:
        """The forecasts of each trigger over time, with what came about: an axes for each trigger."""
        from frenemy.studies.hindcast.plots import hindcast as draw

        return draw(self.findings, axes)

    def _size(self) -> Mapping[str, int]:
        return {"paths": self.findings.paths, "draws": self.findings.draws}

    def __repr__(self) -> str:
        return f"<Hindcast {self.findings.experiment.title}: {len(self.findings.said)} forecasts>"


def hindcast(
    source: str | Path,
    *,
    ledgers: Sequence[str | Path] | None = None,
    months: Sequence[int] = MONTHS,
    until: dt.date = dt.date.max,
    paths: int = PATHS,
    draws: int | None = None,
    seed: int | None = None,
    set: Mapping[str, Any] | None = None,  # noqa: A002 the word of the file and of the command line
    workers: int = 0,
    progress: Progress | None = None,
) -> Hindcast:
    """Stand at each month since the start, knowing only that day's ledger, and forecast triggers the ledger then tells.

    Of each trigger, whether it happens within so many `months`; scored are windows throughout which the ledger is
    complete for it. `ledgers`: files in place of those that the experiment names; `until`: the last day to stand at.
    `draws` of the uncertain numbers (0: at their medians), each with `paths` particles. Raises InputError with all
    that is wrong with the files, and where the ledger is complete for no window.
    """
    from frenemy.present.number_text import counted

    progress = progress or automatic()
    path = Path(source)
    prepare(path, seed=seed, set=set, progress=progress)
    case = load_case(path, ledgers=None if ledgers is None else [Path(file) for file in ledgers], seed=seed, set=set)
    draws = min(DRAWS, case.experiment.uncertainty.draws) if draws is None else draws
    _check(case, months, paths, until)
    entries, run = case.evidence.entries, case.experiment
    last = min(until, max((e.until for e in entries if isinstance(e, Coverage)), default=run.start))
    places = stands(run, last)
    asked = windows(case.model, run, entries, places, sorted(months))
    if not asked:
        message = "the ledger is complete for no trigger throughout any window"
        raise InputError([Problem(message=message, file=str(path), key="months", allowed="[[complete]] in a ledger")])
    announce(progress)
    sizes = {"draws": draws or 1, "paths": paths, "workers": workers}
    standing = len({window.stand for window in asked})
    with progress.stage(f"Standing at {counted(standing, 'date')}", standing) as step:
        mine = with_news(case.model, run, case.evidence, **sizes, step=step)
        others = {"no_news": without_news(case.model, run, **sizes)}
        said = tuple(said_of(run, entries, asked, mine, others))
    names = tuple(file.name for file in case.files)
    return Hindcast(
        findings=HindcastFindings(
            model=case.model, experiment=run, ledgers=names, stands=tuple(date_of(run, tick) for tick in places),
            months=tuple(sorted(months)), draws=draws or 1, paths=paths, said=said,
            events=tuple((e.trigger, e.first, e.last) for e in entries if isinstance(e, Occurrence)),
            card=card_of(
                f"{run.title}, {counted(len(said), 'forecast')} from {counted(standing, 'date')}", said, sorted(months),
                ", ".join(names)
            ),
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
