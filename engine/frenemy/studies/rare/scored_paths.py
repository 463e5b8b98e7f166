"""Paths scored by how near they are to entering a scenario.

Below 0 the score is the number of points by which the scenario's rule fails. From 0 to 1 the rule holds, and the score
is the share of the required consecutive assessments for which it has held. Finally the path is in the scenario (HIT),
or can no longer enter it (LOST): another scenario holds it for good, or less time is left than the rule must hold.
"""

from __future__ import annotations

import numpy as np

from frenemy.arrays import Floats, Ints
from frenemy.model.resolved import central
from frenemy.simulation.compile.compile import Compiled
from frenemy.simulation.resampling.splitting_population import SplittingPopulation
from frenemy.studies.rare.genealogy import HIT, LOST
from frenemy.studies.rare.robustness import NamesInConditions, ObservedState, degree_of

__all__ = ["ScoredPaths"]


class ScoredPaths:
    """A population for `split_paths`: `size` paths of a compiled model, scored by how near they are to scenario `j`."""

    def __init__(
        self, compiled: Compiled, j: int, size: int, rng: np.random.Generator, *, tilt: Floats, observe: bool = False
    ) -> None:
        self.ticks, self._j = compiled.ticks, j
        self._paths = SplittingPopulation(compiled, size, rng, tilt=tilt, watched=observe)
        self.hits: list[tuple[Floats, Floats, Floats]] = []
        self._needed = int(compiled.rules.ticks[j])
        self._traps = np.flatnonzero(compiled.rules.absorbing == 1)
        self._traps = self._traps[self._traps != j]
        scenario = compiled.model.scenarios[j]
        names = NamesInConditions(
            drivers={name: i for i, name in enumerate(compiled.drivers)},
            triggers={name: k for k, name in enumerate(compiled.trigger_names)},
            thresholds={name: central(value) for name, value in scenario.thresholds.items()},
        )
        self._degree = degree_of(scenario.enter, names)

    @property
    def size(self) -> int:
        """How many places there are."""
        return self._paths.size

    def advance(self) -> None:
        """Simulate one tick."""
        self._paths.advance()

    def score(self) -> Floats:
        """(size,) how near each path is."""
        paths, state = self._paths, self._paths.state
        now = paths.tick * paths.compiled.tick
        observed = ObservedState(state.levels.s, state.clocks.happened, state.clocks.ends, now)
        degree = np.broadcast_to(self._degree(observed), (self.size,))
        streak = np.where(degree >= 0, state.places.streak[self._j], 0)
        score = np.where(degree < 0, degree, np.minimum(streak / self._needed, 1.0))
        late = self._needed - streak > self.ticks - paths.tick
        trapped = np.isin(state.places.scenario, self._traps) if len(self._traps) else np.False_
        score = np.where(late | trapped, LOST, score)
        return np.where(state.places.scenario == self._j, HIT, score)

    def ratio(self, places: Ints) -> Floats:
        """(places,) likelihood of each path under the law over that under the tilted one."""
        return self._paths.ratio(places)

    def record_hits(self, places: Ints, weight: Floats) -> None:
        """Keep what the triggers did so far in the paths that have reached the scenario."""
        self.hits.append((weight, self._paths.own[:, places], self._paths.used[:, places]))

    def spread(self, source: Ints, target: Ints) -> None:
        """Copy the paths in the places `source` into the places `target`; the copies have noise of their own."""
        self._paths.spread(source, target)

    def arrange(self, index: Ints) -> None:
        """Make place n hold the path of place `index[n]`."""
        self._paths.arrange(index)
