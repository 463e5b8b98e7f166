"""Does the audit of scenarios show what the rules do?

Rules are evaluated again on kept paths; the result is compared with the engine's own, path by path, tick by tick.
"""

import csv
import io
import json
import math
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from builders import (
    branch,
    calendar_event,
    compiled,
    contagion,
    day,
    driver,
    experiment,
    fixed,
    imposed,
    lognormal,
    model,
    per_year,
    rule,
    scenario,
    trigger,
)  # fmt: skip
from frenemy.errors import InputError
from frenemy.forecast.odds import odds_of
from frenemy.model.distributions import INDEX, POSITIVE, Quantiles
from frenemy.model.experiment import Uncertainty
from frenemy.model.realise import realise, uncertain
from frenemy.simulation.ensemble.ensemble import one_model
from frenemy.simulation.ensemble.run import simulate, simulate_ensemble, simulate_paths
from frenemy.simulation.ensembles import ensemble_of, models_of
from frenemy.studies.audit import study
from frenemy.studies.audit.findings import audit_rule, overlaps
from frenemy.studies.audit.path_means import odds_of_paths
from frenemy.studies.audit.reclassify import as_drawn, classify, gather, rules_of, whole_ticks
from frenemy.studies.audit.stays import dwell, spells
from frenemy.studies.audit.tables import tables
from frenemy.studies.audit.thresholds import curves, quantities_of

PATHS = 1536


def lively(**changes):
    """Two drivers, a strike, tariffs that last, and two rules that may hold at once."""
    values = dict(
        drivers=(driver("trust", start=45.0), driver("alignment", half_life=90.0, volatility=14.0)),
        triggers=(
            trigger("strike", rate=per_year(2), effect={"trust": -12.0}, raises={"tariffs": contagion(0.5)}),
            trigger(
                "tariffs", kind="episode", rate=per_year(1), duration=lognormal(60, 200), while_active={"trust": -8.0}
            ),
        ),
        calendar=(calendar_event("review", day(100), branch("good", 0.5, effect={"trust": 8.0}), branch("bad", 0.5)),),
        scenarios=(
            scenario(
                "rift", priority=2, for_=21.0, thresholds={"floor": 36.0, "margin": 5.0},
                enter=rule("trust < floor or (active(tariffs) and count(strike) >= 2)"),
                leave=rule("trust > floor + margin and not active(tariffs)"),
            ),
            scenario("warm", priority=1, for_=10.0, enter=rule("alignment > 52 and trust > 30")),
        ),
    )  # fmt: skip
    return model(**values | changes)


@cache
def world():
    run = compiled(lively(), experiment(ticks=120, paths=PATHS))
    return run, gather(one_model(run, PATHS), seed=3)


def read(of):
    facts = world()[1]
    rules = rules_of(of.scenarios, facts)
    return rules, classify(rules), facts


# --- evaluating again equals simulating again ------------------------------------------------------------------------


@settings(max_examples=25, deadline=None)
@given(
    floor=st.floats(20, 55),
    margin=st.floats(-5, 15),
    lasts=st.sampled_from([0.0, 7.0, 8.0, 30.0, 91.0]),
    absorbing=st.booleans(),
    swap=st.booleans(),
)
def test_reading_kept_paths_again_is_what_the_engine_would_say(floor, margin, lasts, absorbing, swap):
    run, facts = world()
    rift, warm = run.model.scenarios[:2]
    rift = replace(rift, thresholds={"floor": floor, "margin": margin}, for_=lasts, absorbing=absorbing)
    if swap:
        rift, warm = replace(rift, priority=1), replace(warm, priority=2)
    other = lively(scenarios=(rift, warm))
    again = simulate_paths(compiled(other, run.experiment), seed=3, numbers=range(PATHS)).scenario
    assert np.array_equal(classify(rules_of(other.scenarios, facts)).scenario, again)


def test_a_reading_that_ignores_streaks_is_detected():
    """The wrong twin of the test above."""
    run, facts = world()
    rules = [replace(item, ticks=1) for item in rules_of(run.model.scenarios, facts)]
    assert not np.array_equal(classify(rules).scenario, facts.scenario)


def test_another_rule_does_not_change_the_drivers():
    run, facts = world()
    bare = simulate_paths(compiled(lively(scenarios=()), run.experiment), seed=3, numbers=range(PATHS))
    assert np.array_equal(bare.index[1:, 0], facts.levels["trust"])


def test_the_odds_are_those_of_a_run():
    run, facts = world()
    odds = odds_of(simulate(run, seed=3, paths=PATHS))
    for reading, found in odds_of_paths(facts.ensemble, facts.scenario, 3).items():
        assert np.array_equal(found.probability, odds[reading].probability)
        assert np.array_equal(found.mc_se, odds[reading].mc_se)


# --- over outer draws ------------------------------------------------------------------------------------------------

DRAWS, EACH = 48, 32


def uncertain_rules():
    """Thresholds, a duration and a rate that are not known."""
    rift, warm = lively().scenarios[:2]
    rift = replace(
        rift, thresholds={"floor": Quantiles(20.0, 36.0, 40.0, INDEX), "margin": 5.0},
        for_=Quantiles(7.0, 21.0, 120.0, POSITIVE),
    )  # fmt: skip
    return lively(scenarios=(rift, replace(warm, thresholds={"warmth": Quantiles(46.0, 52.0, 58.0, INDEX)},
                                           enter=rule("alignment > warmth and trust > 30"),
                                           leave=rule("not (alignment > warmth and trust > 30)"))))  # fmt: skip


@cache
def drawn():
    of, run = (
        uncertain_rules(),
        experiment(ticks=80, paths=DRAWS * EACH, uncertainty=Uncertainty(draws=DRAWS, paths=EACH), seed=3),
    )
    ensemble = ensemble_of(of, run)
    facts = gather(ensemble, seed=3)
    return of, run, as_drawn(of, run, ensemble), facts


def test_each_draw_has_its_own_rules():
    """Path by path what the engine found, under thresholds and durations that differ from draw to draw."""
    _, _, scenarios, facts = drawn()
    assert np.array_equal(classify(rules_of(scenarios, facts)).scenario, facts.scenario)
    assert len(np.unique(whole_ticks(scenarios[0].for_, 7))) > 3
    of = realise(drawn()[0])
    assert not np.array_equal(classify(rules_of(of.scenarios, facts)).scenario, facts.scenario), "the wrong twin"


def test_the_odds_over_draws_are_those_of_a_run_to_the_last_digit():
    of, run, *_ = drawn()
    found = study.audit((of, run), draws=DRAWS).findings
    odds = odds_of(simulate_ensemble(ensemble_of(of, found.experiment), seed=3))
    for reading, mine in found.odds.items():
        assert np.array_equal(mine.probability, odds[reading].probability)
        assert np.array_equal(mine.mc_se, odds[reading].mc_se)
    medians = study.audit((of, run), draws=0).findings
    assert medians.experiment.uncertainty.draws == 0
    gap = abs(medians.odds["at"].probability - found.odds["at"].probability)[-1].max()
    assert gap > 4 * found.odds["at"].mc_se[-1].max(), "the wrong twin: medians are another question"


def test_a_curve_over_draws_holds_one_number_as_known_and_the_others_as_drawn():
    of, run, scenarios, facts = drawn()
    for curve in curves(of, scenarios, facts, 60):
        quantity = curve.quantity
        if quantity.name == "trust > 30":
            continue  # `renumbered` writes the rule of `lively`
        known = renumbered(of, quantity, float(quantity.values[-1]))
        odds = odds_of(simulate_ensemble(same_draws(of, known, run, facts), seed=3))
        for r, reading in enumerate(("at", "ever", "time_share")):
            assert curve.odds[-1, r] == pytest.approx(odds[reading].probability[60], abs=1e-12)
            assert curve.mc_se[-1, r] == pytest.approx(odds[reading].mc_se[60], rel=1e-6)


def same_draws(of, known, run, facts):
    """The ensemble of a model in which one number is known, with the values of `of`'s draws for all others."""
    columns = dict(zip(uncertain(of) | uncertain(run), facts.ensemble.values.T, strict=True))
    left = {key: column for key, column in columns.items() if key in uncertain(known)}
    return replace(facts.ensemble, models=models_of(known, run, left, DRAWS))


def test_errors_over_draws_are_the_scatter_over_seeds():
    """Of a share, and of the length of stays: clusters are draws, not paths."""
    of = uncertain_rules()
    each = [
        study.audit(
            (of, experiment(ticks=30, paths=1024, uncertainty=Uncertainty(draws=32, paths=32), seed=seed))
        ).findings
        for seed in range(40)
    ]
    for number, error in (
        (lambda found: found.rules[0].inside.value, lambda found: found.rules[0].inside.mc_se),
        (lambda found: found.rules[0].dwell.survival[8], lambda found: found.rules[0].dwell.survival_se[8]),
        (lambda found: found.curves[0].odds[-1, 0, 0], lambda found: found.curves[0].mc_se[-1, 0, 0]),
    ):
        scatter = np.std([number(found) for found in each], ddof=1)
        stated = math.sqrt(np.mean([error(found) ** 2 for found in each]))
        assert 0.6 < stated / scatter < 1.7


# --- stays -----------------------------------------------------------------------------------------------------------


def stays_of(ticks):
    """A scenario that is an episode of lognormal length, begun in most paths at some time of a short run."""
    tariffs = trigger("tariffs", kind="episode", rate=per_year(1), duration=lognormal(140, 420))
    inside = scenario("inside", enter=rule("active(tariffs)"))
    run = compiled(model(triggers=(tariffs,), scenarios=(inside,)), experiment(ticks=ticks, tick=1))
    return simulate_paths(run, seed=5, numbers=range(4096)).scenario == 0


def plain(paths):
    """So many paths of one model."""
    return one_model(world()[0], paths)


def lasting(days):
    """The share of lognormal lengths that are longer, after rounding to days: an event is somewhere in its day."""
    sigma = math.log(3) / norm.ppf(0.95)
    fine = days + (np.arange(20) - 9.5) / 20
    return float(np.mean(norm.sf(np.log(np.maximum(fine, 1e-9) / 140) / sigma)))


@pytest.mark.parametrize("days", [60, 140, 250])
def test_stays_follow_their_law_though_most_are_cut_off(days):
    inside = stays_of(365)
    found = dwell(spells(inside), len(inside), plain(inside.shape[1]))
    assert found.censored > 0.4 * found.spells
    assert abs(found.survival[days] - lasting(days)) < 4 * found.survival_se[days]
    assert found.survival_se[days] < 0.02


def test_counting_only_completed_stays_is_detected():
    """The wrong twin: long stays are the ones that are cut off."""
    inside = stays_of(365)
    every = spells(inside)
    ended = replace(every, path=every.path[every.ended], first=every.first[every.ended],
                    length=every.length[every.ended], ended=every.ended[every.ended])  # fmt: skip
    found = dwell(ended, len(inside), plain(inside.shape[1]))
    assert abs(found.survival[140] - lasting(140)) > 6 * found.survival_se[140]


def test_stays_by_hand():
    inside = np.array([[1, 0], [1, 1], [0, 1], [1, 1], [1, 0], [1, 0]], dtype=bool)
    found = spells(inside)
    assert list(zip(found.path, found.first, found.length, found.ended, strict=True)) == [
        (0, 0, 2, True), (0, 3, 3, False), (1, 1, 3, True),
    ]  # fmt: skip
    lengths = dwell(found, 6, plain(2))
    assert (lengths.spells, lengths.censored) == (3, 1)
    assert lengths.survival[:4] == pytest.approx([1, 1, 2 / 3, 1 / 3])
    assert np.isnan(lengths.survival[4:]).all()
    assert lengths.quantiles == pytest.approx([2, 3, np.nan], nan_ok=True)
    nobody = dwell(spells(np.zeros((6, 2), dtype=bool)), 6, plain(2))
    assert nobody.spells == 0
    assert np.isnan(nobody.survival).all()


# --- rules, by hand and by slow counting -----------------------------------------------------------------------------


def test_what_a_rule_does_is_what_slow_counting_finds():
    rules, reading, facts = read(lively())
    found = audit_rule(0, lively().scenarios[0], facts, rules, reading)
    enter, here = rules[0].enter, reading.scenario
    waits, first, entries, led, stretches = [], [], np.zeros(PATHS, dtype=int), 0, 0
    for p in range(PATHS):
        streak, held_since, entered = 0, None, False
        open_stretch = False
        for n in range(len(here)):
            was, now = (here[n - 1, p] if n else 2) == 0, here[n, p] == 0
            left = was and rules[0].leave[n, p]
            streak = streak + 1 if enter[n, p] else 0
            if enter[n, p] and held_since is None:
                held_since = n
            begins = enter[n, p] and (n == 0 or not enter[n - 1, p])
            if begins:
                open_stretch = not was or left
                stretches += open_stretch
            if now and not was:
                entries[p] += 1
                waits.append(streak - 1)
                led += open_stretch
                open_stretch = False
                if not entered:
                    first.append(n - held_since)
                entered = True
            if left:
                streak = 0
    assert found.mean_entries.value == pytest.approx(entries.mean())
    assert found.entries == pytest.approx(np.bincount(np.minimum(entries, 3), minlength=4) / PATHS)
    assert found.waiting.median == 7 * np.quantile(waits, 0.5, method="inverted_cdf")
    assert found.waiting.first_q95 == 7 * np.quantile(first, 0.95, method="inverted_cdf")
    assert found.waiting.led == pytest.approx(led / stretches, abs=0.01)
    assert found.inside.value == pytest.approx((here == 0).mean())
    assert found.held_outside.value == pytest.approx((enter & (here != 0)).mean())
    assert found.inside.value - found.inside_unheld.value == pytest.approx(found.held.value - found.held_outside.value)


def test_entries_are_divided_over_clauses():
    rules, reading, facts = read(lively())
    low, both = audit_rule(0, lively().scenarios[0], facts, rules, reading).clauses
    assert (low.text, both.text) == ("trust < floor", "active(tariffs) and count(strike) >= 2")
    assert low.entries + both.alone == pytest.approx(1)
    assert both.entries + low.alone == pytest.approx(1)
    assert 0 < low.alone < low.entries < 1


def test_overlaps_say_where_the_paths_are():
    rules, reading, facts = read(lively())
    (found,) = overlaps(rules, facts, reading)
    both = rules[0].enter & rules[1].enter
    assert 0 < found.share.value == pytest.approx(both.mean())
    assert found.in_one == pytest.approx((reading.scenario[both] == 0).mean())
    assert found.in_one + found.in_other <= 1


# --- numbers of rules ------------------------------------------------------------------------------------------------


def test_every_number_of_a_rule_is_found_once():
    of = lively()
    found = quantities_of(of, 7.0)
    assert [(item.scenario, item.name, item.unit) for item in found] == [
        (0, "floor", "points"), (0, "margin", "points"), (0, "count(strike) >= 2", "events"), (0, "for", "days"),
        (1, "alignment > 52", "points"), (1, "trust > 30", "points"), (1, "for", "days"),
    ]  # fmt: skip
    for item in found:
        assert np.any(
            np.isclose(item.values, max(7.0, 7 * math.ceil(item.value / 7)) if item.name == "for" else item.value)
        )
        assert (np.diff(item.values) > 0).all()


def test_curves_agree_with_runs_at_other_numbers():
    run, facts = world()
    at = 99
    for curve in curves(run.model, run.model.scenarios, facts, at):
        quantity = curve.quantity
        for v in (0, len(quantity.values) - 1):
            other = renumbered(run.model, quantity, float(quantity.values[v]))
            odds = odds_of(simulate(compiled(other, run.experiment), seed=3, paths=PATHS))
            for r, reading in enumerate(("at", "ever", "time_share")):
                assert curve.odds[v, r] == pytest.approx(odds[reading].probability[at], abs=1e-12)
                assert curve.mc_se[v, r] == pytest.approx(odds[reading].mc_se[at], abs=1e-12)
    assert (curve.change_se > 0).all()


def renumbered(of, quantity, value):
    """The model as an analyst would have written it with the other number."""
    chosen = of.scenarios[quantity.scenario]
    if quantity.name == "for":
        changed = replace(chosen, for_=value)
    elif quantity.name in chosen.thresholds:
        changed = replace(chosen, thresholds={**chosen.thresholds, quantity.name: value})
    else:
        texts = {
            "count(strike) >= 2": f"trust < floor or (active(tariffs) and count(strike) >= {value!r})",
            "alignment > 52": f"alignment > {value!r} and trust > 30",
            "trust > 30": f"alignment > 52 and trust > {value!r}",
        }
        enter = rule(texts[quantity.name])
        changed = replace(
            chosen, enter=enter, leave=chosen.leave if quantity.scenario == 0 else rule(f"not ({texts[quantity.name]})")
        )
    return replace(of, scenarios=tuple(changed if s is chosen else s for s in of.scenarios))


def test_an_uncertain_number_sets_the_range():
    rift = scenario("rift", enter=rule("trust < floor"), thresholds={"floor": Quantiles(30.0, 35.0, 39.0, INDEX)})
    floor, lasts = quantities_of(model(scenarios=(rift,)), 7.0)
    assert (floor.low, floor.high) == pytest.approx((30, 39))
    assert floor.values[0] < 30 < 39 < floor.values[-1]
    assert 35.0 in floor.values
    assert lasts.values[0] == 7.0


# --- the whole study, from Python and the command line ---------------------------------------------------------------


@cache
def small():
    of = lively()
    return study.audit((of, experiment(ticks=60, paths=256)), date=day(200))


def test_tables_hold_every_row_and_add_up():
    found = small().findings
    texts = {name: list(csv.DictReader(io.StringIO(text))) for name, text in tables(found).items()}
    assert {name: len(rows) for name, rows in texts.items()} == {
        "rules.csv": 3, "clauses.csv": 3, "overlaps.csv": 1, "stays.csv": 3 * 61, "readings.csv": 3 * 3 * 60,
        "definitions.csv": 9 * sum(len(curve.quantity.values) for curve in found.curves),
    }  # fmt: skip
    at = [row for row in texts["readings.csv"] if row["reading"] == "at" and row["date"] == str(found.dates[-1])]
    assert sum(float(row["probability"]) for row in at) == pytest.approx(1, abs=2e-6)
    for row in texts["rules.csv"]:
        assert sum(float(row[name]) for name in ("never", "once", "twice", "three_or_more")) == pytest.approx(
            1, abs=3e-6
        )
    assert tables(found) == tables(small.__wrapped__().findings)


def test_the_date_is_that_of_the_assessment_on_it_or_next():
    assert str(small().findings.dates[small().findings.tick]) == str(day(203))
    for outside in (day(0), day(61 * 7)):
        with pytest.raises(InputError, match="outside the run"):
            study.audit((lively(), experiment(ticks=60, paths=64)), date=outside)


def test_data_text_and_pictures_agree_with_the_findings(tmp_path):
    found = small()
    data = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert "<table>" in found._repr_html_()
    assert [item["scenario"] for item in data["rules"]] == ["rift", "warm", "status_quo"]
    assert len(data["definitions"]) == 7
    from rich.console import Console

    console = Console(width=120, record=True, file=io.StringIO())
    console.print(found)
    text = console.export_text()
    assert "“trust < floor” holds at" in text
    assert "hold at once" in text
    folder = found.save(tmp_path / "audit")
    assert {path.name for path in (folder / "pictures").iterdir()} == {
        "definitions.png", "definitions.svg", "stays.png", "stays.svg",
    }  # fmt: skip
    assert len(found.plot_stays().lines) >= 3


def test_a_model_without_rules_can_be_audited(tmp_path):
    found = study.audit((model(), experiment(ticks=10, paths=64)))
    assert found.findings.curves == ()
    found.save(tmp_path / "bare")
    assert found.to_dict()["rules"][0]["odds"]["at"] == 1


def test_only_as_many_paths_as_fit_are_kept(monkeypatch):
    monkeypatch.setattr(study, "MAX_LEVELS", 11 * 100)
    assert study.audit((model(), experiment(ticks=10, paths=640))).findings.paths == 100


def test_fixed_episodes_are_active_for_their_time():
    """Whether an episode runs is read from the engine: 10 days from day 3 covers the assessments of days 7 alone."""
    tariffs = trigger("tariffs", kind="episode", duration=fixed(10))
    inside = scenario("inside", enter=rule("active(tariffs) and count(tariffs) == 1"))
    run = compiled(
        model(triggers=(tariffs,), scenarios=(inside,)), experiment(ticks=4, impose=(imposed("tariffs", day(3)),))
    )
    facts = gather(one_model(run, 2), seed=1)
    assert facts.active["tariffs"].T.tolist() == [[True, False, False, False]] * 2
    assert facts.counts["tariffs"].T.tolist() == [[1, 1, 1, 1]] * 2
    assert np.array_equal(classify(rules_of(run.model.scenarios, facts)).scenario, facts.scenario)
