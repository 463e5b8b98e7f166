"""The scenarios of single paths, counted as the kernel counts them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from frenemy.runtime.kernel_cache import numba_cache

CACHE = numba_cache()

import numba as nb  # noqa: E402

from frenemy.arrays import Ints  # noqa: E402

__all__ = ["Counts", "count"]


class Counts(NamedTuple):
    """Sums over paths, in the shapes of `Tally`."""

    occupancy: Ints  # (groups, ticks, scenarios)
    first_entry: Ints  # (groups, ticks, scenarios)
    growth: Ints  # (ticks, scenarios) of the squared shares from tick to tick, as in the kernel


@nb.njit(cache=CACHE, nogil=True)
def count(counts: Counts, scenario: NDArray[np.int8], group: Ints, sign: int) -> None:
    """Add paths to the sums, or with `sign` -1 take them out; `scenario` is (ticks, paths), `group` (paths,)."""
    ticks, paths = scenario.shape
    spent = np.zeros((counts.growth.shape[1], paths), dtype=np.int64)
    for n in range(ticks):
        for p in range(paths):
            j, b = scenario[n, p], group[p]
            counts.occupancy[b, n, j] += sign
            if spent[j, p] == 0:
                counts.first_entry[b, n, j] += sign
            counts.growth[n, j] += sign * (2 * spent[j, p] + 1)
            spent[j, p] += 1
