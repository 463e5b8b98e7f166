"""Is progress shown for long work only? Does parallel work keep its order and its limits?"""

import contextlib
import io
import signal
import threading
import time

import pytest
from rich.console import Console

from frenemy.runtime import progress
from frenemy.runtime.executors import ahead, ordered_map


@pytest.fixture
def clock(monkeypatch):
    """A clock that moves only when the test moves it."""
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def run(clock, seconds, **options):
    out = io.StringIO()
    terminal = progress.Terminal(Console(file=out, width=80, **options))
    with terminal.stage("Simulating 4 futures", 4) as step:
        for _ in range(4):
            clock[0] += seconds / 4
            step(1)
    return out.getvalue()


def test_quick_work_shows_nothing(clock):
    assert run(clock, 0.9) == ""
    assert run(clock, 0.9, force_terminal=True) == ""


def test_long_work_is_one_line_in_a_file(clock):
    assert run(clock, 8.0) == "Simulating 4 futures ...\n"


def test_long_work_is_a_bar_on_a_terminal(clock):
    output = run(clock, 8.0, force_terminal=True)
    assert "Simulating 4 futures" in output
    assert "100%" in output


def test_the_bar_is_removed_when_the_work_fails(clock):
    out = io.StringIO()
    stage = progress.Terminal(Console(file=out, force_terminal=True)).stage("Simulating", 4)
    step = stage.__enter__()
    clock[0] += 5
    step(1)
    hidden, shown = "\x1b[?25l", "\x1b[?25h"
    assert out.getvalue().rfind(hidden) > out.getvalue().rfind(shown)
    assert not stage.__exit__(RuntimeError, RuntimeError(), None), "the error goes on its way"
    assert out.getvalue().rfind(shown) > out.getvalue().rfind(hidden), "the cursor is back"


def test_results_keep_the_order_of_the_items():
    def work(n):
        time.sleep(0.002 * (n % 3))
        return n * n

    for workers in (1, 2, 5):
        assert list(ordered_map(work, range(20), workers)) == [n * n for n in range(20)]


def test_only_a_few_results_wait_however_many_items_there_are():
    begun = []
    results = ordered_map(begun.append, range(1000), 2)
    for _ in range(10):
        next(results)
    assert len(begun) <= 10 + 2 * 2
    results.close()
    assert len(begun) < 30


def test_items_are_made_ahead_one_at_a_time():
    made = []

    def items():
        for n in range(5):
            made.append(n)
            yield n
        raise ZeroDivisionError

    taken = []

    def take():
        for n in ahead(items()):
            taken.append(n)
            assert len(made) <= n + 2

    with pytest.raises(ZeroDivisionError):
        take()
    assert taken == [*range(5)]
    assert list(ahead(iter([]))) == []


def test_an_error_ends_the_work_and_reaches_the_caller():
    begun = []

    def work(n):
        begun.append(n)
        if n == 3:
            raise ZeroDivisionError
        return n

    before = threading.active_count()
    with pytest.raises(ZeroDivisionError):
        list(ordered_map(work, range(1000), 2))
    assert len(begun) < 20
    assert threading.active_count() == before


def test_ctrl_c_that_a_library_swallows_is_remembered(clock):
    usual = signal.getsignal(signal.SIGINT)
    with progress.Terminal(Console(file=io.StringIO())).stage("Simulating", 4) as step:
        with contextlib.suppress(KeyboardInterrupt):  # as a destructor or a callback does
            signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            step(1)
    assert signal.getsignal(signal.SIGINT) is usual
