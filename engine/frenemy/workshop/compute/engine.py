"""Answers for a room: the odds with some numbers moved, on noise kept in memory, dropped as soon as they are stale.

The functions are those of the command line: at the same paths a settled answer has the bits of `frenemy run --draws 0`,
and bands over all outer draws have those of `frenemy run`.
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

__all__ = ["SETTLED", "Answer", "Bands", "Engine", "Row", "table"]

Stop = Callable[[], None]
"""Called between pieces of work; raises when the work is not wanted any more."""
ROOM = 400e6
"""Bytes of noise from which it is drawn anew: high rates need many layers, and low ones do not give them back."""
READINGS: tuple[Reading, ...] = ("at", "ever")

SETTLED = 10_000
"""Paths of a settled answer, unless the experiment asks for fewer."""
QUICK = 0.035
"""Seconds that a preview may simulate."""
MIN_PREVIEW_PATHS = BLOCK // 2
"""Paths of the smallest preview."""
FIRST = 32
"""Outer draws before bands are first shown; then at each doubling."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Answer:
    """The odds with every number at its median."""

    paths: int
    odds: Mapping[Reading, Odds]
    level: Floats  # (ticks + 1, drivers) means
    level_q: Floats  # (7, ticks + 1, drivers); NaN where not asked for
    sums: Mapping[Reading, Floats]  # (batches, ticks, scenarios)
    batch_paths: NDArray[np.int64]
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bands:
    """The odds over the first so many outer draws."""

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
    """Simulates what the room asks for. Safe to use from several threads."""

    catalogue: Catalogue
    workers: int = 0
    _noise: Noise = field(init=False)
    _pace: float = field(default=0.0, init=False)  # seconds a path, lately

    def __post_init__(self) -> None:
        self._noise = Noise(self.catalogue.experiment.seed, keep=True)

    @property
    def paths(self) -> int:
        """Paths of a settled answer."""
        return min(self.catalogue.experiment.paths, SETTLED)

    @property
    def preview_paths(self) -> int:
        """Paths of a preview: as many as go quickly, by how long the last answers took."""
        if not self._pace:
            return min(2 * BLOCK, self.paths)
        return min(max(int(QUICK / self._pace) // MIN_PREVIEW_PATHS, 1) * MIN_PREVIEW_PATHS, self.paths)

    def run(self, numbers: Mapping[str, Number]) -> tuple[Model, Experiment]:
        """Model and experiment with these numbers in the place of the file's."""
        return with_values(self.catalogue.model, numbers), self.catalogue.experiment

    def answer(self, numbers: Mapping[str, Number], paths: int, *, levels: bool = False, stop: Stop) -> Answer:
        """The odds with these numbers at their medians; with `levels` the quantiles of the drivers too."""
        begun = perf_counter()
        model, experiment = self.run(numbers)
        stop()
        compiled = compile_model(realise(model), realise(experiment))
        tally = self._simulate(compiled, paths, "full" if levels else "odds", stop)
        seconds = perf_counter() - begun
        if not levels:
            pace = seconds / paths
            self._pace = pace if not self._pace else 0.7 * self._pace + 0.3 * pace
        sums, fans = batch_sums(tally), fan(tally)
        odds = odds_at_medians(tally)
        return Answer(
            paths=paths, odds={reading: odds[reading] for reading in READINGS}, level=fans.mean,
            level_q=fans.quantiles, sums={reading: sums[reading] for reading in READINGS},
            batch_paths=tally.batch_paths, seconds=seconds,
        )  # fmt: skip

    def tidy(self, numbers: Mapping[str, Number], stop: Stop) -> None:
        """Draw the noise anew, as deep as these numbers want it, once rates that were tried have made it too large.

        It is a function of the seed, so that this changes no number.
        """
        if sum(drawn.buffer.nbytes for drawn in [*self._noise._drawn.values()]) > ROOM:
            fresh = Noise(self.catalogue.experiment.seed, keep=True)
            model, experiment = self.run(numbers)
            compiled = compile_model(realise(model), realise(experiment))
            simulate(compiled, seed=fresh, paths=self.paths, detail="odds", workers=1, progress=lambda _: stop())
            self._noise = fresh

    def bands(self, numbers: Mapping[str, Number], stop: Stop) -> Iterator[Bands]:
        """The odds over outer draws: at 32 of them, then at each doubling, at last over all; the noise is common."""
        model, experiment = self.run(numbers)
        outer = experiment.uncertainty
        told, draws = FIRST, None
        for number, drawn in enumerate(outer_draws(model, experiment), 1):
            stop()
            tally = self._simulate(compile_model(*drawn), outer.paths, "odds", stop)
            draws = draws or Draws(tally.batch_paths)
            draws.add(tally)
            if number in {told, outer.draws}:
                odds = draws.odds()
                yield Bands(draws=number, paths=outer.paths, odds={reading: odds[reading] for reading in READINGS})
                told = 2 * told if number == told else told

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
    """The odds table for what the room looks at; `now` and `base` were simulated on the same paths."""
    tick, reading = catalogue.tick(focus.date), focus.reading
    change, change_se = batch_error(now.sums[reading][:, tick] - base.sums[reading][:, tick], now.batch_paths)
    rows = []
    for place, scenario in enumerate(catalogue.scenarios):
        odds = now.odds[reading]
        probability = float(odds.probability[tick, place])
        low, high = (None, None)
        if bands is not None and bands.draws > 1:
            points = bands.odds[reading].quantiles
            low, high = float(points[0, tick, place]), float(points[-1, tick, place])
        error = float(change_se[place])
        rows.append(
            Row(
                scenario=scenario, now=probability, se=float(odds.mc_se[tick, place]),
                base=float(base.odds[reading].probability[tick, place]), change=float(change[place]),
                change_se=error if np.isfinite(error) else 0.0, word=ICD203.word(min(max(probability, 0.0), 1.0)),
                low=low, high=high,
            )
        )  # fmt: skip
    return rows
