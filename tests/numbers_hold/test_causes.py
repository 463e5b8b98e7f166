"""Are necessity, sufficiency and the causes within a storyline what can be worked out by hand?

Triggers are Poisson processes at rates a and b a year, over T years. "Either" is a scenario that needs one event of
any of the two, "both" one that needs one of each, "chain" one that needs a tariff, which only a strike leads to.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

import frenemy as fr
from builders import day, driver, experiment, fixed, follow_up, imposed, model, per_year, rule, scenario, trigger
from frenemy.forecast.paired.paths import shared_noise
from frenemy.model.experiment import Initial
from frenemy.runtime.progress import Silent
from frenemy.simulation.compile.compile import compile_model
from frenemy.simulation.ensemble.run import simulate_paths
from frenemy.simulation.noise.streams import OWN
from frenemy.simulation.storyline.engine import tell
from frenemy.studies.causes.counterfactuals import forced, impossible, trace
from frenemy.studies.causes.storyline_causes import but_for, numbered

TICKS, PATHS = 52, 20_000
YEARS = 7 * TICKS / 365.25
A, B = 0.6, 0.9
STAYS = {"absorbing": True, "leave": rule("false")}
EITHER = scenario("either", enter=rule("count(strike) + count(tariff) >= 1"), **STAYS)
BOTH = scenario("both", enter=rule("count(strike) >= 1 and count(tariff) >= 1"), **STAYS)


FOUND = {}
"""What several tests look at, traced once."""


def pair(**changes):
    return trigger("strike", rate=per_year(A), **changes), trigger("tariff", rate=per_year(B))


def some(rate):
    """Chance of at least one event."""
    return 1 - np.exp(-rate * YEARS)


def traced(which, on=None, triggers=None, paths=PATHS):
    key = which.name, which.absorbing, on, triggers is None, paths
    if triggers is not None:
        return _traced(which, on, triggers, paths)
    if key not in FOUND:
        FOUND[key] = _traced(which, on, pair(), paths)
    return FOUND[key]


def _traced(which, on, triggers, paths):
    made = model(triggers=triggers, scenarios=(which,))
    names = [t.name for t in made.triggers]
    return trace(made, experiment(ticks=TICKS, paths=paths), names, on, noise=shared_noise(1, paths))


def holds(value, error, theory):
    return abs(value - theory) < 4 * error


def test_where_either_is_enough_each_is_necessary_only_alone():
    found = traced(EITHER).effects["at"]
    whole = some(A + B)
    necessity = some(A) * (1 - some(B)) / whole
    assert holds(found.necessity[0, -1, 0], found.necessity_se[0, -1, 0], necessity)
    assert holds(found.removal[0, -1, 0], found.removal_se[0, -1, 0], some(B) - whole)
    assert found.necessity_se[0, -1, 0] < 0.01
    happened = some(A) / whole
    assert abs(found.necessity[0, -1, 0] - happened) > 8 * found.necessity_se[0, -1, 0], "wrong twin: it was there"
    lacking = found.necessity[:, -1, 0].sum()
    assert lacking < 0.9, "wrong twin: shares that sum to 1"


def test_where_either_is_enough_one_more_is_sufficient_everywhere():
    found = traced(EITHER).effects["at"]
    assert_allclose(found.sufficiency[:, -1, 0], 1.0)
    assert holds(found.lift[0, -1, 0], found.lift_se[0, -1, 0], 1 - some(A + B))
    assert_allclose(traced(EITHER).could_be_forced, 1.0)


def test_where_both_are_needed_each_counts_in_full():
    found = traced(BOTH).effects["at"]
    assert_allclose(found.necessity[:, -1, 0], 1.0)
    sufficiency = (1 - some(A)) * some(B) / (1 - some(A) * some(B))
    assert holds(found.sufficiency[0, -1, 0], found.sufficiency_se[0, -1, 0], sufficiency)
    assert holds(found.lift[0, -1, 0], found.lift_se[0, -1, 0], (1 - some(A)) * some(B))


def test_a_date_is_a_date():
    """Forced half way, a strike cannot have been in the scenario before; by the end it makes the same difference."""
    late = traced(EITHER, on=day(7 * TICKS // 2))
    assert late.force_on == str(day(7 * TICKS // 2))
    first, last = traced(EITHER).effects["at"], late.effects["at"]
    assert_allclose(first.lift, last.lift, atol=1e-12)


def test_a_trigger_that_is_closed_on_the_day_is_not_forced():
    """Half way the tariff's window is over: it says so wherever its effect would stand. The strike is forced."""
    on = day(7 * TICKS // 2)
    triggers = (trigger("strike", rate=per_year(A)), trigger("tariff", rate=per_year(B), until=on))
    made, run = model(triggers=triggers, scenarios=(EITHER,)), experiment(ticks=TICKS, paths=64)
    notes = Notes()
    found = fr.causes((made, run), force_on=on, progress=notes)
    assert [text for text in notes.texts if "closed" in text] == [
        f"warning: tariff is closed on {on} and is not forced; its window is open until {on}"
    ]
    assert found.to_dict()["not_forced"] == ["tariff"]
    rows = {row[0]: row[-2:] for row in found.section().tables[0].rows}
    assert rows["Tariff"] == ("closed", "closed")
    assert "closed" not in rows["Strike"]
    assert "and so not forced: Tariff." in found.section().paragraphs[0]
    before = fr.causes((made, run), force_on=on - dt.timedelta(days=1), progress=Notes())
    assert before.findings.closed == ()


class Notes(Silent):
    """Keeps what is noted."""

    def __init__(self):
        self.texts = []

    def note(self, text):
        self.texts.append(text)


def test_effects_on_the_default_scenario_are_the_opposite():
    found = traced(EITHER).effects["at"]
    assert_allclose(found.removal[..., 0], -found.removal[..., 1])
    assert_allclose(found.necessity[:, -1, 1], 0.0, err_msg="nothing that happened kept a path out of it")


def test_a_trigger_is_necessary_by_what_it_leads_to():
    triggers = (
        trigger("strike", rate=per_year(A), leads_to=(follow_up("tariff", 0.5),)),
        trigger("tariff", rate=per_year(0)),
    )
    chain = scenario("chain", enter=rule("count(tariff) >= 1"), **STAYS)
    found = traced(chain, triggers=triggers).effects["at"]
    assert_allclose(found.necessity[:, -1, 0], 1.0)
    assert holds(found.probability[-1, 0], 0.0035, some(A / 2))
    assert holds(found.sufficiency[0, -1, 0], found.sufficiency_se[0, -1, 0], 0.5)


def test_the_first_chance_waits_for_what_is_required():
    """A tariff needs a strike first: it is forced in the tick after the first strike, where there is one in time."""
    triggers = (
        trigger("strike", rate=per_year(A)),
        trigger("tariff", rate=per_year(0), requires=rule("count(strike) >= 1")),
    )
    found = traced(scenario("chain", enter=rule("count(tariff) >= 1"), **STAYS), triggers=triggers)
    in_time = 1 - np.exp(-A * 7 * (TICKS - 1) / 365.25)
    assert holds(found.could_be_forced[1], np.sqrt(0.25 / PATHS), in_time)
    assert found.could_be_forced[0] == 1.0
    assert_allclose(found.effects["at"].lift[1, -1, 0], found.could_be_forced[1])


def test_the_first_chance_waits_for_a_running_episode_to_end():
    lasts = trigger("tariff", kind="episode", rate=per_year(0), duration=fixed(70))
    made = model(triggers=(lasts,))
    run = experiment(ticks=TICKS, initial=Initial(scars={}, episodes={"tariff": fixed(100)}))
    paths = simulate_paths(compile_model(*forced(made, run, "tariff", None)), seed=1, numbers=range(64))
    mine = paths.event_trigger == 0
    assert mine.sum() == 64
    assert_allclose(paths.event_time[mine], 105.0, atol=0.01), "the first tick that starts after day 100"


def test_the_first_chance_comes_in_a_window_inside_a_tick():
    """Row A12: a window of five days between two ticks; the forced event falls on its first moment in every path."""
    short = trigger("tariff", rate=per_year(0), from_=day(15), until=day(20))
    law = compile_model(*forced(model(triggers=(short,)), experiment(ticks=TICKS), "tariff", None))
    paths = simulate_paths(law, seed=1, numbers=range(64))
    mine = paths.event_trigger == 0
    assert mine.sum() == 64
    assert_allclose(paths.event_time[mine], 15.0, atol=0.01)


def test_what_was_impossible_never_happens_and_the_rest_keeps_its_noise():
    made = model(triggers=(*pair(), trigger("unmoved", rate=per_year(3))))
    run = experiment(ticks=TICKS, impose=(imposed("strike", day(70)),))
    before, after = (
        simulate_paths(compile_model(m, run), seed=1, numbers=range(256)) for m in (made, impossible(made, "strike"))
    )
    assert before.counts[0].min() >= 1
    assert after.counts[0].max() == 0
    assert_allclose(after.counts[1:], before.counts[1:])
    assert_allclose(after.event_time[after.event_trigger == 2], before.event_time[before.event_trigger == 2])


def test_nothing_is_said_of_a_scenario_that_no_path_is_in():
    never = scenario("never", enter=rule("count(strike) >= 99"), **STAYS)
    found = traced(never, paths=1024).effects["at"]
    assert np.isnan(found.necessity[:, -1, 0]).all()
    assert_allclose(found.sufficiency[:, -1, 0], 0.0)
    assert (found.lift_se > 0).all()


def test_errors_of_shares_and_lifts_are_those_of_the_run():
    """Over 40 seeds."""
    whole = some(A + B)
    theory = some(A) * (1 - some(B)) / whole, 1 - whole
    made, run = model(triggers=pair(), scenarios=(EITHER,)), experiment(ticks=TICKS, paths=1024)
    scores = []
    for seed in range(1, 41):
        found = trace(made, run, ["strike"], None, noise=shared_noise(seed, 1024)).effects["at"]
        scores.append(
            ((found.necessity[0, -1, 0] - theory[0]) / found.necessity_se[0, -1, 0],
             (found.lift[0, -1, 0] - theory[1]) / found.lift_se[0, -1, 0])
        )  # fmt: skip
    assert_allclose(np.mean(np.square(scores), axis=0), 1.0, atol=4 * np.sqrt(2 / 40))


# --- one storyline -------------------------------------------------------------------------------------------------


def imposed_twice(needed, *, strikes=2, **changes):
    which = scenario("rift", enter=rule(f"count(strike) >= {needed}"), **STAYS)
    made = model(triggers=(trigger("strike", **changes), trigger("tariff", rate=per_year(8))), scenarios=(which,))
    run = experiment(ticks=TICKS, impose=tuple(imposed("strike", day(70 * n + 3)) for n in range(1, strikes + 1)))
    return compile_model(made, run)


def test_where_two_events_are_needed_each_of_the_two_is_a_cause():
    found = but_for(imposed_twice(2), seed=1, path=0)
    assert found.outcome == 0
    assert [verdict.entry.date for verdict in found.causes] == [day(73), day(143)]
    assert all(verdict.entry.name == "tariff" for verdict in found.verdicts if verdict not in found.causes)
    assert len(found.verdicts) > 2


@pytest.mark.parametrize("strikes", [2, 3])
def test_the_few_events_that_suffice_are_found(strikes):
    """Row E12: of many events, two are enough, even where three happened and none is a but-for cause."""
    found = but_for(imposed_twice(2, strikes=strikes), seed=1, path=0)
    assert [found.verdicts[place].entry.name for place in found.enough] == ["strike", "strike"]
    assert len(found.verdicts) > 4


def test_where_three_happened_and_two_were_enough_none_is_a_cause():
    assert but_for(imposed_twice(2, strikes=3), seed=1, path=0).causes == ()


def test_a_cause_of_a_cause_is_a_cause():
    triggers = (trigger("strike", leads_to=(follow_up("tariff", 1.0, fixed(30)),)), trigger("tariff"))
    which = scenario("rift", enter=rule("count(tariff) >= 1"), **STAYS)
    made = compile_model(
        model(triggers=triggers, scenarios=(which,)), experiment(ticks=TICKS, impose=(imposed("strike", day(10)),))
    )
    found = but_for(made, seed=1, path=0)
    assert [(v.entry.name, v.entry.kind, v.events) for v in found.causes] == [
        ("strike", "imposed", 1), ("tariff", "follow_up", 0),
    ]  # fmt: skip


def test_nothing_suppressed_is_the_same_path():
    made = imposed_twice(2)
    one, other = tell(made, seed=3, path=5), tell(made, seed=3, path=5, suppressed={("strike", OWN, 99)})
    assert one.entries == other.entries
    np.testing.assert_array_equal(one.latent, other.latent)


def test_up_to_the_event_that_was_removed_nothing_changes_and_later_events_keep_their_noise():
    """An unmodulated clock keeps its event times, with one event fewer."""
    made = compile_model(
        model(triggers=(trigger("strike", rate=per_year(6), effect={"trust": -10.0}, severity_cv=0.5),)),
        experiment(ticks=TICKS),
    )
    whole = tell(made, seed=2, path=3)
    keys = [key for _, key in numbered(whole)]
    assert keys == [("strike", OWN, n) for n in range(len(keys))]
    assert len(keys) >= 3
    cut = tell(made, seed=2, path=3, suppressed={keys[1]})
    left = [entry for entry, key in numbered(whole) if key != keys[1]]
    assert [(e.time, e.effects) for e in cut.events()] == [(e.time, e.effects) for e in left]
    tick = int(whole.events()[1].time // 7)
    np.testing.assert_array_equal(whole.latent[: tick + 1], cut.latent[: tick + 1])
    assert whole.latent[tick + 1] < cut.latent[tick + 1]


def test_a_model_of_drivers_alone_has_no_causes():
    made = model(drivers=(driver(volatility=15.0),), scenarios=(scenario("rift", enter=rule("trust < 50")),))
    found = but_for(compile_model(made, experiment(ticks=TICKS)), seed=1, path=0)
    assert (found.verdicts, found.causes) == ((), ())


def test_causes_hold_in_both_readings():
    made = replace(BOTH, absorbing=False, leave=rule("true"))
    found = traced(made, paths=2048)
    assert found.effects["ever"].probability[-1, 0] > found.effects["at"].probability[-1, 0]
    assert_allclose(found.effects["ever"].necessity[:, -1, 0], 1.0)
