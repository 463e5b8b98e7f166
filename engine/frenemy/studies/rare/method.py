"""Two ways to what is rare, and which of them serves: levels to climb, and clocks that run faster.

Splitting climbs a ladder of levels. It cannot divide a jump: where one rare shock makes the scenario, there is
nothing on the way to it. Then the clocks of the triggers that bring it about are run faster, and each path counts for
the ratio of its likelihoods (importance sampling). How much faster is found by cross-entropy (Rubinstein 1999; for
Poisson clocks in closed form): the events of a trigger in the paths that are there over those that its rate would
have given. Whether ladder, clocks or both are used is settled by a trial, on noise that the estimate itself does not
read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from frenemy.arrays import Floats
from frenemy.model import conditions as ex
from frenemy.runtime.executors import ordered_map
from frenemy.simulation.compile.compile import Compiled
from frenemy.simulation.noise.streams import generator
from frenemy.simulation.resampling.splitting_population import SplittingPopulation
from frenemy.studies.rare.choose_levels import SUPPORT, pilot
from frenemy.studies.rare.genealogy import Genealogy, Levels, joined_genealogies
from frenemy.studies.rare.scored_paths import ScoredPaths
from frenemy.studies.rare.splitting import split_paths

__all__ = ["Method", "SplittingRun", "faster", "find_method"]


SCOUTS = 1024
"""Futures to begin with in each round of scouting, over at most `SCOUTED` worlds."""
SCOUTED = 32
TOGETHER = 4096
"""Futures that begin together."""
PRIOR_PATHS = 2.0
"""Paths' worth of doubt about how fast a clock should run."""
SIGNIFICANT_SE = 3.0
"""Standard errors by which events must exceed what the rate gives before a clock runs faster: each one that does
makes the likelihoods vary more."""
MIN_EXPECTED_EVENTS = 1e-30
"""Expected events below which a trigger is taken never to happen of itself."""
MOST_LED_TO = 0.9
"""Further events that one may lead to, under the faster clocks."""
PILOT_PATHS = 512
"""Paths by which it is seen how often triggers happen."""
SIMPLER_METHOD_FACTOR = 2.0
"""Times as much that levels or clocks alone must promise to be preferred to both."""


@dataclass(frozen=True, slots=True, eq=False)
class Method:
    """A ladder to climb and how many times as fast each trigger's clock runs, (K,)."""

    ladder: Levels
    tilt: Floats

    @property
    def tilted(self) -> bool:
        """Whether any clock runs faster."""
        return bool((self.tilt != 1).any())


@dataclass(frozen=True, slots=True)
class SplittingRun:
    """Grows trees towards scenario `j` in each world, a world being the model with one draw of its numbers."""

    worlds: Sequence[Compiled]
    j: int
    seed: int
    workers: int

    def climb(self, method: Method, roots: int, step: Callable[[int], object]) -> list[Genealogy]:
        """The trees of each world, from `roots` roots each."""
        trees = []
        for grown, _ in self._grown(self.worlds, roots, method, "climb"):
            trees.append(grown)
            step(1)
        return trees

    def scouted(self, method: Method, purpose: str) -> tuple[list[Genealogy], Arrivals]:
        """Trees in some of the worlds, and what the triggers did in the paths that arrived."""
        some = self.worlds[:: -(-len(self.worlds) // SCOUTED)]
        found = list(self._grown(some, -(-SCOUTS // len(some)), method, f"scout/{purpose}", watched=True))
        return [trees for trees, _ in found], Arrivals.of([part for _, parts in found for part in parts])

    def _grown(
        self, worlds: Sequence[Compiled], roots: int, method: Method, purpose: str, *, watched: bool = False
    ) -> Iterator[tuple[Genealogy, list[tuple[Floats, Floats, Floats]]]]:
        """World by world, by a luck that depends on nothing but the seed, the purpose and the world's number."""

        def work(number: int) -> tuple[Genealogy, list[tuple[Floats, Floats, Floats]]]:
            parts, arrivals = [], list[tuple[Floats, Floats, Floats]]()
            for part, begin in enumerate(range(0, roots, TOGETHER)):
                luck = (generator(self.seed, f"rare/{purpose}/{what}/{number}", part) for what in ("paths", "copies"))
                size = min(TOGETHER, roots - begin)
                crowd = ScoredPaths(worlds[number], self.j, size, next(luck), tilt=method.tilt, watched=watched)
                parts.append(split_paths(crowd, method.ladder, next(luck)))
                arrivals.extend(crowd.arrivals)
            return joined_genealogies(parts), arrivals

        return ordered_map(work, range(len(worlds)), self.workers)


@dataclass(frozen=True, slots=True, eq=False)
class Arrivals:
    """Paths that are there: what each counts for, and each trigger's own events and integrated rate on its way."""

    weight: Floats  # (hits,)
    own: Floats  # (K, hits)
    used: Floats  # (K, hits)

    @classmethod
    def of(cls, parts: Sequence[tuple[Floats, Floats, Floats]]) -> Arrivals:
        """All parts as one."""
        if not parts:
            return cls(np.zeros(0), np.zeros((0, 0)), np.zeros((0, 0)))
        return cls(*(np.concatenate(part, axis=-1) for part in zip(*parts, strict=True)))


def faster(arrivals: Arrivals) -> Floats:
    """(K,) how many times as fast clocks should run for paths such as these: own events over integrated rates.

    A little of the law itself is mixed in, as few paths say little. No clock is run slower, and none faster for what
    could be chance.
    """
    share = arrivals.weight / arrivals.weight.sum()
    paths = 1 / float((share**2).sum())
    own, used = paths * (arrivals.own @ share), paths * (arrivals.used @ share)
    doubt = PRIOR_PATHS * used / paths
    tilt = np.divide(own + doubt, used + doubt, out=np.ones_like(own), where=used > 0)
    return np.where(own - used > SIGNIFICANT_SE * np.sqrt(used + 1), tilt, 1.0)


def find_method(climber: SplittingRun, step: Callable[[int], object]) -> tuple[Method, int]:
    """The method that promises most, and what it took to find it in ticks simulated."""
    none = np.ones(len(climber.worlds[0].trigger_names))
    ladder, arrivals, work = _pilot(climber, none, "0", step)
    levels = Method(ladder, none)
    world = climber.worlds[0]
    tilt = bounded(faster(arrivals), world) if len(arrivals.weight) >= SUPPORT else _named_in_rule(climber)
    for purpose in ("1", "2"):
        if (tilt == 1).all():
            return levels, work
        ladder, arrivals, more = _pilot(climber, tilt, purpose, step)
        work += more
        if purpose == "1" and len(arrivals.weight) >= SUPPORT:
            tilt = bounded(faster(arrivals), world)
    both, clocks = Method(ladder, tilt), Method(Levels(), tilt)
    costs = []
    for number, method in enumerate((both, levels, clocks)):
        trees, _ = climber.scouted(method, f"trial/{number}")
        work += sum(part.work for part in trees)
        step(1)
        costs.append(_cost(trees) * (SIMPLER_METHOD_FACTOR if number else 1.0))
    return (both, levels, clocks)[int(np.argmin(costs))], work


def _pilot(
    climber: SplittingRun, tilt: Floats, purpose: str, step: Callable[[int], object]
) -> tuple[Levels, Arrivals, int]:
    """A ladder for a tilt, and the arrivals of the last round."""
    last = [Arrivals.of(())]

    def grown(number: int, ladder: Levels) -> Genealogy:
        trees, last[0] = climber.scouted(Method(ladder, tilt), f"{purpose}/{number}")
        step(1)
        return joined_genealogies(trees)

    ladder, work = pilot(grown)
    return ladder, last[0], work


def _named_in_rule(climber: SplittingRun) -> Floats:
    """Where nothing arrives: clocks of the triggers that the rule names, and of those that set these off.

    Each so much faster that it is expected to happen once.
    """
    world = climber.worlds[0]
    wanted = {node.trigger for node in ex.walk(world.model.scenarios[climber.j].enter) if isinstance(node, _TRIGGERED)}
    sets_off = {t.name: {*(f.trigger for f in t.leads_to), *t.raises} for t in world.model.triggers}
    while more := {name for name, others in sets_off.items() if others & wanted} - wanted:
        wanted |= more
    none = np.ones(len(world.trigger_names))
    crowd = SplittingPopulation(world, PILOT_PATHS, generator(climber.seed, "rare/look", 0), tilt=none, watched=True)
    for _ in range(world.ticks):
        crowd.advance()
    expected = crowd.used.mean(axis=1)
    chosen = (
        np.array([name in wanted for name in world.trigger_names]) & (expected > MIN_EXPECTED_EVENTS) & (expected < 1)
    )
    return bounded(np.where(chosen, 1 / np.where(chosen, expected, 1.0), 1.0), world)


def bounded(tilt: Floats, world: Compiled) -> Floats:
    """Clocks no faster than contagion allows: an event must lead to less than one other, even at their pace."""
    pairs, links, size = world.pairs, world.links, len(tilt)
    pair_from = np.repeat(np.arange(size), np.diff(pairs.start))
    link_from = np.repeat(np.arange(size), np.diff(links.start))
    extra = pairs.jump * world.tick / (1 - pairs.keep)
    for share in np.linspace(1.0, 0.0, 21):
        slower = tilt**share
        leads = np.zeros((size, size))
        np.add.at(leads, (pairs.target, pair_from), extra * slower[pairs.target])
        np.add.at(leads, (links.target, link_from), links.chance)
        if size == 0 or np.abs(np.linalg.eigvals(leads)).max() < MOST_LED_TO:
            return np.asarray(slower)
    return np.ones(size)


_TRIGGERED = ex.Count | ex.Active


def _cost(trees: Sequence[Genealogy]) -> float:
    """Work times relative variance; infinite where nothing arrives."""
    totals = [part.totals()[-1] for part in trees]
    mean = sum(float(total.mean()) for total in totals)
    variance = sum(float(total.var(ddof=1)) / len(total) for total in totals)
    return sum(part.work for part in trees) * variance / mean**2 if mean > 0 else np.inf
