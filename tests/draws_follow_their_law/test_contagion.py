"""Events that raise the rate of further events: Hawkes processes in ticks.

Theory: given the extra rates, the counts of a tick are Poisson, and the extra rates follow a linear recursion, so mean
and covariance of all counts do as well. Each event brings about a Poisson number of direct offspring in all, so the
offspring of one event, over all generations, follow Borel's law (Borel 1942; Otter 1949).
"""

from __future__ import annotations

import dataclasses

import numpy as np
from proof import Proof, chi_square, covariance, mean, variance
from readings import by_tick
from scipy.special import gammaln
from scipy.stats import poisson
from theory import Contagious

from builders import YEAR, compiled, contagion, day, experiment, fixed, follow_up, imposed, model, per_year, trigger
from frenemy.simulation.ensemble.run import simulate_paths


def test_direct_offspring(proof: Proof) -> None:
    """One event adds a Poisson number of others, `expected_extra` in all, from the next tick on."""
    paths, tick, ticks = 60_000, 7, 60
    strike = trigger("strike", raises={"threat": contagion(1.5, 28.0)})
    c = compiled(
        model(triggers=(strike, trigger("threat"))),
        experiment(ticks=ticks, tick=tick, impose=(imposed("strike", day(5)),)),
    )
    run = simulate_paths(c, seed=41, numbers=range(paths))
    each = by_tick(run, 1, ticks, tick)
    keep = 2 ** (-1 / 4)
    theory = 1.5 * (1 - keep) * keep ** np.arange(24)
    proof.holds("offspring in all", mean(run.counts[1]), 1.5)
    proof.holds(
        "law of the number of offspring", chi_square(np.bincount(run.counts[1]), poisson.pmf(np.arange(20), 1.5))
    )
    proof.holds("offspring of each tick", mean(each[1:25]), theory)
    assert not each[0].any()
    proof.refuses("contagion begins one tick late", mean(each[2:26]), theory)
    proof.refuses("decay rate for tick share", mean(run.counts[1]), 1.5 * (np.log(2) / 4) / (1 - keep))


def test_clusters_follow_borels_law(proof: Proof) -> None:
    """A trigger that raises itself, without a rate of its own: one event and all its descendants."""
    paths, branching = 180_000, 0.5
    threat = trigger("threat", raises={"threat": contagion(branching, 10.0)})
    c = compiled(model(triggers=(threat,)), experiment(ticks=80, tick=7, impose=(imposed("threat", day(0)),)))
    size = simulate_paths(c, seed=42, numbers=range(paths)).counts[0]

    def borel(n: float) -> np.ndarray:
        k = np.arange(1, 60)
        return np.concatenate([[0.0], np.exp(-n * k + (k - 1) * np.log(n * k) - gammaln(k + 1))])

    proof.holds("mean size of a cluster, 1 / (1 − n)", mean(size), 1 / (1 - branching))
    proof.holds("variance, n / (1 − n)³", variance(size), branching / (1 - branching) ** 3)
    proof.holds("law of the size", chi_square(np.bincount(size), borel(branching)))
    proof.refuses("a branching ratio of 0.515 for 0.50", mean(size), 1 / 0.485)
    proof.refuses("geometric sizes", chi_square(np.bincount(size), np.array([0, *(0.5 ** np.arange(1, 40))])))


def test_self_exciting_counts(proof: Proof) -> None:
    """Mean and variance of the counts, from quiet to the stationary state, and of each tick."""
    paths, tick, ticks, rate = 160_000, 14, 78, 3 / YEAR
    threat = trigger("threat", rate=per_year(3), raises={"threat": contagion(0.5, 45.0)})
    run = simulate_paths(
        compiled(model(triggers=(threat,)), experiment(ticks=ticks, tick=tick)), seed=43, numbers=range(paths)
    )
    counts, each = run.counts[0], by_tick(run, 0, ticks, tick)
    hawkes = Contagious.of([rate], [(0, 0, 0.5, 45.0)], tick)
    total, spread, theory = hawkes.counts(tick, ticks)
    proof.holds("mean count after three years", mean(counts), total[0])
    proof.holds("variance of the counts", variance(counts), spread[0, 0])
    proof.holds("mean count of each tick", mean(each), theory[:, 0])
    stationary = rate * tick / (1 - 0.5)
    assert abs(theory[-20, 0] / stationary - 1) < 0.002
    proof.holds("count of a tick in the third year, r tick / (1 − n)", mean(each[-20:].mean(axis=0)), stationary)
    early = np.append(theory[1:, 0], theory[-1, 0])
    proof.refuses("contagion begins one tick early", mean(each), early)
    proof.refuses(
        "an extra of 0.53 for 0.50",
        mean(counts),
        Contagious.of([rate], [(0, 0, 0.53, 45.0)], tick).counts(tick, ticks)[0],
    )
    proof.refuses("Poisson variance", variance(counts), total[0])
    forgetful = dataclasses.replace(hawkes, jump=hawkes.jump * 0, base=theory[:, 0].mean(keepdims=True) / tick)
    proof.refuses("the same mean rate, constant", mean(each), forgetful.counts(tick, ticks)[2][:, 0])


def test_mutually_exciting_counts(proof: Proof) -> None:
    """Two types that raise themselves and each other, at different speeds: means and covariance matrix."""
    paths, tick, ticks = 60_000, 14, 52
    pairs = [(0, 0, 0.3, 30.0), (0, 1, 0.5, 90.0), (1, 0, 0.4, 20.0), (1, 1, 0.2, 60.0)]
    strike = trigger(
        "strike", rate=per_year(2), raises={"strike": contagion(0.3, 30.0), "protest": contagion(0.5, 90.0)}
    )
    protest = trigger(
        "protest", rate=per_year(1), raises={"strike": contagion(0.4, 20.0), "protest": contagion(0.2, 60.0)}
    )
    c = compiled(model(triggers=(strike, protest)), experiment(ticks=ticks, tick=tick))
    counts = simulate_paths(c, seed=44, numbers=range(paths)).counts
    total, spread, _ = Contagious.of([2 / YEAR, 1 / YEAR], pairs, tick).counts(tick, ticks)
    proof.holds("mean counts of both", mean(counts), total)
    proof.holds("covariance matrix of the counts", covariance(counts[:, None], counts[None, :]), spread)
    swapped = [(0, 0, 0.3, 30.0), (0, 1, 0.4, 90.0), (1, 0, 0.5, 20.0), (1, 1, 0.2, 60.0)]
    proof.refuses(
        "cross terms swapped", mean(counts), Contagious.of([2 / YEAR, 1 / YEAR], swapped, tick).counts(tick, ticks)[0]
    )
    proof.refuses("counts independent", covariance(counts[0], counts[1]), 0.0)
    forever = np.linalg.solve(np.eye(2) - np.array([[0.3, 0.4], [0.5, 0.2]]), [2 / YEAR, 1 / YEAR])
    proof.refuses("stationary from the start", mean(counts), forever * tick * ticks)


def test_followed_events_are_contagious_too(proof: Proof) -> None:
    """Own events and follow-ups alike raise rates, so both count in the branching ratio."""
    paths = 60_000
    strike = trigger("strike", leads_to=(follow_up("protest", 0.5, fixed(20)),))
    protest = trigger("protest", raises={"strike": contagion(0.6, 14.0)})
    c = compiled(model(triggers=(strike, protest)), experiment(ticks=120, tick=14, impose=(imposed("strike", day(3)),)))
    counts = simulate_paths(c, seed=45, numbers=range(paths)).counts
    proof.holds("strikes and protests from one strike", mean(counts), [1 / 0.7, 0.5 / 0.7])
    proof.refuses("only own events are contagious", mean(counts), [1.0, 0.5])
