"""Is a slip answered in the words of whoever made it?"""

import pytest

from frenemy.cli.init import write_starter
from frenemy.errors import InputError
from frenemy.model.files.load import load_model
from frenemy.model.files.toml_source import parse


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("half_life = 4w", 'a duration stands in quotation marks (found 4w); allowed: "4w"'),
        ("half_life = 26 w", 'a duration stands in quotation marks (found 26 w); allowed: "26w"'),
        ("q05 = 0,005", "a decimal point, not a comma (found 0,005); allowed: 0.005"),
        ("label = “Trust”", 'a typographic quotation mark (found “); allowed: plain quotation marks, "…"'),
        ("[drivers.tensión]", "a letter that a key cannot have (found ó)"),
        ("date = 2026-02", "a date has a day (found 2026-02); allowed: 2026-02-01"),
        ("probability = 4%", "a percentage stands in quotation marks, or is written as a share (found 4%)"),
    ],
)  # fmt: skip
def test_what_was_meant_is_said(line, message):
    """Row D1: the parser's words were passed on."""
    with pytest.raises(InputError) as caught:
        parse(f"[model]\n{line}\n", "drivers.toml")
    (problem,) = caught.value.problems
    assert message in str(problem)
    assert problem.line == 2


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("starter") / "model"
    write_starter(folder)
    return lambda **values: load_model(folder, {key.replace("__", "."): value for key, value in values.items()})


def trigger(model, name="diversion"):
    return next(item for item in model.triggers if item.name == name)


@pytest.mark.parametrize("written", ["4%", "4 %", "4,0%", 0.04])
def test_a_percentage_is_a_share_where_a_share_may_stand(model, written):
    """Row D2."""
    found = model(triggers__diversion__probability=written)
    assert trigger(found).rate.probability == pytest.approx(0.04)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("drivers.water.start", "40%", "did you mean 40?"),
        ("drivers.water.volatility", "10", "did you mean 10?"),
        ("drivers.water.volatility", 1000, "beyond what can be meant (found 1000); allowed: at most 100"),
        ("triggers.diversion.per_10_points.water", 1e300, "allowed: 0.001 to 1000"),
        ("triggers.diversion.per_10_points.water", 1e-300, "allowed: 0.001 to 1000"),
        ("triggers.diversion.severity_cv", 1e300, "allowed: at most 100"),
        ("triggers.drought.rate", 1e9, "triggers.drought.rate: beyond what can be meant (found 1000000000.0)"),
        ("triggers.diversion.probability", {"q05": 0, "median": 0.1, "q95": 0.2}, "a quantile of 0 would make it"),
        ("triggers.diversion.probability", 1.0, "[[impose]]"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused_with_the_range(model, key, value, message):
    """Rows A14, C8, D2, D3, D4; the wrong twin above is taken."""
    with pytest.raises(InputError) as caught:
        model(**{key: value})
    assert message in "\n".join(str(problem) for problem in caught.value.problems)


def test_what_is_large_and_can_be_meant_is_taken(model):
    large = {"triggers.diversion.per_10_points.water": 20, "triggers.drought.rate": 300, "drivers.water.volatility": 60}
    found = model(**large)
    assert trigger(found).per_10_points["water"] == 20


@pytest.mark.parametrize("text", [
    "a", "a=", "a=[1,", "a={b=1", 'a="x', "=1", "a=1 b=2", "[a", "[[a]", "a={b=1,b=2}", 'a="\\q"', 'a="\\uD800"',
    "a='''x", 'a="""x', "a=1e", "a=[1 2]", "a={b=1,}", "a = tru", "[]",
    "a=1\n[a.b]\nx=1", "a={b=1}\na.c=2", "[a]\nb=1\n[a]\nc=2",
])  # fmt: skip
def test_the_parser_never_speaks_for_itself(text):
    """Row D1: every message is in plain words, which begin with a small letter, and names a line."""
    with pytest.raises(InputError) as refused:
        parse(text, "x.toml")
    (problem,) = refused.value.problems
    assert problem.line >= 1
    assert problem.message.removeprefix("not TOML: ")[0].islower(), problem.message
