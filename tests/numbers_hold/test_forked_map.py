"""Are results of copies of the process in order, and do the copies end with it?"""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from frenemy.runtime.forks import forked_map

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="processes are copied on Linux alone")
ENDLESS = """
import os, time
from frenemy.runtime.forks import forked_map

def number(n):
    os.write(1, b"%d\\n" % os.getpid())
    time.sleep(60 * min(n, 1))

list(forked_map(number, range(9), 2))
"""


def test_results_are_in_order_and_the_first_is_made_here():
    found = list(forked_map(lambda n: (n, os.getpid()), range(7), 2))
    assert [n for n, _ in found] == list(range(7))
    assert found[0][1] == os.getpid()
    assert os.getpid() not in {pid for _, pid in found[1:]}


def test_an_error_in_a_copy_is_raised_here():
    with pytest.raises(ZeroDivisionError):
        list(forked_map(lambda n: 1 / (n - 3), range(7), 2))


def test_a_thread_makes_no_copies():
    found = []
    thread = threading.Thread(target=lambda: found.extend(forked_map(lambda _: os.getpid(), range(5), 2)))
    thread.start()
    thread.join()
    assert found == 5 * [os.getpid()]


def numbers_of(_):
    return list(forked_map(lambda _: os.getpid(), range(5), 2))


def test_a_worker_of_a_pool_makes_no_copies():
    """Such processes may have no children of their own."""
    with multiprocessing.get_context("fork").Pool(1) as pool:
        assert len(set(pool.map(numbers_of, [0])[0])) == 1


def test_copies_end_with_the_process_that_is_killed():
    with subprocess.Popen([sys.executable, "-c", ENDLESS], stdout=subprocess.PIPE, text=True) as process:
        try:
            numbers = [int(process.stdout.readline()) for _ in range(3)]
        finally:
            process.send_signal(signal.SIGKILL)
    until = time.monotonic() + 20
    while any(os.path.exists(f"/proc/{number}") for number in numbers) and time.monotonic() < until:  # noqa: PTH110
        time.sleep(0.05)
    assert not any(os.path.exists(f"/proc/{number}") for number in numbers)  # noqa: PTH110
