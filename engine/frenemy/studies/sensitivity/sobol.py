"""Sobol indices: which uncertain numbers the variance of the odds comes from, each alone and with its interactions.

The design and the estimators are SALib's (Saltelli et al. 2010, Comput. Phys. Commun. 181(2); errors by bootstrap over
the rows of the design). Numbers may form groups, which then have an index as a whole.

Each point of the design is one run of a few paths (`sobol_runs`). Sampling noise that differs from one point to another
would look like an effect, above all like an interaction. The batches of paths show how much there is of it: the
variance between batches of a difference of two points, divided by their number, is what the noise adds to the mean
square of the difference. It is subtracted from the total indices and from the variance, and reported.

An index is significant if it exceeds its error (95 %); otherwise it is not distinguishable from 0 at this budget.
Estimates are clipped to 0-1, as the indices themselves lie there.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from frenemy.arrays import Floats

__all__ = ["SobolIndices", "design", "indices"]

RESAMPLES = 200
"""Bootstrap samples behind each error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SobolIndices:
    """Sobol indices of one or more outputs; shapes (groups, ...) with the shape of the output after the groups.

    Where the output does not vary the indices are NaN.
    """

    groups: tuple[str, ...]
    first: Floats  # the share of the variance that fixing the group alone would remove
    first_error: Floats  # 95 %
    total: Floats  # the share that would remain if all else were fixed
    total_error: Floats  # 95 %
    variance: Floats  # (...) of the output, without sampling noise
    noise_share: Floats  # (...) share of the raw variance that is sampling noise, 0-1

    @property
    def first_significant(self) -> NDArray[np.bool_]:
        """Whether the first-order index is distinguishable from 0."""
        return np.asarray(self.first > self.first_error)

    @property
    def total_significant(self) -> NDArray[np.bool_]:
        """Whether the total index is distinguishable from 0."""
        return np.asarray(self.total > self.total_error)


def design(groups: Sequence[str], samples: int, seed: int) -> Floats:
    """Points of the unit cube, (samples x (distinct groups + 2), numbers); `groups` names the group of each number."""
    from SALib.sample import sobol

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # on sizes that are no power of 2
        points = sobol.sample(_problem(groups), samples, calc_second_order=False, seed=np.random.default_rng(seed))
    return np.clip(np.asarray(points, dtype=np.float64), 2.0**-53, 1 - 2.0**-53)


def indices(groups: Sequence[str], outputs: Iterable[Floats], seed: int) -> SobolIndices:
    """Indices from the output at every point of the design, (batches, ...) each: its means over equal batches.

    An output without sampling noise has one batch.
    """
    names = tuple(dict.fromkeys(groups))
    cells = np.stack(list(outputs))  # (points, batches, ...)
    shape = cells.shape[2:]
    cells = cells.reshape(*cells.shape[:2], -1)
    if len(cells) % (len(names) + 2):
        raise ValueError("the outputs are not those of the design")
    raw = np.stack([_analysed(groups, column, seed) for column in cells.mean(axis=1).T], axis=-1)  # (4, G, outputs)
    variance = cells.mean(axis=1).var(axis=0)
    own, between = _sampling_noise(cells, len(names))
    clean = np.maximum(variance - own, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = np.where(clean > 1e-3 * variance, variance / clean, np.nan)
        first, first_error, total, total_error = raw * scale
        total = total - between / clean
    first, total = np.clip(first, 0.0, 1.0), np.clip(total, 0.0, 1.0)
    noise_share = np.divide(own, variance, out=np.zeros_like(variance), where=variance > 0)

    def shaped(values: Floats) -> Floats:
        return values.reshape((*values.shape[:-1], *shape))

    return SobolIndices(
        groups=names, first=shaped(first), first_error=shaped(first_error), total=shaped(total),
        total_error=shaped(total_error), variance=shaped(clean), noise_share=shaped(np.minimum(noise_share, 1.0)),
    )  # fmt: skip


def _problem(groups: Sequence[str]) -> dict[str, Any]:
    return {
        "num_vars": len(groups),
        "names": [f"x{place}" for place in range(len(groups))],
        "groups": list(groups),
        "bounds": [[0.0, 1.0]] * len(groups),
    }


def _analysed(groups: Sequence[str], output: Floats, seed: int) -> Floats:
    """(4, groups): first order, its error, total, its error; NaN where the output does not vary."""
    from SALib.analyze import sobol

    names = list(dict.fromkeys(groups))
    if np.ptp(output) == 0.0:
        return np.full((4, len(names)), np.nan)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # on rows that all agree: their indices are NaN, and not significant
        found = sobol.analyze(
            _problem(groups), output, calc_second_order=False, num_resamples=RESAMPLES, seed=seed % 2**31 + 1
        )
    table = np.array([found[name] for name in ("S1", "S1_conf", "ST", "ST_conf")], dtype=np.float64)
    return np.where(np.isfinite(table), table, np.nan)


def _sampling_noise(cells: Floats, groups: int) -> tuple[Floats, Floats]:
    """What sampling noise adds to the variance, (outputs,), and to the numerators of total indices, (groups, outputs).

    Noise common to all points moves them together and adds to neither, so it is subtracted first.
    """
    batches = cells.shape[1]
    if batches < 2:
        return np.zeros(cells.shape[2]), np.zeros((groups, cells.shape[2]))
    apart = cells - cells.mean(axis=0)
    own = apart.var(axis=1, ddof=1).mean(axis=0) / batches
    rows = cells.reshape(-1, groups + 2, *cells.shape[1:])
    differences = rows[:, 1:-1] - rows[:, :1]  # one group exchanged, less none: (rows, G, batches, outputs)
    between = differences.var(axis=2, ddof=1).mean(axis=0) / batches / 2
    return own, between
