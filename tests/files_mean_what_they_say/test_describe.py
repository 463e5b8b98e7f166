"""Do the sentences say in plain words, with numbers, all that an analyst wrote?"""

from __future__ import annotations

import dataclasses
import datetime as dt
import math

import pytest
from small_parts import YEAR, branch, calendar_event, condition, driver, experiment, model, scenario, trigger

from frenemy.model import conditions as ex
from frenemy.model.describe import wording
from frenemy.model.describe.parts import (
    describe_calendar,
    describe_correlations,
    describe_driver,
    describe_experiment,
    describe_scenario,
    describe_trigger,
    yearly_chance,
)
from frenemy.model.describe.wording import Names, judged, percent, plain, time
from frenemy.model.distributions import (
    CORRELATION,
    INDEX,
    NONNEGATIVE,
    POINTS,
    POSITIVE,
    PROBABILITY,
    SHARE,
    FiveQuantiles,
    History,
    Pert,
    Pool,
    Quantiles,
)
from frenemy.model.experiment import Imposed, Initial, Uncertainty
from frenemy.model.realise import quantities, with_values
from frenemy.model.resolved import Contagion, FollowUp, PerYear, Times, WithinWindow


def test_a_driver_says_where_it_goes_how_fast_and_how_it_fluctuates():
    assert describe_driver(driver(long_run=Quantiles(32, 40, 48, INDEX))) == (
        "Trust starts at 40 and is drawn to 40 (judged between 32 and 48), closing half of any gap in 26 weeks; "
        "left alone it fluctuates with a standard deviation of 10 points, nine times in ten between 26 and 56. "
        "Half of a scar heals in 3 years."
    )


def test_a_driver_says_what_pulls_it_and_that_scars_may_stay():
    pulled = driver(
        "alignment",
        label="Security alignment",
        volatility=0.0,
        scar_half_life=math.inf,
        pulls={"trust": Quantiles(0.1, 0.3, 0.5), "public_mood": -0.25},
        half_life=Quantiles(300, 420, 600, POSITIVE),
    )
    assert describe_driver(pulled) == (
        "Security alignment starts at 40 and is drawn to 40, closing half of any gap in 60 weeks (judged between 300 "
        "and 600 days); left alone it does not fluctuate. With trust held 10 points above its anchor, alignment would "
        "settle 3 points higher (judged between 1 and 5); with public mood held 10 points above its anchor, alignment "
        "would settle 2.5 points lower."
    )


def test_correlations_say_which_way():
    both = model(correlations={"trust": {"alignment": Quantiles(0.1, 0.3, 0.5, CORRELATION)}})
    assert describe_correlations(both) == (
        "Trust and alignment move together: their levels are correlated by 0.3 (judged between 0.1 and 0.5).",
    )
    assert describe_correlations(model(correlations={"trust": {"alignment": -0.5}})) == (
        "Trust and alignment move against each other: their levels are correlated by -0.5.",
    )
    assert describe_correlations(model(correlations={"trust": {"alignment": 0.0}})) == ()


def test_a_trigger_says_everything_at_once():
    strike = trigger(
        "unilateral_strike",
        label="Unilateral U.S. strike",
        rate=WithinWindow(probability=Quantiles(0.02, 0.06, 0.15, PROBABILITY), within=YEAR),
        per_10_points={"trust": 0.75, "alignment": 2.5},
        reference={"trust": 40.0, "alignment": 30.0},
        effect={"trust": -22.0, "alignment": -12.0},
        lasting=0.4,
        severity_cv=0.4,
        from_=dt.date(2025, 3, 1),
        until=dt.date(2029, 1, 20),
        requires=condition("trust < ceiling and not (active(suspended) or count(tariff_round) > 2)"),
        thresholds={"ceiling": 45.0},
        cooldown=56.0,
        max_count=2.0,
        leads_to=(
            FollowUp(trigger="suspended", probability=0.6, delay=Times(median=14.0, q95=70.0)),
            FollowUp(trigger="unilateral_strike", probability=0.1, delay=Times(median=0.0, q95=0.0)),
        ),
        raises={"tariff_round": Contagion(expected_extra=0.2, half_life=91.0)},
    )
    others = [trigger("suspended", label="Cooperation suspended"), trigger("tariff_round")]
    assert describe_trigger(strike, model(triggers=[strike, *others])) == (
        "Unilateral U.S. strike: about a 6 % chance in a year at the reference state (judged between 2 % and 15 %), "
        "that is with trust at its long-run 40 and alignment at 30; 25 % less likely per 10 points more trust; "
        "2.5 times as likely per 10 points more alignment; only from 2025-03-01 until 2029-01-20; "
        "only while trust is below 45 and “Cooperation suspended” is not running and “Tariff round” has happened "
        "at most twice; no further event of its own for 8 weeks; at most twice. "
        "Each one moves trust from 50 to 28 and alignment from 50 to 38, 40 % of it lasting (half healed in "
        "3 years), with a severity that varies by 40 % (coefficient of variation; nine in ten are between 0.49 and "
        "1.7 times as strong). "
        "60 % lead to “Cooperation suspended”, typically after 2 weeks (95 %: within 10 weeks); 10 % lead to another "
        "of its kind, at once; each one leads on average to 0.2 further events of “Tariff round”; the effect halves "
        "every 13 weeks."
    )


def test_an_episode_says_how_long_it_lasts_and_what_it_does_meanwhile():
    episode = trigger(
        "tariff_round",
        kind="episode",
        rate=PerYear(rate=History(3, 1)),
        duration=Times(median=112.0, q95=Quantiles(350, 420, 600, POSITIVE)),
        while_active={"trust": Pert(-10, -6, -2, POINTS)},
        on_end={"trust": 3.0, "alignment": 0.0},
    )
    assert describe_trigger(episode, model(triggers=[episode])) == (
        "Tariff round: about 3.2 times a year on average, or a 96 % chance in a year (3 events counted in a year: "
        "between 1.1 and 7). It typically lasts 16 weeks (95 %: at most 60 weeks, judged between 50 weeks and "
        "600 days); while it runs it moves the anchor of trust from 50 to 44 (judged between 40 and 48, most likely "
        "44); its end moves trust from 50 to 53."
    )


POOLED = (
    "Strike: about 2 times a year on average, or an 86 % chance in a year (3 views pooled weighted 1 to 2 to 1: "
    "between 1 and 4)."
)


@pytest.mark.parametrize(
    ("rate", "text"),
    [
        (WithinWindow(probability=0.0, within=YEAR), "Strike: never happens by itself."),
        (WithinWindow(probability=0.2, within=182.0), "Strike: a 20 % chance in 26 weeks, or 36 % in a year."),
        (WithinWindow(probability=0.08, within=YEAR), "Strike: an 8 % chance in a year."),
        (PerYear(rate=1.0), "Strike: once a year on average, or a 63 % chance in a year."),
        (PerYear(rate=0.05), "Strike: 0.05 times a year on average, or a 4.9 % chance in a year."),
        (
            PerYear(rate=Pool((1.0, 2.0, 4.0), (1.0, 2.0, 1.0), NONNEGATIVE)),
            POOLED,
        ),
    ],
)
def test_rates_become_chances_in_a_year(rate, text):
    strike = trigger(rate=rate)
    assert describe_trigger(strike, model(triggers=[strike])) == text


def test_the_yearly_chance_follows_the_window():
    assert yearly_chance(trigger()) == pytest.approx(0.06)
    half = trigger(rate=WithinWindow(probability=0.2, within=YEAR / 2))
    assert yearly_chance(half) == pytest.approx(1 - 0.8**2)
    assert yearly_chance(half, 0.5) == pytest.approx(0.75)
    assert yearly_chance(trigger(rate=PerYear(rate=2.0))) == pytest.approx(1 - math.exp(-2))


def test_scars_of_different_drivers_heal_each_in_their_own_time():
    strike = trigger(
        effect={"trust": -10.0, "alignment": -5.0}, lasting=0.5, rate=WithinWindow(probability=0.0, within=7.0)
    )
    drivers = [driver("trust", scar_half_life=math.inf), driver("alignment")]
    assert describe_trigger(strike, model(drivers=drivers, triggers=[strike])) == (
        "Strike: never happens by itself. Each one moves trust from 50 to 40 and alignment from 50 to 45, 50 "
        "% of it lasting (never healed for trust, half healed in 3 years for alignment)."
    )


def test_a_calendar_event_describes_its_branches():
    review = calendar_event(
        "review",
        dt.date(2026, 7, 1),
        branch("extended", 0.5, effect={"trust": 5.0}),
        branch("annual", Quantiles(0.2, 0.3, 0.5, SHARE), shift={"trust": -3.0}, shift_until=dt.date(2029, 1, 20)),
        branch("nothing", 0.05),
        branch(
            "collapse",
            0.15,
            effect={"trust": -10.0},
            lasting=0.5,
            shift={"alignment": -4.0},
            factor={"tariff_round": 2.0, "strike": 0.0, "raid": Quantiles(0.5, 0.7, 0.9, POSITIVE)},
            factor_until=dt.date(2029, 1, 1),
        ),
    )
    triggers = [trigger("tariff_round"), trigger("strike"), trigger("raid")]
    assert describe_calendar(review, model(triggers=triggers, calendar=[review])) == (
        "Review on 2026-07-01: “Extended” (50 %) moves trust from 50 to 55; "
        "“Annual” (30 %, judged between 20 % and 50 %) moves the anchor of trust from 50 to 47 until 2029-01-20; "
        "“Nothing” (5 %) changes nothing; "
        "“Collapse” (15 %) moves trust from 50 to 40, 50 % of it lasting (half healed in 3 years), "
        "moves the anchor of alignment from 50 to 46 for good, and makes “Tariff round” twice as likely, “Strike” "
        "impossible and “Raid” 30 % less likely (factor judged between 0.5 and 0.9) until 2029-01-01."
    )


def test_a_scenario_says_when_it_begins_and_ends_and_who_goes_first():
    rift = scenario(
        "total_rift",
        "trust < floor and (active(suspended) or count(strike) >= 1)",
        thresholds={"floor": Quantiles(15, 20, 25, INDEX)},
        for_=56.0,
        priority=2,
        likelihood="plausible",
    )
    renewal = scenario(
        "renewal", "trust + alignment >= 120", "trust < 55", for_=Quantiles(91, 182, 364, POSITIVE), priority=1
    )
    lost = scenario("lost", "count(strike) > 2", absorbing=True)
    both = model(triggers=[trigger("suspended"), trigger("strike")], scenarios=[rift, renewal, lost])
    assert describe_scenario(rift, both) == (
        "Total rift begins once trust is below 20 (judged between 15 and 25) and (“Suspended” is running or “Strike” "
        "has happened), at every assessment for 8 weeks; it ends as soon as that no longer holds; it "
        "takes priority over “Renewal” and “Lost”; the author calls it plausible."
    )
    assert describe_scenario(renewal, both) == (
        "Renewal begins once trust + alignment is at least 120, at every assessment for 26 weeks (judged between "
        "13 and 52 weeks); it ends as soon as trust is below 55; it takes priority over “Lost”."
    )
    assert describe_scenario(lost, both) == "Lost begins once “Strike” has happened at least 3 times; it never ends."
    assert describe_scenario(both.scenarios[-1], both) == "Status_quo holds whenever no other scenario does."


RUN = (
    "Baseline runs from 2025-01-06 to 2030-01-07 in 261 weekly ticks, 10,000 paths, seed 1; the uncertain numbers are "
    "drawn 256 times, with 2,048 paths for each draw."
)


def test_an_experiment_describes_its_changes_and_the_state_at_the_start():
    run = experiment(
        set={"triggers.strike.probability": {"q05": 0.1, "median": 0.2, "q95": 0.4}, "drivers.trust.start": 35},
        initial=Initial(scars={"trust": -5.0}, episodes={"tariffs": Times(median=210.0, q95=210.0)}),
        impose=(Imposed(trigger="strike", date=dt.date(2026, 3, 1)),),
        uncertainty=Uncertainty(draws=256, paths=2048),
    )
    assert describe_experiment(run, model(triggers=[trigger("tariffs"), trigger("strike")])) == (
        RUN,
        "triggers.strike.probability is set to { q05 = 0.1, median = 0.2, q95 = 0.4 }.",
        "drivers.trust.start is set to 35.",
        "At the start trust is scarred: its anchor is moved from 50 to 45.",
        "At the start “Tariffs” is already running; it continues for 30 weeks.",
        "On 2026-03-01 “Strike” happens in every path, whatever its rate.",
    )


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("count(strike) >= 1", "“Strike” has happened"),
        ("count(strike) > 0", "“Strike” has happened"),
        ("count(strike) != 0", "“Strike” has happened"),
        ("0 < count(strike)", "“Strike” has happened"),
        ("count(strike) == 0", "“Strike” has not happened"),
        ("count(strike) < 1", "“Strike” has not happened"),
        ("count(strike) <= 1", "“Strike” has happened at most once"),
        ("count(strike) < 2.5", "“Strike” has happened at most twice"),
        ("count(strike) > 2.5", "“Strike” has happened at least 3 times"),
        ("count(strike) != 2", "“Strike” has not happened exactly twice"),
        ("not count(strike) >= 2", "“Strike” has happened at most once"),
        ("count(strike) + count(raid) > 3", "the count of “Strike” + the count of “Raid” is above 3"),
        ("20 <= trust < 40", "trust is at least 20 and trust is below 40"),
        ("trust - (alignment - 5) / 2 > 0", "trust - ((alignment - 5) / 2) is above 0"),
        ("not (trust < 40 or active(raid))", "trust is at least 40 and “Raid” is not running"),
        ("not (trust < 40 and active(raid))", "trust is at least 40 or “Raid” is not running"),
        ("trust < 40 or trust > 60 and active(raid)", "trust is below 40 or (trust is above 60 and “Raid” is running)"),
        ("not true", "never"),
        (
            "trust < floor + 5 or trust > floor * 2",
            "trust is below 25 (judged between 20 and 30) or trust is above 40 (judged between 30 and 50)",
        ),
    ],
)
def test_conditions_in_words(rule, text):
    lost = scenario("lost", rule)
    names = Names.of(model(triggers=[trigger("strike"), trigger("raid")]))
    assert wording.condition(lost.enter, {"floor": Quantiles(15, 20, 25, INDEX)}, names) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.06, "6 %"),
        (0.125, "12.5 %"),
        (0.0004, "0.04 %"),
        (1e-7, "less than 0.001 %"),
        (0.9996, "99.96 %"),
        (1, "100 %"),
    ],
)
def test_percentages_keep_what_matters(value, text):
    assert percent(value) == text


@pytest.mark.parametrize(
    ("days", "text"),
    [
        (7, "a week"), (10, "10 days"), (182, "26 weeks"), (YEAR, "a year"), (3 * YEAR, "3 years"), (0.5, "0.5 days"),
        (YEAR / 2, "6 months"), (100.5, "14 weeks"), (2.7 * YEAR, "2.7 years"), (math.inf, "for ever"), (0, "no time"),
    ],
)  # fmt: skip
def test_times_are_given_in_the_unit_an_analyst_would_use(days, text):
    assert time(days) == text


def test_numbers_are_never_rounded_left_of_the_point():
    assert [plain(value) for value in (1234.5, 12.345, 0.012345, -0.5, 99.99)] == [
        "1,234",
        "12.3",
        "0.0123",
        "-0.5",
        "100",
    ]


def everything_uncertain():
    """A model in which each number that may be uncertain is, each with quantiles of its own."""
    strike = trigger(
        kind="episode",
        per_10_points={"trust": 0.75},
        reference={"trust": 44.0},
        effect={"trust": -22.0},
        lasting=0.4,
        severity_cv=0.3,
        cooldown=56.0,
        requires=condition("trust < ceiling"),
        thresholds={"ceiling": 45.0},
        leads_to=(FollowUp(trigger="raid", probability=0.6, delay=Times(median=14.0, q95=70.0)),),
        raises={"raid": Contagion(expected_extra=0.2, half_life=91.0)},
        duration=Times(median=100.0, q95=200.0),
        while_active={"trust": -6.0},
        on_end={"trust": 3.0},
    )
    review = calendar_event(
        "review",
        dt.date(2026, 7, 1),
        branch("deal", 0.6, effect={"trust": 5.0}, lasting=0.2, shift={"trust": 2.0}, factor={"raid": 0.5}),
        branch("none", 0.4),
    )
    return model(
        drivers=[driver("trust", pulls={"alignment": 0.3}), driver("alignment")],
        correlations={"trust": {"alignment": 0.3}},
        triggers=[strike, trigger("raid", rate=PerYear(rate=0.7))],
        calendar=[review],
        scenarios=[scenario("rift", "trust < floor", for_=56.0, thresholds={"floor": 20.0})],
    )


IDLE = {"triggers.raid.lasting", "triggers.raid.severity_cv", "calendar.review.branches.none.lasting"}
"""Numbers without any effect to act on."""


@pytest.mark.parametrize("key", [key for key in quantities(everything_uncertain()) if key not in IDLE])
def test_every_uncertain_number_shows_its_range(key):
    """Whichever number is made uncertain, the sentences show its range."""
    plain_model = everything_uncertain()
    value = quantities(plain_model)[key]
    low, high = sorted((value * 0.9, value * 1.1))
    before = sentences(plain_model)
    after = sentences(with_values(plain_model, {key: Quantiles(low, value, high)}))
    assert after.count("judged between") > before.count("judged between")


def test_five_quantiles_show_the_inner_half_too():
    five = FiveQuantiles(0.02, 0.04, 0.06, 0.09, 0.15, domain=PROBABILITY)
    told = judged(five, percent)
    assert told == "6 % (judged between 2 % and 15 %, as likely as not between 4 % and 9 %)"


def sentences(subject):
    parts = [describe_driver(item) for item in subject.drivers]
    parts += describe_correlations(subject)
    parts += [describe_trigger(item, subject) for item in subject.triggers]
    parts += [describe_calendar(item, subject) for item in subject.calendar]
    parts += [describe_scenario(item, subject) for item in subject.scenarios]
    return " ".join(parts)


def test_every_field_of_a_trigger_is_described():
    """Each field, changed alone, changes the sentences; names and sources are shown elsewhere."""
    full = everything_uncertain()
    strike = full.triggers[0]
    silent = {"name", "description", "source", "group", "kind", "thresholds"}
    changed = {
        "label": "Raid at dawn", "rate": PerYear(rate=3.0), "per_10_points": {"trust": 0.5},
        "reference": {"trust": 50.0}, "effect": {"trust": -1.0}, "lasting": 0.0, "severity_cv": 0.0,
        "from_": dt.date(2026, 1, 1), "until": dt.date(2029, 1, 1), "cooldown": 0.0, "max_count": 1.0,
        "requires": ex.TRUE, "leads_to": (), "raises": {}, "duration": Times(median=7.0, q95=7.0), "while_active": {},
        "on_end": {},
    }  # fmt: skip
    assert silent | set(changed) == {field.name for field in dataclasses.fields(strike)}
    before = describe_trigger(strike, full)
    for field, value in changed.items():
        assert describe_trigger(dataclasses.replace(strike, **{field: value}), full) != before, field
