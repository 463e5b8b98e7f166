"""Estimates with standard errors of their own, and the one gate that every statistical test goes through.

A claim holds if its estimate lies within 4 standard errors of theory, the errors taken from the run itself. A wrong
twin is a near miss of the law, put through the same gate: it must lie at least 8 out, or the test proves nothing.
The number of paths is chosen so that the smallest error that matters stands out by about 10.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray
from scipy.special import kolmogorov
from scipy.stats import chi2, norm

__all__ = ["Estimate", "Fit", "Proof", "chi_square", "covariance", "kolmogorov_smirnov", "mean", "share", "variance"]

TOLERANCE = 4.0
REFUSED = 8.0
PAGE = Path(__file__).parents[2] / "docs" / "verification.md"
MARK = "<!-- Below: written by tests/draws_follow_their_law/figures.py -->"
WRITING = pytest.StashKey[bool]()
"""Whether the page is being written: then it need not contain the claims of the tests yet."""
MOST = 37.0
"""Beyond this many standard errors a p-value is no longer a number."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number, or an array of numbers, with standard errors."""

    value: NDArray[np.float64]
    se: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Fit:
    """A goodness of fit: its statistic in words, and the p-value."""

    statistic: str
    p: float


def mean(samples: NDArray[Any]) -> Estimate:
    """Mean over the last axis, which runs over paths."""
    return Estimate(samples.mean(axis=-1), samples.std(axis=-1, ddof=1) / np.sqrt(samples.shape[-1]))


def variance(samples: NDArray[Any]) -> Estimate:
    return covariance(samples, samples)


def covariance(a: NDArray[Any], b: NDArray[Any]) -> Estimate:
    """Covariance over the last axis; its error is that of the mean product of deviations."""
    return mean((a - a.mean(axis=-1, keepdims=True)) * (b - b.mean(axis=-1, keepdims=True)))


def difference(one: Estimate, other: Estimate) -> Estimate:
    """The difference of two independent estimates, with the error of both."""
    return Estimate(one.value - other.value, np.hypot(one.se, other.se))


def share(hits: ArrayLike, paths: int) -> Estimate:
    """Share of paths, from the number of hits; the error does not vanish where there are none or all are hits."""
    hits = np.asarray(hits, dtype=np.float64)
    p = (hits + 1) / (paths + 2)
    return Estimate(hits / paths, np.sqrt(p * (1 - p) / paths))


def kolmogorov_smirnov(samples: NDArray[np.float64], cdf: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> Fit:
    """Samples of a continuous law against its distribution function."""
    n = samples.size
    u = cdf(np.sort(samples, axis=None))
    distance = max((np.arange(1, n + 1) / n - u).max(), (u - np.arange(n) / n).max())
    return Fit(f"D = {distance:.5f}, n = {n:,}", float(kolmogorov(np.sqrt(n) * distance)))


def chi_square(observed: NDArray[Any], probabilities: NDArray[np.float64]) -> Fit:
    """Counts of the values 0, 1, ... against their probabilities; the rest up to 1 belongs to all larger values.

    Neighbouring values are pooled until 20 are expected in each bin.
    """
    n = observed.sum()
    size = max(len(observed), len(probabilities)) + 1
    seen, expected = np.zeros(size), np.zeros(size)
    seen[: len(observed)] = observed
    expected[: len(probabilities)] = n * probabilities
    expected[-1] = max(0.0, n - expected.sum())
    edges, total = [0], 0.0
    for i, e in enumerate(expected):
        total += e
        if total >= 20 and expected[i + 1 :].sum() >= 20:
            edges.append(i + 1)
            total = 0.0
    seen, expected = np.add.reduceat(seen, edges), np.add.reduceat(expected, edges)
    statistic, freedom = float(((seen - expected) ** 2 / expected).sum()), len(seen) - 1
    return Fit(f"χ² = {statistic:.1f} on {freedom}", float(chi2.sf(statistic, freedom)))


@dataclass(frozen=True, slots=True)
class Proof:
    """The gate. `record` takes (kind, claim, estimate, theory, error) of each passage, for docs/verification.md."""

    record: Callable[[str, object], None]

    def holds(self, claim: str, estimate: Estimate | Fit, theory: ArrayLike = ()) -> None:
        """The estimate agrees with theory everywhere."""
        worst = self._errors("holds", claim, estimate, theory)
        assert worst < TOLERANCE, f"{claim}: {worst:.1f} standard errors off"

    def refuses(self, twin: str, estimate: Estimate | Fit, theory: ArrayLike = ()) -> None:
        """The same gate refuses a wrong twin, by a distance that cannot be chance."""
        worst = self._errors("refuses", twin, estimate, theory)
        assert worst > REFUSED, f"{twin}: only {worst:.1f} standard errors off, so the test could not tell"

    def exact(self, claim: str, value: ArrayLike, theory: ArrayLike, bound: float = 1e-9) -> None:
        """No chance is involved: equal up to rounding."""
        gap = float(np.abs(np.asarray(value) - np.asarray(theory)).max())
        self.record("proof", ("exact", claim, f"off by {gap:.1e}", f"at most {bound:.0e}", ""))
        assert gap <= bound, f"{claim}: off by {gap:.2e}"

    def inexact(self, twin: str, value: ArrayLike, theory: ArrayLike, bound: float = 1e-9) -> None:
        """A wrong twin of an exact claim is off by a thousand times its bound."""
        gap = float(np.abs(np.asarray(value) - np.asarray(theory)).max())
        self.record("proof", ("refuses", twin, f"off by {gap:.1e}", f"at most {bound:.0e}", ""))
        assert gap > 1000 * bound, f"{twin}: off by only {gap:.2e}"

    def within(self, claim: str, estimate: Estimate, bound: float) -> None:
        """A bias, but no larger than `bound`, four standard errors included."""
        value, se = float(estimate.value), float(estimate.se)
        self.record("proof", ("within", claim, f"{value:+.4f} ± {se:.4f}", f"at most {bound:g} either way", ""))
        assert abs(value) + TOLERANCE * se < bound, f"{claim}: {value:+.4f} ± {se:.4f}"

    def measured(self, what: str, number: str) -> None:
        """A figure worth stating that supports no claim."""
        self.record("proof", ("measured", what, number, "", ""))

    def _errors(self, kind: str, claim: str, estimate: Estimate | Fit, theory: ArrayLike) -> float:
        if isinstance(estimate, Fit):
            worst = min(float(norm.isf(estimate.p / 2)), MOST) if estimate.p > 0 else MOST
            row = (kind, claim, estimate.statistic, f"p = {estimate.p:.2g}", f"{worst:.1f}")
        else:
            value, se, expected = np.broadcast_arrays(estimate.value, estimate.se, np.asarray(theory, dtype=np.float64))
            errors = np.abs(value - expected) / se
            worst, at = float(errors.max()), np.unravel_index(errors.argmax(), errors.shape)
            number = f"{value[at]:.5g} ± {se[at]:.2g}" + (f" (worst of {errors.size})" if errors.size > 1 else "")
            row = (kind, claim, number, f"{expected[at]:.5g}", f"{worst:.1f}")
        self.record("proof", row)
        return worst
