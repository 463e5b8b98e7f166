"""A nameless temporary file for what waits its turn: too large to hold for every draw, too dear to compute again.

The file has no name and ends with the process, however it ends. Where there is no room for it, what it cannot take
stays in memory. What may stay in memory anyway need not be written: a spool says whether there is room for it.
"""

from __future__ import annotations

import bisect
import tempfile
import threading
import weakref
from typing import IO

__all__ = ["MEMORY", "Hold", "Slot", "Spool"]

PAGE = 16_384
"""Room is given out in multiples of so many bytes, so that what has grown a little fits where it was."""
MEMORY = 400_000_000
"""Bytes that may wait in memory; the rest waits in the file."""


class Spool:
    """Takes bytes and gives them back; the room of what is no longer asked for is used again. Any thread may use it."""

    def __init__(self, memory: int | None = None) -> None:
        self._memory = MEMORY if memory is None else memory
        self._file: IO[bytes] | None = None
        self._end = 0
        self._free: list[tuple[int, int]] = []  # (room, place), in order
        self._released: list[tuple[int, int]] = []  # by the garbage collector, which may run anywhere, so without lock
        self._held, self._let_go = 0, list[int]()  # bytes that wait in memory, and those of holds that were dropped
        self._lock = threading.Lock()

    def hold(self, size: int) -> Hold | None:
        """Room for so many bytes in memory until the hold is dropped; None where there is no more."""
        with self._lock:
            while self._let_go:
                self._held -= self._let_go.pop()
            if self._held + size > self._memory:
                return None
            self._held += size
        hold = Hold()
        weakref.finalize(hold, self._let_go.append, size).atexit = False
        return hold

    def put(self, content: bytes) -> Slot:
        """Write `content` to the file, or keep it where that cannot be."""
        with self._lock:
            room, place = self._room(len(content))
            try:
                if self._file is None:
                    self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 open as long as the spool
                    weakref.finalize(self, self._file.close)
                self._file.seek(place)
                view = memoryview(content)
                while view:
                    view = view[self._file.write(view) :]
            except OSError:
                self._free.append((room, place))
                self._free.sort()
                return Slot(self, 0, 0, content)
            slot = Slot(self, place, len(content), None)
            weakref.finalize(slot, self._released.append, (room, place)).atexit = False
            return slot

    def _room(self, size: int) -> tuple[int, int]:
        """The smallest free room that is large enough, or more at the end."""
        while self._released:
            bisect.insort(self._free, self._released.pop())
        at = bisect.bisect_left(self._free, (size, -1))
        if at < len(self._free):
            return self._free.pop(at)
        room, place = -(-max(size, 1) // PAGE) * PAGE, self._end
        self._end += room
        return room, place

    def _get(self, place: int, size: int) -> bytes:
        with self._lock:
            assert self._file is not None
            self._file.seek(place)
            found = bytearray()
            while len(found) < size:
                more = self._file.read(size - len(found))
                if not more:
                    raise OSError("the temporary file was cut")
                found += more
            return bytes(found)


class Hold:
    """Room in memory that a spool has given; dropped, it is free again."""

    __slots__ = ("__weakref__",)


class Slot:
    """Where something lies in a spool; dropped, it frees its room."""

    __slots__ = ("__weakref__", "_content", "_place", "_size", "_spool")

    def __init__(self, spool: Spool, place: int, size: int, content: bytes | None) -> None:
        self._spool, self._place, self._size, self._content = spool, place, size, content

    def read(self) -> bytes:
        """What was put."""
        return self._spool._get(self._place, self._size) if self._content is None else self._content
