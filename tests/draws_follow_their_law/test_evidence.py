"""Does what is learned from evidence follow Bayes' rule? Against closed forms, a Kalman filter, and brute force."""

import math
from dataclasses import replace

import numpy as np
import pytest
from proof import Estimate, difference, mean
from readings import log_evidence_of
from scipy.special import gammaln
from scipy.stats import gamma, norm

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
from frenemy.forecast.forecast import QUANTILES
from frenemy.model.distributions import INDEX, POSITIVE, PROBABILITY, History, Quantiles
from frenemy.model.evidence.entries import Coverage, SignpostSighting
from frenemy.model.experiment import Uncertainty
from frenemy.model.resolved import PerYear, Times
from frenemy.simulation.compile.drift import system
from frenemy.simulation.ensemble.run import simulate_paths
from frenemy.simulation.noise.streams import BLOCK
from frenemy.simulation.storyline.engine import tell
from frenemy.studies.update.likelihood import log_likelihoods
from frenemy.studies.update.particle_filter import Particles
from frenemy.studies.update.posterior import summary, update
from frenemy.studies.update.smc2 import run_smc2
from ledger_parts import covered, ended, happened, ledger, reading, still_active, taken

# --- a rate, against the gamma posterior ---------------------------------------------------------------------------

DAYS = (20, 21, 90, 150, 160, 161, 300)
COVERED = 364
REPEATS = 6


@pytest.fixture(scope="module")
def counted():
    """A rate with a gamma prior: 2 events in 1.5 years before, 7 in 364 days now. Its drivers do not matter."""
    strike = trigger("strike", rate=PerYear(rate=History(events=2, years=1.5)), effect={"trust": -5.0})
    return model(triggers=(strike,)), experiment(ticks=60, uncertainty=Uncertainty(draws=128, paths=16))


def test_a_rate_has_the_gamma_posterior(proof, counted):
    """A rate with a gamma prior, after counted events: the conjugate posterior, and the evidence in closed form."""
    prior, spent = (2.5, 1.5), COVERED / YEAR
    shape, rate = prior[0] + len(DAYS), prior[1] + spent
    log_evidence = gammaln(shape) - gammaln(prior[0]) + prior[0] * math.log(prior[1]) - shape * math.log(rate)
    log_evidence -= len(DAYS) * math.log(YEAR)  # densities are per day
    days = [happened("strike", on) for on in DAYS]
    law, run = counted
    known = ledger(COVERED, covered("strike", COVERED), *days)
    found = [update(law, replace(run, seed=seed), known, paths=16) for seed in range(1, REPEATS + 1)]
    proof.holds("log evidence of a Poisson count, gamma prior", log_evidence_of(found[0]), log_evidence)
    # Draws that were moved together are not independent, so the errors are those between seeds.
    learned = [(one.weights, one.parameters["triggers.strike.rate"].values) for one in found]
    middles = np.array([weights @ values for weights, values in learned])
    proof.holds("posterior mean of the rate", mean(middles), shape / rate)
    exact = gamma(shape, scale=1 / rate)
    levels = np.array([[weights @ (values <= exact.ppf(q)) for weights, values in learned] for q in QUANTILES])
    proof.holds("posterior distribution of the rate", mean(levels), QUANTILES)
    silent = update(*counted, ledger(COVERED, *days), paths=16)  # a wrong twin for which only what happened counts
    proof.refuses("what did not happen is not weighed", log_evidence_of(silent), log_evidence)


# --- drivers, against the Kalman filter ----------------------------------------------------------------------------

READINGS = ((14, "trust", 44.0, 4.0), (28, "alignment", 58.0, 5.0), (28, "trust", 39.0, 4.0), (56, "trust", 36.0, 6.0))


@pytest.fixture(scope="module")
def linear():
    """Two drivers, one pulled by the other, in their own motion; readings on the scale on which that is linear."""
    drivers = (
        driver("trust", start=52.0, half_life=60.0, volatility=12.0, pulls={"alignment": 0.4}),
        driver("alignment", start=47.0, half_life=120.0, volatility=9.0),
    )
    entries = [reading(name, on, value, sd, "latent") for on, name, value, sd in READINGS]
    law = model(drivers=drivers, correlations={"trust": {"alignment": 0.3}})
    return law, experiment(ticks=12, uncertainty=Uncertainty(draws=0, paths=1)), ledger(56, *entries)


def kalman(law, run):
    """Log density of the readings, and mean and covariance of the latent levels at the last of them."""
    from scipy.linalg import expm

    k, p, _, _ = system(law.drivers, law.correlations)
    keep = expm(-k * run.tick)
    noise = p - keep @ p @ keep.T
    anchor = np.array([math.log(d.long_run / (100 - d.long_run)) for d in law.drivers])
    x = np.array([math.log(d.start / (100 - d.start)) for d in law.drivers])
    spread, log_density, names = np.zeros((2, 2)), 0.0, [d.name for d in law.drivers]
    for tick in range(1, READINGS[-1][0] // run.tick + 1):
        x, spread = anchor + keep @ (x - anchor), keep @ spread @ keep.T + noise
        for on, name, value, sd in READINGS:
            if on == tick * run.tick:
                i = names.index(name)
                variance = spread[i, i] + (sd / 25) ** 2
                gap = math.log(value / (100 - value)) - x[i]
                log_density += norm.logpdf(gap, scale=math.sqrt(variance))
                gain = spread[:, i] / variance
                x, spread = x + gain * gap, spread - np.outer(gain, spread[i])
    return log_density, x, spread


def filtered_latent(search):
    """Mean and variance of the latent levels over repetitions of the filter, each with an error from their spread."""
    particles = search.particles
    levels = particles.population.read().latent.reshape(-1, *particles.weights.shape)
    means = (levels * particles.weights).sum(axis=-1).T
    middle = search.weights @ means
    return Estimate(middle, np.sqrt((search.weights**2) @ (means - middle) ** 2))


def test_readings_are_weighed_as_by_the_kalman_filter(proof, linear, monkeypatch):
    """Readings of two drivers that pull each other and share shocks: the Kalman filter."""
    law, run, entries = linear
    log_density, levels, _ = kalman(law, run)
    search = run_smc2(law, run, entries, draws=16, paths=2048)
    proof.holds("log density of readings, two drivers that pull", log_evidence_of(search.news[-1]), log_density)
    proof.holds("latent levels after the readings", filtered_latent(search), levels)

    def forgetful(self, draws, workers):
        self.weights = np.where(draws[:, None], 1 / self.weights.shape[1], self.weights)

    monkeypatch.setattr(Particles, "equalise", forgetful)
    twin = run_smc2(law, run, entries, draws=16, paths=2048)
    proof.refuses("weights set to one without resampling", filtered_latent(twin), levels)


# --- everything, against brute force -------------------------------------------------------------------------------

TICKS, END = 6, 38


@pytest.fixture(scope="module")
def tangle():
    """Triggers that bring each other about in every way of the law, two of them watched, one not."""
    a = trigger(
        "a", rate=per_year(10), per_10_points={"trust": 0.7}, effect={"trust": -8.0}, severity_cv=0.5, lasting=0.3,
        cooldown=6.0, leads_to=(follow_up("b", 0.6, lognormal(5, 20)),),
    )  # fmt: skip
    b = trigger(
        "b", kind="episode", rate=per_year(4), duration=lognormal(10, 30), while_active={"trust": -10.0},
        on_end={"trust": 2.0}, raises={"a": contagion(0.4, 20.0)}, leads_to=(follow_up("c", 0.5, fixed(3)),),
    )  # fmt: skip
    c = trigger(
        "c", rate=per_year(8), effect={"trust": 5.0}, requires=rule("trust < 55", "trust"),
        leads_to=(follow_up("a", 0.4, lognormal(6, 25)), follow_up("b", 0.3, fixed(4))),
    )  # fmt: skip
    low = scenario("low", enter=rule("trust < 45", "trust"), for_=14.0)
    law = model(drivers=(driver(half_life=20.0),), triggers=(a, b, c), scenarios=(low,))
    return law, experiment(ticks=TICKS, uncertainty=Uncertainty(draws=0, paths=1))


EVIDENCE = (
    happened("a", 8, 13), happened("a", 27, 32), happened("b", 15, 24), covered("a", END), covered("b", END, since=3),
)  # fmt: skip


@pytest.fixture(scope="module")
def consistent_paths(tangle):
    """Of many plain paths, those that are consistent with the evidence: how many, and their odds and levels."""
    law, paths, levels, low, counts = compiled(*tangle), 400 * BLOCK, [], [], []
    for first in range(0, paths, 20 * BLOCK):
        some = simulate_paths(law, seed=5, numbers=range(first, first + 20 * BLOCK))

        def number(k, since, until, some=some):
            mine = (some.event_trigger == k) & (some.event_time >= since) & (some.event_time < until)
            return np.bincount(some.event_path[mine], minlength=len(some.numbers))

        fits = (number(0, 0, END) == 2) & (number(0, 8, 14) == 1) & (number(0, 27, 33) == 1)
        fits &= (number(1, 3, END) == 1) & (number(1, 15, 25) == 1)
        levels.append(some.index[:, 0, fits])
        low.append(some.scenario[:, fits] == 0)
        counts.append(some.counts[2, fits])
    levels, low, counts = (np.concatenate(parts, axis=-1) for parts in (levels, low, counts))
    return len(counts) / paths, len(counts), levels, low, counts


def test_paths_are_consistent_with_the_evidence_as_often_as_by_brute_force(proof, tangle, consistent_paths):
    """A ledger of triggers that bring each other about: those of 409,600 plain paths that are consistent with it."""
    share, number, levels, low, _ = consistent_paths
    brute = Estimate(np.array(math.log(share)), np.array(1 / math.sqrt(number)))
    found = update(*tangle, ledger(42, *EVIDENCE), draws=16, paths=2048)
    proof.holds("log probability of a ledger", difference(log_evidence_of(found), brute), 0)
    levels_now = Estimate(found.drivers.mean[1:, 0], found.drivers.sd[1:, 0] / math.sqrt(2 * BLOCK))
    proof.holds("levels along the paths consistent with it", difference(levels_now, mean(levels[1:])), 0)
    odds = found.odds["at"]
    theirs = mean(low[1:].astype(float))
    proof.holds("odds along those paths", difference(Estimate(odds.probability[1:, 0], odds.mc_se[1:, 0]), theirs), 0)
    unlinked = replace(tangle[0], triggers=tuple(replace(t, leads_to=()) for t in tangle[0].triggers))
    twin = update(unlinked, tangle[1], ledger(42, *EVIDENCE), draws=16, paths=2048)
    proof.refuses("follow-ups into what is watched are left out", difference(log_evidence_of(twin), brute), 0)
    uncovered = [entry for entry in EVIDENCE if not isinstance(entry, Coverage)]
    silent = update(*tangle, ledger(42, *uncovered), draws=16, paths=2048)
    proof.refuses("what did not happen is not weighed", difference(log_evidence_of(silent), brute), 0)


def test_a_ledger_in_two_parts_gives_the_same_result_as_in_one(proof, tangle):
    """A ledger in two parts, with a forecast in between: the same result as in one part."""
    cut, draws = 21, {"draws": 16, "paths": 2048}
    whole = (happened("a", 8, 13), happened("a", 27, 32), happened("b", 21, 26), covered("a", END), covered("b", END))
    one = update(*tangle, ledger(42, *whole), **draws)
    begun = run_smc2(*tangle, ledger(cut, whole[0], covered("a", cut), covered("b", cut)), **draws)
    forecast = summary(begun, 0)  # a forecast in between leaves the particles as they are
    rest = ledger(42, *whole[1:3], covered("a", END, since=cut), covered("b", END, since=cut))
    two = summary(begun.extended(rest), 0)
    assert forecast.now == 3
    proof.holds("log evidence in two parts", difference(log_evidence_of(two), log_evidence_of(one)), 0)
    ours, theirs = (Estimate(u.odds["at"].probability[1:, 0], u.odds["at"].mc_se[1:, 0]) for u in (two, one))
    proof.holds("odds in two parts", difference(ours, theirs), 0)
    fresh = update(*tangle, replace(rest, until=day(42)), **draws)
    proof.refuses("the first part forgotten", difference(log_evidence_of(fresh), log_evidence_of(one)), 0)
    with pytest.raises(ValueError, match="has been weighed"):
        begun.extended(ledger(42, happened("a", 5)))
    with pytest.raises(ValueError, match="must be covered"):
        begun.extended(ledger(42, happened("c", 30)))


# --- follow-ups, against their integrals ---------------------------------------------------------------------------


def chain(probability, delay):
    """`first` leads to `then`, which has no rate of its own."""
    first = trigger("first", rate=per_year(2), leads_to=(follow_up("then", probability, delay),))
    return model(triggers=(first, trigger("then"))), experiment(ticks=20, uncertainty=Uncertainty(draws=0, paths=1))


def come(days, median=10.0, q95=40.0):
    """Probability that a lognormal delay is over within so many days."""
    return norm.cdf(np.log(np.maximum(days, 1e-12) / median) / (math.log(q95 / median) / norm.ppf(0.95)))


def test_a_follow_up_is_weighed_by_its_delay_and_its_absence_by_what_is_left(proof):
    """A follow-up is weighed by its delay, its absence by the rest of the delay: integrals over the lognormal."""
    law, run = chain(0.7, lognormal(10, 40))
    known = (happened("first", 10), covered("first", 140), covered("then", 140))
    moment = 10 + (np.arange(4000) + 0.5) / 4000  # sometime on day 10
    rate = 2 / YEAR
    first = math.log(rate) - 140 * rate
    arrived = update(law, run, ledger(140, *known, happened("then", 24)), draws=16, paths=512)
    exact = first + math.log(0.7 * np.mean(come(25 - moment) - come(24 - moment)))
    proof.holds("a follow-up that came on day 14", log_evidence_of(arrived), exact)
    proof.refuses(
        "a follow-up a day later",
        log_evidence_of(arrived),
        first + math.log(0.7 * np.mean(come(26 - moment) - come(25 - moment))),
    )
    absent = update(law, run, ledger(140, *known), draws=16, paths=512)
    exact = first + math.log(np.mean(1 - 0.7 * come(140 - moment)))
    proof.holds("a follow-up that did not come in 130 days", log_evidence_of(absent), exact)
    late = (happened("first", 10), covered("first", 140), covered("then", 140, since=30))
    unseen = update(law, run, ledger(140, *late), draws=16, paths=4096)
    exact = first + math.log(np.mean(1 - 0.7 * (come(140 - moment) - come(30 - moment))))
    proof.holds("one that may have come before anybody looked", log_evidence_of(unseen), exact)


# --- gates that open and close inside a tick -----------------------------------------------------------------------


def learned(raid, *entries):
    law, run = model(triggers=(raid,)), experiment(ticks=5, uncertainty=Uncertainty(draws=0, paths=1))
    return update(law, run, ledger(35, *entries, covered("raid", 35)), draws=16, paths=1024)


def test_a_window_inside_a_tick_is_known_to_the_day():
    """An update accepts an event in a window of five days between ticks, and refuses one outside of it."""
    # Row A12
    raid, rate = trigger("raid", rate=per_year(20), from_=day(15), until=day(20)), 20 / YEAR
    for on in (15, 19):
        assert learned(raid, happened("raid", on)).log_evidence == pytest.approx(math.log(rate) - 5 * rate, abs=1e-9)
    some_day = learned(raid, happened("raid", 12, 21))
    assert some_day.log_evidence == pytest.approx(math.log(5 * rate) - 5 * rate, abs=4 * some_day.log_evidence_se)
    assert 0 < some_day.log_evidence_se < 0.05
    for on in (14, 20):
        with pytest.raises(InputError, match="raid cannot happen on 2025"):
            learned(raid, happened("raid", on))


def test_a_cooldown_inside_a_tick_is_known_to_the_day(proof):
    """An update accepts a second event after a cooldown of two days, and refuses one before its end."""
    # Row A12
    raid, rate = trigger("raid", rate=per_year(20), cooldown=2.0), 20 / YEAR
    twice = 2 * math.log(rate) - (35 - 2 * 2) * rate  # the clock stands still for two days after each
    later = learned(raid, happened("raid", 15), happened("raid", 18))
    assert later.log_evidence == pytest.approx(twice, abs=1e-9)
    touching = learned(raid, happened("raid", 15), happened("raid", 17))
    proof.holds("two days after it, half of the time", log_evidence_of(touching), twice - math.log(2))
    proof.refuses("the gate is open all day", log_evidence_of(touching), twice)
    with pytest.raises(InputError, match="raid cannot happen on 2025"):
        learned(raid, happened("raid", 15), happened("raid", 16))


# --- signposts -----------------------------------------------------------------------------------------------------


def test_signposts_are_weighed_by_level_scenario_and_reliability(proof):
    """Signposts are weighed by level, scenario and reliability: by hand."""
    law = compiled(model(scenarios=(scenario("low", enter=rule("trust < 45", "trust")),)), experiment())
    index = np.array([[40.0, 60.0]])
    latent, where = np.log(index / (100 - index)), np.array([0, 1])
    sign = SignpostSighting(
        entry="s", signpost="s", date=day(7), seen=True, chance=0.2, per_10_points={"trust": 0.5},
        reference={"trust": 50.0}, by_scenario={"low": 3.0}, reliability=0.9,
    )  # fmt: skip
    odds = np.array([0.25 / 0.5 * 3, 0.25 * 0.5])
    there = odds / (1 + odds)
    seen = log_likelihoods(law, [sign], latent, index, where)
    proof.exact("log likelihood of a signpost seen", seen, np.log(0.9 * there + 0.1 * (1 - there)))
    unseen = log_likelihoods(law, [replace(sign, seen=False)], latent, index, where)
    proof.exact("and of one looked for and not seen", unseen, np.log(0.9 * (1 - there) + 0.1 * there))
    proof.inexact("reliability left out", seen, np.log(there))


# --- simulation-based calibration ----------------------------------------------------------------------------------

ROUNDS = 48


def random_model(rng):
    """A small random model with five uncertain numbers, and the ledger of a path at numbers from the prior."""
    rate = PerYear(rate=Quantiles(q05=1.0, median=4.0, q95=14.0, domain=POSITIVE))
    anchor = Quantiles(q05=35.0, median=50.0, q95=65.0, domain=INDEX)
    push = Quantiles(q05=0.05, median=0.3, q95=0.8, domain=POSITIVE)
    lasts = Times(median=Quantiles(q05=4.0, median=12.0, q95=30.0, domain=POSITIVE), q95=90.0)
    a = trigger(
        "a", rate=rate, effect={"trust": float(rng.uniform(-12, 4))}, reference={"trust": 50.0},
        per_10_points={"trust": float(rng.uniform(0.6, 1.5))}, raises={"b": contagion(push, 20.0)},
        cooldown=float(rng.integers(0, 2) * 5),
    )  # fmt: skip
    b = trigger(
        "b", rate=per_year(4), leads_to=(follow_up("a", float(rng.uniform(0, 0.6)), lognormal(6, 20)),),
        kind="episode", duration=lasts, while_active={"trust": float(rng.uniform(-15, 5))}, on_end={"trust": 2.0},
    )  # fmt: skip
    yes = branch("yes", Quantiles(q05=0.1, median=0.4, q95=0.8, domain=PROBABILITY), factor={"a": 2.0, "b": 2.0})
    vote = calendar_event("vote", day(int(rng.integers(20, 100))), yes, branch("no", 0.6, effect={"trust": -8.0}))
    law = model(drivers=(driver(long_run=anchor, half_life=30.0),), triggers=(a, b), calendar=(vote,))
    run = experiment(ticks=20, seed=int(rng.integers(1 << 30)), uncertainty=Uncertainty(draws=48, paths=24))
    return law, run


def numbers_and_ledger(law, run, rng):
    """(The numbers that were drawn, the ledger that a path of them leaves)."""
    from frenemy.model.realise import realise, uncertain

    ranges = uncertain(law)
    numbers = {key: of.quantile(float(rng.uniform())) for key, of in ranges.items()}
    drawn, seed = compiled(realise(law, numbers), run), int(rng.integers(1 << 30))
    path = simulate_paths(drawn, seed=seed, numbers=[0])
    events = [
        replace(happened("ab"[k], int(t)), entry=f"e{i}")
        for i, (k, t) in enumerate(zip(path.event_trigger, path.event_time, strict=True))
    ]
    ends = [end_entry(event, on) for event, on in zip(events, ends_along(drawn, seed, path), strict=True)]
    seen = [reading("trust", 7 * n, float(path.index[n, 0, 0] + 5 * rng.standard_normal()), 5.0) for n in (6, 12, 18)]
    seen = [replace(entry, value=min(max(entry.value, 0.1), 99.9)) for entry in seen]
    vote = taken("vote", ("yes", "no")[path.branch[0, 0]], (law.calendar[0].date - run.start).days)
    known = [end for end in ends if end is not None]
    return numbers, ledger(140, *events, *known, vote, *seen, covered("a", 140), covered("b", 140))


def ends_along(law, seed, path):
    """When what each event of a path began ends, in days; of `a`, nan."""
    ends = iter([episode.end for episode in tell(law, seed=seed, path=0).episodes])
    return [next(ends) if k == 1 else math.nan for k in path.event_trigger]


def end_entry(event, ends):
    """What a ledger of 140 days knows of the end."""
    if math.isnan(ends):
        return None
    return ended(event, int(ends)) if ends < 140 else still_active(event, 139)


@pytest.fixture(scope="module")
def ranks():
    """Ranks of the drawn numbers in their posteriors, (rounds x numbers,); and in those of a wrong twin."""
    right, twin = [], []
    for round_ in range(ROUNDS):
        rng = np.random.default_rng(round_)
        law, run = random_model(rng)
        numbers, entries = numbers_and_ledger(law, run, rng)
        found = update(law, run, entries, paths=24)
        for key, value in numbers.items():
            values = found.parameters[key].values
            middle = found.weights @ values
            right.append(found.weights @ (values < value))
            twin.append(found.weights @ (middle + (values - middle) / 2 < value))
    return np.array(right), np.array(twin)


def test_simulation_based_calibration(proof, ranks):
    """Simulation-based calibration (Talts et al. 2018): over models drawn from the prior, ranks are uniform."""
    right, twin = ranks
    proof.holds("mean rank of a number in its posterior", Estimate(right.mean(), np.sqrt(1 / 12 / right.size)), 0.5)
    error = np.sqrt(1 / 180 / right.size)
    proof.holds("spread of the ranks", Estimate(((right - 0.5) ** 2).mean(), error), 1 / 12)
    proof.refuses("draws collapsed to half their spread", Estimate(((twin - 0.5) ** 2).mean(), error), 1 / 12)
