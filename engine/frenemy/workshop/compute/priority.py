"""Priority on the processors: background work waits while foreground work runs."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress

__all__ = ["Cancelled", "Preempted", "Priority", "lower_thread_priority"]

NICE = 10
"""Niceness of background threads, towards this workshop and everything else on the machine."""


class Cancelled(Exception):
    """The work is no longer needed."""


class Preempted(Exception):
    """Foreground work has started; start again after it."""


def lower_thread_priority() -> None:
    """Lower the priority of this thread and of those that it starts, where threads have one."""
    if sys.platform == "linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)


class Priority:
    """Background work waits here while foreground work runs."""

    def __init__(self) -> None:
        self._free = threading.Event()
        self._free.set()

    def block(self) -> None:
        """Foreground work runs."""
        self._free.clear()

    def release(self) -> None:
        """No foreground work runs."""
        self._free.set()

    def wait(self, is_current: Callable[[], bool]) -> None:
        """Wait until no foreground work runs. Raises Cancelled as soon as the work is no longer needed."""
        while is_current():
            if self._free.wait(0.05):
                return
        raise Cancelled

    def check(self, is_current: Callable[[], bool]) -> None:
        """Raise Preempted if foreground work runs, Cancelled if the work is no longer needed."""
        if not is_current():
            raise Cancelled
        if not self._free.is_set():
            raise Preempted
