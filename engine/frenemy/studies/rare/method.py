"""The choice of a method for a rare scenario: levels, faster clocks, or both.

Multilevel splitting multiplies the paths that reach levels of a score. It cannot divide a jump: where one rare shock
brings the scenario about, there is no level on the way to it. Importance sampling then runs the clocks of the triggers
behind it faster (tilts their rates), and weights each path by its likelihood ratio. How much faster is found by
cross-entropy (Rubinstein 1999; for Poisson clocks in closed form): the events of a trigger in the paths that reach the
scenario, over those that its rate would give. A trial decides between levels, clocks and both, on noise that the
estimate itself does not read.
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
from frenemy.studies.rare.choose_levels import MIN_ANCESTORS, find_levels
from frenemy.studies.rare.genealogy import Genealogy, Levels, joined_genealogies
from frenemy.studies.rare.scored_paths import ScoredPaths
from frenemy.studies.rare.splitting import split_paths

__all__ = ["Hits", "Method", "SplittingRun", "find_method", "fit_tilt", "limit_tilt"]


PILOT_PATHS = 1024
"""Initial paths of each pilot round, over at most `MAX_PILOT_DRAWS` draws of the uncertain numbers."""
MAX_PILOT_DRAWS = 32
POPULATION_PATHS = 4096
"""Initial paths of one population."""
PRIOR_PATHS = 2.0
"""Paths' worth of weight for the law itself when a clock's speed is fitted."""
SIGNIFICANT_SE = 3.0
"""Standard errors by which events must exceed what the rate gives before a clock runs faster: each faster clock makes
the likelihood ratios vary more."""
MIN_EXPECTED_EVENTS = 1e-30
"""Expected events below which a trigger counts as one that never happens by its own rate."""
MAX_FURTHER_EVENTS = 0.9
"""Largest number of further events that one event may lead to under the faster clocks."""
RATE_PATHS = 512
"""Paths from which the expected number of events of each trigger is estimated."""
SIMPLER_METHOD_FACTOR = 2.0
"""Levels or clocks alone must cost less than both by this factor to be preferred."""


@dataclass(frozen=True, slots=True, eq=False)
class Method:
    """Levels of splitting, and how many times as fast each trigger's clock runs, (K,)."""

    levels: Levels
    tilt: Floats


@dataclass(frozen=True, slots=True)
class SplittingRun:
    """Splits paths towards scenario `j` in the model under each draw of its uncertain numbers."""

    models: Sequence[Compiled]
    j: int
    seed: int
    workers: int

    def run(self, method: Method, initial_paths: int, step: Callable[[int], object]) -> list[Genealogy]:
        """The genealogy of each draw, from so many initial paths each."""
        parts = []
        for genealogy, _ in self._each_draw(self.models, initial_paths, method, "climb"):
            parts.append(genealogy)
            step(1)
        return parts

    def pilot(self, method: Method, purpose: str) -> tuple[list[Genealogy], Hits]:
        """Genealogies of some of the draws, and what the triggers did in the paths that reached the scenario."""
        models = self.models[:: -(-len(self.models) // MAX_PILOT_DRAWS)]
        each = -(-PILOT_PATHS // len(models))
        pairs = list(self._each_draw(models, each, method, f"scout/{purpose}", observe=True))
        return [genealogy for genealogy, _ in pairs], Hits.joined([part for _, parts in pairs for part in parts])

    def _each_draw(
        self, models: Sequence[Compiled], initial_paths: int, method: Method, purpose: str, *, observe: bool = False
    ) -> Iterator[tuple[Genealogy, list[tuple[Floats, Floats, Floats]]]]:
        """Draw by draw, on noise that depends only on the seed, the purpose and the number of the draw."""

        def work(number: int) -> tuple[Genealogy, list[tuple[Floats, Floats, Floats]]]:
            parts, hits = [], list[tuple[Floats, Floats, Floats]]()
            for part, begin in enumerate(range(0, initial_paths, POPULATION_PATHS)):
                # the purposes are names of streams: another name is other noise
                noise = (generator(self.seed, f"rare/{purpose}/{what}/{number}", part) for what in ("paths", "copies"))
                size = min(POPULATION_PATHS, initial_paths - begin)
                paths = ScoredPaths(models[number], self.j, size, next(noise), tilt=method.tilt, observe=observe)
                parts.append(split_paths(paths, method.levels, next(noise)))
                hits.extend(paths.hits)
            return joined_genealogies(parts), hits

        return ordered_map(work, range(len(models)), self.workers)


@dataclass(frozen=True, slots=True, eq=False)
class Hits:
    """Paths that reached the scenario: weight, and each trigger's own events and integrated rate up to then."""

    weight: Floats  # (hits,)
    own: Floats  # (K, hits)
    used: Floats  # (K, hits)

    @classmethod
    def joined(cls, parts: Sequence[tuple[Floats, Floats, Floats]]) -> Hits:
        """All parts as one."""
        if not parts:
            return cls(np.zeros(0), np.zeros((0, 0)), np.zeros((0, 0)))
        return cls(*(np.concatenate(part, axis=-1) for part in zip(*parts, strict=True)))


def fit_tilt(hits: Hits) -> Floats:
    """(K,) how many times as fast clocks should run for paths such as these: own events over integrated rates.

    The law itself has a small weight in it, as few paths are weak evidence. No clock runs slower, and none faster
    unless its events significantly exceed its rate.
    """
    share = hits.weight / hits.weight.sum()
    paths = 1 / float((share**2).sum())
    own, used = paths * (hits.own @ share), paths * (hits.used @ share)
    prior = PRIOR_PATHS * used / paths
    tilt = np.divide(own + prior, used + prior, out=np.ones_like(own), where=used > 0)
    return np.where(own - used > SIGNIFICANT_SE * np.sqrt(used + 1), tilt, 1.0)


def find_method(splitting: SplittingRun, step: Callable[[int], object]) -> tuple[Method, int]:
    """The method that costs least in a trial, and the ticks simulated to find it."""
    none = np.ones(len(splitting.models[0].trigger_names))
    found, hits, work = _pilot(splitting, none, "0", step)
    levels = Method(found, none)
    compiled = splitting.models[0]
    tilt = limit_tilt(fit_tilt(hits), compiled) if len(hits.weight) >= MIN_ANCESTORS else _tilt_from_rule(splitting)
    for purpose in ("1", "2"):
        if (tilt == 1).all():
            return levels, work
        found, hits, more = _pilot(splitting, tilt, purpose, step)
        work += more
        if purpose == "1" and len(hits.weight) >= MIN_ANCESTORS:
            tilt = limit_tilt(fit_tilt(hits), compiled)
    both, clocks = Method(found, tilt), Method(Levels(), tilt)
    costs = []
    for number, method in enumerate((both, levels, clocks)):
        parts, _ = splitting.pilot(method, f"trial/{number}")
        work += sum(part.work for part in parts)
        step(1)
        costs.append(_cost(parts) * (SIMPLER_METHOD_FACTOR if number else 1.0))
    return (both, levels, clocks)[int(np.argmin(costs))], work


def _pilot(
    splitting: SplittingRun, tilt: Floats, purpose: str, step: Callable[[int], object]
) -> tuple[Levels, Hits, int]:
    """The levels for a tilt, the hits of the last round, and the ticks simulated."""
    last = [Hits.joined(())]

    def run_pilot(number: int, levels: Levels) -> Genealogy:
        parts, last[0] = splitting.pilot(Method(levels, tilt), f"{purpose}/{number}")
        step(1)
        return joined_genealogies(parts)

    levels, work = find_levels(run_pilot)
    return levels, last[0], work


def _tilt_from_rule(splitting: SplittingRun) -> Floats:
    """The tilt where no path reaches the scenario: for the triggers that its rule names, and those that set these off.

    Each clock runs so much faster that one event is expected.
    """
    compiled = splitting.models[0]
    rule = compiled.model.scenarios[splitting.j].enter
    names = {node.trigger for node in ex.walk(rule) if isinstance(node, ex.Count | ex.Active)}
    sets_off = {t.name: {*(f.trigger for f in t.leads_to), *t.raises} for t in compiled.model.triggers}
    while more := {name for name, others in sets_off.items() if others & names} - names:
        names |= more
    none = np.ones(len(compiled.trigger_names))
    noise = generator(splitting.seed, "rare/look", 0)
    paths = SplittingPopulation(compiled, RATE_PATHS, noise, tilt=none, watched=True)
    for _ in range(compiled.ticks):
        paths.advance()
    expected = paths.used.mean(axis=1)
    relevant = np.array([name in names for name in compiled.trigger_names])
    chosen = relevant & (expected > MIN_EXPECTED_EVENTS) & (expected < 1)
    return limit_tilt(np.where(chosen, 1 / np.where(chosen, expected, 1.0), 1.0), compiled)


def limit_tilt(tilt: Floats, compiled: Compiled) -> Floats:
    """Clocks no faster than contagion allows: even then an event must lead to fewer than one other."""
    pairs, links, size = compiled.pairs, compiled.links, len(tilt)
    pair_from = np.repeat(np.arange(size), np.diff(pairs.start))
    link_from = np.repeat(np.arange(size), np.diff(links.start))
    extra = pairs.jump * compiled.tick / (1 - pairs.keep)
    for share in np.linspace(1.0, 0.0, 21):
        slower = tilt**share
        further = np.zeros((size, size))
        np.add.at(further, (pairs.target, pair_from), extra * slower[pairs.target])
        np.add.at(further, (links.target, link_from), links.chance)
        if size == 0 or np.abs(np.linalg.eigvals(further)).max() < MAX_FURTHER_EVENTS:
            return np.asarray(slower)
    return np.ones(size)


def _cost(parts: Sequence[Genealogy]) -> float:
    """Work times relative variance; infinite where no path reaches the scenario."""
    totals = [part.totals()[-1] for part in parts]
    mean = sum(float(total.mean()) for total in totals)
    variance = sum(float(total.var(ddof=1)) / len(total) for total in totals)
    return sum(part.work for part in parts) * variance / mean**2 if mean > 0 else np.inf
