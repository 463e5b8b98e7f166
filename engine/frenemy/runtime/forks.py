"""A parallel map over copies of this process, for Python code that threads would not speed up.

A copy has everything in memory that this process has, so that nothing is sent to it and nothing imported again; what
it returns is pickled. It ends with this process, however that ends. Where a process cannot be copied safely (elsewhere
than on Linux, from a thread of a server, or in a worker of a pool), or only one core is there, all is done here.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

from frenemy.runtime.executors import cores

__all__ = ["forked_map"]

Item = TypeVar("Item")
Result = TypeVar("Result")

DIE_WITH_PARENT = 1
"""PR_SET_PDEATHSIG of prctl(2)."""
_work: tuple[Callable[[Any], Any], Sequence[Any]] | None = None
"""In a copy: the function and the items."""


def forked_map(function: Callable[[Item], Result], items: Sequence[Item], workers: int = 0) -> Iterator[Result]:
    """Results in the order of the items, computed by `workers` copies of this process (0: one a core).

    The first is computed here, so that the copies have what it left in caches. Should a copy be killed, the rest is
    computed here.
    """
    yield from map(function, items[:1])
    count = min(workers or cores(), len(items) - 1)
    free = threading.current_thread() is threading.main_thread() and not multiprocessing.current_process().daemon
    if count < 2 or not free or not sys.platform.startswith("linux"):
        yield from map(function, items[1:])
        return
    fork = multiprocessing.get_context("fork")
    pool = ProcessPoolExecutor(count, mp_context=fork, initializer=_begin, initargs=(os.getpid(), function, items))
    try:
        with warnings.catch_warnings():  # the threads of this process hold nothing that a copy uses
            warnings.filterwarnings("ignore", category=DeprecationWarning, message=".*fork")
            waiting: list[Future[Result]] = [pool.submit(_carry_out, number) for number in range(1, len(items))]
        for number, result in enumerate(waiting, start=1):
            try:
                yield result.result()
            except BrokenProcessPool:
                yield function(items[number])
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _begin(parent: int, function: Callable[[Any], Any], items: Sequence[Any]) -> None:
    global _work  # noqa: PLW0603 of the copy alone
    _work = function, items
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that waits decides
    ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def _carry_out(number: int) -> Any:
    assert _work is not None
    function, items = _work
    return function(items[number])
