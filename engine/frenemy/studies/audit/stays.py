"""How long paths stay, from stays that ended and stays that outlast the run (Kaplan–Meier).

E. L. Kaplan and P. Meier (1958), Journal of the American Statistical Association 53(282), 457–481; computed by
`scipy.stats.ecdf` on right-censored samples. The spells of one path are not independent, so errors come from leaving
out one batch of paths at a time (delete-a-group jackknife), not from Greenwood's formula.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from frenemy.arrays import Floats, Ints
from frenemy.simulation.ensemble.tally import BATCHES

__all__ = ["Dwell", "Spells", "dwell", "spells"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Spells:
    """Stretches of consecutive ticks, ordered by path, then by time."""

    path: Ints  # (spells,)
    first: Ints  # (spells,) the first tick of the stretch
    length: Ints  # (spells,) ticks
    ended: NDArray[np.bool_]  # (spells,) False: it lasts beyond the last tick


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Dwell:
    """How long spells last; times in ticks. A quantile is NaN where too many spells outlast the run."""

    spells: int
    censored: int  # spells that outlast the run
    times: Ints  # (times,) 0 first
    survival: Floats  # (times,) share of spells that last longer
    survival_se: Floats  # (times,)
    quantiles: Floats  # (3,) times by which a quarter, a half, three quarters of the spells have ended
    quantiles_se: Floats  # (3,)


QUANTILE_SHARES = (0.25, 0.5, 0.75)
"""Shares of ended spells, for `Dwell.quantiles`."""


def spells(holds: NDArray[np.bool_]) -> Spells:
    """The stretches of (ticks, paths) in which something holds."""
    padded = np.zeros((holds.shape[0] + 2, holds.shape[1]), dtype=np.int8)
    padded[1:-1] = holds
    change = np.diff(padded, axis=0).T
    path, first = np.nonzero(change == 1)
    _, last = np.nonzero(change == -1)
    return Spells(path=path, first=first, length=last - first, ended=last < holds.shape[0])


def dwell(found: Spells, ticks: int, paths: int) -> Dwell:
    """The distribution of the spells' lengths, at every tick from 0 to the run's length."""
    times = np.arange(ticks + 1)
    survival = _survival(found, np.ones(len(found.path), dtype=np.bool_), times)
    quantiles = _quantiles(times, survival)
    group = found.path * min(BATCHES, paths) // paths
    rest = [kept for g in np.unique(group) if (kept := group != g).any()]
    curves = np.array([_survival(found, kept, times) for kept in rest])
    ends = np.array([_quantiles(times, curve) for curve in curves])
    return Dwell(
        spells=len(found.path),
        censored=int((~found.ended).sum()),
        times=times,
        survival=survival,
        survival_se=_jackknife(curves, survival),
        quantiles=quantiles,
        quantiles_se=_jackknife(ends, quantiles),
    )


def _survival(found: Spells, kept: NDArray[np.bool_], times: Ints) -> Floats:
    """(times,): the Kaplan–Meier estimate; NaN without spells, and beyond the last one if it is censored."""
    from scipy.stats import CensoredData, ecdf

    lengths, ended = found.length[kept], found.ended[kept]
    if len(lengths) == 0:
        return np.full(len(times), np.nan)
    counted = lengths.astype(np.float64)
    sample: CensoredData = CensoredData(uncensored=counted[ended], right=counted[~ended])
    survival = np.asarray(ecdf(sample).sf.evaluate(times), dtype=np.float64)
    return np.where(times > lengths.max(), np.where(survival > 0, np.nan, 0.0), survival)


def _quantiles(times: Ints, survival: Floats) -> Floats:
    """(3,): the first times by which these shares have ended."""
    reached = [np.flatnonzero(survival <= 1 - share + 1e-12) for share in QUANTILE_SHARES]
    return np.array([float(times[at[0]]) if len(at) else np.nan for at in reached])


def _jackknife(estimates: Floats, whole: Floats) -> Floats:
    """Standard errors from estimates that each leave out one group; NaN from fewer than two groups."""
    groups = len(estimates)
    if groups < 2:
        return np.full(whole.shape, np.nan)
    spread = ((estimates - estimates.mean(axis=0)) ** 2).sum(axis=0)
    return np.asarray(np.sqrt(spread * (groups - 1) / groups))
