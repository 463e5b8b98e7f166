"""Do ledgers that share a filter over their common past get exactly the numbers that each would get alone?"""

import dataclasses
import datetime as dt
import math

import numpy as np
import pytest

from builders import (
    branch,
    calendar_event,
    day,
    driver,
    experiment,
    follow_up,
    lognormal,
    model,
    per_year,
    rule,
    scenario,
    trigger,
)
from frenemy.errors import InputError
from frenemy.model.evidence.entries import (
    BranchTaken,
    Coverage,
    DriverReading,
    EpisodeEnd,
    LedgerResolved,
    Occurrence,
    SignpostSighting,
)
from frenemy.simulation.ensemble.ensemble import one_model
from frenemy.simulation.ensemble.run import simulate
from frenemy.simulation.resampling import fork
from frenemy.simulation.resampling.population import start
from frenemy.studies.timeline import shared_filter
from frenemy.studies.timeline.shared_filter import filter_plans, run_filters
from frenemy.studies.update.likelihood import stops
from frenemy.studies.update.particle_filter import Particles
from frenemy.studies.update.posterior import update

PATHS = 512
STRIKE = Occurrence(entry="strike", trigger="strike", first=day(20), last=day(20))
VAGUE = Occurrence(entry="vague", trigger="strike", first=day(60), last=day(80), severity=1.5)
BREACH = Occurrence(entry="breach", trigger="breach", first=day(22), last=day(25))
TALKS = Occurrence(entry="talks", trigger="talks", first=day(0), last=day(90))
TWICE = Occurrence(entry="twice", trigger="talks", first=day(0), last=day(30))
READING = DriverReading(entry="poll", driver="trust", date=day(70), value=41.0, sd=6.0)
SIGN = SignpostSighting(
    entry="envoy", signpost="envoy", date=day(84), seen=True, chance=0.2, per_10_points={"trust": 0.6},
    reference={"trust": 50.0}, by_scenario={"rift": 3.0},
)  # fmt: skip


ROUND = Occurrence(entry="round", trigger="round", first=day(8), last=day(10))
OVER = EpisodeEnd(entry="over", trigger="round", began="round", since=day(10), still=day(49), ended=day(50))
YES = BranchTaken(entry="yes", event="vote", branch="yes", date=day(45))


def coverage(trigger, *stretches):
    return tuple(Coverage(entry=f"all {trigger}", trigger=trigger, since=day(a), until=day(b)) for a, b in stretches)


def ledger_of(until, *occurrences, readings=(READING,), sightings=(SIGN,), covered=()):
    return LedgerResolved(
        name="toy", until=day(until), occurrences=occurrences, readings=readings, sightings=sightings, coverage=covered
    )


def with_ends(ledger, *ends, branches=(YES,)):
    occurrences = (*ledger.occurrences, ROUND)
    return dataclasses.replace(ledger, occurrences=occurrences, ends=ends, branches=branches)


STRIKES, BREACHES = coverage("strike", (0, 100)), coverage("breach", (0, 100))
LEDGERS = {
    "whole": ledger_of(100, STRIKE, VAGUE, BREACH, TALKS, TWICE, covered=STRIKES + BREACHES),
    "no strike": ledger_of(100, VAGUE, BREACH, TALKS, TWICE, covered=coverage("strike", (0, 20), (21, 100)) + BREACHES),
    "no vague strike": ledger_of(
        100, STRIKE, BREACH, TALKS, TWICE, covered=coverage("strike", (0, 60), (81, 100)) + BREACHES
    ),
    "no breach": ledger_of(
        100, STRIKE, VAGUE, TALKS, TWICE, covered=STRIKES + coverage("breach", (0, 22), (26, 100))
    ),
    "two gaps": ledger_of(
        100, STRIKE, VAGUE, TALKS, TWICE, covered=STRIKES + coverage("breach", (0, 22), (26, 50), (64, 75))
    ),
    "breaches unknown": ledger_of(100, STRIKE, VAGUE, BREACH, TALKS, TWICE, covered=STRIKES),
    "one talk": ledger_of(100, STRIKE, VAGUE, BREACH, TALKS, covered=STRIKES + BREACHES),
    "no sign": ledger_of(100, STRIKE, VAGUE, BREACH, TALKS, TWICE, sightings=(), covered=STRIKES + BREACHES),
    "no poll": ledger_of(100, STRIKE, VAGUE, BREACH, TALKS, TWICE, readings=(), covered=STRIKES + BREACHES),
    "early": ledger_of(
        40, STRIKE, BREACH, TWICE, readings=(), sightings=(),
        covered=coverage("strike", (0, 40)) + coverage("breach", (0, 40)),
    ),
    "before the poll": ledger_of(
        69, STRIKE, BREACH, TWICE, readings=(), sightings=(),
        covered=coverage("strike", (0, 60)) + coverage("breach", (0, 69)),
    ),
    "ended": with_ends(ledger_of(100, STRIKE, VAGUE, covered=STRIKES), OVER),
    "ended, no strike": with_ends(ledger_of(100, VAGUE, covered=coverage("strike", (0, 20), (21, 100))), OVER),
    "going on": with_ends(
        ledger_of(100, STRIKE, VAGUE, covered=STRIKES), dataclasses.replace(OVER, still=day(99), ended=dt.date.max)
    ),
    "going on so far": with_ends(
        ledger_of(63, STRIKE, readings=(), covered=coverage("strike", (0, 60)), sightings=()),
        dataclasses.replace(OVER, still=day(48), ended=dt.date.max),
    ),
    "ended a day later": with_ends(
        ledger_of(100, STRIKE, VAGUE, covered=STRIKES), dataclasses.replace(OVER, still=day(50), ended=day(51))
    ),
    "voted down": with_ends(
        ledger_of(100, STRIKE, VAGUE, covered=STRIKES), OVER, branches=(dataclasses.replace(YES, branch="no"),)
    ),
    "not voted": with_ends(ledger_of(100, STRIKE, VAGUE, covered=STRIKES), OVER, branches=()),
    "not told": with_ends(ledger_of(100, STRIKE, VAGUE, covered=STRIKES), branches=()),
    "nothing": ledger_of(100, readings=(), sightings=()),
}  # fmt: skip


@pytest.fixture(scope="module")
def case():
    strike = trigger(
        "strike", rate=per_year(3), effect={"trust": -8.0}, severity_cv=0.5, lasting=0.3, per_10_points={"trust": 0.8},
        reference={"trust": 50.0}, leads_to=(follow_up("breach", 0.6, lognormal(9, 40)),),
    )  # fmt: skip
    breach = trigger("breach", rate=per_year(0.5), effect={"trust": -3.0})
    talks = trigger("talks", rate=per_year(4), effect={"trust": 3.0}, cooldown=5.0)
    round_ = trigger(
        "round", rate=per_year(1), kind="episode", duration=lognormal(50, 150), while_active={"trust": -6.0}
    )
    vote = calendar_event("vote", day(45), branch("yes", 0.3, effect={"trust": 8.0}), branch("no", 0.7))
    review = calendar_event("review", day(120), branch("good", 0.4, effect={"trust": 6.0}), branch("bad", 0.6))
    rift = scenario("rift", enter=rule("trust < 42", "trust"), for_=14.0)
    law = model(
        drivers=(driver(),), triggers=(strike, breach, talks, round_), calendar=(vote, review), scenarios=(rift,)
    )
    return law, experiment(ticks=60, seed=3)


def numbers(found):
    return np.concatenate([found.at, found.ever, [found.log_evidence]])


def run(case, ledgers, paths=PATHS, seed=3, workers=1):
    return [
        numbers(found) for found in run_filters(filter_plans(*case, ledgers), seed=seed, paths=paths, workers=workers)
    ]


def each_alone(case):
    every = filter_plans(*case, list(LEDGERS.values()))
    return [numbers(run_filters([course], seed=3, paths=PATHS, workers=1)[0]) for course in every]


@pytest.fixture(scope="module")
def alone(case):
    return each_alone(case)


def test_each_gets_bit_for_bit_what_it_gets_when_nothing_is_shared(case, alone):
    together = run(case, list(LEDGERS.values()))
    for name, mine, own in zip(LEDGERS, together, alone, strict=True):
        assert np.array_equal(mine, own), name
    assert len({tuple(each) for each in together}) == len(LEDGERS), "otherwise two different ledgers would count as one"


@pytest.mark.parametrize("forgotten", [0, 1, 2, 3])
def test_ledgers_that_part_too_late_are_detected(case, alone, monkeypatch, forgotten):
    """The wrong twin: coverage, events, reports or ends are ignored when ledgers are compared."""
    real = shared_filter._observed_until

    def blurred(*stretch):
        return tuple(part for n, part in enumerate(real(*stretch)) if n != forgotten)

    monkeypatch.setattr(shared_filter, "_observed_until", blurred)
    every = list(LEDGERS.values())
    if forgotten == 1:  # events: forks would need different pasts
        with pytest.raises(ValueError, match="the same occurrences so far"):
            run(case, every)
    else:
        assert not all(np.array_equal(*pair) for pair in zip(run(case, every), alone, strict=True))


def test_order_workers_and_other_ledgers_change_no_bit(case, alone):
    ledgers = list(LEDGERS.values())
    assert all(np.array_equal(*pair) for pair in zip(run(case, ledgers[::-1], workers=2)[::-1], alone, strict=True))


def test_a_shared_past_is_filtered_once(case, monkeypatch):
    """The filter makes as many stops as there are different pasts that end in one."""
    met, real = [], Particles.assimilate
    monkeypatch.setattr(Particles, "assimilate", lambda self, *args: met.append(1) or real(self, *args))
    every = filter_plans(*case, list(LEDGERS.values()))
    run_filters(every, seed=3, paths=64, workers=1)
    pasts = {course.observed[:n] for course in every for n in range(1, len(course.observed) + 1)}
    assert len(met) == len(pasts) < sum(len(course.stops) for course in every)
    met.clear()
    whole, without = filter_plans(*case, [LEDGERS["whole"], LEDGERS["no sign"]])
    run_filters([whole, without], seed=3, paths=64, workers=1)
    apart = [stop for stop in without.stops if stop.tick * 7 >= 84]
    assert len(met) == len(whole.stops) + len(apart), "they part on the day of the signpost"


def test_ledgers_that_differ_in_weights_alone_share_the_way_to_the_horizon(case, monkeypatch):
    """The same bits as each alone (above), from fewer simulated futures."""
    ahead, real = [], shared_filter._Pass._hits
    monkeypatch.setattr(shared_filter._Pass, "_hits", lambda self, *args: ahead.append(1) or real(self, *args))
    run(case, [LEDGERS[name] for name in ("whole", "no sign", "no poll", "no strike")])
    assert len(ahead) == 2


def test_a_single_ledger_gives_the_plain_filter(case):
    """The ledger says nothing of a trigger that follows from others, so this is the plain particle filter."""
    ledger = ledger_of(100, STRIKE, VAGUE, TALKS, covered=STRIKES)
    (course,) = filter_plans(*case, [ledger])
    law = course.space.at_medians()
    plain = Particles.of(start(one_model(law, PATHS), seed=3))
    plain.assimilate_all(stops(law, ledger, course.space.now))
    assert run_filters([course], seed=3, paths=PATHS)[0].log_evidence == plain.log_likelihood


def test_without_evidence_it_equals_the_plain_run(case):
    (course,) = filter_plans(*case, [LEDGERS["nothing"]])
    (found,) = run_filters([course], seed=3, paths=PATHS)
    law = dataclasses.replace(course.space.at_medians(), observations=course.closed)
    tally = simulate(law, seed=3, paths=PATHS, detail="odds")
    assert found.log_evidence == 0
    assert np.allclose(found.at, tally.occupancy[:, -1].sum(axis=0) / PATHS, atol=1e-12, rtol=0)
    assert np.allclose(found.ever, tally.first_entry.sum(axis=(0, 1)) / PATHS, atol=1e-12, rtol=0)


@pytest.fixture(scope="module")
def follows(case):
    """A strike on a known day; whether a breach follows is not covered for a while. Is there one by the end?"""
    law, run_ = case
    triggers = tuple(
        dataclasses.replace(each, rate=per_year(0.01)) if each.name == "breach" else each for each in law.triggers
    )
    rift = scenario("rift", enter=rule("count(breach) > 0"), absorbing=True)
    ledger = ledger_of(
        100, STRIKE, readings=(), sightings=(), covered=STRIKES + coverage("breach", (0, 30), (72, 100))
    )  # fmt: skip
    return (dataclasses.replace(law, triggers=triggers, scenarios=(rift, *law.scenarios[1:])), run_), ledger


def over_seeds(case, ledger):
    rows = np.array([run(case, [ledger], paths=1024, seed=seed)[0] for seed in range(8)])
    return rows.mean(axis=0), rows.std(axis=0, ddof=1) / math.sqrt(len(rows))


def test_odds_and_evidence_are_those_of_an_update(follows):
    """`update` draws a follow-up as soon as its cause happens; here it is drawn when its coverage ends."""
    case, ledger = follows
    full = update(*case, ledger, draws=32, paths=256, workers=1)
    mean, se = over_seeds(case, ledger)
    at = full.odds["at"]
    assert abs(mean[0] - at.probability[-1, 0]) < 4 * math.hypot(se[0], at.mc_se[-1, 0])
    assert abs(mean[-1] - full.log_evidence) < 4 * math.hypot(se[-1], full.log_evidence_se)


def test_ends_and_outcomes_of_forks_are_weighed_as_in_an_update(case):
    """The fork that leads there has other occurrences, so the index of an end changes."""
    ledger = LEDGERS["ended, no strike"]
    full = update(*case, ledger, draws=32, paths=256, workers=1)
    rows = np.array(
        [run(case, [LEDGERS["ended"], ledger, LEDGERS["not told"]], paths=1024, seed=seed) for seed in range(8)]
    )
    mean, se = rows.mean(axis=0), rows.std(axis=0, ddof=1) / math.sqrt(len(rows))
    at = full.odds["at"]
    assert abs(mean[1, 0] - at.probability[-1, 0]) < 4 * math.hypot(se[1, 0], at.mc_se[-1, 0])
    assert abs(mean[1, -1] - full.log_evidence) < 4 * math.hypot(se[1, -1], full.log_evidence_se)
    assert abs(mean[2, -1] - mean[1, -1]) > 4 * math.hypot(se[2, -1], se[1, -1]), (
        "the wrong twin: a ledger without the end"
    )


def test_odds_and_evidence_of_ends_and_outcomes_are_those_of_an_update(case, monkeypatch):
    """There a path has its episode's end from the beginning; here it is drawn when the end becomes known."""
    low = scenario("rift", enter=rule("trust < 48", "trust"))
    case = (dataclasses.replace(case[0], scenarios=(low, *case[0].scenarios[1:])), case[1])
    ledger = with_ends(ledger_of(100, STRIKE, readings=(), sightings=(), covered=STRIKES), OVER)
    full = update(*case, ledger, draws=32, paths=256, workers=1)
    (mean, se), at = over_seeds(case, ledger), full.odds["at"]
    assert abs(mean[0] - at.probability[-1, 0]) < 4 * math.hypot(se[0], at.mc_se[-1, 0])
    assert abs(mean[-1] - full.log_evidence) < 4 * math.hypot(se[-1], full.log_evidence_se, 1e-4)
    monkeypatch.setattr(fork, "redraw_episode_ends", lambda *_: None)
    wrong, error = over_seeds(case, ledger)
    assert abs(mean[0] - wrong[0]) > 8 * math.hypot(se[0], error[0]), "the wrong twin: the end is never drawn again"


def test_ledgers_part_on_the_day_on_which_an_end_is_known(case, monkeypatch):
    met, real = [], Particles.assimilate
    monkeypatch.setattr(Particles, "assimilate", lambda self, *args: met.append(1) or real(self, *args))
    one, other = filter_plans(*case, [LEDGERS["ended"], LEDGERS["ended a day later"]])
    run_filters([one, other], seed=3, paths=64, workers=1)
    assert len(met) == len(one.stops) + sum(stop.tick * 7 > 49 for stop in other.stops)


def test_forgetting_pending_follow_ups_is_detected(follows, monkeypatch):
    case, ledger = follows
    (mean, se) = over_seeds(case, ledger)
    monkeypatch.setattr(fork, "resample_pending", lambda old, new, state, tick, u: state)
    (wrong, error) = over_seeds(case, ledger)
    assert mean[0] - wrong[0] > 4 * math.hypot(se[0], error[0])


def test_what_is_impossible_is_named(case):
    never = dataclasses.replace(STRIKE, entry="too late", trigger="talks", first=day(33), last=day(33))
    soon = dataclasses.replace(never, entry="before", first=day(32), last=day(32))
    with pytest.raises(InputError, match="too late"):
        run(case, [LEDGERS["whole"], ledger_of(100, soon, never)])
