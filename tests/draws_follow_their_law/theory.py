"""Consequences of the law, derived independently of the engines: differential equations, recursions over ticks.

Days, latent levels, events a day throughout.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.integrate import solve_ivp
from scipy.special import gammainc, ndtr
from scipy.stats import norm

from frenemy.arrays import Floats

EXACT = {"rtol": 1e-11, "atol": 1e-13}


def latent(points: float) -> float:
    """An effect of so many index points at mid-scale."""
    return math.log((50 + points) / (50 - points))


def level(index: float) -> float:
    return math.log(index / (100 - index))


# --- drivers: the differential equations of mean and covariance -----------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Diffusion:
    """dx = K (mu + a - x) dt + dW, da = -R a dt, with the noise that sustains the stationary covariance P."""

    K: Floats
    P: Floats
    R: Floats

    @property
    def sigma(self) -> Floats:
        return self.K @ self.P + self.P @ self.K.T

    def mean(self, x: Floats, scar: Floats, anchors: Floats, tick: float) -> tuple[Floats, Floats]:
        """Mean levels and scars, (ticks + 1, drivers) each; row n of `anchors` holds through tick n."""
        size, rows = len(x), [np.concatenate([x, scar])]
        for mu in anchors:
            rows.append(self.drift(rows[-1], mu, tick))
        path = np.array(rows)
        return path[:, :size], path[:, size:]

    def drift(self, state: Floats, mu: Floats, days: float) -> Floats:
        """The mean (x, a) after so many days."""
        size = len(mu)

        def slope(_: float, y: Floats) -> Floats:
            return np.concatenate([self.K @ (mu + y[size:] - y[:size]), -self.R @ y[size:]])

        return solve_ivp(slope, (0, days), state, method="DOP853", **EXACT).y[:, -1]

    def covariance(self, days: Floats) -> Floats:
        """Covariance of the levels at each time, from a sharp start; (times, drivers, drivers)."""
        size = len(self.K)

        def slope(_: float, y: Floats) -> Floats:
            C = y.reshape(size, size)
            return (self.sigma - self.K @ C - C @ self.K.T).ravel()

        solution = solve_ivp(slope, (0, days[-1]), np.zeros(size**2), method="DOP853", t_eval=days, **EXACT)
        return solution.y.T.reshape(-1, size, size)

    def memory(self, days: float) -> Floats:
        """What is left of a deviation after so many days: the solution of dM = -K M dt from M = 1."""
        size = len(self.K)

        def slope(_: float, y: Floats) -> Floats:
            return (-self.K @ y.reshape(size, size)).ravel()

        return solve_ivp(slope, (0, days), np.eye(size).ravel(), method="DOP853", **EXACT).y[:, -1].reshape(size, size)


# --- gates that close after an event: renewal equations in continuous time -------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Gated:
    """A trigger at a constant rate whose gate closes with an event for a time."""

    open: Floats  # (ticks + 1,) probability that the gate is open at the start of tick n
    events: Floats  # (ticks,) expected events in tick n
    counts: Floats  # (most + 1,) distribution of the number of events


def renewal(rate: float, tick: float, ticks: int, lasts: tuple[float, float], most: int) -> Gated:
    """The gate is closed for a lognormal time (median, sd of the log; or for a fixed time), then opens at once.

    With a_k(t) the probability that it is open after k events, and F the law of the time for which it is closed,
    a_k(t) = [k = 0] + rate int a_{k-1}(u) F(t - u) du - rate int a_k(u) du, both integrals from 0 to t. On a grid, a_k
    is taken as linear between its points, and F is integrated exactly.
    """
    fine = max(int(8 * tick), 56)
    step, size = tick / fine, ticks * fine
    weights = np.diff(_integral_of_law(step * np.arange(size + 1.0), lasts))[::-1]
    a, cells, total = np.zeros((size + 1, most + 1)), np.zeros((size, most + 1)), np.zeros((size + 1, most + 1))
    a[0, 0] = 1.0
    shift = np.zeros(most + 1)
    for n in range(1, size + 1):
        shift[1:] = weights[size - n : size - 1] @ cells[: n - 1, :-1] + weights[-1] * a[n - 1, :-1] / 2
        now = rate * shift - rate * (total[n - 1] + step * a[n - 1] / 2)
        now[0] += 1.0
        a[n, 0] = now[0] / (1 + rate * step / 2)
        for k in range(1, most + 1):
            a[n, k] = (now[k] + rate * weights[-1] * a[n, k - 1] / 2) / (1 + rate * step / 2)
        cells[n - 1] = (a[n - 1] + a[n]) / 2
        total[n] = total[n - 1] + step * cells[n - 1]
    happened = rate * total[::fine]  # probability of at least k + 1 events up to each tick
    return Gated(
        open=a[::fine].sum(axis=1),
        events=np.diff(happened.sum(axis=1)),
        counts=-np.diff(happened[-1], prepend=1.0),
    )


def dead_time(rate: float, tick: float, ticks: int, days: float, most: int) -> Gated:
    """The same with a fixed time, in closed form: the k-th event comes after k gaps and k - 1 dead times."""
    k, t = np.arange(1, most + 1), tick * np.arange(ticks + 1.0)[:, None]
    happened = gammainc(k, rate * np.maximum(t - (k - 1) * days, 0))
    over = gammainc(k, rate * np.maximum(t - k * days, 0)) * (t > k * days)
    return Gated(
        open=1 - happened.sum(axis=1) + over.sum(axis=1),
        events=np.diff(happened.sum(axis=1)),
        counts=-np.diff(np.concatenate([[1.0], happened[-1], [0.0]])),
    )


def _integral_of_law(t: Floats, lasts: tuple[float, float]) -> Floats:
    """The integral from 0 to t of the distribution function of a lognormal or fixed time."""
    median, sigma = lasts
    if sigma == 0:
        return np.maximum(t - median, 0.0)
    score = np.log(np.maximum(t, 1e-300) / median) / sigma
    return t * ndtr(score) - median * math.exp(sigma**2 / 2) * ndtr(score - sigma)


# --- the wrong twin of these: a gate that opens again only where a tick starts ----------------------------------------


def gated(rate: float, tick: float, ticks: int, reopening: Floats, most: int) -> Gated:
    """`reopening[j]`: probability that an event in tick n opens the gate again at the start of tick n + j, j >= 1."""
    p = -math.expm1(-rate * tick)
    shut = np.zeros((ticks + len(reopening) + 1, most + 1))  # tick of reopening, events so far
    ready, opens, events = np.zeros(most + 1), [], []
    ready[0] = 1.0
    for n in range(ticks):
        opens.append(ready.sum())
        happens = p * ready
        events.append(happens.sum())
        counted = np.concatenate([[0.0], happens[:-1]])
        for j, share in enumerate(reopening):
            shut[n + j] += share * counted
        ready = ready - happens + shut[n + 1]
    opens.append(ready.sum())
    return Gated(open=np.array(opens), events=np.array(events), counts=ready + shut[ticks + 1 :].sum(axis=0))


def end_by(rate: float, tick: float, after: Floats, lasts: tuple[float, float]) -> Floats:
    """Probability that what began with an event in a tick is over so many days after the tick's start.

    The event falls at u, a truncated exponential; what it begins lasts for a lognormal time (median, sd of the log).
    """
    p = -math.expm1(-rate * tick)
    median, sigma = lasts
    if sigma == 0:
        return np.clip(-np.expm1(-rate * np.clip(after - median, 0, tick)) / p, 0, 1)
    nodes, weights = np.polynomial.legendre.leggauss(200)
    u = tick * (nodes + 1) / 2
    density = rate * np.exp(-rate * u) / p * weights * tick / 2
    left = np.maximum(after[:, None] - u, 1e-300)
    return (ndtr(np.log(left / median) / sigma) * density).sum(axis=1)


def reopening(rate: float, tick: float, ticks: int, lasts: tuple[float, float]) -> Floats:
    """Distribution of the tick, counted from that of the event, at whose start the gate is open again.

    The last entry holds all that is later.
    """
    over = end_by(rate, tick, tick * np.arange(ticks + 1.0), lasts)
    over[0], over[-1] = 0.0, 1.0
    return np.diff(over, prepend=0.0)


def spread(median: float, q95: float) -> tuple[float, float]:
    """Median and sd of the logarithm of a lognormal time."""
    return median, math.log(q95 / median) / norm.isf(0.05) if q95 > median else 0.0


# --- counts that feed on themselves: a linear recursion --------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Contagious:
    """Mutually exciting counts. Pair q adds to the rate of `target[q]` and is fed by events of `source[q]`."""

    base: Floats  # (types,) events a day
    source: Sequence[int]
    target: Sequence[int]
    keep: Floats  # (pairs,) share of the extra rate left after a tick
    jump: Floats  # (pairs,) extra rate a day that an event adds

    @classmethod
    def of(cls, base: Sequence[float], pairs: Sequence[tuple[int, int, float, float]], tick: float) -> Contagious:
        """From (source, target, expected extra, half-life): what an event adds decays from tick to tick, and the sum
        over ticks, jump (1 + keep + keep^2 + ...) tick, is the expected extra.
        """
        keep = np.array([2.0 ** (-tick / half_life) for *_, half_life in pairs])
        extra = np.array([pair[2] for pair in pairs])
        return cls(
            base=np.array(base), source=[p[0] for p in pairs], target=[p[1] for p in pairs], keep=keep,
            jump=extra / (tick / (1 - keep)),
        )  # fmt: skip

    def counts(self, tick: float, ticks: int) -> tuple[Floats, Floats, Floats]:
        """Mean (types,) and covariance (types, types) of the counts, and the mean of each tick (ticks, types).

        The state z = (extra rates, counts) obeys z' = A z + B N, with N Poisson of mean tick (base + G z), so that
        mean and covariance obey linear recursions.
        """
        types, pairs = len(self.base), len(self.source)
        A = np.diag(np.concatenate([self.keep, np.ones(types)]))
        B = np.vstack([np.zeros((pairs, types)), np.eye(types)])
        G = np.zeros((types, pairs + types))
        for q, (i, j) in enumerate(zip(self.source, self.target, strict=True)):
            B[q, i] = self.jump[q]
            G[j, q] = 1.0
        m, V, each = np.zeros(pairs + types), np.zeros((pairs + types, pairs + types)), []
        M = A + tick * B @ G
        for _ in range(ticks):
            events = tick * (self.base + G @ m)
            m, V = A @ m + B @ events, M @ V @ M.T + B @ np.diag(events) @ B.T
            each.append(events)
        return m[pairs:], V[pairs:, pairs:], np.array(each)
