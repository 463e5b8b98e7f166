"""Who may use the processors: what is in front goes first, what is behind waits at the roadside."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress

__all__ = ["Cancelled", "Overtaken", "Priority", "lower_thread_priority"]

NICE = 10
"""How far threads behind stand back, for this workshop and whatever else the machine does."""


class Cancelled(Exception):
    """The work is not wanted any more."""


class Overtaken(Exception):
    """Something in front came by: begin again when the road is clear."""


def lower_thread_priority() -> None:
    """Give this thread, and those that it will start, what processors the others leave; where threads have that."""
    if sys.platform == "linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)


class Priority:
    """Work behind waits here until the road is clear."""

    def __init__(self) -> None:
        self._clear = threading.Event()
        self._clear.set()

    def block(self) -> None:
        """Something in front is under way."""
        self._clear.clear()

    def clear(self) -> None:
        """Nothing is."""
        self._clear.set()

    def wait(self, wanted: Callable[[], bool]) -> None:
        """Wait until the road is clear. Raises Dropped as soon as the work is not wanted."""
        while wanted():
            if self._clear.wait(0.05):
                return
        raise Cancelled

    def give_way(self, wanted: Callable[[], bool]) -> None:
        """Go on only if the road is clear. Raises Overtaken if it is not, Dropped if the work is not wanted."""
        if not wanted():
            raise Cancelled
        if not self._clear.is_set():
            raise Overtaken
