"""Does a duration mean what it says, and is it written back so that it means the same?"""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

import builders
from frenemy.errors import InputError
from frenemy.model.durations import anniversaries, days, duration_text, end_of_run, later
from frenemy.model.files.load import make_experiment


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("10d", 10),
        ("26w", 182),
        ("1y", 365.25),
        ("6m", 182.625),
        ("2.5y", 913.125),
        (" 4 w ", 28),
        ("0d", 0),
        ("1e1d", 10),
    ],
)
def test_units(text, length):
    assert days(text) == length


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("26 weeks", '"26w"'),
        ("1 year", '"1y"'),
        ("6mo", '"6m"'),
        ("10D", '"10d"'),
        ("-3w", ""),
        ("w", ""),
        ("٣w", ""),
        ("", ""),
    ],
)
def test_what_is_no_duration_is_refused_with_a_guess(text, meant):
    with pytest.raises(ValueError, match="not a duration") as caught:
        days(text)
    assert caught.value.args[1] == meant


def test_absurd_durations_are_refused():
    with pytest.raises(ValueError, match="ten thousand years"):
        days("1e300y")


@pytest.mark.parametrize(
    ("length", "text"), [(182.0, "26w"), (1095.75, "3y"), (182.625, "6m"), (10.0, "10d"), (0.5, "0.5d"), (0.0, "0d")]
)
def test_durations_are_written_as_people_write_them(length, text):
    assert duration_text(length) == text


@given(st.floats(0, 3_000_000))
def test_a_written_duration_is_exactly_the_same_again(length):
    assert days(duration_text(length)) == length


def test_never_is_written_as_such():
    assert duration_text(float("inf")) == "never"


def test_whole_years_keep_the_day():
    assert later(dt.date(2025, 1, 21), "5y") == dt.date(2030, 1, 21)
    assert later(dt.date(2024, 2, 29), "1y") == dt.date(2025, 2, 28)
    assert later(dt.date(2025, 8, 31), "6m") == dt.date(2026, 2, 28)
    assert later(dt.date(2025, 1, 21), "2w") == dt.date(2025, 2, 4)
    assert later(dt.date(2025, 1, 21), "0.5y") == dt.date(2025, 7, 23)


@pytest.mark.parametrize(
    ("written", "length"), [("1w", 7), ("7d", 7), ("1 w", 7), (" 7.0 d", 7), ("1d", 1), ("1 d", 1)]
)
def test_a_tick_is_a_duration_however_it_is_written(written, length):
    """Row C13: `7d` was refused, which is `1w`; in the file and in what is saved it is the same tick."""
    model = builders.model()
    run = make_experiment(model, tick=written, horizon="10d")
    assert run == make_experiment(model, tick={7: "1w", 1: "1d"}[length], horizon="10d")
    assert (run.tick, run.end) == (length, run.start + dt.timedelta(days=14 if length == 7 else 10))


@pytest.mark.parametrize(
    ("written", "said"),
    [("2w", 'allowed: "1w" or "1d"'), ("1 week", 'did you mean "1w"?'), (7, "expected a duration"), ("w", "not a dur")],
)
def test_what_is_no_tick_is_refused(written, said):
    with pytest.raises(InputError, match="tick") as caught:
        make_experiment(builders.model(), tick=written)
    assert said in str(caught.value)


def test_runs_end_with_a_whole_tick_not_before_the_horizon():
    start = dt.date(2025, 1, 21)
    assert end_of_run(start, dt.date(2030, 1, 21), 7) == dt.date(2030, 1, 22)
    assert end_of_run(start, dt.date(2030, 1, 21), 1) == dt.date(2030, 1, 21)


def test_reports_come_on_anniversaries_and_at_the_end_but_not_twice():
    start = dt.date(2025, 1, 21)
    yearly = [dt.date(year, 1, 21) for year in range(2026, 2030)]
    assert [*anniversaries(start, dt.date(2030, 1, 22), 7)] == [*yearly, dt.date(2030, 1, 22)]
    assert [*anniversaries(start, dt.date(2030, 1, 21), 1)] == [*yearly, dt.date(2030, 1, 21)]
    assert anniversaries(start, dt.date(2025, 3, 4), 7) == (dt.date(2025, 3, 4),)
