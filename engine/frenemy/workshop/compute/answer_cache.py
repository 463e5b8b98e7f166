"""Answers that are known, by the numbers that differ from the file."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field

from frenemy.model.resolved import Number
from frenemy.workshop.compute.engine import Answer, Bands

__all__ = ["AnswerCache", "CachedAnswer", "Key", "Numbers", "key_of"]

REMEMBERED = 24
"""Settings whose answers are kept, so that undo shows them at once."""

Numbers = Mapping[str, Number]
Key = tuple[tuple[str, Number], ...]


def key_of(numbers: Numbers) -> Key:
    """What numbers are known by; those of the file itself by nothing."""
    return tuple(sorted(numbers.items(), key=lambda item: item[0]))


@dataclass(slots=True)
class CachedAnswer:
    """What is known about one set of numbers."""

    settled: Answer | None = None
    full: bool = False  # whether `settled` has the quantiles of the drivers
    bands: Bands | None = None

    def refined(self, draws: int) -> bool:
        """Whether there is nothing left to refine."""
        return self.full and (draws == 0 or (self.bands is not None and self.bands.draws == draws))


@dataclass(slots=True)
class AnswerCache:
    """The base for good, and the settings used last. Safe to use from several threads."""

    _known: OrderedDict[Key, CachedAnswer] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def base(self) -> Answer | None:
        """The settled answer of the file as it is."""
        return self.look({}).settled

    def look(self, numbers: Numbers) -> CachedAnswer:
        """What is known about some numbers, without keeping it longer for that."""
        return self._known.get(key_of(numbers)) or CachedAnswer()

    def keep(self, numbers: Numbers) -> CachedAnswer:
        """What is known about some numbers, to be added to; the least recently used are forgotten."""
        with self._lock:
            key = key_of(numbers)
            known = self._known.setdefault(key, CachedAnswer())
            self._known.move_to_end(key)
            while len(self._known) > REMEMBERED:
                del self._known[next(other for other in self._known if other != ())]
            return known
