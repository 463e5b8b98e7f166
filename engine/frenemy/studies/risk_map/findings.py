"""The risk map: the odds of a scenario within a time, by the levels of two drivers at the start.

Every pair of levels has a run of its own, all on the same noise: the Monte Carlo errors of neighbours are nearly the
same, so the map is smooth. The odds are means over draws of all other numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import numpy as np

from frenemy.arrays import Floats
from frenemy.forecast.odds import group_sums, jeffreys_variance, odds_of
from frenemy.model.experiment import Experiment, Reading
from frenemy.model.realise import with_values
from frenemy.model.resolved import Model, Number, central
from frenemy.simulation.ensemble.ensemble import Ensemble
from frenemy.simulation.ensemble.groups import Groups
from frenemy.simulation.ensemble.run import Noise, simulate_ensemble
from frenemy.simulation.ensembles import ensemble_of

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

READINGS: tuple[Reading, ...] = ("ever", "at")
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
    odds, errors = np.empty((2, len(READINGS), len(model.scenarios), cells, cells))
    places = list(product(range(cells), repeat=2))
    for a, b in places:
        started = _started(model, experiment, drivers, (float(levels[a]), float(levels[b])))
        tally = simulate_ensemble(started, seed=noise, detail="odds", workers=workers)
        for r, reading in enumerate(READINGS):
            found = odds_of(tally)[reading]
            odds[r, :, a, b], errors[r, :, a, b] = found.probability[-1], found.mc_se[-1]
        step(1)
    return odds, errors


def find_here(
    model: Model, experiment: Experiment, drivers: tuple[int, int], plane: tuple[Floats, Floats], *, noise: Noise
) -> PresentOdds:
    """The odds from the levels at the start, over the uncertainty of these, and after a step of each driver.

    `plane`: the levels of the map, and the odds there.
    """
    starts = tuple(model.drivers[i].start for i in drivers)
    x, y = (central(start) for start in starts)
    base, groups = _by_group(model, experiment, drivers, (x, y), noise)
    mean, low, high = _over_position(plane, (starts[0], starts[1]))
    moves = (((x - STEP, y), (x + STEP, y)), ((x, y - STEP), (x, y + STEP)))
    steps = []
    for i, pair in zip(drivers, moves, strict=True):
        changes = [_by_group(model, experiment, drivers, place, noise)[0] - base for place in pair]
        steps.append(
            Steps(
                driver=model.drivers[i].name,
                change=np.array([groups.mean(change) for change in changes]),
                change_se=np.array([np.maximum(groups.error(change), 1 / groups.paths.sum()) for change in changes]),
            )
        )
    total, paths = base.sum(axis=0), int(groups.paths.sum())
    error = np.sqrt(jeffreys_variance(total, total, paths))
    return PresentOdds(
        odds=total / paths,
        mc_se=np.maximum(groups.error(base), 0.5 / paths) if groups.drawn else error,
        mean=mean,
        q05=low,
        q95=high,
        paths=paths,
        steps=(steps[0], steps[1]),
    )


def _started(model: Model, experiment: Experiment, drivers: tuple[int, int], place: tuple[float, float]) -> Ensemble:
    """The ensemble that starts with two drivers at the levels given; a level stays strictly within the index."""
    values = {
        f"drivers.{model.drivers[i].name}.start": min(max(level, 0.5), 99.5)
        for i, level in zip(drivers, place, strict=True)
    }
    return ensemble_of(with_values(model, values), experiment)


def _by_group(
    model: Model, experiment: Experiment, drivers: tuple[int, int], place: tuple[float, float], noise: Noise
) -> tuple[Floats, Groups]:
    """(groups, readings, scenarios): paths in the scenario within the window, and at its end; and the groups."""
    tally = simulate_ensemble(_started(model, experiment, drivers, place), seed=noise, detail="odds")
    sums = group_sums(tally)
    return np.stack([sums[reading][:, -1] for reading in READINGS], axis=1), tally.groups


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
