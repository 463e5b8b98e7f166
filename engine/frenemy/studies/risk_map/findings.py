"""The risk map: the odds of a scenario within a time, by the levels of two drivers at the start.

Every pair of levels has a run of its own, all on the same noise: the Monte Carlo errors of neighbours are nearly the
same, so the map is smooth. All other numbers are at their medians.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import numpy as np

from frenemy.arrays import Floats
from frenemy.forecast.odds import jeffreys_variance
from frenemy.model.experiment import Experiment
from frenemy.model.realise import realise
from frenemy.model.resolved import Model, Number, central
from frenemy.simulation.compile.compile import Compiled, compile_model
from frenemy.simulation.ensemble.run import Noise, simulate_each, simulate_paths

__all__ = [
    "READINGS",
    "STEP",
    "Position",
    "PresentOdds",
    "RiskMapFindings",
    "Steps",
    "find_here",
    "find_plane",
    "position",
]

READINGS = ("ever", "at")
"""In it at some time within the window; in it at its end."""
STEP = 5.0
"""Index points by which each driver is moved from its level at the start."""
NODES = 41
"""Equally likely levels of each driver over which the odds are averaged."""


@dataclass(frozen=True, slots=True)
class Position:
    """Today's level of a driver, as index; all three are equal where it is known."""

    q05: float
    median: float
    q95: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Steps:
    """How the odds change if one driver is STEP points lower or higher at the start, the other as it is."""

    driver: str
    change: Floats  # (2, readings, scenarios): lower, higher
    change_se: Floats  # of the difference, path by path on the same noise


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PresentOdds:
    """The odds from the levels at the start, (readings, scenarios)."""

    odds: Floats
    mc_se: Floats
    mean: Floats  # over the uncertainty of the levels at the start alone, interpolated in the plane
    q05: Floats
    q95: Floats
    paths: int
    steps: tuple[Steps, Steps]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RiskMapFindings:
    """The plane of two drivers: odds by starting level."""

    model: Model
    experiment: Experiment  # its end is the window's
    drivers: tuple[int, int]  # positions in the model: across, up
    levels: Floats  # (cells,) index, the middles of the cells, the same for both drivers
    odds: Floats  # (readings, scenarios, cells across, cells up)
    mc_se: Floats  # the same shape
    positions: tuple[Position, Position]
    here: PresentOdds
    paths: int  # in each cell


def position(start: Number) -> Position:
    """Today's level, from the number given for the driver's start."""
    if isinstance(start, float | int):
        return Position(float(start), float(start), float(start))
    return Position(start.quantile(0.05), start.median, start.quantile(0.95))


def find_plane(
    model: Model,
    experiment: Experiment,
    drivers: tuple[int, int],
    levels: Floats,
    *,
    noise: Noise,
    workers: int = 0,
    step: Callable[[int], object] = int,
) -> tuple[Floats, Floats]:
    """Odds and errors, (readings, scenarios, cells, cells), from each pair of starting levels.

    Raises SimulationError where a model runs away.
    """
    cells = len(levels)
    counts = np.empty((len(READINGS), len(model.scenarios), cells, cells))
    places = list(product(range(cells), repeat=2))
    models = (_started(model, experiment, drivers, (float(levels[a]), float(levels[b]))) for a, b in places)
    tallies = simulate_each(models, seed=noise, paths=experiment.paths, detail="odds", workers=workers)
    for (a, b), tally in zip(places, tallies, strict=True):
        counts[0, :, a, b] = tally.first_entry.sum(axis=(0, 1))
        counts[1, :, a, b] = tally.occupancy[:, -1].sum(axis=0)
        step(1)
    return counts / experiment.paths, np.sqrt(jeffreys_variance(counts, counts, experiment.paths))


def find_here(
    model: Model, experiment: Experiment, drivers: tuple[int, int], plane: tuple[Floats, Floats], *, noise: Noise
) -> PresentOdds:
    """The odds from the levels at the start, over the uncertainty of these, and after a step of each driver.

    `plane`: the levels of the map, and the odds there.
    """
    starts = tuple(model.drivers[i].start for i in drivers)
    x, y = (central(start) for start in starts)
    base = _by_path(model, experiment, drivers, (x, y), noise)
    paths = base.shape[-1]
    total = base.sum(axis=-1)
    mean, low, high = _over_position(plane, (starts[0], starts[1]))
    moves = (((x - STEP, y), (x + STEP, y)), ((x, y - STEP), (x, y + STEP)))
    steps = []
    for i, pair in zip(drivers, moves, strict=True):
        changes = [_by_path(model, experiment, drivers, place, noise) - base for place in pair]
        spread = [((change**2).sum(axis=-1) + 1) / (paths + 1) - change.mean(axis=-1) ** 2 for change in changes]
        steps.append(
            Steps(
                driver=model.drivers[i].name,
                change=np.array([change.mean(axis=-1) for change in changes]),
                change_se=np.sqrt(np.array(spread) / paths),
            )
        )
    return PresentOdds(
        odds=total / paths,
        mc_se=np.sqrt(jeffreys_variance(total, total, paths)),
        mean=mean,
        q05=low,
        q95=high,
        paths=paths,
        steps=(steps[0], steps[1]),
    )


def _started(model: Model, experiment: Experiment, drivers: tuple[int, int], place: tuple[float, float]) -> Compiled:
    """The model at its medians, two drivers at the levels given; a level stays strictly within the index."""
    values = {
        f"drivers.{model.drivers[i].name}.start": min(max(level, 0.5), 99.5)
        for i, level in zip(drivers, place, strict=True)
    }
    return compile_model(realise(model, values), realise(experiment))


def _by_path(
    model: Model, experiment: Experiment, drivers: tuple[int, int], place: tuple[float, float], noise: Noise
) -> Floats:
    """(readings, scenarios, paths): 1 where the path is in the scenario within the window, and at its end."""
    compiled = _started(model, experiment, drivers, place)
    scenario = simulate_paths(compiled, seed=noise, numbers=range(experiment.paths)).scenario
    inside = np.stack([scenario == j for j in range(len(model.scenarios))])
    return np.stack([inside.any(axis=1), inside[:, -1]]).astype(np.float64)


def _over_position(plane: tuple[Floats, Floats], starts: tuple[Number, Number]) -> tuple[Floats, Floats, Floats]:
    """Mean, 5 % and 95 % points of the odds over the ranges of the levels at the start, (readings, scenarios) each."""
    from scipy.interpolate import RegularGridInterpolator

    levels, odds = plane
    x, y = (np.clip(_nodes(start), levels[0], levels[-1]) for start in starts)
    places = np.stack(np.meshgrid(x, y, indexing="ij"), axis=-1).reshape(-1, 2)
    surface = RegularGridInterpolator((levels, levels), np.moveaxis(odds, (2, 3), (0, 1)))
    values = np.asarray(surface(places), dtype=np.float64)
    low, high = np.quantile(values, (0.05, 0.95), axis=0)
    return values.mean(axis=0), low, high


def _nodes(start: Number) -> Floats:
    """Equally likely levels."""
    if isinstance(start, float | int):
        return np.array([float(start)])
    return np.array([start.quantile((n + 0.5) / NODES) for n in range(NODES)])
