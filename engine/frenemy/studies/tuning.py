"""What would have to be true: from a file and the odds wanted to the numbers that bring them about."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from frenemy.analyse.aims import Aim, Knob, aims_of, changed, knobs_of, odds_of, read, with_siblings
from frenemy.analyse.check import check_draws
from frenemy.analyse.search import Unreachable, search
from frenemy.analyse.sizes import KEPT_NOISE
from frenemy.analyse.tuned import Tuned
from frenemy.errors import InputError, Problem
from frenemy.experiment import Source, announce, prepare
from frenemy.model.dump import dump_resolved
from frenemy.model.experiment import Experiment, Reading, Target
from frenemy.model.realise import quantities, realise
from frenemy.model.resolved import Model
from frenemy.model.rewrite import with_set
from frenemy.progress import Progress, Silent
from frenemy.simulate.ensemble import Noise
from frenemy.studies.saving import RESOLVED, save_study

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from rich.console import RenderableType

    from frenemy.present.annex import Annex

__all__ = ["Tuning", "tune", "write_new"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tuning:
    """Numbers that bring the odds wanted about; in a notebook it shows its table."""

    findings: Tuned

    @property
    def set(self) -> Mapping[str, float]:
        """What `[set]` has to say, by dotted key: the numbers turned, and branches that made room."""
        found = self.findings
        values = {knob.key: value for knob, value in zip(found.knobs, found.values, strict=True)}
        return with_siblings(found.model, values)

    def rewritten(self, text: str) -> str:
        """The text of the experiment's file with the numbers tuned, and what they were in comments."""
        from frenemy.present.tune import head

        found, run = self.findings, self.findings.experiment
        before = quantities(found.model) | quantities(run)
        outer = run.uncertainty
        options = {"paths": run.paths, "seed": run.seed, "draws": outer.draws, "draw_paths": outer.paths}
        return with_set(text, self.set, before=before, head=head(found), options=options)

    def plot(self, ax: Axes | None = None) -> Axes:
        """How far each number had to be turned within its elicited range."""
        from frenemy.present.tune import tuned

        return tuned(self.findings, ax)

    def annex(self) -> Annex:
        """A section for the report of a run: pass it to `Result.save`."""
        from frenemy.present.tune import annex

        return annex(self.findings)

    def to_dict(self) -> dict[str, Any]:
        """Numbers, targets and errors as plain data."""
        from frenemy.present.tune import as_data

        return as_data(self.findings)

    def save(
        self,
        folder: str | Path,
        *,
        plots: bool = True,
        inputs: Mapping[str, Path] | None = None,
        command: Sequence[str] = (),
    ) -> Path:
        """Write a folder with tune.csv, targets.csv, curve.csv (of one number) and, with `plots`, the picture."""
        from frenemy.present.tune import footer, picture, tables

        found = self.findings
        return save_study(
            folder, found.experiment, resolved={RESOLVED: dump_resolved(found.model, found.experiment)},
            tables=tables(found), pictures=(picture(found),) if plots else (), footer=footer(found), inputs=inputs,
            command=command,
        )  # fmt: skip

    def __rich__(self) -> RenderableType:
        from frenemy.present.tune import as_text

        return as_text(self.findings)

    def __repr__(self) -> str:
        pairs = ", ".join(f"{key} = {value:g}" for key, value in self.set.items())
        return f"<Tuning {pairs}>"


def tune(
    source: Source,
    targets: Mapping[str, float] | None = None,
    change: Sequence[str] | None = None,
    *,
    reading: Reading = "at",
    date: dt.date = dt.date.max,
    paths: int | None = None,
    draws: int | None = None,
    seed: int | None = None,
    workers: int = 0,
    progress: Progress | None = None,
) -> Tuning:
    """What would have to be true for the odds to be as stated? `targets` maps scenarios to probabilities.

    The numbers at the keys `change` are turned within their elicited ranges, as little as will do; `reading` and
    `date` (the end if not given) say which odds are meant. Without `targets` or `change` those of the file's
    `[[targets]]` and `tune` are taken. Raises InputError where that cannot be, or for what is wrong with the files.
    """
    progress = progress or Silent()
    model, experiment = prepare(source, paths=paths, draws=draws, seed=seed, progress=progress)
    experiment = _asked(experiment, targets, change, reading, date)
    knobs, aims = knobs_of(model, experiment, experiment.tune), aims_of(model, experiment, experiment.targets)
    _check(knobs, aims)
    announce(progress)
    bench = _Bench(model, experiment, knobs, aims, workers, progress)
    before, _ = bench.full(None)
    try:
        found = search(bench.quick, bench.full, np.array([aim.probability for aim in aims]), len(knobs))
    except Unreachable as limit:
        raise InputError(_refusal(limit, experiment.targets, knobs)) from None
    values = tuple(knob.value(float(z)) for knob, z in zip(knobs, found.z, strict=True))
    tuned = Tuned(
        model=model, experiment=experiment, knobs=knobs, values=values, targets=experiment.targets, before=before,
        found=found,
    )  # fmt: skip
    return Tuning(findings=tuned)


def write_new(path: Path, text: str) -> None:
    """Write a file that is not there yet. Raises InputError if it is."""
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        message = "exists already; choose another name, so that nothing of yours is replaced"
        raise InputError([Problem(message=message, file=str(path), key="--write")]) from None


class _Bench:
    """Odds as functions of how far the numbers are turned."""

    def __init__(  # noqa: PLR0917 a bench is set up in one place
        self,
        model: Model,
        experiment: Experiment,
        knobs: tuple[Knob, ...],
        aims: tuple[Aim, ...],
        workers: int,
        progress: Progress,
    ) -> None:
        self._model, self._experiment, self._knobs, self._aims = model, experiment, knobs, aims
        self._workers, self._progress = workers, progress
        self._noise = Noise(experiment.seed, keep=experiment.paths <= KEPT_NOISE)
        self._runs = 0

    def quick(self, z: Floats) -> Floats:
        """The odds with all other numbers at their medians."""
        model, experiment = self._turned(z)
        experiment = replace(experiment, uncertainty=replace(experiment.uncertainty, draws=0))
        return read(odds_of(model, experiment, self._noise, workers=self._workers), self._aims)[0]

    def full(self, z: Floats | None) -> tuple[Floats, Floats]:
        """The odds and their errors as a run reports them; with nothing turned for None."""
        model, experiment = (self._model, self._experiment) if z is None else self._turned(z)
        self._runs += 1
        draws = max(experiment.uncertainty.draws, 1)
        with self._progress.stage(f"Run {self._runs}: {draws:,} draws of the other numbers", draws) as step:
            return read(odds_of(model, experiment, self._noise, workers=self._workers, step=step), self._aims)

    def _turned(self, z: Floats) -> tuple[Model, Experiment]:
        values = {knob.key: knob.value(float(place)) for knob, place in zip(self._knobs, z, strict=True)}
        turned = changed(self._model, self._experiment, with_siblings(self._model, values))
        if problems := check_draws([realise(turned[0])]):
            raise InputError(problems)
        return turned


def _asked(
    experiment: Experiment,
    targets: Mapping[str, float] | None,
    change: Sequence[str] | None,
    reading: Reading,
    date: dt.date,
) -> Experiment:
    wanted = experiment.targets
    if targets is not None:
        wanted = tuple(
            Target(scenario=scenario, reading=reading, date=min(date, experiment.end), probability=probability)
            for scenario, probability in targets.items()
        )
    keys = experiment.tune if change is None else tuple(change)
    return replace(experiment, targets=wanted, tune=keys)


def _check(knobs: Sequence[Knob], aims: Sequence[Aim]) -> None:
    problems = []
    if not aims:
        problems.append(Problem(message="no target", key="targets", allowed="such as --target total_rift=0.4"))
    if not knobs:
        allowed = "such as --change triggers.unilateral_strike.probability"
        problems.append(Problem(message="no number that may change", key="tune", allowed=allowed))
    if problems:
        raise InputError(problems)
    if len(aims) > len(knobs):
        message = "more targets than numbers that may change"
        problems.append(Problem(message=message, key="tune", found=str(len(knobs)), allowed=f"at least {len(aims)}"))
    problems += [
        Problem(message="not a probability to aim at", key="targets", found=f"{aim.probability:g}", allowed="0 to 1")
        for aim in aims
        if not 0 < aim.probability < 1
    ]
    if problems:
        raise InputError(problems)


def _refusal(limit: Unreachable, targets: Sequence[Target], knobs: Sequence[Knob]) -> list[Problem]:
    names = ", ".join(knob.key for knob in knobs)
    if np.isfinite(limit.reach).all():
        low, high = (f"{100 * value:.1f} %" for value in limit.reach)
        message = f"{names} alone cannot bring this about within its range: it reaches from {low} to {high}"
        target = targets[0]
        return [Problem(message=message, key=target.scenario, found=f"{target.probability:g}")]
    return [
        Problem(
            message=f"{names} cannot bring all targets about within their ranges",
            key=target.scenario,
            found=f"{target.probability:g}",
            allowed=f"the search came to {100 * value:.1f} %",
        )
        for target, value in zip(targets, limit.best, strict=True)
    ]
