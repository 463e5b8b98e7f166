"""Refining what has settled, behind everything else: quantiles of the drivers, then bands over outer draws."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from frenemy.workshop.compute.answer_cache import AnswerCache, Numbers
from frenemy.workshop.compute.engine import Answer, Engine
from frenemy.workshop.compute.odds_frames import Caption, Which, bands_frame, settled_frame
from frenemy.workshop.compute.priority import Overtaken, Priority

__all__ = ["Refinement"]


@dataclass(frozen=True, slots=True)
class Refinement:
    """One refinement, on a thread behind; it ends by Dropped when it is not wanted any more."""

    engine: Engine
    memory: AnswerCache
    road: Priority
    wanted: Callable[[], bool]
    caption: Callable[[Which], Caption]
    show: Callable[[str, bytes], None]  # a frame, by slot

    def run(self, numbers: Numbers) -> None:
        """Refine what the room sees, then the base."""
        draws = self.engine.catalogue.experiment.uncertainty.draws
        tasks: list[tuple[Which, Numbers]] = [("now", numbers), ("base", {})]
        for which, shown in tasks:
            known = self.memory.keep(shown)
            if known.settled is None or (which == "now" and known.refined(draws)):
                continue  # a settled answer was shown with all that is known
            if not known.full:
                known.settled, known.full = self._with_levels(shown), True
                base = self.memory.base or known.settled
                self.show(which, settled_frame(self.caption(which), known.settled, base, known.bands))
            if known.refined(draws):
                self._show_bands(which, shown)
                continue
            for bands in self.engine.bands(shown, self._give_way):
                known.bands = bands
                self._show_bands(which, shown)
        self.engine.tidy(numbers, self._give_way)

    def _give_way(self) -> None:
        self.road.wait(self.wanted)

    def _show_bands(self, which: Which, numbers: Numbers) -> None:
        known, base = self.memory.keep(numbers), self.memory.base
        if known.bands is not None and known.settled is not None:
            frame = bands_frame(self.caption(which), known.bands, known.settled, base or known.settled)
            self.show(f"{which} bands", frame)

    def _with_levels(self, numbers: Numbers) -> Answer:
        """The settled answer with quantiles of the drivers; begun again when something in front came by."""
        while True:
            self.road.wait(self.wanted)
            try:
                return self.engine.answer(
                    numbers, self.engine.paths, levels=True, stop=lambda: self.road.give_way(self.wanted)
                )
            except Overtaken:
                continue
