"""Are differences, their errors and their split over edits what can be worked out by hand?

Two triggers happen at rates a and b a year; a path is in the scenario once either has happened. Under common noise a
path's clock is one unit exponential E: at rate a the trigger has happened by T if E < aT.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest
from numpy.testing import assert_allclose

from builders import day, driver, experiment, imposed, model, per_year, rule, scenario, trigger
from frenemy.forecast.paired.differences import difference, paired_differences
from frenemy.forecast.paired.paths import shared_noise
from frenemy.model.distributions import POSITIVE, Quantiles
from frenemy.model.realise import realise
from frenemy.simulation.compile.compile import compile_model
from frenemy.simulation.ensemble.ensemble import Ensemble, one_model
from frenemy.simulation.ensemble.run import simulate
from frenemy.studies.compare.edits import MAX_EDITS_EXACT, between
from frenemy.studies.compare.shapley import split_over, weights_of

TICKS = 52
YEARS = 7 * TICKS / 365.25
EITHER = scenario("rift", enter=rule("count(strike) + count(tariff) >= 1"), absorbing=True, leave=rule("false"))
PATHS = 20_000


def world(strike, tariff, scenarios=(EITHER,), **changes):
    triggers = (trigger("strike", rate=per_year(strike)), trigger("tariff", rate=per_year(tariff)))
    return model(triggers=triggers, scenarios=scenarios), experiment(ticks=TICKS, paths=PATHS, **changes)


def hit(*rates):
    """The odds of the scenario at the end."""
    return 1 - np.exp(-sum(rates) * YEARS)


def compared(before, after, *, seed=1, paths=PATHS):
    worlds = [one_model(compile_model(*pair), paths) for pair in (before, after)]
    (contrast,) = paired_differences(worlds, noise=shared_noise(seed, paths))
    return contrast


@lru_cache(maxsize=4)
def found(seed=1, paths=PATHS):
    return difference(compared(world(0.5, 0.2), world(0.7, 0.2), seed=seed, paths=paths))


def test_the_change_and_its_error_are_those_of_theory():
    readings, moves = found()
    change = hit(0.7, 0.2) - hit(0.5, 0.2)
    at = readings["at"]
    assert at.mc_se[-1, 0] == pytest.approx(np.sqrt(change * (1 - change) / PATHS), rel=0.05)
    assert abs(at.change[-1, 0] - change) < 4 * at.mc_se[-1, 0]
    assert abs(at.base[-1, 0] - hit(0.5, 0.2)) < 4 * np.sqrt(0.25 / PATHS)
    assert_allclose(at.change.sum(axis=1), 0, atol=1e-12)
    assert_allclose(readings["ever"].change[:, 0], at.change[:, 0], atol=1e-12)
    assert moves.share[-1, 0, 1] == 0, "a likelier strike takes no path out of the rift"
    assert moves.share[-1, 1, 0] == pytest.approx(at.change[-1, 0], abs=1e-12)
    assert moves.moved[-1] == pytest.approx(at.change[-1, 0], abs=1e-12)


def test_the_time_share_is_the_mean_of_at_and_its_error_that_of_the_paths():
    readings, _ = found()
    so_far = np.arange(1, TICKS + 1)[:, None]
    assert_allclose(readings["time_share"].change, np.cumsum(readings["at"].change, axis=0) / so_far, atol=1e-12)
    values = [found(seed, 1024)[0]["time_share"] for seed in range(1, 41)]
    score = [
        float(value.change[-1, 0] - np.mean([v.change[-1, 0] for v in values])) / value.mc_se[-1, 0] for value in values
    ]
    assert 0.7 < np.std(score) < 1.35


def test_errors_are_those_of_the_difference():
    """Over 60 seeds the change lies about one of its errors off theory; independent runs' errors fail the same gate."""
    change, paths = hit(0.7, 0.2) - hit(0.5, 0.2), 1024
    right, wrong = [], []
    for seed in range(1, 61):
        at = difference(compared(world(0.5, 0.2), world(0.7, 0.2), seed=seed, paths=paths))[0]["at"]
        off = at.change[-1, 0] - change
        odds = np.array([at.base[-1, 0], at.variant[-1, 0]])
        right.append(off / at.mc_se[-1, 0])
        wrong.append(off / np.sqrt((odds * (1 - odds)).sum() / paths))

    def fits(scores):
        return abs(np.mean(np.square(scores)) - 1) < 4 * np.sqrt(2 / len(scores))

    assert fits(right)
    assert not fits(wrong), "wrong twin: the error of two independent runs"


def test_moved_paths_are_reported_even_where_the_odds_stay():
    """Two scenarios that exchange their paths: the odds stay, and all of them have moved."""
    one = scenario("rift", enter=rule("trust > 50"), priority=2)
    other = scenario("renewal", enter=rule("trust <= 50"), priority=1)
    drivers = (driver("trust", volatility=10.0),)
    exchanged = (replace(one, enter=other.enter, leave=other.leave), replace(other, enter=one.enter, leave=one.leave))
    run = experiment(ticks=4, paths=4096)
    before, after = (model(drivers=drivers, scenarios=s) for s in ((one, other), exchanged))
    readings, moves = difference(compared((before, run), (after, run), paths=4096))
    assert moves.moved[-1] == 1.0
    assert abs(readings["at"].change[-1, 0]) < 4 * readings["at"].mc_se[-1, 0]
    assert_allclose(np.trace(moves.share[-1]), 0.0)


def test_scenarios_are_matched_by_name():
    """Priorities that change put the scenarios in another order."""
    second = scenario("renewal", enter=rule("count(tariff) >= 3"), priority=5)
    first = replace(EITHER, priority=9)
    before = world(0.5, 0.2, (first, second))
    after = world(0.5, 0.2, (replace(first, priority=3), second))
    assert [s.name for s in after[0].scenarios] != [s.name for s in before[0].scenarios]
    readings, _ = difference(compared(before, after, paths=2048))
    tally = simulate(compile_model(*after), seed=1, paths=2048)
    names = [s.name for s in after[0].scenarios]
    odds = dict(zip(names, tally.occupancy.sum(axis=0)[-1] / 2048, strict=True))
    for j, item in enumerate(before[0].scenarios):
        assert readings["at"].variant[-1, j] == pytest.approx(odds[item.name])


@pytest.mark.parametrize("paths", [1, 63, 64, 1025, 1500])
def test_no_path_is_lost_or_counted_twice(paths):
    before, after = world(0.5, 0.2), world(2.0, 0.2)
    paired = compared(before, after, paths=paths)
    tallies = [simulate(compile_model(*pair), seed=1, paths=paths) for pair in (before, after)]
    assert_allclose(paired.base["at"], tallies[0].occupancy)
    assert_allclose(paired.change["at"], tallies[1].occupancy - tallies[0].occupancy)
    ever = [np.cumsum(tally.first_entry, axis=1) for tally in tallies]
    assert_allclose(paired.change["ever"], ever[1] - ever[0])
    assert_allclose(paired.moves.sum(axis=(2, 3)).T, np.broadcast_to(paired.groups.paths, (TICKS, 32)))
    assert_allclose(paired.groups.paths, tallies[0].groups.paths)


def test_over_draws_the_band_is_that_of_the_difference():
    """The base's rate is uncertain, the variant's is the same rate and a half: the band of the change is narrower."""
    rates = np.exp(np.linspace(np.log(0.2), np.log(1.0), 24))
    points = (np.arange(24)[:, None] + 0.5) / 24
    worlds = [
        Ensemble(models=[compile_model(*world(scale * rate, 0.0)) for rate in rates], each=2000, points=points)
        for scale in (1.0, 1.25)
    ]
    (contrast,) = paired_differences(worlds, noise=shared_noise(1, 48_000))
    readings, moves = difference(contrast)
    at = readings["at"]
    changes = hit_of(1.25 * rates) - hit_of(rates)
    assert abs(at.change[-1, 0] - changes.mean()) < 4 * at.mc_se[-1, 0]
    assert at.mc_se[-1, 0] < 0.02
    assert_allclose(at.quantiles[[0, -1], -1, 0], np.quantile(changes, [0.05, 0.95], method="hazen"), atol=0.015)
    band = at.quantiles[-1, -1, 0] - at.quantiles[0, -1, 0]
    assert band < 0.25 * (hit_of(1.0) - hit_of(0.2)), "wrong twin: the band of the odds themselves"
    assert moves.moved[-1] == pytest.approx(at.change[-1, 0], abs=1e-12)


def sized(worlds, paths):
    """The worlds of a split with so many paths."""
    made = {edits: (model, replace(run, paths=paths)) for edits, (model, run) in worlds.worlds.items()}
    return replace(worlds, worlds=made)


def hit_of(rates):
    return 1 - np.exp(-np.asarray(rates) * YEARS)


# --- splits --------------------------------------------------------------------------------------------------------

BEFORE, AFTER = world(0.3, 0.2), world(1.2, 0.9)


@lru_cache(maxsize=1)
def split():
    return split_over(between(BEFORE, AFTER), [TICKS - 1], noise=shared_noise(1, PATHS))


def test_shapley_parts_are_those_worked_out_by_hand():
    parts = split()
    none, strike, tariff, both = hit(0.3, 0.2), hit(1.2, 0.2), hit(0.3, 0.9), hit(1.2, 0.9)
    by_hand = ((strike - none) + (both - tariff)) / 2, ((tariff - none) + (both - strike)) / 2
    assert [edit.key for edit in parts.edits] == ["triggers.strike.rate", "triggers.tariff.rate"]
    for n, value in enumerate(by_hand):
        assert abs(parts.part[n, 0, 0] - value) < 4 * parts.part_se[n, 0, 0]
    assert parts.part_se.max() < 0.004
    in_order = strike - none
    assert abs(parts.part[0, 0, 0] - in_order) > 8 * parts.part_se[0, 0, 0], "wrong twin: what it adds when made first"


def test_parts_sum_to_the_whole_and_the_whole_is_the_change():
    parts = split()
    assert_allclose(parts.part.sum(axis=0), parts.whole, atol=1e-12)
    at = difference(compared(BEFORE, AFTER))[0]["at"]
    assert_allclose(parts.whole[0], at.change[-1], atol=1e-12)
    assert_allclose(parts.whole_se[0], at.mc_se[-1], rtol=1e-9)


def test_the_error_of_a_part_is_that_of_its_paths():
    """Over 40 seeds parts lie about one of their errors off the value by hand."""
    value = ((hit(1.2, 0.2) - hit(0.3, 0.2)) + (hit(1.2, 0.9) - hit(0.3, 0.9))) / 2
    worlds = sized(between(BEFORE, AFTER), 1024)
    scores = []
    for seed in range(1, 41):
        parts = split_over(worlds, [TICKS - 1], noise=shared_noise(seed, 1024))
        scores.append((parts.part[0, 0, 0] - value) / parts.part_se[0, 0, 0])
    assert abs(np.mean(np.square(scores)) - 1) < 4 * np.sqrt(2 / 40)


def test_shapley_does_not_depend_on_the_order_of_the_file_and_the_chain_does():
    reversed_ = tuple((replace(m, triggers=m.triggers[::-1]), run) for m, run in (BEFORE, AFTER))
    noise = shared_noise(1, 4096)
    parts = [split_over(sized(between(*pair), 4096), [TICKS - 1], noise=noise) for pair in ((BEFORE, AFTER), reversed_)]
    assert_allclose(parts[0].part, parts[1].part[::-1], atol=1e-12)
    chains = [replace(between(*pair), every=False) for pair in ((BEFORE, AFTER), reversed_)]
    cut = [
        replace(c, worlds={made: c.worlds[made] for made in (frozenset(), frozenset({0}), frozenset({0, 1}))})
        for c in chains
    ]
    ordered = [split_over(sized(c, 4096), [TICKS - 1], noise=noise) for c in cut]
    assert_allclose(ordered[0].part.sum(axis=0), ordered[1].part.sum(axis=0), atol=1e-12)
    assert abs(ordered[0].part[0, 0, 0] - ordered[1].part[1, 0, 0]) > 0.02


@pytest.mark.parametrize("edits", range(1, MAX_EDITS_EXACT + 1))
def test_shapley_weights_sum_to_the_whole(edits):
    sets = [frozenset(n for n in range(edits) if bits >> n & 1) for bits in range(2**edits)]
    weights = weights_of(sets, edits, shapley=True)
    whole = np.array([float(len(made) == edits) - float(not made) for made in sets])
    assert_allclose(weights.sum(axis=0), whole, atol=1e-12)
    assert_allclose(weights.sum(axis=1), 0, atol=1e-12)


def test_an_imposed_event_and_a_start_are_edits_too():
    run = BEFORE[1]
    after = BEFORE[0], replace(run, impose=(imposed("strike", day(70)),))
    worlds = between(BEFORE, after)
    assert [edit.key for edit in worlds.edits] == [f"impose.strike on {day(70)}"]
    parts = split_over(sized(worlds, 1024), [TICKS - 1], noise=shared_noise(1, 1024))
    assert parts.whole[0, 0] == pytest.approx(1 - hit(0.3, 0.2), abs=4 * parts.whole_se[0, 0])


def test_many_edits_are_made_in_order():
    drivers = tuple(driver(f"d{n}") for n in range(MAX_EDITS_EXACT + 1))
    moved = tuple(replace(d, start=60.0) for d in drivers)
    run = experiment(ticks=2)
    worlds = between((model(drivers=drivers), run), (model(drivers=moved), run))
    assert len(worlds.edits) == MAX_EDITS_EXACT + 1
    assert not worlds.every
    assert len(worlds.worlds) == MAX_EDITS_EXACT + 2
    half = worlds.worlds[frozenset(range(3))][0]
    assert [d.start for d in half.drivers] == [60.0] * 3 + [50.0] * (MAX_EDITS_EXACT - 2)


def test_edits_that_cannot_stand_alone_are_taken_together():
    """Two priorities exchanged: between the two worlds both would have the same."""
    one, other = (
        scenario("rift", enter=rule("trust < 30"), priority=1),
        scenario("calm", enter=rule("trust > 70"), priority=2),
    )
    run = experiment(ticks=2)
    before = model(scenarios=(one, other)), run
    after = model(scenarios=(replace(one, priority=2), replace(other, priority=1))), run
    worlds = between(before, after)
    assert len(worlds.edits) == 1
    assert {change.key for change in worlds.edits[0].changes} == {"scenarios.rift.priority", "scenarios.calm.priority"}


def test_what_says_nothing_of_behaviour_is_no_edit():
    first = model(triggers=(trigger("strike", rate=per_year(1)),))
    second = replace(first, title="Other", triggers=(replace(first.triggers[0], label="Other", source="Other"),))
    assert between((first, experiment()), (second, experiment(paths=7, seed=9))).edits == ()


def test_a_range_is_an_edit_whose_median_counts():
    first = model(triggers=(trigger("strike", rate=per_year(1)),))
    spread = replace(first.triggers[0], rate=replace(first.triggers[0].rate, rate=Quantiles(0.5, 1.0, 2.0, POSITIVE)))
    after = replace(first, triggers=(spread,))
    (edit,) = between((first, experiment()), (after, experiment())).edits
    assert edit.changes[0].after == "{ q05 = 0.5, median = 1.0, q95 = 2.0 }"
    assert realise(after) == first
