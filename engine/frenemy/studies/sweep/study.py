"""The sweep: from a file to the odds as one number or two vary."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from frenemy.errors import InputError, Interrupted, Problem
from frenemy.forecast.forecast import QUANTILES, READINGS
from frenemy.forecast.run import Source, announce, prepare
from frenemy.forecast.which_odds import assessment, scenario_place
from frenemy.model import experiment as parts
from frenemy.model.describe.wording import counted
from frenemy.model.experiment import Experiment, Reading
from frenemy.model.files.dump import dump_resolved
from frenemy.model.files.locate import locate
from frenemy.model.realise import quantities
from frenemy.model.resolved import Model
from frenemy.runtime.kernel_cache import kernel_fingerprint
from frenemy.runtime.progress import Progress, automatic
from frenemy.simulation.cost import KEPT_NOISE
from frenemy.simulation.ensemble.run import Noise
from frenemy.simulation.ensembles import for_study
from frenemy.storage.checkpoint import Checkpoint, open_checkpoint
from frenemy.studies.base import Study
from frenemy.studies.sweep.axis_syntax import check_keys, read_axis
from frenemy.studies.sweep.grid import (
    PointOdds,
    SweepFindings,
    collect,
    grid,
    kept_ticks,
    odds_of_each,
    with_values_at,
)
from frenemy.version import __version__

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Sweep", "sweep"]

Values = Sequence[float | str] | str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sweep(Study[SweepFindings]):
    """Odds as one number or two vary; a terminal and a notebook show them at the points.

    Its folder: sweep.csv, crossings.csv and most_probable.csv (of one number), resolved.toml and the picture.
    """

    def plot(self, axes: Sequence[Axes] | None = None) -> Sequence[Axes]:
        """A curve for one number; for two, maps of the odds and of the most probable scenario."""
        from frenemy.studies.sweep.plots.curve_or_map import curve_or_map

        return curve_or_map.on(axes, self.findings)

    def __repr__(self) -> str:
        sizes = " × ".join(f"{axis.key} ({len(axis.values)})" for axis in self.findings.axes)
        return f"<Sweep {sizes}>"


def sweep(
    source: Source,
    over: Mapping[str, Values] | None = None,
    *,
    scenario: str | None = None,
    reading: Reading | None = None,
    date: dt.date | None = None,
    contours: Sequence[float] | None = None,
    draws: int | None = None,
    paths: int | None = None,
    seed: int | None = None,
    set: Mapping[str, Any] | None = None,  # noqa: A002 the word of the file and of the command line
    kept_in: Path | None = None,
    workers: int = 0,
    progress: Progress | None = None,
) -> Sweep:
    """The odds of an experiment as one number or two vary, all on the same noise.

    What is not given is as the file's `[sweep]` says.

    Parameters
    ----------
    source
        An experiment's file, or a model and an experiment.
    over
        Dotted keys and their values: a list, or text such as "0.01..0.3:13:own" (13 values evenly spaced on the
        number's natural scale); "" is the middle 90 % of its elicited range.
    scenario, reading, date
        Which odds: of which scenario (all, if none is named), `at`, `ever` or `time_share`, and when.

    Other Parameters
    ----------------
    contours
        Odds at which a curve is marked and a map has lines.
    draws
        Outer draws of all other uncertain numbers at each point, which share its futures; 0: at their medians.
    paths
        Futures at each point.
    kept_in
        A file to which each point is written once it is finished; a sweep of the same inputs continues from there.
    seed, set, workers, progress
        As in `run`.

    Raises
    ------
    InputError
        With all that is wrong with the files or the options.
    Interrupted
        If Ctrl-C is pressed while points are kept.
    """
    progress = progress or automatic()
    model, experiment = prepare(source, paths=paths, seed=seed, set=set, progress=progress)
    given = {"scenario": scenario, "reading": reading, "date": date, "contours": contours, "draws": draws}
    given = {name: value for name, value in given.items() if value is not None}
    try:
        experiment = _with_options(model, experiment, over, given)
    except InputError as error:
        raise InputError(_placed(error.problems, source)) from None
    announce(progress)
    with nullcontext() if kept_in is None else open_checkpoint(kept_in, _fingerprint(model, experiment)) as kept:
        points = _points(model, experiment, kept, workers, progress)
    return Sweep(findings=collect(model, experiment, points))


def _points(
    model: Model, experiment: Experiment, kept: Checkpoint | None, workers: int, progress: Progress
) -> list[PointOdds]:
    """Every point of the grid, in its order; those that are kept are read, the others simulated."""
    axes = experiment.sweep.over
    keys = [axis.key for axis in axes]
    points = [dict(zip(keys, values, strict=True)) for values in grid(axes)]
    for corner in product(*((axis.values[0], axis.values[-1]) for axis in axes)):  # most errors show at an end
        with_values_at(model, experiment, dict(zip(keys, corner, strict=True)))
    outer = experiment.uncertainty
    size = outer.draws * outer.paths or experiment.paths
    noise = Noise(experiment.seed, keep=size <= KEPT_NOISE)
    done = {} if kept is None else kept.pieces
    _note_kept(kept, len(points), progress)
    missing = {number: values for number, values in enumerate(points) if str(number) not in done}
    found = {int(number): _read(record) for number, record in done.items()}
    label = f"Simulating {counted(size, 'future')} at each of {counted(len(points), 'point')}"
    with progress.stage(label, len(points)) as step, _interruptible(kept, len(points)):
        step(len(found))
        models = (with_values_at(model, experiment, values) for values in missing.values())
        results = odds_of_each(models, kept_ticks(experiment), noise, workers=workers, step=step)
        for number, point in zip(missing, results, strict=True):
            found[number] = point
            if kept is not None:
                kept.add(str(number), _record(point))
    return [found[number] for number in range(len(points))]


def _note_kept(kept: Checkpoint | None, points: int, progress: Progress) -> None:
    if kept is not None and kept.state == "continued":
        progress.note(f"Continuing: {len(kept.pieces):,} of {counted(points, 'point')} are already there.")
    elif kept is not None and kept.state == "anew":
        progress.note("There was an unfinished sweep of other inputs here; starting anew.")


@contextmanager
def _interruptible(kept: Checkpoint | None, points: int) -> Iterator[None]:
    """On Ctrl-C, say how much is kept."""
    try:
        yield
    except KeyboardInterrupt:
        if kept is None:
            raise
        message = f"{len(kept.pieces):,} of {counted(points, 'point')} are kept; the same command continues from there"
        raise Interrupted(message) from None


def _record(point: PointOdds) -> dict[str, Any]:
    """A point for the checkpoint; without outer draws there are no bands."""
    record = {"probability": point.probability.tolist(), "mc_se": point.mc_se.tolist()}
    return record if np.isnan(point.quantiles).all() else {**record, "quantiles": point.quantiles.tolist()}


def _read(record: Mapping[str, Any]) -> PointOdds:
    probability = np.array(record["probability"])
    none = np.full((len(QUANTILES), *probability.shape), np.nan)
    quantiles = np.array(record["quantiles"]) if "quantiles" in record else none
    return PointOdds(probability=probability, mc_se=np.array(record["mc_se"]), quantiles=quantiles)


def _fingerprint(model: Model, experiment: Experiment) -> str:
    """Hash of what the points depend on, without the odds in question and the blocks of other commands."""
    options = parts.Sweep(over=experiment.sweep.over, date=experiment.sweep.date, draws=experiment.sweep.draws)
    others: dict[str, Any] = {
        "sensitivity": parts.Sensitivity(),
        "tuning": parts.Tuning(),
        "audit": parts.Audit(),
        "map": parts.Map(),
    }
    plain = replace(experiment, sweep=options, targets=(), tune=(), **others)
    return hashlib.sha256(f"{__version__} {kernel_fingerprint()}\n{dump_resolved(model, plain)}".encode()).hexdigest()


def _placed(problems: Sequence[Problem], source: Source) -> tuple[Problem, ...]:
    """The problems of the file's block with their lines; those of options, whose keys have no block, as they are."""
    if not isinstance(source, str | Path):
        return tuple(problems)
    return tuple(
        one for each in problems for one in (locate([each], Path(source)) if each.key.startswith("sweep.") else [each])
    )


def _with_options(
    model: Model, experiment: Experiment, over: Mapping[str, Values] | None, given: Mapping[str, Any]
) -> Experiment:
    """The experiment with its `[sweep]` changed by the options that are given. Raises InputError."""
    numbers = quantities(model) | quantities(experiment)
    sweep = replace(experiment.sweep, **given)
    if over is not None:
        sweep = replace(sweep, over=tuple(read_axis(key, values, numbers) for key, values in over.items()))
    sweep = replace(
        sweep,
        contours=tuple(sorted({*sweep.contours})),
        date=experiment.end if sweep.date == dt.date.max else sweep.date,
    )
    problems = [*check_keys(sweep.over, numbers)]
    if (count := len(sweep.over)) not in (1, 2):
        allowed = "one or two, such as --over triggers.unilateral_strike.probability=0.01..0.2"
        problems.append(Problem(message="which numbers to vary?", key="sweep.over", found=str(count), allowed=allowed))
    if sweep.reading not in READINGS:
        allowed = ", ".join(READINGS)
        problems.append(Problem(message="not a reading", key="reading", found=sweep.reading, allowed=allowed))
    if sweep.draws < 0:
        problems.append(Problem(message="too small", key="draws", found=str(sweep.draws), allowed="at least 0"))
    problems += [
        Problem(
            message="not a probability for a contour", key="contours", found=f"{level:g}", allowed="between 0 and 1"
        )
        for level in sweep.contours
        if not 0 < level < 1
    ]
    if problems:
        raise InputError(problems)
    scenario_place(model, sweep.scenario)
    assessment(experiment, sweep.date)
    if sweep.draws < parts.MOST_DRAWS:
        experiment = replace(experiment, uncertainty=replace(experiment.uncertainty, draws=sweep.draws))
    return for_study(replace(experiment, sweep=sweep))
