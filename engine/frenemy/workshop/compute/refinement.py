"""Refine a settled answer in the background: quantiles of the drivers, then bands over outer draws."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from frenemy.workshop.compute.answer_cache import AnswerCache, Numbers
from frenemy.workshop.compute.engine import Answer, Engine
from frenemy.workshop.compute.odds_frames import Caption, Which, bands_frame, settled_frame
from frenemy.workshop.compute.priority import Preempted, Priority

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
        """Refine the current settings, then the base case."""
        draws = self.engine.catalogue.experiment.uncertainty.draws
        tasks: list[tuple[Which, Numbers]] = [("now", numbers), ("base", {})]
        for which, of in tasks:
            cached = self.cache.entry(of)
            if cached.settled is None or (which == "now" and cached.refined(draws)):
                continue  # all that is known was published with the settled answer
            if not cached.full:
                cached.settled, cached.full = self._with_levels(of), True
                base = self.cache.base or cached.settled
                self.publish(which, settled_frame(self.caption(which), cached.settled, base, cached.bands))
            if cached.refined(draws):
                self._publish_bands(which, of)
                continue
            for bands in self.engine.bands(of, self._wait):
                cached.bands = bands
                self._publish_bands(which, of)
        self.engine.limit_noise(numbers, self._wait)

    def _wait(self) -> None:
        self.priority.wait(self.is_current)

    def _publish_bands(self, which: Which, numbers: Numbers) -> None:
        cached, base = self.cache.entry(numbers), self.cache.base
        if cached.bands is not None and cached.settled is not None:
            frame = bands_frame(self.caption(which), cached.bands, cached.settled, base or cached.settled)
            self.publish(f"{which} bands", frame)

    def _with_levels(self, numbers: Numbers) -> Answer:
        """The settled answer with quantiles of the drivers; started again after foreground work."""
        while True:
            self._wait()
            try:
                return self.engine.answer(
                    numbers, self.engine.paths, levels=True, stop=lambda: self.priority.check(self.is_current)
                )
            except Preempted:
                continue
