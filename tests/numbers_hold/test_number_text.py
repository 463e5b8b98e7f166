"""Do tables and pictures write a number in one way, with a true minus sign, and in the words of the model?"""

from types import SimpleNamespace

import pytest

from frenemy.forecast.story_text import effects
from frenemy.model.describe.wording import counted
from frenemy.present.key_labels import key_label, value_text
from frenemy.present.percentage_points import points, with_error
from frenemy.studies.compare.plots.changes import _named
from frenemy.studies.compare.text import _in_brief

TRUST, RIFT = SimpleNamespace(name="trust", label="Trust"), SimpleNamespace(name="rift", label="Total rift")
STRIKE = SimpleNamespace(name="strike", label="A strike")
MODEL = SimpleNamespace(drivers=(TRUST,), triggers=(STRIKE,), calendar=(), scenarios=(RIFT,))


def test_changes_have_a_true_minus_and_no_signed_zero():
    assert points(-0.0344) == "−3.4"
    assert points(-0.0001) == "0.0"
    assert with_error(0.05, 0.01) == "+5.0 ± 2.0"
    assert with_error(0.05, float("inf")) == "+5.0 ± ?"
    assert value_text("triggers.strike.effect.trust", -21.96) == "−22"
    assert value_text("triggers.strike.rate", 0.25) == "0.25"


def test_one_is_one():
    assert [counted(n, "forecast") for n in (0, 1, 1200)] == ["0 forecasts", "1 forecast", "1,200 forecasts"]


def test_effects_that_round_to_zero_are_left_out():
    assert effects({"trust": 0.5}, MODEL) == ""
    assert effects({"trust": -0.49}, MODEL) == ""
    assert effects({"trust": -1.6}, MODEL) == "Trust −2"


@pytest.mark.parametrize(
    ("written", "brief"),
    [
        ("{ q05 = -5.0, median = -3.0, q95 = -1.5 }", "−3 (−5 to −1.5)"),
        (
            "{ q05 = -5.0, q25 = -3.5, median = -3.0, q75 = -2.0, q95 = -1.5 }",
            "−3 (−5 to −1.5, half within −3.5 to −2)",
        ),
        ('{ median = "26w", q95 = "110w" }', "26w (95 % within 110w)"),
        ("-0.5", "−0.5"),
        ("true", "true"),
        ('"26w"', '"26w"'),
        ("{ events = 3, years = 1 }", "{ events = 3, years = 1 }"),
        ("", ""),
        ("imposed", "imposed"),
    ],
)
def test_edits_are_described_briefly(written, brief):
    assert _in_brief(written) == brief


def test_keys_are_described_in_the_words_of_the_model():
    assert key_label("initial.scars.trust", MODEL) == "At the start: scar of Trust"
    assert key_label("initial.episodes.strike", MODEL) == "At the start: time left of A strike"
    comparison = SimpleNamespace(model=MODEL)
    named = SimpleNamespace(label="triggers.strike.probability = 0.1")
    assert _named(named, comparison) == "A strike: probability = 0.1"
    assert _named(SimpleNamespace(label="Warm = cold"), comparison) == "Warm = cold"
