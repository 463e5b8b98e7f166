"""Bands: quantiles of the odds over outer draws, without the noise of the paths.

The share y_m of a draw of n paths is its odds p_m plus noise of known variance, on average E/n with E the mean variance
between the paths of a draw; so V = Var(y) - E/n is the variance of the p_m. The y_m fall on few values, and draws with
the same value are spread evenly over the interval that is nearer to it than to any other, as a histogram does.

*Yes or no in each path* (at, ever). The law of the p_m is estimated from the counts n y_m (empirical Bayes
deconvolution, "g-modelling": Efron 2016, Biometrika 103(1)): a density relative to the Beta law of the same mean and
variance V, whose logarithm is a cubic in the place in that law, fitted by penalised likelihood. Given that law, the
counts have a known distribution; a quantile of the y_m, spread as above, is found in it, and the quantile of the fitted
law at the same place is that of the odds. So the counts still decide where the fit is not perfect. Tested on Beta,
probit-normal and lognormal odds: with 16 to 64 paths a draw within a twentieth of the standard deviation between draws.

*Shares of time, and differences of odds.* The y_m are shrunk towards their mean so that their variance is V
(constrained empirical Bayes estimates, Louis 1984, JASA 79(386); Ghosh 1992, JASA 87(418)): exact if odds and noise are
normal, otherwise right in variance, with the shape of the noisy spread.

Odds below 1/n cannot be told apart.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from frenemy.arrays import Bools, Floats, Ints
from frenemy.forecast.forecast import QUANTILES

__all__ = ["bands"]


SAME = 1e-9
"""Odds of two draws that differ by less are the same: sums of shares of time are rounded."""
MOST_PATHS = 128
"""Paths of a draw up to which the law of the odds is fitted; with more, the noise of counts has next to no shape."""
OWN_EDGES, EVEN_EDGES = 24, 26
"""Edges of the cells in which the fitted density is constant: where the odds are, and over all odds."""
DEGREE = 3
ROUNDS, SMALL_STEP = 12, 1e-3
"""Newton steps of the fit, at most, and the step after which there is no other."""
LEAST_VARIANCE = 1e-12
"""With less variance between draws there is no band."""


def bands(rows: Floats, noise: Floats, *, paths: int = 0) -> tuple[Floats, Floats]:
    """Quantiles of the odds over draws, (7, ...), and their variance, both without the noise of the paths.

    `rows` (draws, ...) are the odds of each draw, or changes of these; `noise` (...) is the variance of their noise.
    `paths`: of so many paths of each draw `rows` are the share in which something is so; 0: they are something else.
    NaN with a single draw, or where the noise is not known, as with a single path of each draw.
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
    law = _Law.fitted(ordered, spread, paths) if 0 < paths <= MOST_PATHS else None
    ends = []
    for whole in (np.floor(place), np.ceil(place)):
        noisy = smooth.at(whole.astype(np.int64))
        if law is not None:
            ends.append(law.odds_at(noisy))
        else:
            factor = np.sqrt(np.divide(spread, smooth.variance, where=smooth.variance > 0, out=0 * smooth.variance))
            shrunk = ordered.mean(axis=1) + np.minimum(factor, 1.0) * (noisy - smooth.mean)
            ends.append(np.clip(shrunk, ordered[:, 0], ordered[:, -1]))
    quantiles = ends[0] + (place % 1)[:, None] * (ends[1] - ends[0])
    return quantiles.reshape(len(QUANTILES), *rows.shape[1:]), np.asarray(judgement)


@dataclass(frozen=True, slots=True, eq=False)
class _Law:
    """The fitted law of the odds in each column, and what follows from it for the counts."""

    paths: int
    alone: Floats  # (columns,) the odds where they do not differ from draw to draw; NaN where that is not known
    some: Bools  # (columns,) whether they differ; the arrays below are of these columns
    edges: Floats  # (columns, cells + 1) of cells of odds, 0 to 1
    cells: Floats  # (columns, cells) probability of each cell
    counts: Floats  # (columns, paths + 1) probability of each count

    @classmethod
    def fitted(cls, ordered: Floats, variance: Floats, paths: int) -> _Law:
        """The law from the shares of the draws, (columns, draws), and the variance of their odds, (columns,)."""
        mean = ordered.mean(axis=1)
        some = (variance > LEAST_VARIANCE) & (variance < mean * (1 - mean) * (1 - 1e-9))
        m, v = mean[some], variance[some]
        size = m * (1 - m) / v - 1
        edges, below = _cells(m * size, (1 - m) * size)
        kernel = _count_given_odds((edges[:, 1:] + edges[:, :-1]) / 2, paths)
        cells, counts = _most_likely(_histogram(ordered[some], paths), kernel, below)
        return cls(paths, np.where(np.isnan(variance), np.nan, mean), some, edges, cells, counts)

    def odds_at(self, noisy: Floats) -> Floats:
        """(places, columns): the odds that stand where these noisy shares stand, among the shares of all draws."""
        found = np.broadcast_to(self.alone, noisy.shape).copy()
        n, column = self.paths, np.arange(len(self.counts))
        share = noisy[:, self.some] * n
        at = np.clip(np.floor(share + 0.5).astype(np.int64), 0, n)
        low, high = np.maximum(at - 0.5, 0.0), np.minimum(at + 0.5, n)
        before = np.cumsum(self.counts, axis=1) - self.counts
        u = before[column, at] + self.counts[column, at] * (share - low) / (high - low)
        ends = np.cumsum(self.cells, axis=1)
        cell = np.minimum((ends[None] < u[..., None]).sum(axis=-1), self.cells.shape[1] - 1)
        mass = self.cells[column, cell]
        inside = np.divide(u - (ends[column, cell] - mass), mass, out=np.full_like(u, 0.5), where=mass > 0)
        left, right = self.edges[column, cell], self.edges[column, cell + 1]
        found[:, self.some] = left + np.clip(inside, 0.0, 1.0) * (right - left)
        return found


def _histogram(shares: Floats, paths: int) -> Floats:
    """(columns, paths + 1): how many draws, (columns, draws), have each count."""
    columns = len(shares)
    cells = np.rint(shares * paths).astype(np.int64) + (paths + 1) * np.arange(columns)[:, None]
    counts = np.bincount(cells.ravel(), minlength=columns * (paths + 1))
    return counts.reshape(columns, paths + 1).astype(np.float64)


def _cells(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """Edges of cells of odds, (columns, cells + 1), and the probability below each in the Beta law.

    They are fine where the law has its mass, by the mean and standard deviation of its log-odds, and over all odds.
    """
    from scipy.special import betainc, expit, polygamma, psi

    middle, width = psi(a) - psi(b), np.sqrt(polygamma(1, a) + polygamma(1, b))
    own = expit(middle[:, None] + width[:, None] * np.linspace(-3.0, 3.0, OWN_EDGES))
    even = np.broadcast_to(np.sin(np.linspace(0, np.pi / 2, EVEN_EDGES)) ** 2, (len(a), EVEN_EDGES))
    edges = np.sort(np.concatenate([own, even], axis=1), axis=1)
    return edges, np.asarray(betainc(a[:, None], b[:, None], edges), dtype=np.float64)


def _count_given_odds(odds: Floats, paths: int) -> Floats:
    """(columns, paths + 1, cells): probability of each count given the odds in each cell, (columns, cells)."""
    from scipy.special import gammaln

    p, k = np.clip(odds, 1e-12, 1 - 1e-12)[:, None], np.arange(paths + 1)[:, None]
    log_choose = gammaln(paths + 1) - gammaln(k + 1) - gammaln(paths - k + 1)
    return np.exp(log_choose + k * np.log(p) + (paths - k) * np.log1p(-p))


def _most_likely(observed: Floats, kernel: Floats, below: Floats) -> tuple[Floats, Floats]:
    """Probabilities of the cells and of the counts that make the observed counts, (columns, counts), most likely.

    Half the squared coefficients are subtracted from the log likelihood. Newton's method with the expected information,
    damped where a step does not climb. No column depends on the others.
    """
    columns, draws = len(observed), observed.sum(axis=1)
    prior, places = np.diff(below, axis=1), below[:, 1:] + below[:, :-1] - 1
    basis = np.polynomial.legendre.legvander(places, DEGREE)[..., 1:]  # (columns, cells, DEGREE)

    def law(coefficients: Floats) -> tuple[Floats, Floats, Floats]:
        heights = (basis @ coefficients[..., None])[..., 0]
        cells = prior * np.exp(heights - heights.max(axis=1, keepdims=True))
        cells /= cells.sum(axis=1, keepdims=True)
        counts = np.maximum((kernel @ cells[..., None])[..., 0], 1e-300)
        return cells, counts, (observed * np.log(counts)).sum(axis=1) - 0.5 * (coefficients**2).sum(axis=1)

    coefficients, damping = np.zeros((columns, DEGREE)), 1e-3 * draws
    cells, counts, height = law(coefficients)
    going = np.ones(columns, dtype=np.bool_)
    for _ in range(ROUNDS):
        means = (cells[:, None] @ basis)[:, 0]  # of the basis, (columns, DEGREE)
        given = (kernel * cells[:, None]) @ basis / counts[..., None]  # the same given each count
        apart = given - means[:, None]
        slope = (observed[:, None] @ apart)[:, 0] - coefficients
        information = np.swapaxes(apart * (counts * draws[:, None])[..., None], 1, 2) @ apart
        damped = information + (1 + damping)[:, None, None] * np.eye(DEGREE)
        step = np.linalg.solve(damped, slope[..., None])[..., 0]
        trial = law(coefficients + step)
        climbs = going & (trial[2] > height)
        coefficients = np.where(climbs[:, None], coefficients + step, coefficients)
        cells, counts = (np.where(climbs[:, None], new, old) for new, old in zip(trial, (cells, counts), strict=False))
        height, damping = np.where(climbs, trial[2], height), np.where(climbs, damping / 5, damping * 8 + 1e-9)
        going &= np.abs(step).max(axis=1) >= SMALL_STEP
        if not going.any():
            break
    return cells, counts / counts.sum(axis=1, keepdims=True)


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
