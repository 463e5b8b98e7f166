"""Is the degree of a condition 0 or more exactly where the condition holds, and nearer where less is lacking?"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import rule
from frenemy.model import conditions as ex
from frenemy.studies.rare.robustness import EVENT, NamesInConditions, ObservedState, degree_of

WORDS = NamesInConditions({"trust": 0, "alignment": 1}, {"strike": 0, "raid": 1}, {"floor": 18.0, "zero": 0.0})


def sight(trust, alignment=50.0, strikes=0, raids=0, strike=False, raid=False):
    def column(*values):
        return np.array(values)[:, None]

    ends = [20.0 if runs else -np.inf for runs in (strike, raid)]
    return ObservedState(column(trust, alignment), column(strikes, raids).astype(np.int32), column(*ends), 7.0)


def degree(text, *where, **there):
    return float(np.ravel(degree_of(rule(text), WORDS)(sight(*where, **there)))[0])


@pytest.mark.parametrize(
    ("text", "there", "points"),
    [
        ("trust < floor", {"trust": 30.0}, -12),
        ("trust < floor", {"trust": 10.0}, 8),
        ("trust - alignment > 20", {"trust": 60.0, "alignment": 45.0}, -5),
        ("count(strike) >= 3", {"trust": 50.0, "strikes": 1}, -2 * EVENT),
        ("count(strike) > 2", {"trust": 50.0, "strikes": 2}, -EVENT),
        ("count(strike) > 2.5", {"trust": 50.0, "strikes": 1}, -2 * EVENT),
        ("count(strike) < 2", {"trust": 50.0, "strikes": 1}, 0),
        ("count(strike) == 2", {"trust": 50.0, "strikes": 5}, -3 * EVENT),
        ("count(strike) != 2", {"trust": 50.0, "strikes": 2}, -EVENT),
        ("active(raid)", {"trust": 50.0}, -EVENT),
        ("not active(raid)", {"trust": 50.0}, EVENT),
        ("trust < 20 and alignment < 40", {"trust": 30.0, "alignment": 45.0}, -15),
        ("trust < 20 and alignment < 40", {"trust": 15.0, "alignment": 45.0}, -5),
        ("trust < 20 and alignment < 40", {"trust": 15.0, "alignment": 38.0}, 2),
        ("trust < 20 or alignment < 40", {"trust": 30.0, "alignment": 45.0}, -5),
        ("not (trust >= 20 or alignment >= 40)", {"trust": 30.0, "alignment": 45.0}, -15),
        ("not (trust < 20 and alignment < 40)", {"trust": 15.0, "alignment": 30.0}, -5),
        ("trust < 20 and true", {"trust": 30.0}, -10),
        ("trust < 20 and false", {"trust": 30.0}, -np.inf),
    ],
)
def test_what_is_lacking_is_counted_in_points(text, there, points):
    assert degree(text, **there) == pytest.approx(points, abs=1e-6)


def test_a_tie_is_settled_as_the_condition_does():
    assert degree("trust < floor", 18.0) < 0 <= degree("trust <= floor", 18.0)
    assert degree("trust / zero > 1", 18.0) >= 0
    assert degree("(trust - trust) / zero != 1", 18.0) >= 0


numbers = st.one_of(
    st.sampled_from(["trust", "alignment", "count(strike)", "count(raid)", "floor", "20", "2", "0.5", "50"]),
    st.tuples(
        st.sampled_from(["trust", "count(strike)", "alignment"]),
        st.sampled_from("+-*/"),
        st.sampled_from(["2", "floor"]),
    ).map(" ".join),
)
comparisons = st.tuples(numbers, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), numbers).map(" ".join)
conditions = st.recursive(
    st.one_of(comparisons, st.sampled_from(["active(strike)", "active(raid)", "true", "false"])),
    lambda inner: st.one_of(
        inner.map(lambda text: f"not ({text})"),
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(lambda parts: "({}) {} ({})".format(*parts)),
    ),
    max_leaves=6,
)  # fmt: skip


def number(part, view):
    match part:
        case ex.Number(value):
            return np.full(view.index.shape[1], value)
        case ex.Named(name):
            return np.full(view.index.shape[1], WORDS.thresholds[name])
        case ex.Level(name):
            return view.index[WORDS.drivers[name]]
        case ex.Count(name):
            return view.happened[WORDS.triggers[name]].astype(float)
        case ex.Arithmetic(operator, left, right):
            return eval(f"a {operator} b", {"a": number(left, view), "b": number(right, view)})


def holds(node, view):
    """The condition itself, written once more as plainly as can be."""
    match node:
        case ex.Truth(value):
            return np.full(view.index.shape[1], value)
        case ex.Active(name):
            return view.ends[WORDS.triggers[name]] > view.now
        case ex.Not(operand):
            return ~holds(operand, view)
        case ex.And(operands):
            return np.all([holds(part, view) for part in operands], axis=0)
        case ex.Or(operands):
            return np.any([holds(part, view) for part in operands], axis=0)
        case ex.Comparison(operator, left, right):
            return eval(f"a {operator} b", {"a": number(left, view), "b": number(right, view)})


@settings(max_examples=300, deadline=None)
@given(text=conditions, seed=st.integers(0, 2**32))
def test_the_degree_is_not_negative_exactly_where_the_condition_holds(text, seed):
    rng = np.random.default_rng(seed)
    index = rng.choice([0.5, 2.0, 18.0, 20.0, 35.0, 50.0, 90.0], (2, 64))
    view = ObservedState(
        index, rng.integers(0, 4, (2, 64), dtype=np.int32), rng.choice([-np.inf, 7.0, 9.0], (2, 64)), 7.0
    )
    node = rule(text)
    expected = holds(node, view)
    assert np.array_equal(np.broadcast_to(degree_of(node, WORDS)(view) >= 0, expected.shape), expected)
