"""Outer draws: models in which each uncertain number has one of its possible values.

Each uncertain number has its own one-dimensional scrambled Sobol sequence, in its own random order; both are keyed by
(seed, "judgement", the number's dotted key). So the values of one number depend on no other number: adding, fixing or
widening an uncertain number leaves the draws of all others as they are, and variants of a model are compared on the
same draws as they are compared on the same noise. This is Latin supercube sampling
(Owen 1998, ACM TOMACS 8(1)) with groups of one dimension: every range is covered evenly, so that the additive part of
the odds is averaged almost exactly.

In one dimension the first M = 2^k Sobol points under Owen's nested uniform scrambling (1995) are one point at random
in each of M slices of equal probability, each independent of the others. Shuffled, that is a permutation plus a
uniform, which needs no library and works for any M.

One Sobol set through all dimensions was rejected: a number's dimension would depend on which others are uncertain,
and with many dimensions and few points some pairs of dimensions line up (256 points in 60 dimensions: correlations
of up to 0.4 between numbers that the analyst takes to be independent). It would have averaged interactions better: in
trials on smooth functions of 10 to 100 numbers its error of the mean was a third to a half as large, both being small
beside the Monte Carlo error of the paths.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from frenemy.model.experiment import Experiment
from frenemy.model.realise import realise, uncertain
from frenemy.model.resolved import Model
from frenemy.simulation.noise.streams import generator

__all__ = ["models_at", "outer_draws", "points"]

TINY = 2.0**-53
"""Quantile functions may be infinite at 0 and 1."""


def points(keys: Sequence[str], draws: int, seed: int) -> NDArray[np.float64]:
    """(draws, keys), each strictly between 0 and 1; a key's column is a function of (key, draws, seed) alone."""
    table = np.empty((draws, len(keys)))
    for column, key in enumerate(keys):
        table[:, column] = _column(key, draws, seed)
    return table


def outer_draws(model: Model, experiment: Experiment) -> Iterator[tuple[Model, Experiment]]:
    """`experiment.uncertainty.draws` realised models and experiments, one after the other, each with plain numbers.

    Where nothing is uncertain they are all the same.
    """
    keys = tuple(uncertain(model) | uncertain(experiment))
    yield from models_at(model, experiment, points(keys, experiment.uncertainty.draws, experiment.seed))


def models_at(model: Model, experiment: Experiment, places: NDArray[np.float64]) -> Iterator[tuple[Model, Experiment]]:
    """A realised model and experiment for each row of `places`, (rows, uncertain numbers): places in their ranges."""
    ranges = uncertain(model) | uncertain(experiment)
    of_model = frozenset(uncertain(model))
    for row in places:
        values = {key: float(ranges[key].quantile(float(u))) for key, u in zip(ranges, row, strict=True)}
        yield (
            realise(model, {key: value for key, value in values.items() if key in of_model}),
            realise(experiment, {key: value for key, value in values.items() if key not in of_model}),
        )


def _column(key: str, draws: int, seed: int) -> NDArray[np.float64]:
    rng = generator(seed, f"judgement/{key}", 0)
    return np.clip((rng.permutation(draws) + rng.random(draws)) / draws, TINY, 1 - TINY)
