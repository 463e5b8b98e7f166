"""How long paths stay, from stays that ended and stays that outlast the run (Kaplan–Meier).

E. L. Kaplan and P. Meier (1958), Journal of the American Statistical Association 53(282), 457–481. The spells of one
path are not independent, and neither are the paths of one outer draw. So errors come from leaving out one batch of
paths, or one draw, at a time (jackknife), not from Greenwood's formula. Over draws the pseudo-values of the jackknife
(Tukey 1958) stand for the draws in `simulation.ensemble.groups`, as the draws fill the ranges evenly. Errors of the
quantiles, which are steps, leave out a thirty-second of the draws or paths at a time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from frenemy.arrays import Floats, Ints
from frenemy.simulation.ensemble.ensemble import Ensemble
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


def dwell(found: Spells, ticks: int, ensemble: Ensemble) -> Dwell:
    """The distribution of the lengths of the spells of an ensemble's paths, at every tick from 0 to the last."""
    clusters = len(ensemble.models) if ensemble.drawn else min(BATCHES, ensemble.paths)
    cluster = found.path * clusters // ensemble.paths
    ended, length = np.zeros((2, clusters, ticks + 1), dtype=np.int64)
    np.add.at(ended, (cluster[found.ended], found.length[found.ended]), 1)
    np.add.at(length, (cluster, found.length), 1)
    at_risk = np.cumsum(length[:, ::-1], axis=1)[:, ::-1]
    survival = _survival(ended.sum(axis=0), at_risk.sum(axis=0))
    rest = _survival(*_without_one(ended, at_risk))
    batch = np.arange(clusters) * min(BATCHES, clusters) // clusters
    starts = np.flatnonzero(np.diff(batch, prepend=-1))
    batches = _survival(*_without_one(np.add.reduceat(ended, starts), np.add.reduceat(at_risk, starts)))
    quantiles = _quantiles(survival)
    return Dwell(
        spells=len(found.path),
        censored=int((~found.ended).sum()),
        times=np.arange(ticks + 1),
        survival=survival,
        survival_se=_over_draws(ensemble, rest, survival) if ensemble.drawn else _jackknife(rest),
        quantiles=quantiles,
        quantiles_se=_jackknife(np.array([_quantiles(curve) for curve in batches])),
    )


def _without_one(ended: Ints, at_risk: Ints) -> tuple[Ints, Ints]:
    """The counts of all clusters but one each, (clusters, times); clusters without spells are left in."""
    kept = at_risk[:, 0] < at_risk[:, 0].sum()
    return (ended.sum(axis=0) - ended)[kept], (at_risk.sum(axis=0) - at_risk)[kept]


def _survival(ended: Ints, at_risk: Ints) -> Floats:
    """The Kaplan–Meier estimate, (..., times), from the spells that end at each length and those that last as long.

    NaN without spells, and beyond the last one if it is censored.
    """
    hazard = np.divide(ended, at_risk, out=np.zeros(at_risk.shape), where=at_risk > 0)
    survival = np.cumprod(1 - hazard, axis=-1)
    return np.where((at_risk == 0) & (survival > 0), np.nan, survival)


def _quantiles(survival: Floats) -> Floats:
    """(3,): the first times by which these shares have ended."""
    reached = [np.flatnonzero(survival <= 1 - share + 1e-12) for share in QUANTILE_SHARES]
    return np.array([float(at[0]) if len(at) else np.nan for at in reached])


def _jackknife(estimates: Floats) -> Floats:
    """Standard errors from estimates that each leave out one group, (groups, ...); NaN from fewer than two groups."""
    groups = len(estimates)
    if groups < 2:
        return np.full(estimates.shape[1:], np.nan)
    spread = ((estimates - estimates.mean(axis=0)) ** 2).sum(axis=0)
    return np.asarray(np.sqrt(spread * (groups - 1) / groups))


def _over_draws(ensemble: Ensemble, rest: Floats, whole: Floats) -> Floats:
    """Standard errors from estimates that each leave out one draw, (draws, times); NaN if a draw has all spells."""
    draws = len(ensemble.models)
    if len(rest) < draws or draws < 2:
        return np.full(whole.shape, np.nan)
    pseudo = draws * whole - (draws - 1) * rest
    return np.asarray(np.sqrt(ensemble.groups.residual_variance(pseudo) / draws))
