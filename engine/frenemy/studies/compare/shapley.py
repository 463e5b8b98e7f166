"""A change in the odds, split over the edits that cause it; the parts sum to the whole.

With few edits, parts are Shapley values (Shapley 1953; Owen 2014 for functions of inputs): the part of an edit is the
mean of what it adds when it is made, over all orders in which the edits could be made. It does not depend on the order
in the file, and edits that have an effect only together share it. With many edits, where there would be too many worlds
to simulate, the edits are made in the order of the file and each part is what its edit adds to those before.

Both kinds are sums over worlds with fixed weights, path by path on the same noise: the error follows from the spread of
that sum over the paths, and the parts sum to the whole on every path.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import factorial

import numpy as np

from frenemy.arrays import Floats
from frenemy.forecast.paired.differences import difference_error, numbering
from frenemy.forecast.paired.paths import BlockScenarios, paired_blocks
from frenemy.simulation.ensemble.ensemble import Part
from frenemy.simulation.ensemble.run import Noise
from frenemy.simulation.ensembles import ensemble_of
from frenemy.studies.compare.edits import Edit, Worlds

__all__ = ["Split", "split_over", "weights_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Parts of a change in the odds *at* the report's dates, means over judgement and chance."""

    edits: tuple[Edit, ...]
    shapley: bool  # False: in the order of the file
    part: Floats  # (edits, report dates, scenarios)
    part_se: Floats
    whole: Floats  # (report dates, scenarios)
    whole_se: Floats


def split_over(
    worlds: Worlds,
    ticks: Sequence[int],
    *,
    noise: Noise,
    workers: int = 0,
    progress: Callable[[int], object] = int,
) -> Split:
    """Split the change from no edit to all of them, at the assessments `ticks` (positions from 0)."""
    sets = [*worlds.worlds]
    ensembles = [ensemble_of(*worlds.worlds[made]) for made in sets]
    base = ensembles[sets.index(frozenset())]
    orders = [numbering(world.models[0], base.models[0]) for world in ensembles]
    edits, kinds, at = len(worlds.edits), len(base.models[0].model.scenarios), list(ticks)
    all_made = frozenset(range(edits))
    whole = np.array([[float(made == all_made) - float(not made) for made in sets]])
    rows = np.concatenate([weights_of(sets, edits, shapley=worlds.every), whole])  # (edits + 1, worlds)

    def sums(block: Sequence[BlockScenarios], groups: list[Part]) -> tuple[Floats, Floats]:
        scenario = np.stack([order[world.scenario[at]] for world, order in zip(block, orders, strict=True)])
        starts = [part.start - groups[0].start for part in groups]
        total, squares = np.zeros((len(groups), *shape)), np.zeros(shape)
        for j in range(kinds):
            parts = np.tensordot(rows, (scenario == j).astype(np.float64), axes=1)  # (edits + 1, dates, paths)
            total[..., j] = np.moveaxis(np.add.reduceat(parts, starts, axis=-1), -1, 0)
            squares[..., j] = (parts**2).sum(axis=-1)
        return total, squares

    shape = (len(rows), len(at), kinds)
    total, squares = np.zeros((len(base.groups.paths), *shape)), np.zeros(shape)
    for groups, (one, two) in paired_blocks(ensembles, sums, noise=noise, workers=workers, progress=progress):
        np.add.at(total, [part.number for part in groups], one)
        squares += two
    mean, error = base.groups.mean(total), difference_error(base.groups, total, squares)
    return Split(
        edits=worlds.edits, shapley=worlds.every, part=mean[:-1], part_se=error[:-1], whole=mean[-1], whole_se=error[-1]
    )


def weights_of(sets: Sequence[frozenset[int]], edits: int, *, shapley: bool) -> Floats:
    """(edits, worlds): the weight of each world in the part of each edit; each row sums to 0."""
    rows = np.zeros((edits, len(sets)))
    place = {made: n for n, made in enumerate(sets)}
    if not shapley:
        chain = sorted(sets, key=len)
        for number, (before, after) in enumerate(pairwise(chain)):
            rows[number, place[before]], rows[number, place[after]] = -1.0, 1.0
        return rows
    for made, n in place.items():
        for edit in range(edits):
            others = len(made - {edit})
            weight = factorial(others) * factorial(edits - others - 1) / factorial(edits)
            rows[edit, n] = weight if edit in made else -weight
    return rows
