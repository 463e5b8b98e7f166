"""Several worlds on the same noise, path by path: the basis of every comparison."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from frenemy.runtime.executors import ordered_map
from frenemy.simulation.compile.compile import Compiled
from frenemy.simulation.cost import KEPT_NOISE
from frenemy.simulation.ensemble.run import Noise, simulate_paths
from frenemy.simulation.ensemble.tally import BATCHES, GROUP
from frenemy.simulation.noise.streams import BLOCK

__all__ = ["BlockScenarios", "batch_paths", "bit_groups", "paired_blocks", "shared_noise"]

Summary = TypeVar("Summary")


def shared_noise(seed: int, paths: int) -> Noise:
    """The noise of a seed for several worlds: kept from one to the next unless there is too much of it."""
    return Noise(seed, keep=paths <= KEPT_NOISE)


class BlockScenarios(NamedTuple):
    """Scenarios and event counts of one block of paths in one world; the last axis is the path."""

    scenario: NDArray[np.int8]  # (ticks, paths) position in the world's own model.scenarios
    counts: NDArray[np.int64]  # (triggers, paths) events by the end


def paired_blocks(
    worlds: Sequence[Compiled],
    summarise: Callable[[Sequence[BlockScenarios]], Summary],
    *,
    noise: Noise,
    paths: int,
    workers: int = 0,
    progress: Callable[[int], object] = int,
) -> Iterator[Summary]:
    """Simulate paths 0..paths-1 in each of the worlds, and yield `summarise` of each block, in order.

    A block has the same noise in all worlds. Memory does not grow with the number of paths, unless the noise is kept.
    `progress` is called with the paths simulated, all worlds counted.
    """

    def work(block: int) -> tuple[int, Summary]:
        numbers = range(block * BLOCK, min(paths, (block + 1) * BLOCK))
        return len(numbers), summarise([_scenarios(world, noise, numbers) for world in worlds])

    for count, summary in ordered_map(work, range(-(-paths // BLOCK)), workers):
        progress(count * len(worlds))
        yield summary


def _scenarios(world: Compiled, noise: Noise, numbers: Sequence[int]) -> BlockScenarios:
    paths = simulate_paths(world, seed=noise, numbers=numbers, workers=1)
    return BlockScenarios(paths.scenario, paths.counts)


def batch_paths(paths: int) -> NDArray[np.int64]:
    """(BATCHES,): how many of the paths 0..paths-1 belong to each batch."""
    group = np.arange(-(-paths // GROUP))
    sizes = np.minimum(GROUP, paths - group * GROUP)
    return np.bincount(group % BATCHES, weights=sizes, minlength=BATCHES).astype(np.int64)


def bit_groups(mask: NDArray[np.bool_]) -> NDArray[np.uint64]:
    """(..., groups): the paths of a block, (..., paths), as bits, one word for each group of `GROUP` = 64 paths.

    A block begins with a new group, so that the groups of block b are number b * BLOCK / GROUP and following. Counting
    a yes or no by path and batch in words is some fifty times as fast as counting paths.
    """
    missing = -mask.shape[-1] % GROUP
    whole = np.concatenate([mask, np.zeros((*mask.shape[:-1], missing), dtype=bool)], axis=-1) if missing else mask
    return np.packbits(whole, axis=-1).view(np.uint64)
