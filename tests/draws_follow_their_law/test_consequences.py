"""What an event brings about: follow-ups after a delay, and episodes that last and shift the drivers.

Theory: lognormal delays by median and 95 % point; thinned and displaced Poisson counts are Poisson; an episode and
its quiet form an alternating renewal process in continuous time, since its gate opens where it ends.
"""

from __future__ import annotations

import numpy as np
import pytest
from proof import Proof, chi_square, kolmogorov_smirnov, mean, share
from scipy.integrate import quad
from scipy.special import ndtr
from scipy.stats import poisson
from theory import gated, latent, renewal, reopening, spread

from builders import (
    YEAR,
    compiled,
    day,
    driver,
    experiment,
    fixed,
    follow_up,
    imposed,
    lognormal,
    model,
    per_year,
    rule,
    scenario,
    trigger,
)
from frenemy.simulation.ensemble.run import simulate, simulate_paths

MEDIAN, SIGMA = spread(14, 70)


def delayed(t: np.ndarray | float, sigma: float = SIGMA) -> np.ndarray:
    """Distribution function of the delay."""
    return ndtr(np.log(np.maximum(t, 1e-300) / MEDIAN) / sigma)


def test_follow_ups(proof: Proof) -> None:
    """An imposed event is followed by another with its probability, after a lognormal delay."""
    paths = 100_000
    strike = trigger("strike", leads_to=(follow_up("protest", 0.6, lognormal(14, 70)),))
    c = compiled(
        model(triggers=(strike, trigger("protest"))),
        experiment(ticks=60, tick=91, impose=(imposed("strike", day(10)),)),
    )
    run = simulate_paths(c, seed=31, numbers=range(paths))
    followed = share(run.counts[1].sum(), paths)
    proof.holds("share of events that are followed", followed, 0.6)
    proof.refuses("a probability 3 % higher", followed, 0.618)
    delay = run.event_time[run.event_trigger == 1] - 10
    points = share([(delay <= 14).sum(), (delay <= 70).sum()], delay.size)
    proof.holds("delays up to the stated median and 95 % point", points, [0.5, 0.95])
    proof.holds("law of the delay", kolmogorov_smirnov(delay, delayed))
    proof.refuses("95 % point read as one of two tails",
                  kolmogorov_smirnov(delay, lambda t: delayed(t, np.log(5) / 1.96)))  # fmt: skip


def test_follow_ups_outside_their_window_are_lost(proof: Proof) -> None:
    """A follow-up counts if it arrives inside its trigger's window, which need not end with a tick."""
    paths = 100_000
    strike = trigger("strike", leads_to=(follow_up("protest", 0.8, lognormal(14, 70)),))
    protest = trigger("protest", from_=day(17), until=day(38))
    c = compiled(model(triggers=(strike, protest)), experiment(ticks=20, tick=14, impose=(imposed("strike", day(10)),)))
    run = simulate_paths(c, seed=32, numbers=range(paths))
    followed = share(run.counts[1].sum(), paths)
    proof.holds("share that arrives in the window", followed, 0.8 * (delayed(28) - delayed(7)))
    proof.refuses("window rounded to whole ticks", followed, 0.8 * (delayed(32) - delayed(18)))
    proof.refuses("early arrivals wait", followed, 0.8 * delayed(28))


def test_chains_of_follow_ups(proof: Proof) -> None:
    """Poisson events with follow-ups of their own: each generation is Poisson, displaced by its delays."""
    paths, tick, ticks, rate = 60_000, 28, 13, 4 / YEAR
    strike = trigger("strike", rate=per_year(4), leads_to=(follow_up("protest", 0.7, lognormal(14, 70)),))
    protest = trigger("protest", leads_to=(follow_up("talks", 0.5, fixed(45)),))
    c = compiled(model(triggers=(strike, protest, trigger("talks"))), experiment(ticks=ticks, tick=tick))
    counts = simulate_paths(c, seed=33, numbers=range(paths)).counts
    end = tick * ticks

    def expected(chance: float, after: float) -> float:
        return chance * rate * quad(delayed, 0, end - after)[0]

    for k, (chance, after) in enumerate(((0.7, 0.0), (0.35, 45.0)), start=1):
        name = ("protests", "talks")[k - 1]
        law = poisson.pmf(np.arange(30), expected(chance, after))
        proof.holds(f"mean count of {name}", mean(counts[k]), expected(chance, after))
        proof.holds(f"law of the counts of {name}", chi_square(np.bincount(counts[k]), law))
    proof.refuses("no delay", mean(counts[1]), 0.7 * rate * end)
    proof.refuses("probabilities 3 % higher", mean(counts[2]), expected(1.03**2 * 0.35, 45.0))


@pytest.mark.parametrize("lasts", [fixed(50), lognormal(40, 150)], ids=["fixed", "lognormal"])
def test_alternating_renewal(proof: Proof, lasts) -> None:
    """Poisson onsets while the gate is open, then a fixed or lognormal episode: share of time active, counts."""
    paths, tick, ticks, rate = 100_000, 7, 52, 6 / YEAR
    name = "fixed" if lasts.q95 == lasts.median else "lognormal"
    sanctions = trigger("sanctions", kind="episode", rate=per_year(6), duration=lasts)
    c = compiled(
        model(triggers=(sanctions,), scenarios=(scenario("pressure", enter=rule("active(sanctions)")),)),
        experiment(ticks=ticks, tick=tick),
    )
    time = spread(lasts.median, lasts.q95)
    law = renewal(rate, tick, ticks, time, most=30)
    run = simulate_paths(c, seed=34, numbers=range(paths))
    active = mean((run.scenario == 0).astype(float))
    proof.holds(f"share active at each tick, {name} duration", active, 1 - law.open[1:])
    proof.holds(f"law of the counts, {name} duration", chi_square(np.bincount(run.counts[0]), law.counts))
    whole = mean((run.scenario == 0).mean(axis=0))
    proof.holds(f"share of time active, {name} duration", whole, 1 - law.open[1:].mean())
    longer = renewal(rate, tick, ticks, (1.03 * time[0], time[1]), most=30)
    proof.refuses("episodes 3 % longer", whole, 1 - longer.open[1:].mean())
    rounded = gated(rate, tick, ticks, reopening(rate, tick, ticks, time), most=30)
    proof.refuses("gate opens again only at ticks", mean(run.counts[0]), rounded.events.sum())


def test_episodes_press_on_drivers(proof: Proof) -> None:
    """Mean level under an onset's effect, the shift while active and the effect on ending."""
    paths, tick, ticks, rate, lasts = 100_000, 7, 52, 3 / YEAR, spread(40, 150)
    sanctions = trigger(
        "sanctions", kind="episode", rate=per_year(3), duration=lognormal(40, 150), effect={"onset": -12.0},
        while_active={"pressure": -12.0}, on_end={"relief": 12.0},
    )  # fmt: skip
    still = tuple(driver(name, volatility=0.0) for name in ("onset", "pressure", "relief"))
    run = simulate_paths(
        compiled(model(drivers=still, triggers=(sanctions,)), experiment(ticks=ticks, tick=tick)),
        seed=35, numbers=range(paths),
    )  # fmt: skip
    law = renewal(rate, tick, ticks, lasts, most=20)
    ended = law.events + np.diff(law.open)  # what began, less the growth of what still runs
    keep = 0.5 ** (tick / 182)

    def level(push: np.ndarray) -> np.ndarray:
        return np.array([(push[: n + 1] * keep ** np.arange(n, -1, -1)).sum() for n in range(len(push))])

    active = (1 - keep) * (1 - law.open[:-1])
    seen = [mean(run.latent[5:, i]) for i in range(3)]
    proof.holds("effect of the onset", seen[0], latent(-12) * level(law.events)[4:])
    proof.holds("shift while active", seen[1], latent(-12) * level(active)[4:])
    proof.holds("effect on ending", seen[2], latent(12) * level(ended)[4:])
    proof.refuses("onset only if the gate never closed", seen[0], latent(-12) * level(np.full(ticks, rate * tick))[4:])
    proof.refuses(
        "shift within the tick of the onset", seen[1], latent(-12) * level((1 - keep) * (1 - law.open[1:]))[4:]
    )
    proof.refuses("ending one tick late", seen[2], latent(12) * level(np.concatenate([[0.0], ended[:-1]]))[4:])


def test_follow_ups_do_not_renew_an_episode(proof: Proof) -> None:
    """A follow-up that arrives while the episode runs has no effect: only the first of two may count."""
    paths = 60_000
    strike = trigger("strike", leads_to=(follow_up("sanctions", 1.0, lognormal(14, 70)),))
    sanctions = trigger("sanctions", kind="episode", duration=fixed(30))
    c = compiled(
        model(triggers=(strike, sanctions)),
        experiment(ticks=100, tick=28, impose=(imposed("strike", day(0)), imposed("strike", day(7)))),
    )
    counts = simulate_paths(c, seed=36, numbers=range(paths)).counts[1]

    def apart(gap: float) -> float:
        """Probability that two arrivals, 7 days and two delays apart, are more than `gap` apart."""
        z, w = np.polynomial.hermite_e.hermegauss(150)
        first = MEDIAN * np.exp(SIGMA * z)
        later, earlier = 1 - delayed(first + gap - 7), delayed(first - gap - 7)
        return float(((later + earlier) * w).sum() / np.sqrt(2 * np.pi))

    both = share(np.count_nonzero(counts == 2), paths)
    assert set(np.unique(counts)) == {1, 2}
    proof.holds("both follow-ups count", both, apart(30))
    proof.refuses("episode 3 days longer", both, apart(33))


def test_tally_of_a_rule_on_episodes(proof: Proof) -> None:
    """Odds ever by t of a rule that holds while an episode runs: first episode still active at an assessment."""
    paths, tick, ticks, rate = 300_000, 28, 13, 2 / YEAR
    sanctions = trigger("sanctions", kind="episode", rate=per_year(2), duration=fixed(42))
    c = compiled(
        model(triggers=(sanctions,), scenarios=(scenario("pressure", enter=rule("active(sanctions)")),)),
        experiment(ticks=ticks, tick=tick),
    )
    tally = simulate(c, seed=37, paths=paths, detail="odds")
    ever = share(np.cumsum(tally.first_entry.sum(axis=0)[:, 0]), paths)
    proof.holds("ever under sanctions by each tick", ever, -np.expm1(-rate * tick * np.arange(1, ticks + 1)))
    proof.refuses("a rate 3 % higher", ever, -np.expm1(-1.03 * rate * tick * np.arange(1, ticks + 1)))
