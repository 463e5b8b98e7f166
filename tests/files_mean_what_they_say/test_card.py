"""Does the model card show what the files do not: where drivers settle, how often events happen, what leads to what?"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import replace

import numpy as np
import pytest
from small_parts import (
    START,
    YEAR,
    branch,
    calendar_event,
    condition,
    contagion,
    date,
    driver,
    experiment,
    fixed,
    follow_up,
    imposed,
    model,
    per_year,
    scenario,
    trigger,
    within,
)

from frenemy.check.branching import extras, radius
from frenemy.check.card import card, largest_radius
from frenemy.check.card_text import WIDTH, card_text
from frenemy.check.settled_levels import levels, ordinary
from frenemy.model.distributions import INDEX, NONNEGATIVE, PROBABILITY, History, Quantiles
from frenemy.model.experiment import Initial, Uncertainty
from frenemy.model.resolved import PerYear, Signpost
from frenemy.simulation.compile.drift import system
from frenemy.simulation.compile.transition import transition
from frenemy.simulation.parameter_draws import outer_draws

BANNER = "Where drivers settle\n--------------------\n"


def kicked(**changes):
    """A driver at rest at 50 that is kicked down by 2 points twice a year, half of it lasting."""
    kicks = trigger(rate=per_year(2), effect={"trust": -2.0}, lasting=0.5)
    calm = driver(start=50.0, long_run=50.0, volatility=0.0, scar_half_life=182.0)
    return model(**dict(drivers=[calm], triggers=[kicks]) | changes)


def settled_by_hand(*, scars: bool) -> float:
    """The stationary mean of x' = phi x + S a + kicks, a' = heal a + half the kicks, in index points."""
    K, P, _, R = system(kicked().drivers, {})
    move = transition(K, P, R, 7.0)
    kick = 2 / YEAR * 7 * math.log(48 / 52)
    scar = 0.5 * kick / (1 - move.heal[0, 0])
    x = (kick + (move.scar[0, 0] * scar if scars else 0.0)) / (1 - move.phi[0, 0])
    return 100 / (1 + math.exp(-x))


def test_drivers_settle_where_the_stationary_mean_is():
    (level,) = levels(kicked(), experiment())
    assert level.long_run == 50
    assert 0 < level.error < 0.1
    assert abs(level.settled - settled_by_hand(scars=True)) < 4 * level.error
    # the wrong twin, without scars, is far off
    assert abs(level.settled - settled_by_hand(scars=False)) > 10 * level.error


def test_without_events_a_driver_settles_at_its_long_run():
    (level,) = levels(model(drivers=[driver(start=20.0, long_run=50.0)]), experiment())
    assert abs(level.settled - 50) < 4 * level.error


def test_scars_that_never_heal_leave_no_level_to_settle_at():
    for_ever = [replace(kicked().drivers[0], scar_half_life=math.inf)]
    (level,) = levels(kicked(drivers=for_ever), experiment())
    assert math.isnan(level.settled)
    text = card_text(card(kicked(drivers=for_ever), experiment(years=1)))
    assert "• Trust, with a long run of 50, never settles: events leave scars, and scars do not heal." in text
    (level,) = levels(kicked(drivers=for_ever, triggers=[]), experiment())
    assert not math.isnan(level.settled)


def test_the_ordinary_flow_knows_no_calendar_and_no_exceptions():
    middle = START + dt.timedelta(days=5 * 182)
    subject = model(
        drivers=[driver(start=10.0, scar_half_life=5 * YEAR)],
        triggers=[
            trigger("always"),
            trigger("first_years", until=date(2029)),
            trigger("last_year", from_=date(2029)),
            trigger("capped", max_count=4.0, cooldown=7.0),
            trigger("rested", max_count=4.0, cooldown=1000.0),
            trigger("barred", max_count=0.0),
        ],
        calendar=[calendar_event("vote", middle, branch("yes", 1.0, effect={"trust": -30.0}))],
    )
    run = experiment(
        years=5, impose=(imposed("always", middle),), initial=Initial(scars={"trust": -10.0}, episodes={}), tick=1
    )
    steady, long_run = ordinary(subject, run)
    assert steady.calendar == ()
    assert (long_run.impose, long_run.initial.scars, long_run.tick) == ((), {}, 7)
    assert steady.drivers[0].start == 40
    assert long_run.ticks * 7 > (6 * 5 + 10) * YEAR
    assert [t.max_count for t in steady.triggers] == [math.inf, math.inf, 0, math.inf, math.inf, 0]
    assert all((t.from_, t.until) == (dt.date.min, dt.date.max) for t in steady.triggers)
    assert steady.triggers[3].cooldown == pytest.approx(5 * YEAR / 4, rel=1e-3)
    assert steady.triggers[4].cooldown == 1000


def test_rates_as_simulated_beside_those_stated():
    drifting = driver(start=50.0, long_run=50.0, volatility=0.0)
    likelier = trigger("likelier", rate=per_year(1), per_10_points={"trust": 2.0}, reference={"trust": 60.0})
    found = card(model(drivers=[drifting], triggers=[trigger("plain"), likelier]), experiment(years=6, paths=2048))
    plain, halved = found.rates
    error = math.sqrt(0.06 * 0.94 / (2048 * 6))
    assert plain.reference == pytest.approx(0.06)
    assert abs(plain.simulated - 0.06) < 4 * error
    assert abs(plain.expected - -math.log(0.94)) < 4 * error
    # at 50, ten points below its reference, the other happens half as often as stated
    assert halved.reference == pytest.approx(1 - math.exp(-1))
    assert abs(halved.expected - 0.5) < 4 * math.sqrt(0.5 / (2048 * 6))
    assert abs(halved.expected - 1.0) > 10 * math.sqrt(0.5 / (2048 * 6))


def test_rates_come_with_their_plausible_range():
    unsure = trigger(rate=within(Quantiles(0.02, 0.06, 0.15, PROBABILITY), YEAR / 2))
    counted = trigger("counted", rate=PerYear(rate=History(3, 1)))
    first, second = card(model(triggers=[unsure, counted]), experiment(years=1, paths=64)).rates
    assert (first.low, first.high) == (pytest.approx(1 - 0.98**2), pytest.approx(1 - 0.85**2))
    assert (second.low, second.high) == tuple(
        pytest.approx(1 - math.exp(-History(3, 1).quantile(u))) for u in (0.05, 0.95)
    )


def test_a_run_of_less_than_a_year_has_no_chance_in_a_year():
    (rate,) = card(model(triggers=[trigger()]), experiment(years=0.5, paths=64)).rates
    assert math.isnan(rate.simulated)
    assert "–" in card_text(card(model(triggers=[trigger()]), experiment(years=0.5, paths=64)))


def test_the_largest_radius_is_that_of_the_outer_draws():
    breeding = model(
        drivers=[driver(start=Quantiles(30, 40, 50, INDEX))],
        triggers=[
            trigger("a", raises={"a": contagion(Quantiles(0.1, 0.3, 0.6, NONNEGATIVE))}),
            trigger("b", rate=within(Quantiles(0.1, 0.2, 0.3, PROBABILITY))),
        ],
    )
    run = experiment(uncertainty=Uncertainty(draws=32, paths=64))
    drawn = max(radius(extras(each.triggers)) for each, _ in outer_draws(breeding, run))
    assert largest_radius(breeding, run) == drawn > 0.5
    assert largest_radius(breeding, experiment()) == pytest.approx(0.3)


def everything():
    return model(
        title="Two neighbours",
        description="A river, and who may drink from it.",
        drivers=[
            driver(description="How far each believes the other.", source="a survey", start=50.0, long_run=50.0),
            driver("alignment"),
        ],
        correlations={"trust": {"alignment": 0.3}},
        triggers=[
            trigger(
                effect={"trust": Quantiles(-20, -10, -5)},
                group="From abroad",
                leads_to=(follow_up("raid", 0.5, fixed(7)),),
            ),
            trigger("raid", rate=PerYear(rate=Quantiles(0.5, 1, 2, NONNEGATIVE, source="a count"))),
        ],
        calendar=[calendar_event("vote", date(2026), branch("yes", 0.4, effect={"trust": 3.0}), branch("no", 0.6))],
        scenarios=[
            scenario(
                "rift",
                "trust < 20",
                narrative="They do not talk.",
                signposts=(Signpost(text="Envoys leave"), Signpost(text="Gauges go dark")),
            )
        ],
        cited={"triggers.strike.effect": "judgment", "drivers.trust.start": "a guess"},
    )


def test_the_card_holds_every_part_with_its_sources():
    found = card(everything(), experiment(years=1, paths=64))
    assert [section.title for section in found.sections] == [
        "Drivers",
        "Triggers: From abroad",
        "Triggers",
        "Calendar",
        "Scenarios",
        "Experiment",
    ]
    entries = {entry.key: entry for section in found.sections for entry in section.entries}
    assert set(entries) >= {"drivers.trust", "correlations", "triggers.raid", "calendar.vote", "scenarios.rift"}
    assert entries["drivers.trust"].sources == {"": "a survey", "start": "a guess"}
    assert entries["triggers.strike"].sources == {"effect": "judgment"}
    assert entries["triggers.raid"].sources == {"rate": "a count"}
    assert entries["scenarios.rift"].remarks == ("They do not talk.", "Watch: Envoys leave; Gauges go dark.")
    assert (found.chain.radius, found.chain.largest) == (0, 0)
    assert [rate.brings for rate in found.rates] == pytest.approx([0.5, 0])


def test_the_text_keeps_its_width_and_its_numbers_together():
    text = card_text(card(everything(), experiment(years=1, paths=64)))
    assert max(len(line) for line in text.splitlines()) <= WIDTH
    assert not any(line.strip().startswith("%") for line in text.splitlines())
    assert text.startswith(
        "Two neighbours\n==============\nA river, and who may drink from it.\n\nDrivers\n-------\n"
        "• Trust starts at 50 and is drawn to 50, closing half of any gap in 26 weeks; left alone it\n"
        "  fluctuates with a standard deviation of 10 points, nine times in ten between 34 and 66. Half of a\n"
        "  scar heals in 3 years.\n"
        "  How far each believes the other.\n"
    )
    assert BANNER in text
    assert "                                             reference        5–95 %  simulated  a year  brings" in text
    assert "\nStrike                                             6 %" in text
    assert text.endswith("• No event brings about another that could bring about the first again: chains are short.\n")


def test_a_model_alone_is_shown_over_five_years_from_its_start():
    found = card(model(triggers=[trigger(requires=condition("trust < 45"), raises={"strike": contagion(0.25)})]))
    assert found.run == "2025-01-06 to 2030-01-07, 2,048 paths, seed 1"
    assert "Experiment" not in [section.title for section in found.sections]
    assert "The contagion radius is 0.25: each generation" in card_text(found)


def test_a_model_without_triggers_has_a_card_too():
    found = card(model())
    assert found.rates == ()
    assert np.isfinite([level.settled for level in found.levels]).all()
    assert "How often triggers happen" not in card_text(found)
