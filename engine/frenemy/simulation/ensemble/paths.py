"""Whole paths, and what rules may ask of them: levels, events so far and running episodes at each assessment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from frenemy.arrays import Bools, Floats, Ints
from frenemy.model.describe.wording import counted

__all__ = ["Episodes", "Paths"]


class Episodes(NamedTuple):
    """When episodes run, one entry each; those that run at the start begin at 0."""

    path: Ints  # position along the path axis
    trigger: Ints
    begin: Floats  # days since the start
    end: Floats  # days since the start, perhaps after the run


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Paths:
    """Whole paths; the last axis is the path, in the order requested."""

    numbers: Ints  # (paths,) which paths of the seed
    latent: Floats  # (ticks + 1, drivers, paths)
    index: Floats  # (ticks + 1, drivers, paths)
    scenario: NDArray[np.int8]  # (ticks, paths) at the assessments
    counts: Ints  # (triggers, paths) events by the end
    branch: Ints  # (calendar events inside the run, paths)
    event_path: Ints  # (events,) position along the path axis; events are ordered by it, then by time
    event_trigger: Ints  # (events,)
    event_kind: Ints  # (events,) 0 own rate, 1 follow-up, 2 imposed
    event_time: Floats  # (events,) days since the start
    event_end: Floats  # (events,) days since the start at which its episode ends; NaN: it is not one
    running_trigger: Ints  # (episodes that run at the start,)
    running_end: Floats  # (episodes that run at the start, paths) days since the start at which they end

    def __repr__(self) -> str:
        return f"<Paths {len(self.numbers):,} over {counted(len(self.scenario), 'tick')}>"

    def episodes(self) -> Episodes:
        """All episodes, ordered by path, then by time."""
        began = ~np.isnan(self.event_end)
        running, paths = self.running_end.shape
        path = np.concatenate([np.tile(np.arange(paths), running), self.event_path[began]])
        trigger = np.concatenate([np.repeat(self.running_trigger, paths), self.event_trigger[began]])
        begin = np.concatenate([np.zeros(running * paths), self.event_time[began]])
        end = np.concatenate([self.running_end.ravel(), self.event_end[began]])
        order = np.lexsort((begin, path))
        return Episodes(path[order], trigger[order], begin[order], end[order])

    def counts_so_far(self, trigger: int, tick: float) -> Floats:
        """(ticks, paths): events of a trigger by the end of each tick."""
        mine = self.event_trigger == trigger
        ticks = np.minimum(self.event_time[mine] // tick, len(self.scenario) - 1).astype(np.int64)
        counts = np.zeros(self.scenario.shape)
        np.add.at(counts, (ticks, self.event_path[mine]), 1.0)
        return np.asarray(np.cumsum(counts, axis=0))

    def active(self, trigger: int, tick: float) -> Bools:
        """(ticks, paths): whether an episode of the trigger runs at the end of each tick, as the engine decides it."""
        episodes, ticks = self.episodes(), len(self.scenario)
        mine = episodes.trigger == trigger
        ends_of_ticks = np.arange(1, ticks + 1) * tick
        first = np.searchsorted(ends_of_ticks, episodes.begin[mine], side="right")
        last = np.maximum(np.searchsorted(ends_of_ticks, episodes.end[mine], side="left"), first)
        changes = np.zeros((ticks + 1, self.scenario.shape[1]), dtype=np.int32)
        np.add.at(changes, (first, episodes.path[mine]), 1)
        np.add.at(changes, (last, episodes.path[mine]), -1)
        return np.asarray(np.cumsum(changes[:-1], axis=0) > 0)
