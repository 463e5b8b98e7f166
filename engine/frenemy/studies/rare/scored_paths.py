"""A crowd on its way to a scenario: how near each path is to entering it.

Below 0: the points by which the scenario's rule fails. From 0 to 1: it holds, and this is the share done of the
assessments in a row that are needed. Then the path is there, or cannot come there any more: held for good by another
scenario, or with less time left than the rule must hold.
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
    """A population for `splitting.grow`: `size` paths of a compiled model, scored by how near scenario `j` they are."""

    def __init__(
        self, compiled: Compiled, j: int, size: int, rng: np.random.Generator, *, tilt: Floats, watched: bool = False
    ) -> None:
        self.ticks, self._j = compiled.ticks, j
        self._crowd = SplittingPopulation(compiled, size, rng, tilt=tilt, watched=watched)
        self.arrivals: list[tuple[Floats, Floats, Floats]] = []
        self._needed = int(compiled.rules.ticks[j])
        self._traps = np.flatnonzero(compiled.rules.absorbing == 1)
        self._traps = self._traps[self._traps != j]
        scenario = compiled.model.scenarios[j]
        words = NamesInConditions(
            drivers={name: i for i, name in enumerate(compiled.drivers)},
            triggers={name: k for k, name in enumerate(compiled.trigger_names)},
            thresholds={name: central(value) for name, value in scenario.thresholds.items()},
        )
        self._degree = degree_of(scenario.enter, words)

    @property
    def size(self) -> int:
        """How many places there are."""
        return self._crowd.size

    def advance(self) -> None:
        """Simulate one tick."""
        self._crowd.advance()

    def score(self) -> Floats:
        """(size,) how near each path is."""
        crowd, state = self._crowd, self._crowd.state
        sight = ObservedState(
            state.levels.s, state.clocks.happened, state.clocks.ends, crowd.tick * crowd.compiled.tick
        )
        degree = np.broadcast_to(self._degree(sight), (self.size,))
        streak = np.where(degree >= 0, state.places.streak[self._j], 0)
        score = np.where(degree < 0, degree, np.minimum(streak / self._needed, 1.0))
        late = self._needed - streak > self.ticks - crowd.tick
        trapped = np.isin(state.places.scenario, self._traps) if len(self._traps) else np.False_
        score = np.where(late | trapped, LOST, score)
        return np.where(state.places.scenario == self._j, HIT, score)

    def ratio(self, places: Ints) -> Floats:
        """(places,) likelihood of each path under the law over that under the tilted one."""
        return self._crowd.ratio(places)

    def arrived(self, places: Ints, weight: Floats) -> None:
        """Keep what the triggers of the paths that are there have done so far."""
        self.arrivals.append((weight, self._crowd.own[:, places], self._crowd.used[:, places]))

    def spread(self, source: Ints, target: Ints) -> None:
        """Put copies of the paths in the places `source` into the places `target`, to go on by luck of their own."""
        self._crowd.spread(source, target)

    def arrange(self, index: Ints) -> None:
        """Have as many places as `index`, with the paths of those places."""
        self._crowd.arrange(index)
