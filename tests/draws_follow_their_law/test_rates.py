"""Events are Poisson at the rate that holds through each tick, as long as their gate is open.

Theory: the Poisson law of counts, exponential gaps, uniform times within ticks; for gates that close, renewal theory
in continuous time, since a gate opens and closes at its own moment. The wrong twin is a gate that is assessed only
where a tick starts.
"""

from __future__ import annotations

import numpy as np
import pytest
from proof import Estimate, Proof, chi_square, kolmogorov_smirnov, mean, share, variance
from readings import by_tick, numbered
from scipy.special import gammainc, ndtr
from scipy.stats import poisson
from theory import dead_time, gated, latent, level, renewal, reopening, spread

from builders import (
    YEAR,
    branch,
    calendar_event,
    compiled,
    day,
    driver,
    experiment,
    lognormal,
    model,
    per_year,
    rule,
    trigger,
    within,
)
from frenemy.simulation.ensemble.run import simulate, simulate_paths


def test_counts(proof: Proof) -> None:
    """A probability within a window: the chance of none, mean, variance and law of the counts over two years."""
    paths, ticks, tick = 40_000, 26, 28
    strike = trigger("strike", rate=within(0.85, 300))
    counts = simulate_paths(compiled(model(triggers=(strike,)), experiment(ticks=ticks, tick=tick)), seed=21,
                            numbers=range(paths)).counts[0]  # fmt: skip
    expected = -np.log(0.15) / 300 * ticks * tick
    law = poisson.pmf(np.arange(40), expected)
    proof.holds("mean count", mean(counts), expected)
    proof.holds("variance of the counts", variance(counts), expected)
    proof.holds("law of the counts", chi_square(np.bincount(counts), law))
    window = share(np.count_nonzero(counts == 0), paths)
    proof.holds("none in 728 days, from 15 % in 300", window, 0.15 ** (728 / 300))
    hazard = -np.expm1(-expected / ticks)
    proof.refuses("a rate 3 % higher", mean(counts), 1.03 * expected)
    proof.refuses("at most one event a tick", variance(counts), ticks * hazard * (1 - hazard))
    proof.refuses("the probability read as a rate", mean(counts), 0.85 / 300 * ticks * tick)
    proof.refuses(
        "law at a rate 3 % higher", chi_square(np.bincount(counts), poisson.pmf(np.arange(40), 1.03 * expected))
    )


@pytest.mark.parametrize("tick", [7, 56])
def test_gaps_are_exponential(proof: Proof, tick: int) -> None:
    """Gaps between the first twenty events, within ticks and across them, and the times of all events in their tick."""
    paths, rate = 15_000, 0.2
    raid = trigger("raid", rate=per_year(rate * YEAR))
    run = simulate_paths(
        compiled(model(triggers=(raid,)), experiment(ticks=336 // tick, tick=tick)), seed=22, numbers=range(paths)
    )
    number = numbered(run)
    gaps = np.diff(run.event_time, prepend=0.0)
    gaps[number == 0] = run.event_time[number == 0]
    gaps = gaps[number < 20]
    assert gaps.size == 20 * paths  # the twentieth falls within the run on every path, so nothing is cut
    proof.holds(f"gaps, tick of {tick} days, are exponential", kolmogorov_smirnov(gaps, lambda t: -np.expm1(-rate * t)))
    proof.refuses("a rate 3 % higher", kolmogorov_smirnov(gaps, lambda t: -np.expm1(-1.03 * rate * t)))
    first, second = gaps.reshape(paths, 20)[:, :-1], gaps.reshape(paths, 20)[:, 1:]
    proof.holds(
        "product of neighbouring gaps, less its mean", mean(((first - 1 / rate) * (second - 1 / rate)).ravel()), 0.0
    )
    inside = run.event_time % tick
    proof.holds(f"times in a tick of {tick} days are uniform", kolmogorov_smirnov(inside, lambda t: t / tick))
    tick_of = run.event_path * 336 + run.event_time // tick
    stale = inside[np.diff(tick_of, prepend=-1.0) != 0]
    proof.refuses("at most one event a tick", kolmogorov_smirnov(stale, lambda t: t / tick))
    hazard = -np.expm1(-rate * tick)
    proof.holds("first in a tick: truncated exponential",
                kolmogorov_smirnov(stale, lambda t: -np.expm1(-rate * t) / hazard))  # fmt: skip


def test_windows_and_factors(proof: Proof) -> None:
    """A window that opens and closes between ticks, and a rate factor until a date: expected events of each tick."""
    paths, tick, ticks, rate = 60_000, 14, 20, 0.05
    raid = trigger("raid", rate=per_year(rate * YEAR), from_=day(31), until=day(250))
    vote = calendar_event("vote", day(90), branch("won", factor={"raid": 0.5}, factor_until=day(180)))
    run = simulate_paths(
        compiled(model(triggers=(raid,), calendar=(vote,)), experiment(ticks=ticks, tick=tick)),
        seed=23, numbers=range(paths),
    )  # fmt: skip
    estimate = mean(by_tick(run, 0, ticks, tick))
    starts = tick * np.arange(ticks)
    days = np.clip(np.minimum(starts + tick, 250) - np.maximum(starts, 31), 0, tick)
    opens = days > 0
    late = (np.arange(ticks) > 90 // tick) & (starts < 180)
    theory = rate * days * np.where(late, 0.5, 1.0)
    assert not estimate.value[~opens].any()
    assert run.event_time.min() >= 31
    assert run.event_time.max() < 250
    exact = Estimate(estimate.value[opens], estimate.se[opens])
    proof.holds("events of each tick", exact, theory[opens])
    early = (np.arange(ticks) >= 90 // tick) & (starts < 180)
    proof.refuses("factor from the tick of its date", exact, (rate * days * np.where(early, 0.5, 1.0))[opens])
    whole = tick * ((starts >= 31) & (starts < 250))
    proof.refuses("window of whole ticks", exact, (rate * whole * np.where(late, 0.5, 1.0))[opens])


@pytest.mark.parametrize(("first", "last"), [(15, 20), (17, 26)], ids=["inside a tick", "across two"])
def test_short_window(proof: Proof, first: int, last: int) -> None:
    """A window of a few days between ticks brings rate x days events, uniform over it."""
    # Row A12
    paths, rate = 60_000, 0.3
    raid = trigger("raid", rate=per_year(rate * YEAR), from_=day(first), until=day(last))
    run = simulate_paths(compiled(model(triggers=(raid,)), experiment(ticks=5, tick=7)), seed=30, numbers=range(paths))
    law = poisson.pmf(np.arange(15), rate * (last - first))
    proof.holds(f"law of the counts in {last - first} days", chi_square(np.bincount(run.counts[0]), law))
    proof.holds("mean count", mean(run.counts[0]), rate * (last - first))
    proof.holds("times are uniform",
                kolmogorov_smirnov(run.event_time, lambda t: (t - first) / (last - first)))  # fmt: skip
    ticks_in_it = sum(first <= 7 * n < last for n in range(5))
    proof.refuses("window of whole ticks", mean(run.counts[0]), rate * 7 * ticks_in_it)


@pytest.mark.parametrize("tick", [7, 1])
@pytest.mark.parametrize("cooldown", [1.0, 7.0, 14.0, 91.0])
def test_cooldown(proof: Proof, cooldown: float, tick: int) -> None:
    """A cooldown costs what it costs in continuous time, whether it is shorter than a tick or longer."""
    # Row A12
    paths, days, rate, most = 160_000 if cooldown > 30 else 30_000, 364, 20 / YEAR, 60
    raid = trigger("raid", rate=per_year(20), cooldown=cooldown)
    run = simulate_paths(
        compiled(model(triggers=(raid,)), experiment(ticks=days // tick, tick=tick)), seed=24, numbers=range(paths)
    )
    law, name = dead_time(rate, 7, days // 7, cooldown, most), f"cooldown of {cooldown:g} days, tick of {tick}"
    proof.holds(f"events of each week, {name}", mean(by_tick(run, 0, days // 7, 7)), law.events)
    proof.holds(f"law of the counts, {name}", chi_square(np.bincount(run.counts[0]), law.counts))
    again = reopening(rate, tick, int(cooldown) // tick + 3, (cooldown, 0.0))
    rounded = gated(rate, tick, days // tick, again, most)
    proof.refuses("gate opens again only at ticks", mean(run.counts[0]), rounded.events.sum())
    gaps = np.diff(run.event_time)[np.diff(run.event_path) == 0]
    assert gaps.min() >= cooldown - 1e-9


@pytest.mark.parametrize("tick", [7, 1])
def test_episode_shorter_than_a_tick(proof: Proof, tick: int) -> None:
    """Episodes of two days at 50 a year: the next may begin in the tick in which the last one ended."""
    # Row A12
    paths, days, rate, most = 30_000, 182, 50 / YEAR, 50
    raid = trigger("raid", kind="episode", rate=per_year(50), duration=lognormal(2, 6))
    run = simulate_paths(
        compiled(model(triggers=(raid,)), experiment(ticks=days // tick, tick=tick)), seed=29, numbers=range(paths)
    )
    lasts = spread(2, 6)
    law, name = renewal(rate, 7, days // 7, lasts, most), f"tick of {tick} days"
    proof.holds(f"events of each week, {name}", mean(by_tick(run, 0, days // 7, 7)), law.events)
    proof.holds(f"law of the counts, {name}", chi_square(np.bincount(run.counts[0]), law.counts))
    rounded = gated(rate, tick, days // tick, reopening(rate, tick, 60, lasts), most)
    proof.refuses("gate opens again only at ticks", mean(run.counts[0]), rounded.events.sum())


def test_all_gates_at_once(proof: Proof) -> None:
    """A window, a cooldown and a limit, all inside one tick of 28 days: the law of the counts."""
    # Row A12
    paths, rate, first, last, rest = 60_000, 0.3, 3, 20, 2.5
    raid = trigger("raid", rate=per_year(rate * YEAR), from_=day(first), until=day(last), cooldown=rest, max_count=3)
    run = simulate_paths(compiled(model(triggers=(raid,)), experiment(ticks=1, tick=28)), seed=20, numbers=range(paths))
    k = np.arange(1, 4)
    at_least = gammainc(k, rate * (last - first - (k - 1) * rest))
    counts = np.bincount(run.counts[0])
    proof.holds("law of the counts", chi_square(counts, -np.diff([1.0, *at_least, 0.0])))
    no_rest = gammainc(k, rate * (last - first))
    proof.refuses("no cooldown", chi_square(counts, -np.diff([1.0, *no_rest, 0.0])))
    longer = gammainc(k, rate * (28 - first - (k - 1) * rest))
    proof.refuses("window lasts until the tick's end", chi_square(counts, -np.diff([1.0, *longer, 0.0])))


def test_max_count(proof: Proof) -> None:
    """A limit on the number of events closes the gate at once: the count is the smaller of Poisson and limit."""
    paths, rate, days = 60_000, 0.02, 140
    law = trigger("law", rate=per_year(rate * YEAR), max_count=2)
    counts = simulate_paths(
        compiled(model(triggers=(law,)), experiment(ticks=days // 28, tick=28)), seed=25, numbers=range(paths)
    ).counts[0]
    pmf = poisson.pmf([0, 1], rate * days)
    proof.holds("law of the counts", chi_square(np.bincount(counts), np.array([*pmf, 1 - pmf.sum()])))
    loose = np.zeros(20)
    loose[0] = 1.0
    for _ in range(days // 28):  # a tick that starts with fewer than two may still bring several
        loose = np.convolve(loose[:2], poisson.pmf(np.arange(19), rate * 28)) + np.array([0, 0, *loose[2:]])
    proof.refuses("gate closes at the tick's end", chi_square(np.bincount(counts), loose))


def test_requires(proof: Proof) -> None:
    """A condition is assessed at ticks: a level that must be above a threshold, an event that must have happened."""
    paths, tick, ticks, rate = 60_000, 28, 26, 0.03
    talks = trigger("talks", rate=per_year(rate * YEAR), requires=rule("trust > 45"))
    march = trigger("march", rate=per_year(0.5))
    backlash = trigger("backlash", rate=per_year(rate * YEAR), requires=rule("count(march) >= 1"))
    run = simulate_paths(
        compiled(model(drivers=(driver(start=40.0),), triggers=(talks, march, backlash)),
                 experiment(ticks=ticks, tick=tick)), seed=26, numbers=range(paths),
    )  # fmt: skip
    n = np.arange(1, ticks)
    keep = 0.5 ** (tick * n / 182)
    above = ndtr((level(40) * keep - level(45)) / (0.4 * np.sqrt(1 - keep**2)))
    talked = mean(by_tick(run, 0, ticks, tick)[1:])
    proof.holds("events while a level is above its threshold", talked, rate * tick * above)
    proof.refuses(
        "level assessed at the tick's end", Estimate(talked.value[:-1], talked.se[:-1]), rate * tick * above[1:]
    )
    after = mean(by_tick(run, 2, ticks, tick)[1:])
    calm = 0.5 / YEAR * tick
    proof.holds("events after another has happened", after, rate * tick * -np.expm1(-calm * n))
    at_once = rate * tick * (1 - np.exp(-calm * n) * -np.expm1(-calm) / calm)
    proof.refuses("gate opens within the tick", after, at_once)


def test_shot_noise(proof: Proof) -> None:
    """Campbell's theorem, tick by tick: cumulants of a level that Poisson events of random severity move.

    Events act at the end of their tick and decay exponentially; the n-th cumulant of the level adds up
    rate · tick · E[effectⁿ] · decayⁿ over ticks, and lognormal severities of mean 1 have E[Sⁿ] = (1 + cv²)^(n(n−1)/2).
    """
    paths, tick, ticks, rate, cv = 100_000, 14, 52, 4 / YEAR, 0.5
    blow = trigger("strike", rate=per_year(4), effect={"trust": -12.0}, severity_cv=cv)
    c = compiled(model(drivers=(driver(volatility=4.0),), triggers=(blow,)), experiment(ticks=ticks, tick=tick))
    x = simulate_paths(c, seed=27, numbers=range(paths)).latent[[13, 26, 52], 0]
    decay = 0.5 ** (tick / 182)
    runs = np.array([13, 26, 52])

    def cumulant(n: int, cv: float = cv, late: int = 0) -> np.ndarray:
        moment = latent(-12) ** n * (1 + cv**2) ** (n * (n - 1) / 2)
        return rate * tick * moment * decay ** (n * late) * (1 - decay ** (n * runs)) / (1 - decay**n)

    weather = 0.16**2 * (1 - decay ** (2 * runs))
    third = mean((x - x.mean(axis=1, keepdims=True)) ** 3)
    proof.holds("mean level after 6, 12 and 24 months", mean(x), cumulant(1))
    proof.holds("variance", variance(x), weather + cumulant(2))
    proof.holds("third cumulant", third, cumulant(3))
    proof.refuses("effects act at their tick's start", mean(x), cumulant(1, late=1))
    proof.refuses("severity always 1", variance(x), weather + cumulant(2, cv=0))
    proof.refuses("severity always 1, third cumulant", third, cumulant(3, cv=0))


def test_tally_counts_what_paths_show(proof: Proof) -> None:
    """The sums that an ensemble streams: squares of counts and first events, from the same law."""
    paths, expected = 100_000, 3.0
    c = compiled(model(triggers=(trigger("strike", rate=per_year(1.5)),)), experiment(ticks=12, tick=61))
    tally = simulate(c, seed=28, paths=paths, detail="odds")
    expected = 1.5 / YEAR * 12 * 61
    square, fourth = expected + expected**2, expected + 7 * expected**2 + 6 * expected**3 + expected**4
    proof.holds("mean square of the counts",
                Estimate(tally.event_squares / paths, np.sqrt((fourth - square**2) / paths)), square)  # fmt: skip
    ever = share(np.cumsum(tally.first_events[:, 0]), paths)
    proof.holds("at least one event by each tick", ever, -np.expm1(-expected / 12 * np.arange(1, 13)))
    proof.refuses("a rate 3 % higher", ever, -np.expm1(-1.03 * expected / 12 * np.arange(1, 13)))
