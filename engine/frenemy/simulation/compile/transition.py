"""The exact transition of the linear system of the drivers between events.

    dx = K (mu + a - x) dt + dW,   da = -R a dt,   cov(dW) = Sigma dt

Over one tick, x -> phi x + (I - phi) mu + scar a + shock z and a -> heal a, with z standard normal. The mean comes
from one matrix exponential of the joint system. The covariance of one tick is P - phi P phi', P being the stationary
covariance that Sigma = K P + P K' upholds (Gardiner, Handbook of Stochastic Methods, section 4.4.6): it takes no
exponential that grows, and so holds for half-lives of minutes as of centuries.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from frenemy.arrays import Floats

__all__ = ["Transition", "semidefinite_factor", "transition"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Transition:
    """One tick of the drivers; all arrays are (..., drivers, drivers) float64, latent units."""

    phi: Floats  # from level to level
    anchor: Floats  # from the anchor mu to the level, I - phi
    scar: Floats  # from scar to level
    heal: Floats  # from scar to scar, diagonal
    shock: Floats  # lower triangular factor of the covariance of one tick


def transition(k: Floats, p: Floats, r: Floats, dt: float) -> Transition:
    """The transition over `dt` days of the system with reversion `k`, healing `r` and stationary covariance `p`.

    All are (..., drivers, drivers), of one system or of several.
    """
    from scipy.linalg import expm

    size = k.shape[-1]
    joint = np.zeros((*k.shape[:-2], 2 * size, 2 * size))
    joint[..., :size, :size], joint[..., :size, size:], joint[..., size:, size:] = -k, k, -r
    joint = expm(joint * dt)
    phi = joint[..., :size, :size]
    covariance = p - phi @ p @ phi.mT
    return Transition(
        phi=phi,
        anchor=np.eye(size) - phi,
        scar=joint[..., :size, size:],
        heal=joint[..., size:, size:],
        shock=semidefinite_factor((covariance + covariance.mT) / 2),
    )


def semidefinite_factor(covariance: Floats) -> Floats:
    """Lower triangular L with L Lᵀ = covariance, (..., n, n); a direction without variance gets a column of zeros.

    Cholesky's recursion, which unlike LAPACK's continues past a zero pivot: a driver may have no volatility.
    """
    factor = np.zeros_like(covariance)
    variances = np.diagonal(covariance, axis1=-2, axis2=-1)
    floor = 1e-13 * np.maximum(np.max(variances, axis=-1, initial=0.0), 1e-300)
    for j in range(covariance.shape[-1]):
        left = covariance[..., j:, j] - (factor[..., j:, :j] * factor[..., j : j + 1, :j]).sum(axis=-1)
        pivot = left[..., 0]
        root = np.sqrt(np.where(pivot > floor, pivot, np.inf))
        factor[..., j:, j] = left / root[..., None]
        factor[..., j, j] = np.where(pivot > floor, root, 0.0)
    return factor
