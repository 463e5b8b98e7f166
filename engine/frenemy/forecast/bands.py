"""Bands: quantiles of the odds over outer draws, without the noise of the paths.

The share y_m of a draw of n paths is its odds p_m plus noise of known variance, on average E/n with E the mean variance
between the paths of a draw; so V = Var(y) - E/n is the variance of the p_m. The y_m fall on few values, and draws with
the same value are spread evenly over the interval that is nearer to it than to any other, as a histogram does.

*Yes or no in each path* (at, ever). With p_m from the Beta law of the same mean and variance V, the counts n y_m
follow the Beta-binomial law. So a quantile of the y_m, spread as above, is found in that law spread in the same way,
and the Beta quantile at the same place is the quantile of the odds. Exact if the odds follow a Beta law; if not, the
y_m still decide, as the law only maps noisy shares to odds. Tested on probit-normal odds, crowded at a bound or not:
with 16 to 64 paths a draw within a fiftieth of the standard deviation between draws.

*Shares of time, and differences of odds.* The y_m are shrunk towards their mean so that their variance is V
(constrained empirical Bayes estimates, Louis 1984, JASA 79(386); Ghosh 1992, JASA 87(418)): exact if odds and noise are
normal, otherwise right in variance, with the shape of the noisy spread.

Odds below 1/n cannot be told apart.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from frenemy.arrays import Floats, Ints
from frenemy.forecast.forecast import QUANTILES

__all__ = ["bands"]


SAME = 1e-9
"""Odds of two draws that differ by less are the same: sums of shares of time are rounded."""
MOST_PATHS = 256
"""Paths of a draw up to which counts are mapped; with more, their noise has next to no shape."""
LEAST_VARIANCE = 1e-12
"""With less variance between draws there is no band."""


def bands(rows: Floats, noise: Floats, *, paths: int = 0) -> tuple[Floats, Floats]:
    """Quantiles of the odds over draws, (7, ...), and their variance, both without the noise of the paths.

    `rows` (draws, ...) are the odds of each draw, or changes of these; `noise` (...) is the variance of their noise.
    `paths`: of so many paths of each draw `rows` are the share in which something is so; 0: they are something else.
    NaN with a single draw.
    """
    if len(rows) < 2:
        return np.full((len(QUANTILES), *rows.shape[1:]), np.nan), np.full(rows.shape[1:], np.nan)
    draws = len(rows)
    judgement = np.maximum(rows.var(axis=0, ddof=1) - noise, 0.0)
    ordered = np.sort(rows.reshape(draws, -1).T, axis=1)
    smooth = _Spread.of(ordered)
    # Each draw stands for an equal slice of judgement, its value for the slice's middle (Hazen).
    place = np.clip(draws * np.array(QUANTILES) - 0.5, 0, draws - 1)
    spread = judgement.ravel()
    ends = []
    for whole in (np.floor(place), np.ceil(place)):
        noisy = smooth.at(whole.astype(np.int64))
        if 0 < paths <= MOST_PATHS:
            ends.append(_as_beta(noisy, ordered.mean(axis=1), spread, paths))
        else:
            factor = np.sqrt(np.divide(spread, smooth.variance, where=smooth.variance > 0, out=0 * smooth.variance))
            shrunk = ordered.mean(axis=1) + np.minimum(factor, 1.0) * (noisy - smooth.mean)
            ends.append(np.clip(shrunk, ordered[:, 0], ordered[:, -1]))
    quantiles = ends[0] + (place % 1)[:, None] * (ends[1] - ends[0])
    return quantiles.reshape(len(QUANTILES), *rows.shape[1:]), np.asarray(judgement)


def _as_beta(noisy: Floats, mean: Floats, variance: Floats, paths: int) -> Floats:
    """(places, columns): quantiles of odds, from those of the noisy shares, as if the odds followed a Beta law."""
    from scipy.special import betaincinv, betaln, gammaln

    some = (variance > LEAST_VARIANCE) & (variance < mean * (1 - mean) * (1 - 1e-9))
    found = np.broadcast_to(mean, noisy.shape).copy()
    if not some.any():
        return found
    mean, variance, share = mean[some], variance[some], noisy[:, some]
    size = mean * (1 - mean) / variance - 1
    a, b, k = mean * size, (1 - mean) * size, np.arange(paths + 1)[:, None]
    log_choose = gammaln(paths + 1) - gammaln(k + 1) - gammaln(paths - k + 1)
    mass = np.exp(log_choose + betaln(k + a, paths - k + b) - betaln(a, b))  # Beta-binomial, (paths + 1, columns)
    below = np.cumsum(mass, axis=0) - mass
    at = np.clip(np.floor(share * paths + 0.5).astype(np.int64), 0, paths)
    low, high = np.maximum(at - 0.5, 0.0), np.minimum(at + 0.5, paths)
    column = np.arange(share.shape[1])
    u = below[at, column] + mass[at, column] * (share * paths - low) / (high - low)
    found[:, some] = betaincinv(a, b, np.clip(u, 0.0, 1.0))
    return found


@dataclass(frozen=True, slots=True, eq=False)
class _Spread:
    """Ascending values, (columns, draws), equal ones spread evenly between the midpoints to the next lower and higher.

    Held by runs of equal values, of which there are few where a draw has few paths.
    """

    draws: int
    start: Ints  # (runs,) of each run among all values
    size: Ints
    low: Floats  # where each begins and ends
    width: Floats
    mean: Floats  # (columns,)
    variance: Floats  # (columns,) unbiased

    @classmethod
    def of(cls, ordered: Floats) -> _Spread:
        """The runs of these values."""
        columns, draws = ordered.shape
        new = np.ones(ordered.shape, dtype=bool)
        new[:, 1:] = ordered[:, 1:] > ordered[:, :-1] + SAME
        start = np.flatnonzero(new)
        size, value = np.diff(start, append=ordered.size), ordered.ravel()[start]
        below, above = np.roll(value, 1), np.roll(value, -1)
        low = (value + np.where(start % draws, below, value)) / 2
        high = (value + np.where((start + size) % draws, above, value)) / 2
        width, middle = high - low, (low + high) / 2
        first = np.searchsorted(start, draws * np.arange(columns))
        mean = np.add.reduceat(size * middle, first) / draws
        apart = size * (middle - mean[start // draws]) ** 2 + width**2 * (size**2 - 1) / (12 * size)
        return cls(draws, start, size, low, width, mean, np.add.reduceat(apart, first) / (draws - 1))

    def at(self, places: Ints) -> Floats:
        """(places, columns): the values at these places among the draws."""
        at = places[:, None] + self.draws * np.arange(len(self.mean))
        run = np.searchsorted(self.start, at, side="right") - 1
        return np.asarray(self.low[run] + (at - self.start[run] + 0.5) / self.size[run] * self.width[run])
