"""Several worlds on the same noise, draw by draw and path by path: the basis of every comparison."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from frenemy.runtime.executors import ordered_map
from frenemy.simulation.cost import KEPT_NOISE
from frenemy.simulation.ensemble.ensemble import Ensemble, Part
from frenemy.simulation.ensemble.run import BlockScenarios, Noise, block_scenarios, new_job
from frenemy.simulation.ensemble.tally import GROUP

__all__ = ["BlockScenarios", "bit_groups", "by_group", "paired_blocks", "shared_noise"]

Summary = TypeVar("Summary")


def shared_noise(seed: int, paths: int) -> Noise:
    """The noise of a seed for several worlds: kept from one to the next unless there is too much of it."""
    return Noise(seed, keep=paths <= KEPT_NOISE)


def paired_blocks(
    worlds: Sequence[Ensemble],
    summarise: Callable[[Sequence[BlockScenarios], list[Part]], Summary],
    *,
    noise: Noise,
    workers: int = 0,
    progress: Callable[[int], object] = int,
) -> Iterator[tuple[list[Part], Summary]]:
    """Simulate the same paths in each world; of each block yield its groups and what `summarise` makes of it.

    Draw m of one world has the same noise as draw m of the others. Memory does not grow with the number of paths,
    unless the noise is kept. `progress` is called with the paths simulated, all worlds counted.
    """
    jobs = [new_job(world, noise) for world in worlds]
    base = worlds[0]

    def work(block: int) -> tuple[list[Part], Summary]:
        groups = base.group_parts(block)
        return groups, summarise([block_scenarios(job, block) for job in jobs], groups)

    for groups, summary in ordered_map(work, base.blocks, workers):
        progress((groups[-1].stop - groups[0].start) * len(worlds))
        yield groups, summary


def by_group(scenario: NDArray[np.int8], groups: Sequence[Part]) -> NDArray[np.int8]:
    """(ticks, groups, width): the paths of each group of a block, with -1 where a group has fewer than the widest.

    `scenario` (ticks, paths) are the paths of the groups, one group after the other; the width is a multiple of 64.
    """
    sizes = [part.stop - part.start for part in groups]
    width = -(-max(sizes) // GROUP) * GROUP
    if set(sizes) == {width}:
        return scenario.reshape(len(scenario), len(groups), width)
    padded = np.full((len(scenario), len(groups), width), -1, dtype=np.int8)
    for place, part in enumerate(groups):
        begin = part.start - groups[0].start
        padded[:, place, : sizes[place]] = scenario[:, begin : begin + sizes[place]]
    return padded


def bit_groups(mask: NDArray[np.bool_]) -> NDArray[np.uint64]:
    """(..., words): paths as bits, from (..., paths), their number a multiple of 64.

    Counting a yes or no by path and group in words is some fifty times as fast as counting paths.
    """
    return np.packbits(mask, axis=-1).view(np.uint64)
