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

Judgements that are correlated (`[[judgement.correlated]]`) are drawn through a Gaussian copula: the points of the
numbers concerned become normal scores, which the Cholesky factor of their correlation mixes, in the order in which the
pairs name them. So the first of them and all other numbers keep exactly their points, and every number its
distribution.

One Sobol set through all dimensions was rejected: a number's dimension would depend on which others are uncertain,
and with many dimensions and few points some pairs of dimensions line up (256 points in 60 dimensions: correlations
of up to 0.4 between numbers that the analyst takes to be independent). It would have averaged interactions better: in
trials on smooth functions of 10 to 100 numbers its error of the mean was a third to a half as large, both being small
beside the Monte Carlo error of the paths.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from frenemy.model.experiment import Experiment
from frenemy.model.realise import keyed, quantities, realise, rescaled, uncertain
from frenemy.model.resolved import Correlated, Model
from frenemy.simulation.noise.streams import generator
from frenemy.simulation.quantiles import values_at

__all__ = ["as_simulated", "correlated_scores", "outer_draws", "points"]

TINY = 2.0**-53
"""Quantile functions may be infinite at 0 and 1."""


def points(
    keys: Sequence[str], draws: int, seed: int, correlated: Sequence[Correlated] = (), *, repeat: int = 0
) -> NDArray[np.float64]:
    """(draws, keys), each strictly between 0 and 1; a key's column is a function of (key, draws, seed, repeat) alone.

    Except for `correlated` pairs among the keys, whose columns depend on one another. Another `repeat` gives an
    independent set of draws.
    """
    table = np.empty((draws, len(keys)))
    for column, key in enumerate(keys):
        table[:, column] = _column(key, draws, seed, repeat)
    return _mixed_points(table, keys, correlated)


def _mixed_points(
    table: NDArray[np.float64], keys: Sequence[str], correlated: Sequence[Correlated]
) -> NDArray[np.float64]:
    mixed = _cholesky(keys, correlated)
    if mixed is None:
        return table
    from scipy.special import ndtr, ndtri

    places, factor = mixed
    moved = [row for row in range(len(places)) if factor[row, :row].any()]  # the others keep their points exactly
    scores = ndtri(table[:, places]) @ factor[moved].T
    table[:, [places[row] for row in moved]] = np.clip(ndtr(scores), TINY, 1 - TINY)
    return table


def correlated_scores(
    scores: NDArray[np.float64], keys: Sequence[str], correlated: Sequence[Correlated]
) -> NDArray[np.float64]:
    """Independent normal scores, (..., keys), as those of the numbers: mixed where judgements are correlated."""
    mixed = _cholesky(keys, correlated)
    if mixed is None:
        return scores
    places, factor = mixed
    together = np.array(scores)
    together[..., places] = scores[..., places] @ factor.T
    return together


def _cholesky(keys: Sequence[str], correlated: Sequence[Correlated]) -> tuple[list[int], NDArray[np.float64]] | None:
    """The positions of the correlated keys, in the order of the pairs, and the factor of their correlation."""
    known = {key: place for place, key in enumerate(keys)}
    pairs = [pair for pair in correlated if all(key in known for key in pair.between)]
    if not pairs:
        return None
    order = list(dict.fromkeys(key for pair in pairs for key in pair.between))
    matrix = np.eye(len(order))
    for pair in pairs:
        first, second = (order.index(key) for key in pair.between)
        matrix[first, second] = matrix[second, first] = pair.rho
    return [known[key] for key in order], np.asarray(np.linalg.cholesky(matrix), dtype=np.float64)


def outer_draws(model: Model, experiment: Experiment) -> Iterator[tuple[Model, Experiment]]:
    """`experiment.uncertainty.draws` realised models and experiments, one after the other, each with plain numbers.

    Where nothing is uncertain they are all the same.
    """
    ranges = uncertain(model) | uncertain(experiment)
    of_model = frozenset(uncertain(model))
    places = points(tuple(ranges), experiment.uncertainty.draws, experiment.seed, model.correlated)
    for row in values_at(ranges.values(), places).tolist():
        values = dict(zip(ranges, row, strict=True))
        yield (
            realise(model, {key: value for key, value in values.items() if key in of_model}),
            realise(experiment, {key: value for key, value in values.items() if key not in of_model}),
        )


def as_simulated(
    model: Model, experiment: Experiment, drawn: Mapping[str, NDArray[np.float64]]
) -> dict[str, NDArray[np.float64]]:
    """Each number that differs from draw to draw, (draws,), as it is simulated, in the order of the files.

    The numbers as `drawn`, made consistent as `realise` does: branch probabilities rescaled to sum to 1, with the
    certain ones among them, and the 95 % point of a time not below its median.
    """
    stated: dict[str, Any] = quantities(model) | quantities(experiment)
    found = dict(drawn)
    names, at_start = keyed(model), keyed(experiment).initial
    for event in names.calendar:
        keys = [str(branch.probability) for branch in event.branches]
        if not found.keys().isdisjoint(keys):
            rows = _side_by_side(keys, found, stated).tolist()
            found |= zip(keys, np.array([rescaled(row) for row in rows]).T, strict=True)
    times = [trigger.duration for trigger in names.triggers] + [*at_start.episodes.values()]
    times += [follow_up.delay for trigger in names.triggers for follow_up in trigger.leads_to]
    for time in times:
        keys = [str(time.median), str(time.q95)]
        if not found.keys().isdisjoint(keys):
            found[keys[1]] = _side_by_side(keys, found, stated).max(axis=1)
    return {key: found[key] for key in stated if key in found and (key in drawn or (found[key] != stated[key]).any())}


def _side_by_side(
    keys: Sequence[str], found: Mapping[str, NDArray[np.float64]], stated: Mapping[str, float]
) -> NDArray[np.float64]:
    """(draws, keys): the values of these numbers; certain ones repeated."""
    return np.stack(np.broadcast_arrays(*(found.get(key, stated[key]) for key in keys)), axis=1)


@lru_cache(maxsize=128)
def _column(key: str, draws: int, seed: int, repeat: int) -> NDArray[np.float64]:
    """The column of one key; variants of a model share those of all numbers that they have in common."""
    rng = generator(seed, f"judgement/{key}", repeat)
    return np.clip((rng.permutation(draws) + rng.random(draws)) / draws, TINY, 1 - TINY)
