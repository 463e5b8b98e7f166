"""Is what cannot work reported before a run, with what to do about it?"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import replace

import numpy as np
import pytest
from small_parts import (
    START,
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
)

from frenemy.check.branching import descendants, extras, leading, radius
from frenemy.check.check import check, check_draws, concerned_draws, tolerated_draws
from frenemy.check.feasibility import Undecided, find, holds
from frenemy.check.feasibility_program import Possibilities
from frenemy.errors import InputError
from frenemy.model.distributions import CORRELATION, NONNEGATIVE, POSITIVE, SHARE, Quantiles
from frenemy.model.experiment import Initial, Uncertainty
from frenemy.model.realise import realise, with_columns
from frenemy.simulation import cost
from frenemy.simulation.compile.compile import compile_draws
from frenemy.simulation.compile.drift import system
from frenemy.simulation.cost import estimate, filter_memory, free_memory
from frenemy.simulation.parameter_draws import outer_draws


def errors(subject, run=None, **options):
    return [str(problem) for problem in check(subject, run, **options).errors]


def warnings(subject, run=None):
    return [str(problem) for problem in check(subject, run).warnings]


def chain(name, followed=(), raised=()):
    return trigger(
        name,
        leads_to=tuple(follow_up(target, chance, fixed(1)) for target, chance in followed),
        raises={target: contagion(extra) for target, extra in raised},
    )


def test_a_sound_model_passes_without_a_message():
    sound = model(
        drivers=[driver(pulls={"alignment": 0.3}), driver("alignment")],
        correlations={"trust": {"alignment": 0.3}},
        triggers=[chain("strike", [("raid", 0.5)], [("strike", 0.2)]), trigger("raid")],
        scenarios=[
            scenario("rift", "trust < 20", "trust > 25", priority=2),
            scenario("renewal", "trust > 60", "trust < 55", priority=1),
        ],
    )
    findings = check(sound, experiment())
    assert (findings.errors, findings.warnings, findings.notes) == ((), (), ())
    findings.raise_errors()


# ---- the linear system


def test_the_matrices_are_those_of_the_law():
    drivers = [
        driver(volatility=5.0, pulls={"alignment": 0.3}),
        driver("alignment", half_life=364.0, scar_half_life=math.inf),
    ]
    K, P, sigma, R = system(drivers, {"trust": {"alignment": 0.25}})
    k = np.log(2) / np.array([182, 364])
    np.testing.assert_allclose(K, [[k[0], -0.3 * k[0]], [0, k[1]]])
    np.testing.assert_allclose(P, [[0.2**2, 0.25 * 0.2 * 0.4], [0.25 * 0.2 * 0.4, 0.4**2]])
    np.testing.assert_allclose(sigma, K @ P + P @ K.T)
    np.testing.assert_allclose(R, np.diag([np.log(2) / (3 * 365.25), 0]))


@pytest.mark.parametrize(("weaker", "sound"), [(0.9, False), (0.6, True)])
def test_pulls_that_feed_on_each_other_are_named(weaker, sound):
    pulling = model(
        drivers=[driver(pulls={"alignment": 1.5}), driver("alignment", pulls={"trust": weaker}), driver("mood")]
    )
    found = errors(pulling)
    assert any("run away" in problem for problem in found) != sound
    if not sound:
        assert "; ".join(found) == (
            "drivers.trust.pulls.alignment: the pulls between drivers reinforce each other and make them run away: a "
            "gap doubles every 3.1 years (found 1.5); allowed: weaker pulls; lower drivers.trust.pulls.alignment or "
            "drivers.alignment.pulls.trust"
        )


def test_rounding_decides_no_tie_between_correlations(monkeypatch):
    """Row C1: of 0.9 and −0.9 each processor named another one."""
    drivers = tuple(driver(name) for name in ("a", "b", "c"))
    correlations = {"a": {"b": 0.9, "c": 0.9}, "b": {"c": -0.9}}
    exact, named = np.linalg.eigh, set()
    for sign in (-1, 1):
        rounded = np.array([1 + sign * 4e-16, 1 - sign * 4e-16, 1 + sign * 2e-16])

        def eigh(matrix, rounded=rounded):
            values, vectors = exact(matrix)
            return values, vectors * rounded[:, None]

        monkeypatch.setattr(np.linalg, "eigh", eigh)
        named.add(tuple(str(problem) for problem in check(model(drivers=drivers, correlations=correlations)).errors))
    assert len(named) == 1


def test_correlations_that_contradict_each_other_are_named():
    three = [driver(), driver("alignment"), driver("mood")]
    circle = {"trust": {"alignment": 0.9, "mood": 0.9}, "alignment": {"mood": -0.9}}
    (problem,) = errors(model(drivers=three, correlations=circle))
    assert problem.startswith("correlations.")
    assert "contradict each other: no 3 drivers can move together in this way" in problem
    assert errors(model(drivers=three, correlations=circle | {"alignment": {"mood": 0.9}})) == []


def test_an_unattainable_correlation_is_reported_with_its_possible_range():
    """For two uncoupled drivers the bound is 2 sqrt(k1 k2) / (k1 + k2): here 0.27."""
    apart = [driver(half_life=7.0), driver("alignment", half_life=364.0)]
    bound = 2 * math.sqrt(7 * 364) / (7 + 364)
    assert errors(model(drivers=apart, correlations={"trust": {"alignment": 0.9 * bound}})) == []
    (problem,) = errors(model(drivers=apart, correlations={"trust": {"alignment": 0.9}}))
    assert problem == (
        "correlations.trust.alignment: no noise sustains these levels of trust and alignment: their half-lives, pulls "
        "and volatilities are not consistent with their correlation (found 0.9); allowed: a correlation from -0.27 to "
        "0.27, or half-lives and pulls closer together"
    )


def test_a_driver_without_volatility_cannot_be_pulled_by_one_that_has():
    pulled = [driver(volatility=0.0, pulls={"alignment": 0.5}), driver("alignment")]
    (problem,) = errors(model(drivers=pulled))
    assert "a higher volatility of trust" in problem


# ---- contagion


def test_the_matrix_of_extras_adds_follow_ups_to_contagion():
    triggers = [chain("a", [("b", 0.5)], [("a", 0.2), ("b", 0.1)]), chain("b", [], [("a", 0.9)])]
    matrix = extras(triggers)
    np.testing.assert_allclose(matrix, [[0.2, 0.9], [0.6, 0.0]])
    assert radius(matrix) == pytest.approx((0.2 + math.sqrt(0.04 + 4 * 0.54)) / 2)
    assert leading(matrix)[0] in {(0, 1), (1, 0)}
    np.testing.assert_allclose(descendants(np.array([[0.5]])), [[1.0]])


def test_a_chain_of_follow_ups_has_as_many_descendants_as_a_geometric_law():
    """A trigger that leads to itself with probability q has q / (1 - q) descendants on average."""
    matrix = extras([chain("a", [("a", 0.75)])])
    assert descendants(matrix)[0, 0] == pytest.approx(3)


def test_triggers_without_links_have_radius_zero():
    assert radius(extras([])) == 0
    assert radius(extras([trigger("a"), chain("b", [("a", 1.0)])])) == 0
    assert leading(extras([trigger("a")])) == []


def test_chains_without_end_are_an_error_that_names_the_links():
    circle = [chain("a", [("b", 0.5)]), chain("b", [], [("a", 4.5)]), chain("c", [("a", 1.0)])]
    (problem,) = errors(model(triggers=circle))
    message, _, allowed = problem.partition("; allowed: a contagion radius below 1; lower ")
    assert message == (
        "triggers.b.raises.a.expected_extra: chains of events never die out: each generation is 1.5 times the one "
        "before (found a radius of 1.5)"
    )
    assert set(allowed.split(" or ")) == {"triggers.b.raises.a.expected_extra", "triggers.a.leads_to.b.probability"}


def test_equal_chains_in_a_row_are_all_named():
    """The matrix has no leading link: its left and right eigenvectors are orthogonal."""
    (problem,) = errors(model(triggers=[chain("a", [], [("a", 1.0), ("b", 1.0)]), chain("b", [], [("b", 1.0)])]))
    assert problem.startswith("triggers.a.raises.a.expected_extra: chains of events never die out")
    assert problem.endswith("; lower triggers.a.raises.a.expected_extra or triggers.b.raises.b.expected_extra")


# ---- outer draws


def draws_of(subject):
    return concerned_draws(subject, experiment(uncertainty=Uncertainty(draws=64, paths=64)))


def test_unstable_draws_are_reported_with_their_numbers():
    uneasy = model(
        triggers=[
            chain("a", [("b", Quantiles(0.3, 0.5, 0.7, SHARE))], [("a", Quantiles(0.2, 0.4, 1.0, NONNEGATIVE))]),
            chain("b", [], [("a", 0.5)]),
        ]
    )
    assert check(uneasy).errors == ()
    draws = draws_of(uneasy)
    run = experiment(uncertainty=Uncertainty(draws=64, paths=64))
    radii = [radius(extras(drawn.triggers)) for drawn, _ in outer_draws(uneasy, run)]
    assert draws.radius.tolist() == pytest.approx(radii)
    failing = sum(growth >= 1 for growth in radii)
    (problem,) = check_draws(draws)
    assert 0 < failing < 64
    assert check(uneasy, run).errors == (problem,)
    assert check(uneasy, experiment()).errors == ()
    assert problem.message.startswith(f"in {failing} of 64 draws chains of events never die out")
    first = problem.message.partition("it depends most on ")[2]
    assert first.startswith("triggers.a.raises.a.expected_extra (median ")
    assert "triggers.b" not in problem.message


def test_draws_with_unattainable_correlations_are_reported_with_their_numbers():
    uneasy = model(
        drivers=[driver(half_life=Quantiles(7, 80, 100, POSITIVE)), driver("alignment", start=Quantiles(30, 40, 50))],
        correlations={"trust": {"alignment": Quantiles(-0.1, 0.5, 0.9, CORRELATION)}},
    )
    (problem,) = check_draws(draws_of(uneasy))
    assert "no noise sustains the levels" in problem.message
    assert "drivers.trust.half_life" in problem.message
    assert "correlations.trust.alignment" in problem.message
    assert ".start" not in problem.message


def test_one_draw_in_a_thousand_may_lie_too_far_out_for_noise():
    """The levels then vary together as closely as noise can; two in a thousand are refused."""
    subject = model(
        drivers=[driver(half_life=Quantiles(20, 80, 320, POSITIVE)), driver("alignment", start=40.0)],
        correlations={"trust": {"alignment": 0.5}},
    )
    draws = concerned_draws(subject, experiment(uncertainty=Uncertainty(draws=2000, paths=1)))
    far, near = draws.numbers["drivers.trust.half_life"].copy(), 80.0
    for bad, refused in ((2, False), (3, True)):
        far[:bad], far[bad:] = 1e6, near
        changed = with_columns(subject, {"drivers.trust.half_life": far})
        problems, told = (of(replace(draws, drivers=changed.drivers)) for of in (check_draws, tolerated_draws))
        assert bool(problems) == refused != bool(told), "refused or told, never passed without a word"
        assert refused or told[0].message.startswith("in 2 of 2,000 draws no noise sustains the levels")
    assert problems[0].message.startswith("in 3 of 2,000 draws no noise sustains the levels")
    compiled = compile_draws(changed, experiment(), 2000, shown=(realise(subject), experiment()))
    far_out, usual = compiled[0].transition.shock, compiled[-1].transition.shock
    assert np.isfinite(far_out).all()
    assert far_out[0, 0] > 0
    assert far_out[1, 1] == 0 < usual[1, 1], "one noise moves both drivers"


def test_sound_draws_pass():
    assert check_draws(draws_of(model(triggers=[chain("a", [], [("a", Quantiles(0.1, 0.2, 0.3, NONNEGATIVE))])]))) == []


# ---- can a condition hold?


ANYTHING = Possibilities({"a": math.inf, "b": 2.0, "c": 0.0}, frozenset({"a", "b"}), frozenset({"b"}))


@pytest.mark.parametrize(
    "rule",
    [
        "trust < 20 and alignment < 30",
        "trust > 99.99",
        "count(b) >= 2 and active(a)",
        "active(b) and count(b) == 0",
        "trust + alignment > 150 and trust < 60",
        "not active(a) and not trust < 20",
        "trust - alignment > 5 or count(c) > 0",
        "trust * 2 < 10 / 4",
        "trust * alignment > 8000 and trust < 95",
        "trust != 20",
        "true",
    ],
)
def test_a_condition_that_can_hold_comes_with_an_example(rule):
    point = find(condition(rule), ANYTHING)
    assert point is not None
    assert holds(condition(rule), point)


@pytest.mark.parametrize(
    "rule",
    [
        "trust < 20 and trust > 20",
        "trust <= 20 and trust >= 20",
        "trust <= 0",
        "trust >= 100",
        "trust + alignment >= 200",
        "trust * alignment > 10000",
        "count(b) > 2",
        "count(c) >= 1",
        "count(a) > 1 and count(a) < 2",
        "active(c)",
        "active(a) and count(a) == 0",
        "active(a) and not active(a)",
        "not (trust < 60 or trust > 50)",
        "false",
    ],
)
def test_a_condition_that_cannot_hold_is_detected(rule):
    assert find(condition(rule), ANYTHING) is None


def test_what_cannot_be_decided_is_left_open():
    with pytest.raises(Undecided):
        find(condition("trust * alignment > 9000 and trust < 89"), ANYTHING)
    with pytest.raises(Undecided):
        find(condition(" and ".join(["(trust > 1 or alignment > 1)"] * 12)), ANYTHING)
    vague = scenario("vague", "trust * alignment > 9000 and trust < 89")
    assert errors(model(scenarios=[vague])) == []


# ---- rules


def test_rules_that_can_never_hold_are_errors():
    impossible = model(
        triggers=[trigger("strike", max_count=2.0), trigger("raid", requires=condition("count(strike) > 2"))],
        scenarios=[scenario("rift", "trust < floor and trust > 20", thresholds={"floor": 20.0})],
    )
    assert errors(impossible) == [
        "triggers.raid.requires: can never hold (found count(strike) > 2)",
        "scenarios.rift.enter: can never hold (found trust < floor and trust > 20)",
    ]
    with pytest.raises(InputError, match="can never hold"):
        check(impossible).raise_errors()


def test_rules_that_overlap_say_where_and_which_wins():
    overlapping = model(
        triggers=[trigger("tariffs", kind="episode")],
        scenarios=[
            scenario("rift", "trust < 20", priority=3),
            scenario("deep_rift", "trust < 10 and active(tariffs)", priority=2),
            scenario("cold", "alignment < 30", priority=2),
        ],
    )
    shadowed, tied = warnings(overlapping)
    (crossing,) = map(str, check(overlapping).notes)  # row D5: a priority settles it
    assert shadowed == (
        "scenarios.deep_rift.enter: can hold together with “Rift”, for example at trust 5 and “Tariffs” running; "
        "by its priority 3, “Rift” wins; whenever it holds, “Rift” holds too"
    )
    start = "scenarios.cold.enter: can hold together with “Rift”, for example at trust 10 and alignment "
    assert crossing.startswith(start)
    assert 0 < float(crossing.removeprefix(start).partition(";")[0]) < 30
    assert crossing.endswith("; by its priority 3, “Rift” wins")
    assert "; both have priority 2, so that “Deep rift” wins as the first of the two" in tied
    assert tied.endswith("; allowed: a priority of its own for each")


@pytest.mark.parametrize(
    ("leave", "message"),
    [
        (
            "trust < 25",
            "holds whenever `enter` does: a path leaves one assessment after it entered and waits 8 weeks again",
        ),
        ("alignment > 70", "may hold while `enter` does (trust 10 and alignment "),
        ("trust > 100", "can never hold, so that a path stays for good; write `absorbing = true` if that is intended"),
        ("trust > 25", ""),
    ],
)
def test_rules_for_leaving_that_undo_the_entry(leave, message):
    found = warnings(model(scenarios=[scenario("rift", "trust < 20", leave, for_=56.0)]))
    assert [message in problem for problem in found] == ([True] if message else [])


def test_rules_that_always_hold_and_levels_that_are_compared_exactly():
    (problem,) = warnings(model(scenarios=[scenario("ever", "trust > 20 or trust < 30")]))
    assert "holds always, so that no path stays in the default scenario" in problem
    (problem,) = warnings(model(scenarios=[scenario("exact", "trust == 50")]))
    assert "never exactly equal" in problem


# ---- one run


def test_triggers_that_cannot_happen_in_the_run_say_why():
    """`between` can happen, though its window opens and closes within a week (row A12)."""
    run = experiment(years=2)
    idle = model(
        triggers=[
            trigger("past", until=date(2024)),
            trigger("future", from_=date(2040)),
            trigger("between", from_=START + dt.timedelta(1), until=START + dt.timedelta(6)),
            trigger("none", max_count=0.0),
            trigger("off", rate=per_year(0)),
            trigger("needs", requires=condition("count(past) > 0")),
            trigger("raised", rate=per_year(0)),
            trigger("followed", rate=per_year(0), requires=condition("count(past) > 0")),
            chain("source", [("followed", 0.1)], [("raised", 0.1)]),
            chain("dry", [("beyond", 0.1)]),
            trigger("beyond", rate=per_year(0)),
            trigger("never", max_count=0.0, leads_to=(follow_up("unborn", 0.5),)),
            trigger("unborn", rate=per_year(0)),
        ],
        scenarios=[
            scenario("rift", "count(past) > 0 and trust > 9"),
            scenario("long", "trust < 8", for_=3 * 365.25, priority=1),
        ],
    )
    findings = check(idle, run)
    assert [str(problem) for problem in findings.warnings] == [
        (
            "triggers.past.until: the trigger never happens in this run: its window (until 2024-01-01) lies outside "
            "the run"
        ),
        (
            "triggers.future.from: the trigger never happens in this run: its window (from 2040-01-01) lies outside "
            "the run"
        ),
        "triggers.none.max_count: the trigger never happens in this run: max_count is 0",
        "triggers.needs.requires: the trigger never happens in this run: its `requires` can never hold",
        "triggers.never.max_count: the trigger never happens in this run: max_count is 0",
        "scenarios.long.for: no run of 105 ticks is long enough: the rule must hold for 157",
        (
            "scenarios.rift.enter: can never hold in this run, as the triggers that it needs never happen (found "
            "count(past) > 0 and trust > 9)"
        ),
    ]
    switched_off = [problem.key for problem in findings.notes]
    assert switched_off == ["triggers.off.rate", "triggers.unborn.rate"]


def test_an_episode_that_runs_at_the_start_may_be_active_without_ever_happening():
    tariffs = trigger("tariffs", kind="episode", rate=per_year(0))
    waiting = model(triggers=[tariffs], scenarios=[scenario("rift", "active(tariffs)")])
    assert any("can never hold in this run" in problem for problem in warnings(waiting, experiment()))
    running = experiment(initial=Initial(scars={}, episodes={"tariffs": fixed(100)}))
    assert warnings(waiting, running) == []


def test_imposed_events_that_are_lost_and_dates_outside_the_run():
    run = experiment(
        impose=(
            imposed("strike", date(2026)),
            imposed("strike", date(2027)),
            imposed("raid", date(2027)),
            imposed("raid", date(2050)),
        )
    )
    late = calendar_event("late", date(2044), branch("x", 1.0))
    subject = model(triggers=[trigger("strike", max_count=1.0), trigger("raid", until=date(2026))], calendar=[late])
    findings = check(subject, run)
    assert [problem.message for problem in findings.warnings] == [
        "the imposed event of 2027-01-01 is lost: max_count of strike is 1",
        "the imposed event of 2027-01-01 is lost: the window of raid is not open then",
        "the imposed event of 2050-01-01 is lost: it lies outside the run",
    ]
    assert [str(problem) for problem in findings.notes] == [
        "calendar.late.date: lies outside the run, 2025-01-06 to 2030-01-07, and is left out (found 2044-01-01)"
    ]


# ---- size


def test_absurd_sizes_are_refused_with_their_numbers():
    endless = experiment(years=800, tick=1)
    (problem,) = errors(model(), endless, memory=8e9)
    needed = estimate(model(), endless).memory / 1e9
    assert problem.startswith(f"horizon: this run needs about {needed:.0f} GB of memory, and 8 GB is free")
    (problem,) = errors(model(), experiment(paths=10**12), memory=8e9)
    assert "this run takes about" in problem
    assert errors(model(), experiment(paths=10**7), memory=1e9) == []


def test_memory_is_flat_in_paths_and_grows_with_ticks_and_drivers():
    few, many = experiment(paths=10**4), experiment(paths=10**8)
    assert estimate(model(), few, 2).memory == estimate(model(), many, 2).memory
    assert estimate(model(), few, 2).seconds < estimate(model(), many, 2).seconds
    assert estimate(model(), experiment(years=50), 2).memory > 5 * estimate(model(), few, 2).memory
    assert (
        estimate(model(drivers=[driver(f"d{i}") for i in range(20)]), few, 2).memory
        > 5 * estimate(model(), few, 2).memory
    )


def test_a_run_that_does_not_fit_into_what_is_free_is_refused_and_a_large_one_gets_a_warning():
    """Row B8: fifty years of days are weighed against the memory that is free, not all that the machine has."""
    long = experiment(years=50, tick=1)
    needed = estimate(model(), long).memory
    (problem,) = errors(model(), long, memory=0.5 * needed)
    assert "is free" in problem
    assert "(to about 50 % of it)" in problem
    findings = check(model(), long, memory=2 * needed)
    large = [problem for problem in findings.warnings if "of memory" in problem.message]
    assert len(large) == (needed > 4e9)
    assert free_memory() > 0


def test_a_filter_grows_little_with_its_draws():
    """Row B3: what a draw adds is its law and its odds; its paths lie in a temporary file while many wait."""
    run = experiment(years=5)
    few, many = (filter_memory(model(), run, draws=d, paths=256, workers=2) for d in (2048, 8192))
    assert many - few < 6144 * 100_000
    assert few < 1.2e9


def test_what_cannot_fit_is_refused_with_what_would(monkeypatch):
    """Row B3: the estimate, what is free, and what would fit; before anything is simulated."""
    monkeypatch.setattr(cost, "free_memory", lambda: 1e9)
    cost.check_memory(lambda draws: draws * 1e6, 500, key="draws", unit="draws")
    with pytest.raises(InputError, match=r"about 4.4 GB of memory, and 1 GB is free .*up to about 5\d\d draws"):
        cost.check_memory(lambda draws: draws * 1e6, 4000, key="draws", unit="draws")
    with pytest.raises(InputError, match="fewer paths, a shorter horizon"):
        cost.check_memory(lambda draws: 7e8 + draws * 1e6, 4000, key="draws", unit="draws")


def test_a_single_draw_is_refused():
    """It was told as a run at the medians, with an error of ±nan."""
    (problem,) = check(model(), experiment(uncertainty=Uncertainty(draws=1, paths=64))).errors
    assert problem.key == "uncertainty.draws"
    assert problem.allowed == "0 for the medians, or 2 and more"


def test_two_of_one_label_are_told():
    """Two rows of every table had the same name."""
    twins = (scenario("rift", "trust < 20", label="Low"), scenario("gap", "trust > 80", label="low"))
    (warning,) = [it for it in check(model(scenarios=twins)).warnings if "label" in it.key]
    assert warning.message == "is also the label of rift"
