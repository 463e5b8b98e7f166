"""Where in the space of judgement the odds wanted hold: boxes over outer draws of all uncertain numbers.

Each draw is a model with numbers of its own, and its odds are those of a run of it; the cases of interest are the draws
in which every target is met: odds of at least what is wanted where that is more than they are, of at most that where
it is less. A box (see `prim`) says within which parts of their elicited ranges some numbers have to lie for that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from frenemy.arrays import Floats
from frenemy.check.check import check_draws, concerned_draws
from frenemy.errors import InputError
from frenemy.forecast.odds import odds_at_medians
from frenemy.model.experiment import Experiment
from frenemy.model.realise import uncertain
from frenemy.model.resolved import Model
from frenemy.simulation.compile.compile import compile_model
from frenemy.simulation.ensemble.run import Noise, simulate_each
from frenemy.simulation.parameter_draws import outer_draws, points
from frenemy.studies.knobs import Knob, OddsTarget, knobs_of, read_odds
from frenemy.studies.tune.prim import MIN_CASES, Box, boxes

__all__ = ["NO_REGION", "Region", "Restriction", "find_region", "restrictions"]

MAX_PATHS_PER_DRAW = 512
"""Futures of each draw at most: that many draws matter more than the last percent of each one's odds."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Region:
    """Boxes in the shares of the elicited ranges, 0-1, of all uncertain numbers."""

    knobs: tuple[Knob, ...]  # the dimensions
    draws: int  # 0: no region was asked for
    paths: int  # of each draw
    at_least: tuple[bool, ...]  # by target: odds of at least, or at most, what is wanted
    cases: int  # draws in which every target is met
    boxes: tuple[Box, ...]
    why_none: str  # why there is no box; empty if there are some


NO_REGION = Region(knobs=(), draws=0, paths=0, at_least=(), cases=0, boxes=(), why_none="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Restriction:
    """What a box says about one number: shares of its elicited range, and the values there."""

    knob: Knob
    low: float  # share; 0 where the end is free
    high: float  # share; 1 where the end is free
    least: float  # value; NaN where the end is free
    most: float
    quasi_p: float


def restrictions(box: Box, knobs: Sequence[Knob]) -> tuple[Restriction, ...]:
    """What a box says, number by number, the clearest first."""
    said = []
    for limit in box.limits:
        knob, low, high = knobs[limit.dimension], max(limit.low, 0.0), min(limit.high, 1.0)
        said.append(
            Restriction(
                knob=knob, low=low, high=high,
                least=knob.spread.quantile(low) if low > 0 else np.nan,
                most=knob.spread.quantile(high) if high < 1 else np.nan,
                quasi_p=limit.quasi_p,
            )
        )  # fmt: skip
    return tuple(said)


def find_region(
    model: Model,
    experiment: Experiment,
    aims: Sequence[OddsTarget],
    before: Floats,
    *,
    workers: int = 0,
    step: Callable[[int], object] = int,
) -> Region:
    """Boxes over as many outer draws as the experiment says; `before` are the odds as they are, (aims,).

    `step` hears of each draw. Raises InputError where some draws cannot be simulated.
    """
    outer = experiment.uncertainty
    paths = min(outer.paths, MAX_PATHS_PER_DRAW)
    experiment = replace(experiment, uncertainty=replace(outer, paths=paths))
    if problems := check_draws(concerned_draws(model, experiment)):
        raise InputError(problems)
    odds = np.empty((outer.draws, len(aims)))
    worlds = (compile_model(*drawn) for drawn in outer_draws(model, experiment))
    noise = Noise(experiment.seed, keep=True)
    for row, tally in enumerate(simulate_each(worlds, seed=noise, paths=paths, detail="odds", workers=workers)):
        odds[row] = read_odds(odds_at_medians(tally), aims)[0]
        step(1)
    wanted = np.array([aim.probability for aim in aims])
    at_least = wanted >= before
    hits = np.all(np.where(at_least, odds >= wanted, odds <= wanted), axis=1)
    knobs = knobs_of(model, experiment, tuple(uncertain(model) | uncertain(experiment)))
    shares = points([knob.key for knob in knobs], outer.draws, experiment.seed)
    found = boxes(shares, hits)
    cases = int(hits.sum())
    return Region(
        knobs=knobs,
        draws=outer.draws,
        paths=paths,
        at_least=tuple(bool(side) for side in at_least),
        cases=cases,
        boxes=tuple(found),
        why_none="" if found else _why_none(cases, outer.draws),
    )


def _why_none(cases: int, draws: int) -> str:
    if cases < MIN_CASES:
        return f"only {cases} of {draws} draws meet it, too few to find a region; ask for more draws, or for other odds"
    if draws - cases < MIN_CASES:
        return f"{cases} of {draws} draws meet it: it holds nearly everywhere"
    return "no box is denser than the rest on draws that it was not found on: no few numbers decide it"
