"""Is a resolved model whole, is it the same when loaded again, and are its numbers where the keys say?"""

import datetime as dt
import math
from dataclasses import fields, is_dataclass, make_dataclass, replace
from pathlib import Path
from shutil import copytree

import pytest
from corpus import SHIPPED, SMALL, VALID
from hypothesis import given, settings
from hypothesis import strategies as st

from frenemy.errors import InputError
from frenemy.model import experiment as experiments
from frenemy.model import resolve, resolved
from frenemy.model.distributions import History, Quantiles
from frenemy.model.fields import fields_of
from frenemy.model.files.dump import dump_resolved
from frenemy.model.files.load import load_experiment, load_model, load_resolved
from frenemy.model.files.toml_source import parse
from frenemy.model.files.toml_values import toml_value
from frenemy.model.realise import quantities, realise, uncertain, with_values
from frenemy.model.resolve import DEFAULT_COLOUR, PALETTE
from frenemy.model.resolved import PerYear

EVERYTHING = next(file for file in VALID if file.stem == "all_keys")


def holds_none(value):
    if is_dataclass(value):
        return any(holds_none(getattr(value, field.name)) for field in fields(value))
    if isinstance(value, dict):
        return any(holds_none(item) for item in value.values())
    if isinstance(value, tuple):
        return any(holds_none(item) for item in value)
    return value is None


@pytest.mark.parametrize("file", [*VALID, *SHIPPED], ids=lambda file: f"{file.parents[1].name}-{file.stem}")
def test_what_is_resolved_is_whole_and_loads_again_to_the_same(file):
    model, experiment = load_experiment(file)
    assert not holds_none(model)
    assert not holds_none(experiment)
    text = dump_resolved(model, experiment)
    again = load_resolved(text)
    assert again == (model, experiment)
    assert dump_resolved(*again) == text


@pytest.mark.parametrize("module", [resolved, experiments], ids=lambda module: module.__name__)
def test_every_field_has_a_kind_so_that_a_new_key_needs_only_its_spec_and_its_field(module):
    """`resolve`, `realise` and `dump` walk the kinds, and name only the fields that are exceptions."""
    classes = [value for value in vars(module).values() if is_dataclass(value)]
    assert len(classes) > 9
    for cls in classes:
        assert [field.name for field in fields_of(cls)] == [field.name for field in fields(cls)]


def test_a_field_without_a_kind_is_refused():
    """The wrong twin of the test above."""
    with pytest.raises(TypeError, match="no kind of field"):
        fields_of(make_dataclass("Odd", [("at", dt.time)]))


def test_a_realised_model_loads_again_too():
    model, experiment = load_experiment(EVERYTHING)
    plain = realise(model), realise(experiment)
    assert load_resolved(dump_resolved(*plain)) == plain


def test_a_changed_model_does_not_load_to_the_same():
    """The wrong twin of the test above: equality would see the difference."""
    model, experiment = load_experiment(EVERYTHING)
    text = dump_resolved(model, experiment)
    assert load_resolved(text.replace("lasting = 0.5", "lasting = 0.25")) != (model, experiment)
    assert load_resolved(text.replace("seed = 0", "seed = 1")) != (model, experiment)


@given(
    st.recursive(
        st.one_of(st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False), st.text(), st.dates()),
        lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
        max_leaves=8,
    )
)
def test_values_are_written_as_toml_that_reads_back_the_same(value):
    assert parse(f"value = {toml_value(value)}", "test").table["value"] == value


def test_keys_name_every_number_of_the_model():
    model = load_model(SMALL.parent / "everything")
    found = quantities(model)
    for key in (
        "drivers.trust.long_run", "drivers.trust.pulls.alignment", "correlations.trust.alignment",
        "triggers.strike.probability", "triggers.strike.effect.trust", "triggers.strike.thresholds.low",
        "triggers.strike.reference.trust", "triggers.strike.leads_to.suspension.delay.q95",
        "triggers.strike.raises.strike.expected_extra", "triggers.tariff.rate", "triggers.tariff.duration.median",
        "triggers.tariff.on_end.trust", "calendar.review.branches.yearly.factor.tariff", "scenarios.rift.for",
        "scenarios.rift.thresholds.floor",
    ):  # fmt: skip
        assert key in found
    assert "triggers.strike.duration.median" not in found, "an event has no duration"
    assert set(uncertain(model)) == {key for key, number in found.items() if not isinstance(number, float)}


def test_keys_name_every_number_of_an_experiment():
    _, experiment = load_experiment(EVERYTHING)
    assert [*quantities(experiment)] == [
        "initial.scars.trust", "initial.episodes.tariff.median", "initial.episodes.tariff.q95",
        "initial.episodes.suspension.median", "initial.episodes.suspension.q95",
    ]  # fmt: skip
    assert realise(experiment).initial.scars == {"trust": -3.0}


@pytest.mark.parametrize("key", sorted(quantities(load_model(SMALL.parent / "everything"))))
def test_the_key_of_a_number_sets_that_number_in_the_files_too(key):
    """`realise` and the overrides of the loader use the same keys."""
    model = load_model(SMALL.parent / "everything")
    value = 0.5 if not isinstance(quantities(model)[key], History) else 1.25
    durations = ("half_life", "cooldown", ".for", "median", "q95")
    if key.endswith(durations):
        value = 7.0
    loaded = with_values(model, {key: value})
    if "branches" in key and key.endswith("probability"):
        return  # one alone would not sum to 1
    written = "1w" if key.endswith(durations) else value
    if key.endswith("q95"):
        return  # below its median
    assert quantities(load_model(SMALL.parent / "everything", {key: written})) == quantities(loaded)


def test_realised_models_hold_medians_or_the_values_given():
    model = load_model(SMALL.parent / "everything")
    central = realise(model)
    assert uncertain(central) == {}
    assert realise(central) == central
    laws, plain = uncertain(model), quantities(central)
    for key, law in laws.items():
        assert plain[key] == pytest.approx(law.median), key
    drawn = realise(model, {"drivers.trust.long_run": 37.0, "triggers.tariff.rate": 4})
    assert quantities(drawn)["drivers.trust.long_run"] == 37.0
    assert quantities(drawn)["triggers.tariff.rate"] == 4.0
    assert realise(model, {}) == central


def test_a_history_becomes_a_rate():
    model = load_model(SMALL.parent / "everything")
    tariff = next(trigger for trigger in realise(model).triggers if trigger.name == "tariff")
    assert tariff.rate == PerYear(rate=History(3.0, 1.0).median)


def test_branch_probabilities_are_renormalised():
    model = load_model(SMALL.parent / "everything")
    (review,) = realise(model, {"calendar.review.branches.extended.probability": 0.75}).calendar
    assert [branch.probability for branch in review.branches] == [0.6, 0.4]


def test_a_time_drawn_out_of_order_becomes_fixed():
    model = load_model(SMALL.parent / "everything")
    drawn = realise(model, {"triggers.strike.leads_to.suspension.delay.q95": 3.0})
    (delay, _) = (item.delay for item in drawn.triggers[0].leads_to)
    assert delay.median == delay.q95 == 14.0


def test_unknown_keys_are_refused_with_a_guess():
    model = load_model(SMALL)
    for function in (with_values, realise):
        with pytest.raises(InputError, match=r"names no number of the model; did you mean drivers\.trust\.long_run"):
            function(model, {"drivers.trust.longrun": 3.0})


def test_with_values_takes_distributions_too():
    model = load_model(SMALL)
    law = Quantiles(1.0, 2.0, 3.0)
    assert uncertain(with_values(model, {"drivers.trust.volatility": law}))["drivers.trust.volatility"] == law


@settings(max_examples=25)
@given(st.data())
def test_realised_models_are_within_what_the_fields_allow(data):
    model = load_model(SMALL.parent / "everything")
    shares = {key: data.draw(st.floats(1e-9, 1 - 1e-9), key) for key in uncertain(model)}
    values = {key: law.quantile(shares[key]) for key, law in uncertain(model).items()}
    drawn = realise(model, values)
    numbers = quantities(drawn)
    for key, law in uncertain(model).items():
        if "probability" not in key and not key.endswith("q95"):
            assert numbers[key] == values[key]
        assert math.isfinite(numbers[key])
        assert values[key] in law.domain
    assert math.fsum(branch.probability for branch in drawn.calendar[0].branches) == pytest.approx(1)


def test_realising_leaves_the_model_as_it_was():
    model = load_model(SMALL.parent / "everything")
    before = replace(model)
    realise(model)
    with_values(model, {"drivers.trust.volatility": 3.0})
    assert model == before


def test_the_default_scenario_is_grey_unless_a_colour_is_stated(tmp_path):
    """Row E6: colours of the palette belong to what departs from the default."""
    starter = copytree(Path(resolve.__file__).parents[1] / "starter", tmp_path / "model")
    for file in (starter / "scenarios").glob("*.toml"):
        lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
        file.write_text("".join(line for line in lines if not line.startswith("colour")), encoding="utf-8")
    colours = {scenario.default: scenario.colour for scenario in load_model(starter).scenarios}
    assert colours[True] == DEFAULT_COLOUR
    assert colours[False] in PALETTE
