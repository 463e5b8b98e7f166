"""Do commands change the state as stated, and does replaying them give the same state?"""

import datetime as dt
import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from frenemy.model.realise import realise, with_values
from frenemy.workshop.state import commands as ask
from frenemy.workshop.state.command_log import LoggedCommand
from frenemy.workshop.state.minutes import replay
from frenemy.workshop.state.sliders import numbers_at
from frenemy.workshop.state.state import Refusal, State
from frenemy.workshop.state.transitions import apply
from frenemy.workshop.state.views import label, state_as_seen

QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
WHEN = "2026-11-22T05:00:00.000Z"


class Session:
    """Commands carried out one after the other."""

    def __init__(self, catalogue):
        self.catalogue, self.state, self.made = catalogue, State(focus=catalogue.focus), []
        self.join("m1", "Dana", "facilitator")

    def join(self, who, name, role="participant"):
        assert self.do(ask.Join(name=name, role=role, token=who * 8), who) is None

    def do(self, command, who="m1"):
        """Carry out a command; the refusal's code, or nothing."""
        new = apply(self.catalogue, self.state, command, who, WHEN)
        if isinstance(new, Refusal):
            return new.code
        self.made.append(LoggedCommand(new.version, WHEN, who, ask.read_stored(command.model_dump_json())))
        self.state = new
        return None

    def set(self, key, value, who="m1", seen=None):
        return self.do(ask.Set(key=key, value=value, seen=self.state.version if seen is None else seen), who)


@pytest.fixture
def session(catalogue):
    return Session(catalogue)


@pytest.fixture
def key(catalogue):
    return next(key for key, slider in catalogue.sliders.items() if slider.kind == "trigger" and slider.ranged)


def value_of(session, key):
    return state_as_seen(session.catalogue, session.state, "m1")["settings"][key]["value"]


def test_a_slider_takes_its_range_along_on_the_scale_of_odds(session, key):
    slider = session.catalogue.sliders[key]
    assert session.set(key, 0.5) is None
    number = session.state.numbers[key]
    assert value_of(session, key) == pytest.approx(0.5, rel=1e-3)
    line = number.domain.to_line
    before = [line(slider.number.quantile(u)) for u in (0.05, 0.5, 0.95)]
    after = [line(number.quantile(u)) for u in (0.05, 0.5, 0.95)]
    steps = [new - old for new, old in zip(after, before, strict=True)]
    assert steps == pytest.approx([steps[1]] * 3, abs=2e-3)
    assert abs(steps[1]) > 0.1


def test_undo_and_redo_step_through_every_setting(session, key):
    for value in (0.2, 0.4, 0.6):
        assert session.set(key, value) is None
    seen = [dict(session.state.settings)]
    for _ in range(3):
        assert session.do(ask.Undo(seen=session.state.version)) is None
        seen.append(dict(session.state.settings))
    assert seen[-1] == {}
    assert session.do(ask.Undo(seen=session.state.version)) == "missing"
    for expected in reversed(seen[:-1]):
        assert session.do(ask.Redo(seen=session.state.version)) is None
        assert dict(session.state.settings) == expected
    assert session.do(ask.Redo(seen=session.state.version)) == "missing"


def test_a_new_setting_discards_what_could_be_redone(session, key):
    session.set(key, 0.2)
    session.do(ask.Undo(seen=session.state.version))
    session.set(key, 0.3)
    assert session.do(ask.Redo(seen=session.state.version)) == "missing"


def test_a_stale_move_is_refused_and_changes_nothing(session, key):
    session.join("m9", "Ben", "facilitator")
    seen = session.state.version
    assert session.set(key, 0.2, "m9") is None
    before = session.state
    assert session.set(key, 0.4, seen=seen) == "stale"
    assert session.do(ask.ResetAll(seen=seen)) == "stale"
    assert session.do(ask.Undo(seen=seen)) == "stale"
    assert session.state is before
    other = next(k for k in session.catalogue.sliders if k != key and session.catalogue.sliders[k].kind == "start")
    assert session.set(other, 45.0, seen=seen) is None, "another slider was not touched since"


def test_back_at_the_value_of_the_file_it_is_the_number_of_the_file(session, key):
    slider = session.catalogue.sliders[key]
    session.set(key, 0.5)
    session.set(key, slider.base)
    assert dict(session.state.settings) == {}


def test_branches_are_rescaled_to_sum_to_one(session):
    branches = [key for key, slider in session.catalogue.sliders.items() if slider.kind == "branch"]
    assert len(branches) > 1
    for value in (0.123456, 0.9, 0.001):
        assert session.set(branches[0], value) is None
        numbers = {**session.catalogue.numbers, **session.state.numbers}
        event = [key for key in branches if key.split(".")[1] == branches[0].split(".")[1]]
        medians = [n if isinstance(n, float) else n.median for n in (numbers[key] for key in event)]
        assert math.fsum(medians) == pytest.approx(1, abs=1e-9)
        model = with_values(session.catalogue.model, session.state.numbers)
        assert realise(model), "it can be run"


@pytest.mark.parametrize("value", [-1.0, 0.0, 1.0, 100.0])
def test_a_value_off_the_scale_is_refused(session, key, value):
    assert session.set(key, value) == "invalid"


def test_participants_move_no_slider_and_see_no_estimate_of_others_before_the_reveal(session, key):
    session.join("m2", "Ana")
    session.join("m3", "Bo")
    assert session.set(key, 0.4, "m2") == "forbidden"
    session.do(ask.Ask(question=ask.Question(text="How likely?", key=key)))
    name = session.state.questions[0].id
    assert session.do(ask.Open(question=name, seen=session.state.version), "m2") == "forbidden"
    assert session.do(ask.Open(question=name, seen=session.state.version)) is None
    entry = ask.Enter(question=name, round=1, q05=0.1, median=0.2, q95=0.3, why="secret of Ana")
    assert session.do(entry, "m2") is None
    for who in ("m1", "m3", ""):
        seen = state_as_seen(session.catalogue, session.state, who)["questions"][0]["rounds"][0]
        assert (seen["entries"], seen["mine"], seen["entered"]) == ([], None, 1)
        assert "secret" not in str(state_as_seen(session.catalogue, session.state, who))
    mine = state_as_seen(session.catalogue, session.state, "m2")["questions"][0]["rounds"][0]["mine"]
    assert mine["why"] == "secret of Ana"
    assert session.do(ask.Close(question=name, seen=session.state.version)) is None
    assert session.do(entry, "m3") == "closed"
    assert "secret" not in str(state_as_seen(session.catalogue, session.state, "m3"))
    assert session.do(ask.Reveal(question=name, seen=session.state.version)) is None
    shown = state_as_seen(session.catalogue, session.state, "m3")["questions"][0]["rounds"][0]["entries"]
    assert [(item["label"], item["why"]) for item in shown] == [("A", "secret of Ana")]


def test_labels_stay_with_their_people_and_new_ones_come_after(session, key):
    for n in range(2, 6):
        session.join(f"m{n}", f"Expert {n}")
    session.do(ask.Ask(question=ask.Question(text="How likely?", key=key)))
    name = session.state.questions[0].id
    for number, people in ((1, (2, 3, 4)), (2, (2, 3, 4, 5))):
        session.do(ask.Open(question=name, seen=session.state.version))
        for n in people:
            points = {"q05": 0.01 * n, "median": 0.1 * n, "q95": 0.15 * n}
            assert session.do(ask.Enter(question=name, round=number, **points), f"m{n}") is None
        session.do(ask.Reveal(question=name, seen=session.state.version))
    first, second = (
        {item["label"]: item["median"] for item in round_["entries"]}
        for round_ in state_as_seen(session.catalogue, session.state, "m2")["questions"][0]["rounds"]
    )
    assert set(first) == {"A", "B", "C"}
    assert {name: second[name] for name in first} == first
    assert second["D"] == pytest.approx(0.5)


def test_an_entry_makes_no_command_of_the_facilitator_stale(session, key):
    session.join("m2", "Ana")
    session.do(ask.Ask(question=ask.Question(text="How likely?", key=key)))
    name = session.state.questions[0].id
    session.do(ask.Open(question=name, seen=session.state.version))
    seen = session.state.version
    session.do(ask.Enter(question=name, round=1, q05=0.1, median=0.2, q95=0.3), "m2")
    assert session.do(ask.Close(question=name, seen=seen)) is None


@pytest.mark.parametrize(
    "points",
    [
        {"q05": 0.3, "median": 0.2, "q95": 0.4},
        {"q05": 0.0, "median": 0.2, "q95": 0.4},
        {"q05": 0.1, "median": 0.2, "q95": 1.0},
        {"q05": 0.1, "median": 0.2},
        {"bins": {"edges": [0.0, 0.1, 0.2, 0.3], "chips": [1, 1, 1]}},
        {"bins": {"edges": [0.0, 0.2, 0.1, 0.3], "chips": [5, 5, 5]}},
        {"bins": {"edges": [0.0, 0.1, 0.2, 1.3], "chips": [5, 5, 5]}},
        {"q05": 0.1, "median": 0.2, "q95": 0.4, "bins": {"edges": [0.0, 0.1, 0.2, 0.3], "chips": [5, 5, 5]}},
    ],
)
def test_an_estimate_that_makes_no_sense_is_refused(session, key, points):
    session.do(ask.Ask(question=ask.Question(text="How likely?", key=key)))
    name = session.state.questions[0].id
    session.do(ask.Open(question=name, seen=session.state.version))
    assert session.do(ask.Enter(question=name, round=1, **points)) == "invalid"


def test_chips_come_to_points(session, key):
    session.do(ask.Ask(question=ask.Question(text="How likely?", key=key)))
    name = session.state.questions[0].id
    session.do(ask.Open(question=name, seen=session.state.version))
    bins = ask.Bins(edges=[0.0, 0.1, 0.2, 0.4], chips=[10, 80, 10])
    assert session.do(ask.Enter(question=name, round=1, bins=bins)) is None
    entry = session.state.questions[0].rounds[0].entries["m1"]
    assert (entry.q05, entry.median, entry.q95) == pytest.approx((0.05, 0.15, 0.3))


def test_labels_continue_after_z():
    assert [label(n) for n in (0, 25, 26, 51, 52, 701, 702)] == ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]


def commands(catalogue):
    """Any commands, sensible or not."""
    keys = st.sampled_from([*catalogue.sliders, "drivers.nobody.start"])
    seen = st.integers(0, 40)
    values = st.one_of(st.floats(0.001, 0.999), st.floats(1, 99))
    questions = st.sampled_from([f"q{n}" for n in range(12)])
    points = st.lists(st.floats(0.01, 0.99), min_size=3, max_size=3, unique=True).map(sorted)
    return st.one_of(
        st.builds(ask.Set, key=keys, value=values, seen=seen, why=st.text(max_size=20)),
        st.builds(ask.Reset, key=keys, seen=seen),
        st.builds(ask.ResetAll, seen=seen),
        st.builds(ask.Undo, seen=seen),
        st.builds(ask.Redo, seen=seen),
        st.builds(
            ask.FocusOn, scenario=st.sampled_from([*catalogue.scenarios, "none"]),
            reading=st.sampled_from(["at", "ever"]), date=st.dates(dt.date(2025, 1, 1), dt.date(2032, 1, 1)),
        ),
        st.builds(ask.Note, text=st.text(min_size=1, max_size=9).filter(lambda text: text.strip().isalnum())),
        st.builds(ask.Ask, question=st.builds(ask.Question, text=st.just("What?"), key=st.one_of(st.just(""), keys))),
        st.builds(ask.Open, question=questions, seen=seen),
        st.builds(ask.Close, question=questions, seen=seen),
        st.builds(ask.Reveal, question=questions, seen=seen),
        st.builds(ask.Drop, question=questions),
        points.flatmap(
            lambda p: st.builds(
                ask.Enter, question=questions, round=st.integers(1, 3), q05=st.just(p[0]), median=st.just(p[1]),
                q95=st.just(p[2]),
            )
        ),
    )  # fmt: skip


@QUICK
@given(data=st.data())
def test_playing_the_commands_again_gives_the_same_state_and_minutes(catalogue, data):
    session = Session(catalogue)
    session.join("m2", "Ana")
    made = data.draw(st.lists(st.tuples(commands(catalogue), st.sampled_from(["m1", "m2", "m7"])), max_size=25))
    for command, who in made:
        before = session.state
        code = session.do(command, who)
        assert (session.state is before) == (code is not None), "a refusal changes nothing, a command does"
        assert code is not None or session.state.version == before.version + 1
    state, minutes = replay(catalogue, session.made)
    assert state == session.state
    assert replay(catalogue, session.made)[1] == minutes
    some = session.made[: len(session.made) // 2]
    assert replay(catalogue, some)[0].version == len(some)


def test_a_log_of_another_run_is_noticed(session, key):
    session.set(key, 0.4)
    session.made[-1] = LoggedCommand(9, WHEN, "m1", session.made[-1].command)
    with pytest.raises(ValueError, match="no longer fits"):
        replay(session.catalogue, session.made)


@QUICK
@given(data=st.data())
def test_whatever_the_sliders_say_can_be_run(catalogue, data):
    numbers = {}
    for key in data.draw(st.lists(st.sampled_from(list(catalogue.sliders)), max_size=6)):
        low, high = catalogue.sliders[key].ends
        numbers |= numbers_at(catalogue.sliders.values(), numbers, key, data.draw(st.floats(low, high)))
    model = realise(with_values(catalogue.model, numbers))
    for event in model.calendar:
        assert math.fsum(branch.probability for branch in event.branches) == pytest.approx(1, abs=1e-9)
