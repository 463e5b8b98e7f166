"""In which part of the elicited ranges the targets are met: boxes over outer draws of all uncertain numbers.

Each draw is a model with numbers and odds of its own. The cases of interest are the draws in which every target is met:
odds of at least the target where it is above the odds before, of at most the target where it is below.
A box (see `prim`) gives the parts of their elicited ranges in which some numbers have to lie for that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from frenemy.arrays import Floats
from frenemy.check.check import check_draws, concerned_draws
from frenemy.errors import InputError
from frenemy.forecast.odds import group_sums
from frenemy.model.describe.wording import counted
from frenemy.model.experiment import Experiment
from frenemy.model.realise import uncertain
from frenemy.model.resolved import Model
from frenemy.simulation.ensembles import simulate_experiment
from frenemy.simulation.parameter_draws import points
from frenemy.studies.knobs import Knob, OddsTarget, knobs_of
from frenemy.studies.tune.prim import MIN_CASES, Box, boxes

__all__ = ["NO_REGION", "Region", "Restriction", "find_region", "region_paths", "restrictions"]

MIN_PATHS_PER_DRAW, MAX_PATHS_PER_DRAW = 256, 512
"""Many draws matter more than the last percent of the odds of each."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Region:
    """Boxes in the shares of the elicited ranges, 0-1, of all uncertain numbers."""

    knobs: tuple[Knob, ...]  # the dimensions
    draws: int  # 0: no search for a region
    paths: int  # of each draw
    at_least: tuple[bool, ...]  # by target: odds of at least, or at most, the target
    cases: int  # draws in which every target is met
    boxes: tuple[Box, ...]
    why_none: str  # why there is no box; empty if there are some


NO_REGION = Region(knobs=(), draws=0, paths=0, at_least=(), cases=0, boxes=(), why_none="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Restriction:
    """The restriction of one number by a box: shares of its elicited range, and the values there."""

    knob: Knob
    low: float  # share; 0 where the end is free
    high: float  # share; 1 where the end is free
    least: float  # value; NaN where the end is free
    most: float
    quasi_p: float


def restrictions(box: Box, knobs: Sequence[Knob]) -> tuple[Restriction, ...]:
    """The restrictions of a box, the most significant first."""
    found = []
    for limit in box.limits:
        knob, low, high = knobs[limit.dimension], max(limit.low, 0.0), min(limit.high, 1.0)
        found.append(
            Restriction(
                knob=knob, low=low, high=high,
                least=knob.spread.quantile(low) if low > 0 else np.nan,
                most=knob.spread.quantile(high) if high < 1 else np.nan,
                quasi_p=limit.quasi_p,
            )
        )  # fmt: skip
    return tuple(found)


def region_paths(experiment: Experiment) -> int:
    """Paths of each draw in the search for a region."""
    return min(max(experiment.uncertainty.paths, MIN_PATHS_PER_DRAW), MAX_PATHS_PER_DRAW)


def find_region(
    model: Model,
    experiment: Experiment,
    targets: Sequence[OddsTarget],
    before: Floats,
    *,
    workers: int = 0,
    step: Callable[[int], object] = int,
) -> Region:
    """Boxes over as many outer draws as the experiment says; `before`: the odds before, (targets,).

    `step` is called with the futures done. Raises InputError where some draws cannot be simulated.
    """
    outer = experiment.uncertainty
    paths = region_paths(experiment)
    experiment = replace(experiment, uncertainty=replace(outer, paths=paths))
    if problems := check_draws(concerned_draws(model, experiment)):
        raise InputError(problems)
    tally = simulate_experiment(model, experiment, detail="odds", workers=workers, progress=step)
    sums = group_sums(tally)
    odds = np.stack([tally.groups.rows(sums[it.reading][:, it.tick, it.scenario]) for it in targets], axis=1)
    target_odds = np.array([target.probability for target in targets])
    at_least = target_odds >= before
    hits = np.all(np.where(at_least, odds >= target_odds, odds <= target_odds), axis=1)
    knobs = knobs_of(model, experiment, tuple(uncertain(model) | uncertain(experiment)))
    shares = points([knob.key for knob in knobs], outer.draws, experiment.seed, model.correlated)
    found = boxes(shares, hits)
    cases = int(hits.sum())
    return Region(
        knobs=knobs, draws=outer.draws, paths=paths, at_least=tuple(bool(side) for side in at_least), cases=cases,
        boxes=tuple(found), why_none="" if found else _why_none(cases, outer.draws),
    )  # fmt: skip


def _why_none(cases: int, draws: int) -> str:
    if cases < MIN_CASES:
        return (
            f"only {cases} of {counted(draws, 'draw')} meet it, too few to find a region; use more draws, or "
            "other targets"
        )
    if draws - cases < MIN_CASES:
        return f"{cases} of {counted(draws, 'draw')} meet it: it holds nearly everywhere"
    return "on draws that it was not found on, no box is denser than the rest: no small set of numbers decides it"
