"""Updating on evidence: from a file with its ledgers to the odds as they are now."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from frenemy.errors import InputError, Problem
from frenemy.forecast.run import announce, prepare
from frenemy.model.describe.wording import counted
from frenemy.model.evidence.entries import LedgerResolved
from frenemy.model.evidence.resolve import Evidence
from frenemy.model.experiment import Experiment
from frenemy.model.files.load_ledgers import ExperimentWithLedgers, load_case
from frenemy.model.realise import realise, uncertain
from frenemy.runtime.progress import Progress, automatic, scaled_progress
from frenemy.simulation.cost import check_memory, filter_memory
from frenemy.studies.base import Study
from frenemy.studies.update.findings import Posterior, UpdateFindings
from frenemy.studies.update.posterior import update as posterior_of
from frenemy.studies.update.smc2 import DEFAULT_PARTICLES, ISLANDS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Update", "UpdateRequest", "check_filter_memory", "prepare_update", "update"]

DEFAULT_DRAWS = 256
"""Draws of the uncertain numbers that the evidence weighs, or those of the experiment if fewer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateRequest:
    """An experiment with its ledgers, checked, and how much to simulate."""

    case: ExperimentWithLedgers
    until: dt.date | None
    draws: int | None  # of the evidence; None: every number is at its median
    paths: int  # particles of each
    plain_draws: int | None  # of the forecast without evidence, of `paths` each; None: a run of the experiment


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Update(Study[UpdateFindings]):
    """The odds before and after the evidence, the drivers now, and the uncertain numbers.

    Its folder: odds, fan, drivers, numbers, news and ledger (.csv), resolved.toml and the pictures.
    """

    def plot(self, axes: Sequence[Axes] | None = None) -> Sequence[Axes]:
        """Past and future in one fan: the drivers, then each scenario. Takes an axes for each."""
        from frenemy.studies.update.plots.fan import past_and_future

        return past_and_future.on(axes, self.findings)

    def plot_numbers(self, ax: Axes | None = None) -> Axes:
        """The uncertain numbers that changed most, before and after."""
        from frenemy.studies.update.plots.numbers import number_changes

        return number_changes.on_one(ax, self.findings)

    def to_csv(self) -> str:
        """Odds before and after at the report dates."""
        return self.tables()["odds.csv"]

    def _size(self) -> Mapping[str, int]:
        return {"paths": self.findings.after.paths, "draws": self.findings.after.draws}

    def __repr__(self) -> str:
        after = self.findings.after
        return (
            f"<Update {after.experiment.title}: {counted(len(after.ledger.entries), 'entry', 'entries')} up "
            f"to {after.ledger.until}>"
        )


def update(
    source: str | Path,
    *,
    ledgers: Sequence[str | Path] | None = None,
    until: dt.date | None = None,
    without: Sequence[str] = (),
    paths: int | None = None,
    draws: int | None = None,
    seed: int | None = None,
    set: Mapping[str, Any] | None = None,  # noqa: A002 the word of the file and of the command line
    workers: int = 0,
    progress: Progress | None = None,
) -> Update:
    """Update the odds with what is known of the world.

    `ledgers` replace those that the experiment names. `until`: use only what was known by the end of that day.
    `without`: names of entries; the odds without them are shown beside those with all of them.

    Other Parameters
    ----------------
    `draws` of the uncertain numbers (0: at their medians; by default at most 256), each with `paths` particles;
    `seed`; `set` changes values of the model by dotted key; `workers` threads (0: one a core); `progress` shows how
    much is done. The odds without evidence are those of a run. Options not given are
    taken from `[evidence]` of the experiment's file.

    Raises InputError with all problems of the files, and for evidence that is impossible under the model, naming the
    entry.
    """
    progress = progress or automatic()
    request = prepare_update(
        source, ledgers=ledgers, until=until, paths=paths, draws=draws, seed=seed, set=set, progress=progress
    )
    _check_names(request.case.evidence, without)
    check_filter_memory(request, workers)
    announce(progress)
    name, known = Path(source).stem, request.case.evidence
    nothing = LedgerResolved(name=name, until=known.ledger(name, request.until).until)
    jobs = [("Forecasting without evidence", nothing), ("Updating on the evidence", known.ledger(name, request.until))]
    if without:
        jobs.append(("Updating without the entries left out", known.ledger(name, request.until, without)))
    before, after, *rest = [_assimilate(request, ledger, label, workers, progress) for label, ledger in jobs]
    return Update(
        findings=UpdateFindings(
            before=before, after=after, without=rest[0] if rest else after, left_out=tuple(without), evidence=known
        )
    )


def prepare_update(
    source: str | Path,
    *,
    ledgers: Sequence[str | Path] | None = None,
    until: dt.date | None = None,
    paths: int | None = None,
    draws: int | None = None,
    seed: int | None = None,
    set: Mapping[str, Any] | None = None,  # noqa: A002
    progress: Progress | None = None,
) -> UpdateRequest:
    """The experiment with its ledgers, ready for an update; `progress` shows warnings about them.

    The parameters are those of `update`. Raises InputError with all problems of the files, or if there is no evidence.
    """
    source, progress = Path(source), progress or automatic()
    prepare(source, seed=seed, set=set, progress=progress)
    named = [ledgers] if isinstance(ledgers, str | Path) else ledgers
    files = None if named is None else [Path(file) for file in named]
    case = load_case(source, ledgers=files, seed=seed, set=set)
    block = case.asked.evidence
    plain_draws = draws
    draws = block.draws if draws is None else draws
    until = until or block.until
    run = case.experiment
    if until is not None and not run.start <= until <= run.end:
        allowed = f"from {run.start} to {run.end}"
        raise InputError([Problem(message="is not within the run", key="until", found=str(until), allowed=allowed)])
    if not case.files:
        allowed = 'evidence = ["evidence/2025.toml"] in its file, or --ledger'
        raise InputError(
            [Problem(message="the experiment names no ledger", file=str(source), key="evidence", allowed=allowed)]
        )
    _remark(case.evidence, run, progress)
    if draws == 0 or (draws is None and run.uncertainty.draws == 0) or not (uncertain(case.model) or uncertain(run)):
        run = replace(realise(run), uncertainty=replace(run.uncertainty, draws=0))
        case, draws, plain_draws = replace(case, model=realise(case.model), experiment=run), 0, None
    elif draws is None:
        draws = min(run.uncertainty.draws, DEFAULT_DRAWS)
    paths = paths or block.paths or DEFAULT_PARTICLES
    return UpdateRequest(case=case, until=until, draws=draws or None, paths=paths, plain_draws=plain_draws)


def check_filter_memory(request: UpdateRequest, workers: int, paths: int | None = None) -> None:
    """Refuse draws that do not fit into the memory that is free: InputError, with how many would."""
    case, paths = request.case, paths or request.paths

    def needed(draws: int) -> float:
        return filter_memory(case.model, case.experiment, draws=draws, paths=paths, workers=workers)

    draws = request.draws or ISLANDS
    check_memory(needed, draws, key="draws", unit=f"draws of {counted(paths, 'path')}")


def _remark(evidence: Evidence, run: Experiment, progress: Progress) -> None:
    outside = [name for name in evidence.outside if evidence.notes[name].on]
    if outside:
        progress.note(f"not within the run from {run.start} to {run.end}, and left out: {', '.join(outside)}")
    for conflict in evidence.conflicts:
        progress.note(f"warning: {' and '.join(conflict.entries)}: {conflict.why}")


def _check_names(evidence: Evidence, names: Sequence[str]) -> None:
    """Raise InputError for names of entries that are not used."""
    known = [entry.entry for entry in evidence.entries]
    problems = [
        Problem(
            message="is switched off or not within the run" if name in evidence.notes else "no entry of this name",
            key="without",
            found=name,
            allowed="" if get_close_matches(name, known, 1) else ", ".join(known),
            suggestion=next(iter(get_close_matches(name, known, 1)), ""),
        )
        for name in names
        if name not in known
    ]
    if problems:
        raise InputError(problems)


def _assimilate(
    request: UpdateRequest, ledger: LedgerResolved, label: str, workers: int, progress: Progress
) -> Posterior:
    """One pass through a ledger, with a progress bar."""
    case = request.case
    with progress.stage(label, 1000) as step:
        found = posterior_of(
            case.model, case.experiment, ledger, draws=request.draws if ledger.entries else request.plain_draws,
            paths=request.paths, workers=workers, progress=scaled_progress(step, 900),
        )  # fmt: skip
        step(100)
    return found
