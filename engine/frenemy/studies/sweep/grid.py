"""A sweep: the odds at every point of a grid over one number or two, all on the same noise.

As the noise is common, the Monte Carlo errors of neighbouring points are nearly the same, and the odds are as smooth in
the numbers as the law makes them. Between the points they are interpolated linearly, on the scale on which the numbers
are spread out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, product

import numpy as np
from numpy.typing import NDArray

from frenemy.arrays import Floats
from frenemy.check.check import check_draws, one_draw
from frenemy.errors import InputError, Problem
from frenemy.forecast.forecast import QUANTILES, READINGS, Odds
from frenemy.forecast.odds import odds_of
from frenemy.forecast.which_odds import assessment, scenario_place
from frenemy.model.experiment import Axis, Experiment, Reading
from frenemy.model.realise import quantities, realise
from frenemy.model.resolved import Model
from frenemy.model.specs.number_at import quantity_at
from frenemy.simulation.ensemble.rerun import simulate_variants
from frenemy.simulation.ensemble.run import Noise
from frenemy.simulation.ensembles import ensemble_of
from frenemy.studies.knobs import changed, with_siblings

__all__ = [
    "PointOdds",
    "Stretch",
    "SweepFindings",
    "collect",
    "grid",
    "kept_ticks",
    "odds_of_each",
    "to_scale",
    "with_values_at",
]

RASTER = 161
"""Points along each side of the raster on which a map is drawn."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PointOdds:
    """The odds at one point, (readings, ticks, scenarios); `quantiles` has a first axis of 7, NaN at the medians."""

    probability: Floats
    mc_se: Floats
    quantiles: Floats


@dataclass(frozen=True, slots=True)
class Stretch:
    """Values of the number, from `low` to `high`, at which a scenario is the most probable one."""

    scenario: int
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SweepFindings:
    """The odds over the grid; the last axes are those of the points: across, up."""

    model: Model
    experiment: Experiment  # its `sweep` says which numbers vary, and which odds are in question
    ticks: tuple[int, ...]  # assessments that were kept, ascending
    probability: Floats  # (readings, ticks, scenarios, points...)
    mc_se: Floats  # the same shape
    quantiles: Floats  # (7, readings, ticks, scenarios, points...); NaN if all others are at their medians

    @property
    def axes(self) -> tuple[Axis, ...]:
        """The numbers that vary."""
        return self.experiment.sweep.over

    @property
    def reading(self) -> int:
        """Position of the reading in question."""
        return READINGS.index(self.experiment.sweep.reading)

    @property
    def tick(self) -> int:
        """Position among `ticks` of the assessment in question."""
        return self.ticks.index(assessment(self.experiment, self.experiment.sweep.date))

    @property
    def scenarios(self) -> tuple[int, ...]:
        """Positions of the scenarios in question: one, or all."""
        name = self.experiment.sweep.scenario
        return (scenario_place(self.model, name),) if name else tuple(range(len(self.model.scenarios)))

    @property
    def contenders(self) -> tuple[int, ...]:
        """The scenarios that can be the most probable: all; for `ever` not the default, in which all paths start."""
        ever = self.experiment.sweep.reading == "ever"
        return self.model.ruled_scenarios if ever else tuple(range(len(self.model.scenarios)))

    @property
    def odds(self) -> Floats:
        """The odds in question, of every scenario: (scenarios, points...)."""
        return np.asarray(self.probability[self.reading, self.tick])

    @property
    def errors(self) -> Floats:
        """Their Monte Carlo errors."""
        return np.asarray(self.mc_se[self.reading, self.tick])

    def crossings(self, scenario: int, level: float) -> list[float]:
        """Values of the one number at which the odds of a scenario pass a level, ascending."""
        return list(_crossings(self.axes[0], self.odds[scenario] - level))

    def stretches(self) -> list[Stretch]:
        """The most probable scenario along the one number."""
        axis, odds = self.axes[0], self.odds
        leaders = self.leading()
        found, low = list[Stretch](), axis.values[0]
        for n, (before, after) in enumerate(pairwise(leaders)):
            if before != after:
                gap = odds[before, n : n + 2] - odds[after, n : n + 2]
                part = Axis(key=axis.key, values=axis.values[n : n + 2], spacing=axis.spacing)
                high = next(_crossings(part, gap), axis.values[n + 1])
                found.append(Stretch(int(before), low, high))
                low = high
        return [*found, Stretch(int(leaders[-1]), low, axis.values[-1])]

    def surface(self) -> tuple[Floats, Floats, Floats]:
        """The odds on an even raster over the plane: positions on both scales, and odds, (scenarios, across, up)."""
        from scipy.interpolate import RegularGridInterpolator

        lines = tuple(to_scale(axis, np.array(axis.values)) for axis in self.axes)
        across, up = (np.linspace(line[0], line[-1], RASTER) for line in lines)
        surface = RegularGridInterpolator(lines, np.moveaxis(self.odds, 0, -1))
        places = np.stack(np.meshgrid(across, up, indexing="ij"), axis=-1)
        return across, up, np.moveaxis(np.asarray(surface(places), dtype=np.float64), -1, 0)

    def regions(self) -> tuple[NDArray[np.int64], dict[int, tuple[float, float]]]:
        """The most probable scenario on the raster, and for each that leads somewhere a point well inside its region.

        That is the point furthest from the region's edge, where a step up counts as much as three across, so that a
        name fits.
        """
        from scipy.ndimage import distance_transform_edt

        across, up, surface = self.surface()
        contenders = np.array(self.contenders)
        leaders, centres = contenders[surface[contenders].argmax(axis=0)], {}
        for j in np.unique(leaders):
            room = distance_transform_edt(np.pad(leaders == j, 1), sampling=(1 / 3, 1))[1:-1, 1:-1]
            widest = np.argwhere(room >= room.max() - 1e-9)
            a, b = widest[len(widest) // 2]
            centres[int(j)] = float(across[a]), float(up[b])
        return leaders, centres

    def leads(self, scenario: int) -> Floats:
        """The odds of a scenario less those of the best other one, at each point."""
        rest = self.odds[[j for j in self.contenders if j != scenario]]
        return np.asarray(self.odds[scenario] - (rest.max(axis=0) if len(rest) else 0.0))

    def leading(self) -> NDArray[np.int64]:
        """The most probable scenario at each point."""
        contenders = np.array(self.contenders)
        return np.asarray(contenders[self.odds[contenders].argmax(axis=0)])

    def here(self) -> tuple[tuple[float, float, float], ...]:
        """Each number in the model: median, 5 and 95 % points; all three are equal where it is known."""
        known = quantities(self.model) | quantities(self.experiment)
        numbers = [known[axis.key] for axis in self.axes]
        return tuple(
            (n, n, n) if isinstance(n, float) else (n.median, n.quantile(0.05), n.quantile(0.95)) for n in numbers
        )


def to_scale(axis: Axis, values: Floats) -> Floats:
    """Positions of values on the scale on which the axis is spread out."""
    if axis.spacing == "linear":
        return values
    domain = quantity_at(axis.key).domain
    return np.array([domain.to_line(float(value)) for value in values])


def from_scale(axis: Axis, place: float) -> float:
    """The value at a position on the scale."""
    return place if axis.spacing == "linear" else quantity_at(axis.key).domain.from_line(place)


def _crossings(axis: Axis, gap: Floats) -> Iterator[float]:
    """Values at which a function given at the values of the axis changes its sign."""
    line = to_scale(axis, np.array(axis.values))
    for n in range(len(gap) - 1):
        left, right = float(gap[n]), float(gap[n + 1])
        if left == 0 and (n == 0 or gap[n - 1] != 0):
            yield axis.values[n]
        if left * right < 0:
            yield from_scale(axis, float(line[n] + (line[n + 1] - line[n]) * left / (left - right)))
    if gap[-1] == 0:
        yield axis.values[-1]


def grid(axes: tuple[Axis, ...]) -> Iterator[tuple[float, ...]]:
    """Every point, the last number varying fastest."""
    return product(*(axis.values for axis in axes))


def kept_ticks(experiment: Experiment) -> tuple[int, ...]:
    """The assessments whose odds a sweep keeps: those of the report and the one in question."""
    dates = {*experiment.report_at, experiment.sweep.date}
    return tuple(sorted({assessment(experiment, date) for date in dates}))


def with_values_at(model: Model, experiment: Experiment, values: Mapping[str, float]) -> tuple[Model, Experiment]:
    """Model and experiment with these values; the other branches of a calendar event make room for one that varies.

    Raises InputError where the values contradict one another.
    """
    settled = with_siblings(model, values)
    problems = []
    for event in model.calendar:
        keys = [f"calendar.{event.name}.branches.{branch.name}.probability" for branch in event.branches]
        total = sum(settled.get(key, 0.0) for key in keys)
        if any(key in values for key in keys) and abs(total - 1) > 1e-6:
            problems.append(
                Problem(
                    message="the probabilities of the branches do not sum to 1 at a point of the sweep",
                    key=f"calendar.{event.name}.branches", found=f"{total:g}",
                    allowed="one branch to vary, or values that leave room for the others",
                )
            )  # fmt: skip
    if not problems:
        model, experiment = changed(model, experiment, settled)
        problems = list(check_draws(one_draw(realise(model))))
    if problems:
        raise InputError(problems)
    return model, experiment


def odds_of_each(
    models: Iterable[tuple[Model, Experiment]],
    ticks: Sequence[int],
    noise: Noise,
    *,
    workers: int = 0,
    step: Callable[[int], object] = int,
) -> Iterator[PointOdds]:
    """The odds of each model at some assessments, in order, over its outer draws or at the medians.

    Several models run in parallel. `step` is called for each.
    """
    ensembles = (ensemble_of(*one) for one in models)
    first = next(ensembles, None)
    if first is None:
        return
    for tally in simulate_variants(first, ensembles, noise=noise, workers=workers):
        step(1)
        yield _kept(odds_of(tally), ticks)


def _kept(odds: Mapping[Reading, Odds], ticks: Sequence[int]) -> PointOdds:
    places = list(ticks)
    return PointOdds(
        probability=np.stack([odds[reading].probability[places] for reading in READINGS]),
        mc_se=np.stack([odds[reading].mc_se[places] for reading in READINGS]),
        quantiles=np.stack([odds[reading].quantiles[:, places] for reading in READINGS], axis=1),
    )


def collect(model: Model, experiment: Experiment, points: list[PointOdds]) -> SweepFindings:
    """The points of the grid, in its order, as one."""
    shape = tuple(len(axis.values) for axis in experiment.sweep.over)

    def table(parts: list[Floats]) -> Floats:
        return np.stack(parts, axis=-1).reshape(*parts[0].shape, *shape)

    quantiles = table([point.quantiles for point in points])
    assert len(quantiles) == len(QUANTILES)
    return SweepFindings(
        model=model,
        experiment=experiment,
        ticks=kept_ticks(experiment),
        probability=table([point.probability for point in points]),
        mc_se=table([point.mc_se for point in points]),
        quantiles=quantiles,
    )
