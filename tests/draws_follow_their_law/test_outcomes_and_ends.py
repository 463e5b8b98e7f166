"""Is evidence on outcomes and ends of episodes weighed by its probability, from the day on which it is known?"""

import math
from dataclasses import replace

import numpy as np
import pytest
from proof import Estimate, difference, kolmogorov_smirnov, mean
from readings import log_evidence_of
from scipy.stats import norm

from builders import (
    YEAR,
    branch,
    calendar_event,
    compiled,
    contagion,
    day,
    driver,
    experiment,
    fixed,
    follow_up,
    lognormal,
    model,
    per_year,
    rule,
    scenario,
    trigger,
)
from frenemy.errors import InputError
from frenemy.model.distributions import POSITIVE, PROBABILITY, Quantiles
from frenemy.model.experiment import Uncertainty
from frenemy.model.resolved import Times
from frenemy.simulation.ensemble.ensemble import one_model
from frenemy.simulation.ensemble.run import simulate_paths
from frenemy.simulation.noise.streams import BLOCK
from frenemy.simulation.resampling import episode_ends, population
from frenemy.simulation.resampling.observations import observe
from frenemy.simulation.resampling.population import start
from frenemy.studies.update import particle_filter
from frenemy.studies.update.posterior import summary, update
from frenemy.studies.update.smc2 import run_smc2
from ledger_parts import covered, ended, happened, ledger, still_active, taken

SURE = Uncertainty(draws=0, paths=1)
ISLANDS = {"draws": 16, "paths": 1024}
SHARES = (np.arange(20_000) + 0.5) / 20_000
"""Points at which a quadrature takes a quantile function, or a moment of a day."""


# --- outcomes ------------------------------------------------------------------------------------------------------

VOTE = 40
PRIOR = Quantiles(q05=0.1, median=0.3, q95=0.7, domain=PROBABILITY)
KEY = "calendar.vote.branches.yes.probability"


@pytest.fixture(scope="module")
def vote():
    """One driver, and a vote whose odds are uncertain: `yes` has p / (p + 0.7) once the branches sum to 1."""
    branches = branch("yes", PRIOR, effect={"trust": 12.0}), branch("no", 0.7, effect={"trust": -9.0})
    low = scenario("low", enter=rule("trust < 45", "trust"))
    law = model(calendar=(calendar_event("vote", day(VOTE), *branches),), scenarios=(low,))
    return law, experiment(ticks=10, uncertainty=Uncertainty(draws=64, paths=16))


def test_the_outcome_of_a_vote_informs_its_odds_as_by_quadrature(proof, vote, monkeypatch):
    p = np.array([PRIOR.quantile(float(u)) for u in SHARES[::10]])
    yes = p / (p + 0.7)
    law, run = vote
    found = [
        update(law, replace(run, seed=seed), ledger(56, taken("vote", "yes", VOTE)), paths=16) for seed in range(8)
    ]
    # Draws are spread evenly over the prior, so that the spread between seeds is the error.
    proof.holds(
        "log probability of an outcome", mean(np.array([one.log_evidence for one in found])), np.log(yes.mean())
    )
    posterior_mean = mean(np.array([one.parameters[KEY].posterior_mean for one in found]))
    proof.holds("its probability, once known", posterior_mean, (p * yes).mean() / yes.mean())
    proof.refuses("the outcome taken by all paths and not weighed", posterior_mean, p.mean())
    monkeypatch.setattr(particle_filter, "log_branches", lambda ensemble, seen: np.zeros(len(ensemble.models)))
    twin = update(law, run, ledger(56, taken("vote", "yes", VOTE)), paths=16)
    assert twin.parameters[KEY].posterior_mean == pytest.approx(p.mean(), abs=0.01)


def test_an_outcome_counts_from_its_day_on_and_holds_in_every_path(vote):
    """Before the date, odds and weights are the same for either outcome, bit for bit."""
    law, run = vote
    found, other = (update(law, run, ledger(56, taken("vote", way, VOTE)), paths=64) for way in ("yes", "no"))
    tick = VOTE // 7 + 1
    assert [news.tick for news in found.news if news.entries] == [tick]
    assert [news.log_evidence for news in found.news if news.tick < tick] == [0.0, 0.0]
    assert np.array_equal(found.filtered[: tick - 1], other.filtered[: tick - 1])
    assert not np.array_equal(found.filtered[tick - 1], other.filtered[tick - 1])
    assert found.drivers_filtered.mean[tick, 0] > 55 > 45 > other.drivers_filtered.mean[tick, 0]


def test_a_branch_without_probability_is_impossible_and_named(vote):
    law, run = vote
    sure = calendar_event("vote", day(VOTE), branch("yes", 1.0), branch("no", 0.0))
    with pytest.raises(InputError, match="vote cannot take no: the branch has probability 0") as caught:
        update(replace(law, calendar=(sure,)), run, ledger(56, taken("vote", "no", VOTE)), paths=16)
    assert caught.value.problems[0].key == "vote no"


# --- ends, against the law of the duration --------------------------------------------------------------------------

RATE, MEDIAN, Q95 = 2 / YEAR, 25.0, 80.0
SIGMA = math.log(Q95 / MEDIAN) / norm.ppf(0.95)
BEGIN = happened("siege", 10)


def siege(duration, **uncertainty):
    """An episode that can happen once, and does on day 10; it moves no driver."""
    once = trigger("siege", kind="episode", rate=per_year(2), duration=duration, max_count=1)
    return model(triggers=(once,)), experiment(
        ticks=20, uncertainty=Uncertainty(**uncertainty) if uncertainty else SURE
    )


def over(days, median=MEDIAN, sigma=SIGMA):
    """Probability that a lognormal time is over within so many days."""
    return norm.cdf(np.log(np.maximum(days, 1e-300) / median) / sigma)


def begun_and(probability, days=(10,)):
    """Log probability of no event before the day, one on it (or on one of several), and something of its moment."""
    moments = np.concatenate([on + SHARES for on in days])
    return math.log(len(days) * np.mean(RATE * np.exp(-RATE * moments) * probability(moments)))


@pytest.mark.parametrize(
    ("end", "probability"),
    [
        pytest.param(ended(BEGIN, 40), lambda t: over(41 - t) - over(40 - t), id="on a day"),
        pytest.param(ended(BEGIN, 10), lambda t: over(11 - t), id="on the day of its beginning"),
        pytest.param(ended(BEGIN, 60, since=30), lambda t: over(61 - t) - over(30 - t), id="on one of several"),
        pytest.param(still_active(BEGIN, 70), lambda t: 1 - over(71 - t), id="not yet"),
    ],
)
def test_an_end_is_weighed_by_the_law_of_the_duration(proof, request, end, probability):
    known = (BEGIN, covered("siege", 140))
    found = update(*siege(lognormal(MEDIAN, Q95)), ledger(140, *known, end), **ISLANDS)
    what = request.node.callspec.id
    exact = begun_and(probability)
    # Of the begin itself the weight differs from path to path by its hour at most: an error of 0 may be one of 1e-4.
    near = Estimate(log_evidence_of(found).value, np.hypot(log_evidence_of(found).se, 1e-4))
    proof.holds(f"log probability of an episode that ended {what}", near, exact)
    proof.refuses(f"its end, {what}, not weighed", near, begun_and(np.ones_like))
    proof.refuses(f"a day later, {what}", near, begun_and(lambda t: probability(t - 1)))


def test_an_episode_of_unknown_beginning_is_weighed_over_its_days(proof):
    begin = happened("siege", 8, 13)
    known = (begin, covered("siege", 140), ended(begin, 16))
    found = update(*siege(lognormal(MEDIAN, Q95)), ledger(140, *known), **ISLANDS)
    exact = begun_and(lambda t: over(17 - t) - over(16 - t), range(8, 14))
    proof.holds("an episode that began in a week and ended on a day", log_evidence_of(found), exact)
    last = begun_and(lambda t: over(17 - t) - over(16 - t), (13,)) + math.log(6)
    proof.refuses("the duration counted from the last day", log_evidence_of(found), last)


def column(population, part, name):
    """A part of the state of all paths."""
    return np.concatenate([getattr(getattr(block.state, part), name) for block in population.blocks], axis=-1)


@pytest.fixture(scope="module")
def ends_and_begins():
    """Begin and end of the episodes of all particles, after the evidence on them."""

    def ends(*entries):
        search = run_smc2(
            *siege(lognormal(MEDIAN, Q95)), ledger(140, BEGIN, covered("siege", 140), *entries), **ISLANDS
        )
        population = search.particles.population
        return (column(population, *name)[0] for name in (("clocks", "ends"), ("evidence", "begun")))

    return ends


def test_the_rest_of_an_episode_follows_the_conditional_law_of_its_duration(proof, ends_and_begins):
    ends, begun = ends_and_begins(still_active(BEGIN, 40))
    assert ends.min() >= 41
    spent = over(41 - begun)
    proof.holds(
        "ends of episodes that go on", kolmogorov_smirnov((over(ends - begun) - spent) / (1 - spent), lambda u: u)
    )
    proof.refuses("durations drawn afresh", kolmogorov_smirnov(over(ends - begun), lambda u: u))
    ends, begun = ends_and_begins(ended(BEGIN, 12))
    assert ends.min() >= 12
    assert ends.max() <= 13
    low, high = over(12 - begun), over(13 - begun)
    proof.holds("hours of known ends", kolmogorov_smirnov((over(ends - begun) - low) / (high - low), lambda u: u))


def test_until_its_end_is_known_an_episode_is_known_to_go_on(proof, monkeypatch):
    law = siege(lognormal(MEDIAN, Q95))
    known = ledger(140, BEGIN, covered("siege", 140), ended(BEGIN, 40))
    found = update(*law, known, **ISLANDS)
    by_day = {7 * news.tick: news.log_evidence for news in found.news}
    for on in (28, 35):
        earlier = update(*law, known.known_by(day(on)), **ISLANDS)
        exact = begun_and(lambda t, on=on: 1 - over(on - t))
        proof.exact(f"log probability on day {on}", by_day.get(on, exact), exact, 1e-3)
        proof.exact(f"and of the ledger of day {on}", earlier.log_evidence, exact, 1e-3)
    assert 28 in by_day
    at_once = begun_and(lambda t: over(41 - t) - over(40 - t))
    proof.inexact("weighed at the beginning", by_day[28], at_once, 1e-3)


def test_the_median_of_a_duration_is_updated_by_ends_and_by_running_episodes(proof):
    prior = Quantiles(q05=8.0, median=20.0, q95=50.0, domain=POSITIVE)
    duration = Times(median=prior, q95=200.0)
    medians = np.array([prior.quantile(float(u)) for u in SHARES[::20]])[:, None]
    sigmas = np.log(200.0 / medians) / norm.ppf(0.95)
    moments = 10 + SHARES[::20]
    for end, likelihood in (
        (ended(BEGIN, 60), over(61 - moments, medians, sigmas) - over(60 - moments, medians, sigmas)),
        (still_active(BEGIN, 50), 1 - over(51 - moments, medians, sigmas)),
    ):
        weights = likelihood.mean(axis=1)
        exact = (weights * medians[:, 0]).sum() / weights.sum()
        law, run = siege(duration, draws=96, paths=2)
        known = ledger(140, BEGIN, covered("siege", 140), end)
        found = [update(law, replace(run, seed=seed), known, paths=2) for seed in range(8)]
        posterior_mean = mean(
            np.array([one.parameters["triggers.siege.duration.median"].posterior_mean for one in found])
        )
        proof.holds(f"median duration, {end.entry}", posterior_mean, exact)
        proof.refuses(f"median duration, {end.entry}, not weighed", posterior_mean, medians.mean())


def test_a_duration_without_spread_allows_one_end(proof):
    known = (BEGIN, covered("siege", 140))
    for days, on, chance in ((30, 40, 1.0), (30.5, 40, 0.5), (30.5, 41, 0.5)):
        found = update(*siege(fixed(days)), ledger(140, *known, ended(BEGIN, on)), **ISLANDS)
        near = Estimate(log_evidence_of(found).value, np.hypot(log_evidence_of(found).se, 1e-3))
        proof.holds(f"{days} days, over on day {on}", near, begun_and(np.ones_like) + math.log(chance))
    for end, words in (
        (ended(BEGIN, 41), "siege that began on 2025-01-16 cannot be one that ended on 2025-02-16"),
        (still_active(BEGIN, 50), "cannot be one that was still running at the end of 2025-02-25"),
    ):
        with pytest.raises(InputError, match=words) as caught:
            update(*siege(fixed(30)), ledger(140, *known, end), **ISLANDS)
        assert caught.value.problems[0].key == end.entry


def test_far_tails_are_finite():
    low, high = np.array([0.0, 1e-9, 24.0, 500.0, 5000.0]), np.array([1e-9, 1e-3, np.inf, 501.0, np.inf])
    found = episode_ends.log_between(MEDIAN, 0.3, low, high)
    assert np.all(np.isfinite(found))
    assert found[2] == pytest.approx(norm.logsf(math.log(24 / MEDIAN) / 0.3))
    assert found[4] == pytest.approx(norm.logsf(math.log(5000 / MEDIAN) / 0.3))


# --- everything, against brute force --------------------------------------------------------------------------------

TICKS, END = 6, 38


@pytest.fixture(scope="module")
def tangle():
    """An episode that shifts a driver, with follow-ups to and from others, and a vote that raises its rate."""
    a = trigger("a", rate=per_year(10), effect={"trust": -6.0}, leads_to=(follow_up("b", 0.5, lognormal(5, 20)),))
    b = trigger(
        "b", kind="episode", rate=per_year(5), per_10_points={"trust": 0.7}, duration=lognormal(10, 30), cooldown=15.0,
        while_active={"trust": -25.0}, on_end={"trust": 6.0}, raises={"a": contagion(0.4, 20.0)},
    )  # fmt: skip
    yes = branch("yes", 0.4, effect={"trust": 5.0}, factor={"b": 3.0})
    law = model(
        drivers=(driver(half_life=20.0),), triggers=(a, b),
        calendar=(calendar_event("vote", day(9), yes, branch("no", 0.6)),),
        scenarios=(scenario("low", enter=rule("trust < 45", "trust"), for_=14.0),),
    )  # fmt: skip
    return law, experiment(ticks=TICKS, uncertainty=SURE)


B = happened("b", 8, 20)
EVIDENCE = (B, covered("b", END), taken("vote", "yes", 9), ended(B, 31, since=24))


def ends_of(compiled, seed, size, trigger):
    """When the first episode of each plain path ends: the end that stands after the tick in which it begins."""
    plain, first = start(one_model(compiled, size), seed=seed), np.full(size, np.nan)
    for tick in range(1, compiled.ticks + 1):
        plain.advance(tick)
        ends = plain.read().ends[trigger]
        first = np.where(np.isnan(first) & np.isfinite(ends), ends, first)
    return first


def test_outcome_and_end_are_as_likely_as_by_brute_force(proof, tangle):
    law, size = compiled(*tangle), 160 * BLOCK
    ends = ends_of(law, 5, size, 1)
    fits, levels = np.zeros(size, dtype=bool), []
    for first in range(0, size, 20 * BLOCK):
        some = simulate_paths(law, seed=5, numbers=range(first, first + 20 * BLOCK))
        mine = (some.event_trigger == 1) & (some.event_time < END)
        inside = mine & (some.event_time >= 8) & (some.event_time < 21)
        once, there = (np.bincount(some.event_path[which], minlength=20 * BLOCK) == 1 for which in (mine, inside))
        part = slice(first, first + 20 * BLOCK)
        fits[part] = once & there & (some.branch[0] == 0) & (ends[part] >= 24) & (ends[part] < 32)
        levels.append(some.index[1:, 0, fits[part]])
    number, levels = int(fits.sum()), np.concatenate(levels, axis=-1)
    brute = Estimate(np.array(math.log(number / size)), np.array(1 / math.sqrt(number)))
    found = update(*tangle, ledger(42, *EVIDENCE), draws=16, paths=2048)
    proof.holds("log probability of an outcome and an end", difference(log_evidence_of(found), brute), 0)
    theirs = mean(levels)
    ours = Estimate(found.drivers.mean[1:, 0], found.drivers.sd[1:, 0] / math.sqrt(2 * BLOCK))
    proof.holds("levels along the paths consistent with them", difference(ours, theirs), 0)
    no_end = update(*tangle, ledger(42, *EVIDENCE[:3]), draws=16, paths=2048)
    proof.refuses("the end left out", difference(log_evidence_of(no_end), brute), 0)


def test_outcome_and_end_in_a_second_part_give_the_same_result_as_in_one(proof, tangle, monkeypatch):
    """The end of an episode and the outcome become known after the particles have begun the episode."""
    cut, draws = 21, {"draws": 16, "paths": 2048}
    vote = calendar_event("vote", day(23), *tangle[0].calendar[0].branches)
    law, run = replace(tangle[0], calendar=(vote,)), tangle[1]
    b = happened("b", 8, 13)
    later = (taken("vote", "yes", 23), ended(b, 33), covered("b", END, since=cut))
    one = update(law, run, ledger(42, b, covered("b", END), *later[:2]), **draws)
    for known in ((), (still_active(b, cut - 1),)):
        begun = run_smc2(law, run, ledger(cut, b, covered("b", cut), *known), **draws)
        two = summary(begun.extended(ledger(42, *later)), 0)
        proof.holds(
            f"log evidence in two parts, {len(known)} of the end in the first",
            difference(log_evidence_of(two), log_evidence_of(one)),
            0,
        )
        ours, theirs = (Estimate(u.odds["at"].probability[1:, 0], u.odds["at"].mc_se[1:, 0]) for u in (two, one))
        proof.holds(f"odds in two parts, {len(known)} of the end in the first", difference(ours, theirs), 0)
    monkeypatch.setattr(population, "redraw_episode_ends", lambda *_: None)
    twin = begun.extended(ledger(42, *later))
    proof.refuses(
        "ends kept although the evidence changes them",
        difference(log_evidence_of(twin.news[-1]), log_evidence_of(one)),
        0,
    )
    with pytest.raises(ValueError, match="has been weighed"):
        begun.extended(ledger(42, covered("b", END, since=cut), ended(b, 20)))


def test_a_forecast_from_before_does_not_know_later_evidence(proof):
    """Particles that continue with less evidence than they had: what is still to come is open again."""
    law, run = siege(lognormal(MEDIAN, Q95))
    vote = calendar_event("vote", day(60), branch("yes", 0.3), branch("no", 0.7))
    law = replace(law, calendar=(vote,))
    whole = ledger(140, BEGIN, covered("siege", 140), ended(BEGIN, 90), taken("vote", "yes", 60))
    plain, tick = compiled(law, run), 5
    particles = start(one_model(observe(plain, whole, open_from=20), 8 * BLOCK), seed=3, purpose="p")
    particles.advance(tick)
    ahead = particles.fork("ahead", ensemble=one_model(observe(plain, whole.known_by(day(7 * tick))), 8 * BLOCK))
    begun, ends = column(ahead, "evidence", "begun")[0], column(ahead, "clocks", "ends")[0]
    spent = over(7 * tick - begun)
    proof.holds("ends that are open again", kolmogorov_smirnov((over(ends - begun) - spent) / (1 - spent), lambda u: u))
    branches = column(ahead, "places", "branch")[0] == 0
    proof.holds("an outcome that is open again", mean(branches.astype(float)), 0.3)
    kept = particles.fork("same")
    assert np.all(column(kept, "places", "branch")[0] == 0)
    twin = column(kept, "clocks", "ends")[0]
    proof.refuses("the end that was known", kolmogorov_smirnov((over(twin - begun) - spent) / (1 - spent), lambda u: u))
