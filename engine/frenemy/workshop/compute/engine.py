"""The odds with some numbers changed, on noise kept in memory; outdated work is dropped.

The odds are those of the command line: means over judgement and chance. A settled answer takes the futures of a study,
and so does the base case beside it; the level of the base case is that of a whole run as soon as one has been made. A
refined answer is a whole run, and equals `frenemy run` bit for bit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from frenemy.arrays import Floats
from frenemy.forecast.driver_levels import fan
from frenemy.forecast.forecast import Odds, Reading
from frenemy.forecast.odds import EVERYWHERE, group_sums, odds_of
from frenemy.model.experiment import Experiment
from frenemy.model.realise import with_values
from frenemy.model.resolved import Model, Number
from frenemy.present.likelihood_words import ICD203
from frenemy.simulation.ensemble.ensemble import Ensemble
from frenemy.simulation.ensemble.groups import Groups
from frenemy.simulation.ensemble.run import Noise, simulate_ensemble
from frenemy.simulation.ensemble.tally import Tally
from frenemy.simulation.ensembles import at_medians, first_draws, for_study, simulate_experiment
from frenemy.simulation.noise.streams import BLOCK
from frenemy.workshop.state.catalogue import Catalogue
from frenemy.workshop.state.state import Focus

__all__ = ["SETTLED_PATHS", "Answer", "Comparison", "Engine", "Row", "table"]

Stop = Callable[[], None]
"""Called between pieces of work; raises once the work is no longer needed."""
READINGS: tuple[Reading, ...] = ("at", "ever")

SETTLED_PATHS = 4096
"""Paths of a settled answer, unless the experiment asks for fewer; its level is that of a whole run."""
PREVIEW_SECONDS = 0.035
"""Seconds that the simulation of a preview may take."""
BANDS_EVERY = 4
"""Assessments from one band of a settled answer to the next; those between are interpolated."""
MIN_PREVIEW_PATHS = BLOCK // 2
"""Paths of the smallest preview."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Answer:
    """The odds with some numbers: over outer draws, or at the medians where the experiment has none."""

    paths: int  # in all
    odds: Mapping[Reading, Odds]
    level: Floats  # (ticks + 1, drivers) means
    level_q: Floats  # (7, ticks + 1, drivers); NaN without levels
    sums: Mapping[Reading, NDArray[Any]]  # (groups, ticks, scenarios)
    groups: Groups
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Comparison:
    """An answer, the base case on the same futures, and the base case on most futures."""

    now: Answer
    base: Answer
    level: Answer

    def odds(self, reading: Reading) -> Floats:
        """(ticks, scenarios): the level of the base case and, on common noise, the difference from it."""
        now = self.now.odds[reading].probability
        return now if self.base is self.level else np.clip(now + self._offset(reading), 0.0, 1.0)

    def errors(self, reading: Reading) -> Floats:
        """(ticks, scenarios): Monte Carlo standard errors of `odds`."""
        if self.base is self.level:
            return self.now.odds[reading].mc_se
        return np.hypot(self.level.odds[reading].mc_se, self.change(reading)[1])

    def quantiles(self, reading: Reading) -> Floats:
        """(7, ticks, scenarios): bands; NaN without outer draws."""
        points = self.now.odds[reading].quantiles
        return points if self.base is self.level else np.clip(points + self._offset(reading), 0.0, 1.0)

    def change(self, reading: Reading, tick: int | slice = slice(None)) -> tuple[Floats, Floats]:
        """The difference from the base case and its standard error."""
        moved = self.now.sums[reading][:, tick].astype(np.float64) - self.base.sums[reading][:, tick]
        return self.now.groups.mean(moved), self.now.groups.error(moved)

    def _offset(self, reading: Reading) -> Floats:
        return self.level.odds[reading].probability - self.base.odds[reading].probability


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One scenario of the odds table."""

    scenario: str
    now: float
    se: float
    base: float
    change: float
    change_se: float
    word: str
    low: float | None
    high: float | None


@dataclass(slots=True)
class Engine:
    """Simulates the run with changed numbers. Safe to use from several threads."""

    catalogue: Catalogue
    workers: int = 0
    _noise: Noise = field(init=False)
    _study: Experiment = field(init=False)
    _path_seconds: float = field(default=0.0, init=False)  # per path, moving average

    def __post_init__(self) -> None:
        run = self.catalogue.experiment
        self._noise = Noise(run.seed, keep=True)
        self._study = for_study(replace(run, paths=min(run.paths, SETTLED_PATHS)))

    @property
    def paths(self) -> int:
        """Paths of a settled answer."""
        outer = self._study.uncertainty
        return outer.draws * outer.paths or self._study.paths

    @property
    def run_paths(self) -> int:
        """Paths of a refined answer, in all."""
        outer = self.catalogue.experiment.uncertainty
        return outer.draws * outer.paths or self.paths

    @property
    def preview_paths(self) -> int:
        """Paths of a preview: as many as fit into `PREVIEW_SECONDS`, judging by recent answers."""
        if not self._path_seconds:
            return min(2 * BLOCK, self.paths)
        batches = int(PREVIEW_SECONDS / self._path_seconds) // MIN_PREVIEW_PATHS
        return min(max(batches, 1) * MIN_PREVIEW_PATHS, self.paths)

    def run(self, numbers: Mapping[str, Number]) -> tuple[Model, Experiment]:
        """Model and experiment with these numbers instead of the file's."""
        return with_values(self.catalogue.model, numbers), self.catalogue.experiment

    def answer(
        self,
        numbers: Mapping[str, Number],
        paths: int,
        *,
        levels: bool = False,
        bands_at: slice | None = None,
        stop: Stop,
    ) -> Answer:
        """The odds with these numbers; with `levels` also the quantiles of the drivers.

        Bands only at the assessments `bands_at`, as they take longer than the odds of few futures; None: at every
        fourth, and between them on straight lines.
        """
        start = perf_counter()
        stop()
        ensemble = self._ensemble(numbers, paths)
        stop()
        tally = simulate_ensemble(
            ensemble, seed=self._noise, detail="full" if levels else "odds", workers=self.workers,
            progress=lambda _: stop(),
        )  # fmt: skip
        seconds = perf_counter() - start
        if not levels:
            latest, before = seconds / paths, self._path_seconds
            self._path_seconds = 0.7 * before + 0.3 * latest if before else latest
        return _answer(tally, seconds, _sparse(tally) if bands_at is None else bands_at)

    def refined(self, numbers: Mapping[str, Number], stop: Stop) -> Answer:
        """The odds of a whole run with these numbers."""
        start = perf_counter()
        model, experiment = self.run(numbers)
        tally = simulate_experiment(model, experiment, workers=self.workers, progress=lambda _: stop())
        return _answer(tally, perf_counter() - start)

    def _ensemble(self, numbers: Mapping[str, Number], paths: int) -> Ensemble:
        """The first draws of a study, with about so many paths in all; or so many paths at the medians."""
        model, outer = self.run(numbers)[0], self._study.uncertainty
        if not outer.draws:
            return at_medians(model, replace(self._study, paths=paths))
        return first_draws(model, self._study, min(max(paths // outer.paths, 2), outer.draws))


def _answer(tally: Tally, seconds: float, bands_at: slice = EVERYWHERE) -> Answer:
    sums, fans, odds = group_sums(tally), fan(tally), odds_of(tally, bands_at=bands_at)
    if bands_at.step:
        odds = {reading: replace(of, quantiles=_between(of.quantiles, bands_at)) for reading, of in odds.items()}
    small = np.int16 if tally.groups.paths.max() < np.iinfo(np.int16).max else np.int64
    return Answer(
        paths=tally.paths, odds={reading: odds[reading] for reading in READINGS}, level=fans.mean,
        level_q=fans.quantiles, sums={reading: sums[reading].astype(small) for reading in READINGS},
        groups=tally.groups, seconds=seconds,
    )  # fmt: skip


def _sparse(tally: Tally) -> slice:
    """Every fourth assessment, the last among them; all of them at the medians, where there are no bands."""
    ticks = tally.occupancy.shape[1]
    return slice((ticks - 1) % BANDS_EVERY, ticks, BANDS_EVERY) if tally.groups.drawn else EVERYWHERE


def _between(quantiles: Floats, known: slice) -> Floats:
    """(7, ticks, scenarios): quantiles known at some ticks, on straight lines between them."""
    ticks = np.arange(quantiles.shape[1])
    columns = np.moveaxis(quantiles, 1, -1)
    lines = [np.interp(ticks, ticks[known], column[known]) for column in columns.reshape(-1, len(ticks))]
    return np.moveaxis(np.reshape(lines, columns.shape), -1, 1)


def table(catalogue: Catalogue, focus: Focus, compared: Comparison) -> list[Row]:
    """The odds table for the focus."""
    tick, reading = catalogue.tick(focus.date), focus.reading
    change, change_se = compared.change(reading, tick)
    now, error, points = compared.odds(reading), compared.errors(reading), compared.quantiles(reading)
    base = compared.level.odds[reading].probability
    rows = []
    for column, scenario in enumerate(catalogue.scenarios):
        low, high = float(points[0, tick, column]), float(points[-1, tick, column])
        known = np.isfinite(low)
        rows.append(
            Row(
                scenario=scenario, now=float(now[tick, column]), se=float(error[tick, column]),
                base=float(base[tick, column]), change=float(change[column]),
                change_se=float(change_se[column]) if np.isfinite(change_se[column]) else 0.0,
                word=ICD203.shown(float(now[tick, column])), low=low if known else None, high=high if known else None,
            )
        )  # fmt: skip
    return rows
