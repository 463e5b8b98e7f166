"""Numbers to be tuned and target odds, on scales that suit a search.

A number is changed in units of its own elicited spread: z = 0 is its median, and z maps through the standard normal to
its quantile function: z = -1.28 and 1.28 are the 10 % and the 90 % point of any distribution.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from frenemy.arrays import Floats
from frenemy.errors import InputError, Problem
from frenemy.forecast.forecast import Odds
from frenemy.forecast.which_odds import assessment, scenario_place
from frenemy.model.distributions import Distribution
from frenemy.model.experiment import Experiment, Reading, Target
from frenemy.model.realise import quantities, uncertain, with_values
from frenemy.model.resolved import Model, Number, central
from frenemy.model.specs.base import close_to

__all__ = [
    "FARTHEST",
    "Knob",
    "OddsTarget",
    "changed",
    "knobs_of",
    "read_odds",
    "targets_of",
    "with_siblings",
]

NORMAL = NormalDist()
FARTHEST = 2.5
"""The largest z of a number: it may go from its 0.6 % to its 99.4 % point."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Knob:
    """An uncertain number that may be changed."""

    key: str
    spread: Distribution

    def value(self, z: float) -> float:
        """The number at z, to four digits, as written to a file."""
        return float(f"{self.spread.quantile(NORMAL.cdf(z)):.4g}")

    def share(self, value: float) -> float:
        """The place of a value in the elicited range, 0-1."""
        return self.spread.cdf(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class OddsTarget:
    """Target odds, by position."""

    reading: Reading
    tick: int
    scenario: int
    probability: float


def knobs_of(model: Model, experiment: Experiment, keys: Sequence[str]) -> tuple[Knob, ...]:
    """The numbers at these keys. Raises InputError for numbers without a range, and unknown keys."""
    ranges = uncertain(model) | uncertain(experiment)
    known = quantities(model) | quantities(experiment)
    problems = [
        Problem(
            message="has no range to be tuned in" if key in known else "names no number of the model",
            key=key,
            allowed="a number with a range, such as { q05 = 0.02, median = 0.06, q95 = 0.15 }",
            suggestion="" if key in known else close_to(key, ranges),
        )
        for key in keys
        if key not in ranges
    ]
    if problems:
        raise InputError(problems)
    return tuple(Knob(key=key, spread=ranges[key]) for key in dict.fromkeys(keys))


def targets_of(model: Model, experiment: Experiment, targets: Sequence[Target]) -> tuple[OddsTarget, ...]:
    """The targets by position. Raises InputError for unknown scenarios and dates outside the run."""
    return tuple(
        OddsTarget(
            reading=target.reading,
            tick=assessment(experiment, target.date),
            scenario=scenario_place(model, target.scenario),
            probability=target.probability,
        )
        for target in targets
    )


def with_siblings(model: Model, values: Mapping[str, float]) -> dict[str, float]:
    """The values; where the probability of a branch is among them, also those of its siblings.

    Siblings share the rest in proportion to their medians, so the probabilities in a file that sets them all sum to 1.
    """
    all_values = dict(values)
    for event in model.calendar:
        medians = {
            f"calendar.{event.name}.branches.{branch.name}.probability": central(branch.probability)
            for branch in event.branches
        }
        siblings = {key: median for key, median in medians.items() if key not in values}
        if 0 < len(siblings) < len(medians):
            rest = max(1 - sum(values[key] for key in medians if key in values), 0.0)
            total = sum(siblings.values())
            all_values |= {key: rest * median / total if total > 0 else 0.0 for key, median in siblings.items()}
    return all_values


def changed(model: Model, experiment: Experiment, values: Mapping[str, Number]) -> tuple[Model, Experiment]:
    """Model and experiment with other numbers at these keys."""
    own = {key: value for key, value in values.items() if key.startswith("initial.")}
    of_model = {key: value for key, value in values.items() if key not in own}
    return with_values(model, of_model), with_values(experiment, own)


def read_odds(odds: Mapping[Reading, Odds], targets: Sequence[OddsTarget]) -> tuple[Floats, Floats]:
    """The odds at the targets and their Monte Carlo errors, (targets,) each."""
    pairs = [
        (odds[it.reading].probability[it.tick, it.scenario], odds[it.reading].mc_se[it.tick, it.scenario])
        for it in targets
    ]
    values, errors = zip(*pairs, strict=True)
    return np.array(values, dtype=np.float64), np.array(errors, dtype=np.float64)
