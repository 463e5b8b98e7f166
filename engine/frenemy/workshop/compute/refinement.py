"""Refine settled answers in the background by whole runs: first the base case, then the current settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from frenemy.workshop.compute.answer_cache import AnswerCache, Numbers
from frenemy.workshop.compute.engine import Engine
from frenemy.workshop.compute.odds_frames import Caption, Which, settled_frame
from frenemy.workshop.compute.priority import Priority

__all__ = ["Refinement"]


@dataclass(frozen=True, slots=True)
class Refinement:
    """One refinement, on a background thread; it ends with Cancelled once it is no longer current."""

    engine: Engine
    cache: AnswerCache
    priority: Priority
    is_current: Callable[[], bool]
    caption: Callable[[Which], Caption]
    publish: Callable[[str, bytes], None]  # slot and frame

    def run(self, numbers: Numbers) -> None:
        """Refine the base case, whose level all other answers share, then the current settings."""
        tasks: list[Numbers] = [{}, numbers]
        for of in tasks:
            cached = self.cache.entry(of)
            if cached.refined is None:
                self._wait()
                cached.refined = self.engine.refined(of, self._wait)
                self._publish("now", numbers)
                self._publish("base", {})

    def _wait(self) -> None:
        self.priority.wait(self.is_current)

    def _publish(self, which: Which, numbers: Numbers) -> None:
        compared = self.cache.compared(numbers)
        if compared is not None:
            self.publish(which, settled_frame(self.caption(which), compared))
