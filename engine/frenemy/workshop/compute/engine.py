"""The odds with some numbers changed, on noise kept in memory; outdated work is dropped.

The functions are those of the command line: at the same paths a settled answer equals `frenemy run --draws 0` bit for
bit, and bands over all outer draws equal `frenemy run`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from frenemy.arrays import Floats
from frenemy.forecast.driver_levels import fan
from frenemy.forecast.forecast import Odds, Reading
from frenemy.forecast.odds import Draws, batch_error, batch_sums, odds_at_medians
from frenemy.model.experiment import Experiment
from frenemy.model.realise import realise, with_values
from frenemy.model.resolved import Model, Number
from frenemy.present.likelihood_words import ICD203
from frenemy.simulation.compile.compile import compile_model
from frenemy.simulation.ensemble.run import Noise, simulate
from frenemy.simulation.ensemble.tally import Tally
from frenemy.simulation.noise.streams import BLOCK
from frenemy.simulation.parameter_draws import outer_draws
from frenemy.workshop.state.catalogue import Catalogue
from frenemy.workshop.state.state import Focus

__all__ = ["SETTLED_PATHS", "Answer", "Bands", "Engine", "Row", "table"]

Stop = Callable[[], None]
"""Called between pieces of work; raises once the work is no longer needed."""
MAX_NOISE_BYTES = 400e6
"""Size above which the noise is drawn again: high rates need many layers, which low rates do not give back."""
READINGS: tuple[Reading, ...] = ("at", "ever")

SETTLED_PATHS = 10_000
"""Paths of a settled answer, unless the experiment asks for fewer."""
PREVIEW_SECONDS = 0.035
"""Seconds that the simulation of a preview may take."""
MIN_PREVIEW_PATHS = BLOCK // 2
"""Paths of the smallest preview."""
FIRST_BANDS = 32
"""Outer draws after which bands are first shown; then at each doubling."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Answer:
    """The odds with every number at its median."""

    paths: int
    odds: Mapping[Reading, Odds]
    level: Floats  # (ticks + 1, drivers) means
    level_q: Floats  # (7, ticks + 1, drivers); NaN without levels
    sums: Mapping[Reading, Floats]  # (batches, ticks, scenarios)
    batch_paths: NDArray[np.int64]
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bands:
    """The odds over the first `draws` outer draws."""

    draws: int
    paths: int
    odds: Mapping[Reading, Odds]


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
    _path_seconds: float = field(default=0.0, init=False)  # per path, moving average

    def __post_init__(self) -> None:
        self._noise = Noise(self.catalogue.experiment.seed, keep=True)

    @property
    def paths(self) -> int:
        """Paths of a settled answer."""
        return min(self.catalogue.experiment.paths, SETTLED_PATHS)

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

    def answer(self, numbers: Mapping[str, Number], paths: int, *, levels: bool = False, stop: Stop) -> Answer:
        """The odds with these numbers at their medians; with `levels` also the quantiles of the drivers."""
        start = perf_counter()
        model, experiment = self.run(numbers)
        stop()
        compiled = compile_model(realise(model), realise(experiment))
        tally = self._simulate(compiled, paths, "full" if levels else "odds", stop)
        seconds = perf_counter() - start
        if not levels:
            latest, before = seconds / paths, self._path_seconds
            self._path_seconds = 0.7 * before + 0.3 * latest if before else latest
        sums, fans = batch_sums(tally), fan(tally)
        odds = odds_at_medians(tally)
        return Answer(
            paths=paths, odds={reading: odds[reading] for reading in READINGS}, level=fans.mean,
            level_q=fans.quantiles, sums={reading: sums[reading] for reading in READINGS},
            batch_paths=tally.batch_paths, seconds=seconds,
        )  # fmt: skip

    def limit_noise(self, numbers: Mapping[str, Number], stop: Stop) -> None:
        """Once high rates have made the noise too large, draw it again, as deep as these numbers need.

        The noise is a function of the seed, so this changes no number.
        """
        if sum(drawn.buffer.nbytes for drawn in [*self._noise._drawn.values()]) > MAX_NOISE_BYTES:
            fresh = Noise(self.catalogue.experiment.seed, keep=True)
            model, experiment = self.run(numbers)
            compiled = compile_model(realise(model), realise(experiment))
            simulate(compiled, seed=fresh, paths=self.paths, detail="odds", workers=1, progress=lambda _: stop())
            self._noise = fresh

    def bands(self, numbers: Mapping[str, Number], stop: Stop) -> Iterator[Bands]:
        """The odds over outer draws: after 32, at each doubling and after all of them; on common noise."""
        model, experiment = self.run(numbers)
        outer = experiment.uncertainty
        shown_next, draws = FIRST_BANDS, None
        for number, drawn in enumerate(outer_draws(model, experiment), 1):
            stop()
            tally = self._simulate(compile_model(*drawn), outer.paths, "odds", stop)
            draws = draws or Draws(tally.batch_paths)
            draws.add(tally)
            if number in {shown_next, outer.draws}:
                odds = draws.odds()
                yield Bands(draws=number, paths=outer.paths, odds={reading: odds[reading] for reading in READINGS})
                shown_next = 2 * shown_next if number == shown_next else shown_next

    def _simulate(self, compiled: object, paths: int, detail: str, stop: Stop) -> Tally:
        return simulate(
            compiled,  # type: ignore[arg-type]
            seed=self._noise,
            paths=paths,
            detail=detail,  # type: ignore[arg-type]
            workers=self.workers,
            progress=lambda _: stop(),
        )


def table(catalogue: Catalogue, focus: Focus, now: Answer, base: Answer, bands: Bands | None) -> list[Row]:
    """The odds table for the focus; `now` and `base` were simulated on the same paths."""
    tick, reading = catalogue.tick(focus.date), focus.reading
    change, change_se = batch_error(now.sums[reading][:, tick] - base.sums[reading][:, tick], now.batch_paths)
    rows = []
    for column, scenario in enumerate(catalogue.scenarios):
        odds = now.odds[reading]
        probability = float(odds.probability[tick, column])
        low, high = (None, None)
        if bands is not None and bands.draws > 1:
            points = bands.odds[reading].quantiles
            low, high = float(points[0, tick, column]), float(points[-1, tick, column])
        error = float(change_se[column])
        rows.append(
            Row(
                scenario=scenario, now=probability, se=float(odds.mc_se[tick, column]),
                base=float(base.odds[reading].probability[tick, column]), change=float(change[column]),
                change_se=error if np.isfinite(error) else 0.0, word=ICD203.shown(probability),
                low=low, high=high,
            )
        )  # fmt: skip
    return rows
