"""Does a file mean what it says, and does an override do what it says?"""

import datetime as dt
import math
import shutil
from pathlib import Path

import pytest
from corpus import SHIPPED, SMALL, VALID, small_model, written

from frenemy.errors import InputError
from frenemy.model.conditions import text
from frenemy.model.distributions import CORRELATION, INDEX, POINTS, PROBABILITY, SHARE, History, Pert, Quantiles
from frenemy.model.files.load import find_root, load_experiment, load_model, make_experiment, parse_set
from frenemy.model.resolved import PerYear, Times, WithinWindow


@pytest.fixture(scope="module")
def everything():
    """The model that uses every key, and its experiment."""
    return load_experiment(next(file for file in VALID if file.stem == "all_keys"))


def part(items, name):
    return next(item for item in items if item.name == name)


@pytest.mark.parametrize("file", [*VALID, *SHIPPED], ids=lambda file: f"{file.parents[1].name}-{file.stem}")
def test_good_files_load(file):
    model, experiment = load_experiment(file)
    assert load_model(find_root(file.parent)).drivers
    assert [scenario.default for scenario in model.scenarios].count(True) == 1
    assert model.scenarios[-1].default
    assert experiment.name == file.stem
    assert experiment.end == experiment.start + dt.timedelta(days=experiment.tick * experiment.ticks)
    assert experiment.report_at[-1] == experiment.end


def test_drivers_say_what_was_written():
    model = load_model(SMALL.parent / "everything")
    trust, alignment = model.drivers
    assert trust.label == "Trust"
    assert trust.start == Pert(35.0, 40.0, 50.0, domain=INDEX, source="three readings")
    assert trust.long_run == Quantiles(32.0, 40.0, 48.0, domain=INDEX)
    assert (trust.half_life.q05, trust.half_life.median, trust.half_life.q95) == (91.0, 182.0, 365.25)
    assert (alignment.label, alignment.start, alignment.scar_half_life) == ("Alignment", 50.0, math.inf)
    assert model.correlations == {"trust": {"alignment": Quantiles(0.0, 0.3, 0.6, domain=CORRELATION)}}
    assert model.cited["drivers.trust.pulls.alignment"] == "judgment"
    assert model.cited["triggers.strike.effect.alignment"] == "judgment"


def test_triggers_say_what_was_written():
    model = load_model(SMALL.parent / "everything")
    strike, tariff = part(model.triggers, "strike"), part(model.triggers, "tariff")
    probability = Quantiles(0.02, 0.06, 0.15, domain=PROBABILITY, source="panel")
    assert strike.rate == WithinWindow(probability=probability, within=365.25)
    assert strike.effect == {"trust": Quantiles(-30.0, -22.0, -10.0, domain=POINTS), "alignment": -12.0}
    assert strike.reference == {"trust": 40.0, "alignment": 50.0}
    assert (strike.from_, strike.until) == (dt.date(2025, 6, 1), dt.date(2029, 1, 20))
    assert (strike.cooldown, strike.max_count) == (28.0, 3.0)
    assert text(strike.requires) == "trust < low and not active(tariff)"
    suspension, follow_up = strike.leads_to
    assert suspension.probability == Quantiles(0.3, 0.6, 0.8, domain=SHARE)
    assert (suspension.delay.median, suspension.delay.q95.median) == (14.0, 70.0)
    assert follow_up.delay == Times(median=10.0, q95=10.0)
    assert strike.raises["tariff"].half_life == 91.0
    assert strike.duration == Times(median=0.0, q95=0.0)
    assert tariff.rate == PerYear(rate=History(3.0, 1.0, source="a count"))
    assert (tariff.kind, tariff.duration, tariff.on_end) == ("episode", Times(median=112.0, q95=420.0), {"trust": 2.0})


def test_a_fixed_time_has_no_spread():
    model = load_model(SMALL.parent / "everything")
    assert part(model.triggers, "suspension").duration == Times(median=182.0, q95=182.0)


def test_calendar_says_what_was_written():
    (review,) = load_model(SMALL.parent / "everything").calendar
    extended, yearly = review.branches
    assert review.date == dt.date(2026, 7, 1)
    assert (extended.shift_until, extended.factor_until) == (dt.date(2029, 1, 20), dt.date(2028, 1, 1))
    assert (yearly.label, yearly.shift_until, yearly.effect) == ("Yearly", dt.date.max, {})
    assert yearly.factor["strike"] == 0.0


def test_scenarios_come_by_priority_with_the_default_last():
    model = load_model(SMALL.parent / "everything")
    assert [scenario.name for scenario in model.scenarios] == ["rift", "union", "muddling"]
    rift, union, muddling = model.scenarios
    assert rift.for_.median == 56.0
    assert (union.absorbing, text(union.leave), union.for_) == (True, "false", 0.0)
    assert (muddling.colour, union.colour) == ("#0072b2", "#d55e00")


def test_a_scenario_is_left_when_enter_fails_unless_it_says_otherwise(tmp_path):
    root = small_model(tmp_path, scenarios=written("scenarios", ('leave = "trust > 35"\n', "")))
    rift, _ = load_model(root).scenarios
    assert text(rift.leave) == "not (trust < floor or count(strike) >= 2)"


def test_experiments_say_what_was_written(everything):
    _, experiment = everything
    assert (experiment.start, experiment.end, experiment.tick) == (dt.date(2025, 3, 1), dt.date(2030, 1, 1), 1)
    assert (experiment.paths, experiment.seed) == (5000, 0)
    assert (experiment.uncertainty.draws, experiment.uncertainty.paths) == (0, 1000)
    assert experiment.report_at == (dt.date(2026, 1, 1), dt.date(2027, 1, 1), dt.date(2030, 1, 1))
    assert experiment.initial.episodes["tariff"] == Times(median=210.0, q95=210.0)
    assert experiment.initial.scars["trust"].median == -3.0
    assert [(event.trigger, event.date) for event in experiment.impose] == [
        ("strike", dt.date(2026, 3, 2)),
        ("tariff", dt.date(2025, 3, 1)),
    ]


def test_set_overrides_the_model(everything):
    model, experiment = everything
    strike = part(model.triggers, "strike")
    assert model.title == "Another title"
    assert strike.rate == WithinWindow(probability=0.1, within=365.25)
    assert strike.leads_to[0].probability == Quantiles(0.3, 0.5, 0.8, domain=SHARE)
    assert [branch.probability for branch in model.calendar[0].branches] == [0.4, 0.6]
    assert model.correlations["trust"]["alignment"] == 0.2, "whichever driver is named first"
    assert model.scenarios[0].thresholds["floor"] == Pert(20.0, 22.0, 30.0)
    assert model.scenarios[0].for_ == 14.0
    assert experiment.set["scenarios.rift.thresholds.floor"] == {"min": 20, "mode": 22, "max": 30}
    assert experiment.set["triggers.strike.probability"] == 0.1


@pytest.mark.parametrize(
    ("key", "value", "rate"),
    [
        ("rate", 2, PerYear(rate=2.0)),
        ("history", {"events": 1, "years": 4}, PerYear(rate=History(1.0, 4.0))),
        ("probability", 0.2, WithinWindow(probability=0.2, within=365.25)),
    ],
)
def test_another_way_to_state_a_rate_replaces_the_one_in_the_file(key, value, rate):
    model = load_model(SMALL, {f"triggers.strike.{key}": value})
    assert part(model.triggers, "strike").rate == rate


def test_a_probability_with_its_window_can_replace_a_rate():
    overrides = {"triggers.tariff.probability": 0.2, "triggers.tariff.within": "2y"}
    assert part(load_model(SMALL, overrides).triggers, "tariff").rate == WithinWindow(probability=0.2, within=730.5)


def test_overrides_merge_tables_and_replace_numbers():
    overrides = {
        "triggers.strike.effect": {"alignment": -3},
        "drivers.trust.long_run": {"min": 30, "mode": 35, "max": 40},
        "triggers.tariff.duration.median": "20w",
        "drivers.alignment.scar_half_life": "1y",
    }
    model = load_model(SMALL, overrides)
    assert part(model.triggers, "strike").effect == {"trust": -22.0, "alignment": -3.0}
    assert model.drivers[0].long_run == Pert(30.0, 35.0, 40.0, domain=INDEX)
    assert part(model.triggers, "tariff").duration == Times(median=140.0, q95=420.0)
    assert model.drivers[1].scar_half_life == 365.25


def test_keywords_override_the_file_and_set_overrides_its_set():
    file = next(file for file in VALID if file.stem == "all_keys")
    model, experiment = load_experiment(file, paths=7, draws=3, seed=5, set={"triggers.strike.probability": 0.3})
    assert (experiment.paths, experiment.uncertainty.draws, experiment.seed) == (7, 3, 5)
    assert part(model.triggers, "strike").rate == WithinWindow(probability=0.3, within=365.25)
    assert experiment.set["triggers.strike.probability"] == 0.3
    assert experiment.set["triggers.tariff.rate"] == 2


def test_the_state_of_the_world_can_be_set_too():
    file = SMALL / "experiments" / "baseline.toml"
    overrides = {"initial.scars.trust": -3, "initial.episodes.tariff": "30w"}
    _, experiment = load_experiment(file, set=overrides)
    assert experiment.initial.scars == {"trust": -3.0}
    assert experiment.initial.episodes == {"tariff": Times(median=210.0, q95=210.0)}


def test_defaults_of_an_experiment():
    model, experiment = load_experiment(SMALL / "experiments" / "baseline.toml")
    assert (experiment.paths, experiment.seed, experiment.tick) == (10_000, 1, 7)
    assert (experiment.uncertainty.draws, experiment.uncertainty.paths) == (8192, 16)
    assert experiment.start == model.start
    assert experiment.end == dt.date(2030, 1, 22)
    assert load_experiment(SMALL / "experiments" / "baseline.toml", paths=10)[1].uncertainty.paths == 10
    each = [load_experiment(SMALL / "experiments" / "baseline.toml", draws=n)[1].uncertainty.paths for n in (64, 4096)]
    assert each == [64, 32]


def test_a_horizon_is_rounded_up_to_whole_ticks():
    model = load_model(SMALL)
    for horizon, tick, ticks in (("14d", "1w", 2), ("15d", "1w", 3), ("21d", "1w", 3), ("15d", "1d", 15)):
        experiment = make_experiment(model, horizon=horizon, tick=tick)
        assert experiment.ticks == ticks
        assert experiment.end == experiment.start + dt.timedelta(days=ticks * experiment.tick)


def test_an_experiment_needs_no_file():
    model = load_model(SMALL)
    experiment = make_experiment(model, horizon="1y", tick="1d", paths=50, initial={"scars": {"trust": -2}})
    assert (experiment.ticks, experiment.paths, experiment.initial.scars) == (365, 50, {"trust": -2.0})
    with pytest.raises(InputError, match="horizn: unknown key; did you mean horizon"):
        make_experiment(model, horizn="1y")
    with pytest.raises(InputError, match=r"initial\.scars\.trst"):
        make_experiment(model, initial={"scars": {"trst": -2}})


def test_the_root_is_the_nearest_folder_upward(tmp_path, monkeypatch):
    assert find_root(SMALL / "experiments").samefile(SMALL)
    monkeypatch.setattr(Path, "is_file", lambda file: tmp_path in file.parents)  # whatever lies above on this machine
    assert find_root(tmp_path) == tmp_path
    monkeypatch.setattr(Path, "is_file", lambda _: False)
    with pytest.raises(InputError, match=r"no drivers\.toml here or in any folder above"):
        find_root(tmp_path)


@pytest.mark.parametrize(
    ("option", "key", "value"),
    [
        ("a.b=0.1", "a.b", 0.1),
        ("a.b = { q05 = 1, median = 2, q95 = 3 }", "a.b", {"q05": 1, "median": 2, "q95": 3}),
        ("a.b=26w", "a.b", "26w"),
        ('a.b="26w"', "a.b", "26w"),
        ("a.b=2026-07-01", "a.b", dt.date(2026, 7, 1)),
        ("a.b=trust < 3", "a.b", "trust < 3"),
        ("a.b=count(x) == 2", "a.b", "count(x) == 2"),
        ("a.b=true", "a.b", True),
    ],
)
def test_options_of_the_command_line_are_toml_or_text(option, key, value):
    assert parse_set(option) == (key, value)


@pytest.mark.parametrize("option", ["a.b", "=3", " =3"])
def test_options_without_a_key_or_value_are_refused(option):
    with pytest.raises(InputError, match="expected KEY=VALUE"):
        parse_set(option)


def test_files_from_other_systems_load(tmp_path):
    root = small_model(tmp_path)
    file = root / "drivers.toml"
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes().replace(b"\n", b"\r\n"))
    (root / "scenarios" / ".rift.toml.swp.toml").write_text("not a scenario")
    assert load_model(root) == load_model(SMALL)


def test_a_scenario_whose_name_ends_otherwise_is_not_passed_over(tmp_path):
    root = small_model(tmp_path)
    shutil.copy(root / "scenarios" / "rift.toml", root / "scenarios" / "copy.TOML")
    with pytest.raises(InputError, match=r"copy\.TOML: its name must end in \.toml"):
        load_model(root)
