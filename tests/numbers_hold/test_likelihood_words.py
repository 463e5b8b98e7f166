"""Do the words fit the numbers?"""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from frenemy.present.likelihood_words import ICD203, KENT
from frenemy.present.number_text import from_to, percent

MIRROR = {
    "almost no chance": "almost certain",
    "very unlikely": "very likely",
    "unlikely": "likely",
    "roughly even chance": "roughly even chance",
}
PROBABILITIES = st.floats(0, 1)


@pytest.mark.parametrize(
    ("probability", "word"),
    [
        (0.0, "almost no chance (below 1 %)"),
        (0.0099, "almost no chance (below 1 %)"),
        (0.01, "almost no chance"),
        (0.03, "almost no chance"),
        (0.05, "very unlikely"),
        (0.12, "very unlikely"),
        (0.2, "unlikely"),
        (0.3, "unlikely"),
        (0.45, "roughly even chance"),
        (0.5, "roughly even chance"),
        (0.55, "roughly even chance"),
        (0.551, "likely"),
        (0.8, "likely"),
        (0.85, "very likely"),
        (0.95, "very likely"),
        (0.97, "almost certain"),
        (0.99, "almost certain"),
        (0.991, "almost certain (above 99 %)"),
        (1.0, "almost certain (above 99 %)"),
    ],
)
def test_the_words_of_icd_203(probability, word):
    assert ICD203.word(probability) == word


@pytest.mark.parametrize(
    ("probability", "word"),
    [
        (0.0, "almost certainly not (below 2 %)"),
        (0.07, "almost certainly not"),
        (0.15, "almost certainly not to probably not"),  # a gap in Kent's scale
        (0.3, "probably not"),
        (0.4, "chances about even"),
        (0.5, "chances about even"),
        (0.615, "chances about even to probable"),
        (0.75, "probable"),
        (0.87, "probable"),
        (0.93, "almost certain"),
        (0.999, "almost certain (above 99 %)"),
    ],
)
def test_the_words_of_kent(probability, word):
    assert KENT.word(probability) == word


@pytest.mark.parametrize(
    ("probability", "low", "high", "words"),
    [
        (0.3, 0.22, 0.41, "unlikely"),
        (0.4, 0.3, 0.5, "unlikely to roughly even chance"),
        (0.4, 0.15, 0.6, "very unlikely to likely"),
        (0.03, 0.005, 0.04, "almost no chance"),
        (0.008, 0.005, 0.04, "almost no chance"),
        (0.002, 0.001, 0.004, "almost no chance (below 1 %)"),
        (0.02, 0.004, 0.08, "almost no chance to very unlikely"),
        (0.3, math.nan, math.nan, "unlikely"),
        (0.56, 0.47, 0.54, "roughly even chance to likely"),  # the mean may lie outside the band
    ],
)
def test_two_words_where_the_band_crosses_a_boundary(probability, low, high, words):
    assert ICD203.words(probability, low, high) == words


@given(PROBABILITIES, PROBABILITIES)
def test_equal_numbers_have_equal_words(one, other):
    """Row E2: the word is that of the odds as shown, never "very unlikely" for one 5 % and lower for another."""
    if percent(one) == percent(other):
        assert ICD203.shown(one) == ICD203.shown(other)


def test_the_words_of_shown_odds():
    """Row E2: 73 % with a middle band of 60 to 85 % is likely to very likely, whatever the 90 % band."""
    assert ICD203.shown(0.0477) == ICD203.shown(0.0523) == "very unlikely"
    assert ICD203.shown(0.73, 0.60, 0.78) == "likely"
    assert ICD203.shown(0.73, 0.60, 0.85) == "likely to very likely"
    assert ICD203.shown(1.0000001) == "almost certain (above 99 %)"


def test_a_change_is_never_from_a_number_to_itself():
    """Row E4: both ends are told apart, from the unrounded numbers."""
    assert from_to(0.04, 0.07).replace("\u00a0", " ") == "from 4 % to 7 %"
    assert from_to(0.041, 0.036).replace("\u00a0", " ") == "from 4.1 % to 3.6 %"
    assert from_to(0.0011, 0.0012).replace("\u00a0", " ") == "from 0.11 % to 0.12 %"


@given(PROBABILITIES)
def test_the_opposite_has_the_mirrored_word(probability):
    mirror = MIRROR | {there: here for here, there in MIRROR.items()}
    word = ICD203.word(probability).split(" (")[0]
    assert ICD203.word(1 - probability).split(" (")[0] == mirror[word]


@given(st.lists(PROBABILITIES, min_size=3, max_size=3).map(sorted), st.sampled_from([ICD203, KENT]))
def test_every_band_has_words_and_more_probable_is_never_a_lesser_word(band, scale):
    low, middle, high = band
    order = [term.word for term in scale.terms]
    first, last = (scale.word(p).split(" (")[0].split(" to ") for p in (low, high))
    assert order.index(first[0]) <= order.index(last[-1])
    words = scale.words(middle, low, high).split(" (")[0].split(" to ")
    assert words[0] == first[0]
    assert words[-1] == last[-1]


def test_words_give_their_intervals_back():
    assert ICD203.interval("probable") == ICD203.interval("likely") == (0.55, 0.80)
    assert KENT.interval("Probable") == (0.63, 0.87)
    with pytest.raises(KeyError):
        ICD203.interval("wild card")


@pytest.mark.parametrize("probability", [-0.1, 1.1, math.nan])
def test_what_is_no_probability_has_no_word(probability):
    with pytest.raises(ValueError, match="between 0 and 1"):
        ICD203.word(probability)
