"""Does a condition mean what it says, and nothing else?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from frenemy.model.conditions import (
    FALSE,
    TRUE,
    Active,
    And,
    Arithmetic,
    Comparison,
    Count,
    ExpressionError,
    Level,
    Named,
    Not,
    Number,
    Or,
    parse,
    text,
    walk,
)

DRIVERS = frozenset({"trust", "alignment"})


def read(source):
    return parse(source, DRIVERS)


@pytest.mark.parametrize(
    ("source", "tree"),
    [
        ("true", TRUE),
        ("False", FALSE),
        ("trust < 25", Comparison("<", Level("trust"), Number(25.0))),
        ("trust\n  <= floor", Comparison("<=", Level("trust"), Named("floor"))),
        ("count(strike) != 2", Comparison("!=", Count("strike"), Number(2.0))),
        ("not active(tariff)", Not(Active("tariff"))),
        (
            "10 < trust < 90",
            And((Comparison("<", Number(10.0), Level("trust")), Comparison("<", Level("trust"), Number(90.0)))),
        ),
        (
            "true or false and not true",
            Or((TRUE, And((FALSE, Not(TRUE))))),
        ),
        (
            "trust - 2 * alignment / 3 > -5",
            Comparison(
                ">",
                Arithmetic(
                    "-",
                    Level("trust"),
                    Arithmetic("/", Arithmetic("*", Number(2.0), Level("alignment")), Number(3.0)),
                ),
                Number(-5.0),
            ),
        ),
    ],
)
def test_conditions_are_read_as_written(source, tree):
    assert read(source) == tree


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("", "not a valid condition"),
        ("trust", "compare it with something"),
        ("count(strike)", "compare it with something"),
        ("trust + 1", "compare it with something"),
        ("trust = 3", "write == to compare"),
        ("trust < 3 && true", "write and instead of &&"),
        ("trust =< 3", "write <= instead of =<"),
        ("trust is 3", "only < <= > >= == != can compare"),
        ("trust in alignment", "only < <= > >= == != can compare"),
        ("trust ** 2 > 3", "is not a number"),
        ("trust % 2 > 3", "is not a number"),
        ("-trust < 3", "is not a number"),
        ("trust < 'a'", "is not a number"),
        ("trust < true", "is not a number"),
        ("-True < 3", "is not a number"),
        ("active(tariff) > 0", "is true or false, not a number"),
        ("trust / alignment > 1", "can be a divisor"),
        ("trust / 0 > 1", "can be a divisor"),
        ("count() > 1", "takes the name of one trigger"),
        ("count(1) > 1", "takes the name of one trigger"),
        ("count(a, b) > 1", "takes the name of one trigger"),
        ("count(*a) > 1", "takes the name of one trigger"),
        ("active(x=y)", "takes the name of one trigger"),
        ("active(long_run)", "takes the name of one trigger"),
        ("mean(trust) > 1", "unknown function 'mean'"),
        ("__import__('os').system('true')", "not allowed here"),
        ("eval('1') > 0", "unknown function 'eval'"),
        ("trust.real > 1", "is not a number"),
        ("[x for x in y] > 1", "is not a number"),
        ("lambda: true", "not allowed here"),
        ("true if trust > 1 else false", "not allowed here"),
        ("trust > 1e999", "is not a number"),
        ("trust > -1e999", "is not a number"),
        ("9" * 5000 + " > trust", "not a valid condition"),
        ("a\x00b > 1", "not a valid condition"),
        ("not " * 400 + "true", "nested too deeply"),
        ("(" * 400 + "true" + ")" * 400, "not a valid condition|nested too deeply"),
        ("trust" + " + trust" * 400 + " > 1", "nested too deeply"),
    ],
)
def test_everything_else_is_refused(source, why):
    with pytest.raises(ExpressionError, match=why):
        read(source)


def test_refusals_say_where():
    with pytest.raises(ExpressionError) as caught:
        read("trust < 3 or alignment ** 2 > 1")
    assert caught.value.column == 13


numbers = st.one_of(
    st.floats(-1e6, 1e6).map(Number),
    st.sampled_from([Level("trust"), Level("alignment"), Named("floor"), Count("strike")]),
)
numerics = st.recursive(
    numbers,
    lambda inner: st.one_of(
        st.builds(Arithmetic, st.sampled_from("+-*"), inner, inner),
        st.builds(Arithmetic, st.just("/"), inner, st.sampled_from([Number(2.0), Named("floor")])),
    ),
    max_leaves=5,
)
conditions = st.recursive(
    st.one_of(
        st.sampled_from([TRUE, FALSE, Active("tariff")]),
        st.builds(Comparison, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), numerics, numerics),
    ),
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: And(tuple(parts))),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: Or(tuple(parts))),
    ),
    max_leaves=6,
)


@given(conditions)
def test_written_conditions_are_read_back_the_same(tree):
    assert read(text(tree)) == tree
    assert next(iter(walk(tree))) == tree


@given(st.text(max_size=60))
def test_any_text_is_a_condition_or_refused(source):
    try:
        tree = read(source)
    except ExpressionError:
        return
    assert read(text(tree)) == tree


WORDS = "trust floor count ( ) active strike < > == and or not + - * / 3 .5 = ** , true"


@given(st.lists(st.sampled_from(WORDS.split()), max_size=12).map(" ".join))
def test_any_string_of_words_is_a_condition_or_refused(source):
    try:
        tree = read(source)
    except ExpressionError:
        return
    assert read(text(tree)) == tree
