"""Known answers, by the numbers that differ from the file."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field

from frenemy.model.resolved import Number
from frenemy.workshop.compute.engine import Answer, Comparison

__all__ = ["AnswerCache", "CachedAnswer", "Key", "Numbers", "key_of"]

MAX_SETTINGS = 24
"""Settings whose answers are kept, so that undo shows them at once."""

Numbers = Mapping[str, Number]
Key = tuple[tuple[str, Number], ...]


def key_of(numbers: Numbers) -> Key:
    """The key of some numbers; empty for the file itself."""
    return tuple(sorted(numbers.items(), key=lambda item: item[0]))


@dataclass(slots=True)
class CachedAnswer:
    """The known answers for one set of numbers."""

    settled: Answer | None = None  # on the futures of a study
    refined: Answer | None = None  # of a whole run


@dataclass(slots=True)
class AnswerCache:
    """The base case and the most recently used settings. Safe to use from several threads."""

    _entries: OrderedDict[Key, CachedAnswer] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def compared(self, numbers: Numbers) -> Comparison | None:
        """The best known answer for some numbers beside the base case; None if either is not known."""
        mine, base = self.get(numbers), self.get({})
        if mine.refined is not None and base.refined is not None:
            return Comparison(now=mine.refined, base=base.refined, level=base.refined)
        if mine.settled is None or base.settled is None:
            return None
        return Comparison(now=mine.settled, base=base.settled, level=base.refined or base.settled)

    def get(self, numbers: Numbers) -> CachedAnswer:
        """The known answers for some numbers; does not count as a use."""
        return self._entries.get(key_of(numbers)) or CachedAnswer()

    def entry(self, numbers: Numbers) -> CachedAnswer:
        """The entry of some numbers, to be filled in; the least recently used entries are removed."""
        with self._lock:
            key = key_of(numbers)
            entry = self._entries.setdefault(key, CachedAnswer())
            self._entries.move_to_end(key)
            while len(self._entries) > MAX_SETTINGS:
                del self._entries[next(other for other in self._entries if other != ())]
            return entry
