"""The sweep: from a file to the odds as one number or two are moved, to look at, to plot and to save."""

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
from frenemy.model.experiment import Experiment, Reading
from frenemy.model.files.dump import dump_resolved
from frenemy.model.files.locate import locate
from frenemy.model.realise import quantities
from frenemy.model.resolved import Model
from frenemy.runtime.kernel_cache import kernel_fingerprint
from frenemy.runtime.progress import Progress, automatic
from frenemy.simulation.cost import KEPT_NOISE
from frenemy.simulation.ensemble.run import Noise
from frenemy.storage.checkpoint import Checkpoint, open_checkpoint
from frenemy.studies.base import Study
from frenemy.studies.sweep.axis_syntax import check_keys, read_axis
from frenemy.studies.sweep.grid import (
    PointOdds,
    SweepFindings,
    gathered,
    grid,
    kept_ticks,
    odds_of_each,
    with_moved_numbers,
)
from frenemy.version import __version__

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Sweep", "sweep"]

Values = Sequence[float | str] | str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sweep(Study[SweepFindings]):
    """Odds as one number or two are moved; in a notebook and on a terminal it shows where they are crossed.

    Its folder: sweep.csv, crossings.csv (of one number), resolved.toml and the picture.
    """

    def plot(self, axes: Sequence[Axes] | None = None) -> Sequence[Axes]:
        """A curve for one number; for two, maps of the odds and of the most probable scenario."""
        from frenemy.studies.sweep.plots.curve_or_map import swept

        return swept(self.findings, axes)

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
    """The odds of an experiment as one number or two are moved, all on the same noise.

    `over` maps dotted keys to values: a list, or text such as "0.01..0.3:13:own" (13 values evenly spaced in the
    number's own space); "" is the middle nine tenths of what was elicited. What is not given is as the file's `[sweep]`
    says. All other uncertain numbers are at their medians, or take `draws` outer draws at each point.

    With a file `kept_in`, each point is put down there as it is finished, and a sweep that was killed goes on from
    there; of other inputs, it begins anew. Raises InputError with all that is wrong with the files or the options,
    Interrupted if Ctrl-C is pressed while points are kept.
    """
    progress = progress or automatic()
    model, experiment = prepare(source, paths=paths, seed=seed, set=set, progress=progress)
    given = {"scenario": scenario, "reading": reading, "date": date, "contours": contours, "draws": draws}
    given = {name: value for name, value in given.items() if value is not None}
    try:
        experiment = _asked(model, experiment, over, given)
    except InputError as error:
        problems = locate(error.problems, Path(source)) if isinstance(source, str | Path) else error.problems
        raise InputError(problems) from None
    announce(progress)
    with nullcontext() if kept_in is None else open_checkpoint(kept_in, _fingerprint(model, experiment)) as kept:
        points = _points(model, experiment, kept, workers, progress)
    return Sweep(findings=gathered(model, experiment, points))


def _points(
    model: Model, experiment: Experiment, kept: Checkpoint | None, workers: int, progress: Progress
) -> list[PointOdds]:
    """Every point of the grid, in its order; those that are kept are read, the others simulated."""
    axes = experiment.sweep.over
    places = [dict(zip((axis.key for axis in axes), values, strict=True)) for values in grid(axes)]
    corners = [(axis.values[0], axis.values[-1]) for axis in axes]
    for corner in product(*corners):  # what cannot be is mostly at an end, and is said before the work begins
        with_moved_numbers(model, experiment, dict(zip((axis.key for axis in axes), corner, strict=True)))
    outer = experiment.uncertainty
    size = outer.paths if outer.draws else experiment.paths
    noise = Noise(experiment.seed, keep=size <= KEPT_NOISE)
    done = {} if kept is None else kept.pieces
    _say_what_is_kept(kept, len(places), progress)
    missing = {number: values for number, values in enumerate(places) if str(number) not in done}
    found = {int(number): _read(told) for number, told in done.items()}
    each = max(outer.draws, 1)
    label = f"Simulating {each * size:,} futures at each of {len(places):,} points"
    with progress.stage(label, len(places) * each) as step, _telling(kept, len(places)):
        step(len(found) * each)
        worlds = (with_moved_numbers(model, experiment, values) for values in missing.values())
        answers = odds_of_each(worlds, kept_ticks(experiment), noise, workers=workers, step=step)
        for number, point in zip(missing, answers, strict=True):
            found[number] = point
            if kept is not None:
                kept.add(str(number), _written(point))
    return [found[number] for number in range(len(places))]


def _say_what_is_kept(kept: Checkpoint | None, points: int, progress: Progress) -> None:
    if kept is not None and kept.state == "continued":
        progress.note(f"Continuing: {len(kept.pieces):,} of {points:,} points are there already.")
    elif kept is not None and kept.state == "anew":
        progress.note("An unfinished sweep of other inputs was here; starting anew.")


@contextmanager
def _telling(kept: Checkpoint | None, points: int) -> Iterator[None]:
    """Say on Ctrl-C what is kept."""
    try:
        yield
    except KeyboardInterrupt:
        if kept is None:
            raise
        message = f"{len(kept.pieces):,} of {points:,} points are kept; the same command goes on from there"
        raise Interrupted(message) from None


def _written(point: PointOdds) -> dict[str, Any]:
    """A point for the journal; without outer draws there are no bands."""
    told = {"probability": point.probability.tolist(), "mc_se": point.mc_se.tolist()}
    return told if np.isnan(point.quantiles).all() else {**told, "quantiles": point.quantiles.tolist()}


def _read(told: Mapping[str, Any]) -> PointOdds:
    probability = np.array(told["probability"])
    quantiles = (
        np.array(told["quantiles"]) if "quantiles" in told else np.full((len(QUANTILES), *probability.shape), np.nan)
    )
    return PointOdds(probability=probability, mc_se=np.array(told["mc_se"]), quantiles=quantiles)


def _fingerprint(model: Model, experiment: Experiment) -> str:
    """What the points depend on; not what is asked about them, nor what other commands ask."""
    asked = parts.Sweep(over=experiment.sweep.over, date=experiment.sweep.date, draws=experiment.sweep.draws)
    others: dict[str, Any] = {
        "sensitivity": parts.Sensitivity(),
        "tuning": parts.Tuning(),
        "audit": parts.Audit(),
        "map": parts.Map(),
    }
    plain = replace(experiment, sweep=asked, targets=(), tune=(), **others)
    return hashlib.sha256(f"{__version__} {kernel_fingerprint()}\n{dump_resolved(model, plain)}".encode()).hexdigest()


def _asked(
    model: Model, experiment: Experiment, over: Mapping[str, Values] | None, given: Mapping[str, Any]
) -> Experiment:
    """The experiment with what it asks changed by the options that are given. Raises InputError."""
    numbers = quantities(model) | quantities(experiment)
    asked = replace(experiment.sweep, **given)
    if over is not None:
        asked = replace(asked, over=tuple(read_axis(key, values, numbers) for key, values in over.items()))
    asked = replace(asked, contours=tuple(sorted({*asked.contours})), date=min(asked.date, experiment.end))
    problems = [*check_keys(asked.over, numbers)]
    if len(asked.over) not in (1, 2):
        allowed = "one or two, such as --over triggers.unilateral_strike.probability=0.01..0.2"
        problems.append(
            Problem(message="which numbers to move?", key="sweep.over", found=str(len(asked.over)), allowed=allowed)
        )
    if asked.reading not in READINGS:
        problems.append(
            Problem(message="not a reading", key="reading", found=asked.reading, allowed=", ".join(READINGS))
        )
    if asked.draws < 0:
        problems.append(Problem(message="too small", key="draws", found=str(asked.draws), allowed="at least 0"))
    problems += [
        Problem(message="not odds to look for", key="contours", found=f"{level:g}", allowed="between 0 and 1")
        for level in asked.contours
        if not 0 < level < 1
    ]
    if problems:
        raise InputError(problems)
    scenario_place(model, asked.scenario)
    assessment(experiment, asked.date)
    outer = replace(experiment.uncertainty, draws=asked.draws)
    return replace(experiment, sweep=asked, uncertainty=outer)
