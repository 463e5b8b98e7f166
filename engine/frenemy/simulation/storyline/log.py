"""A storyline: one path as dated events, each with its causes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["Cause", "Entry", "EntryKind", "Episode", "Storyline"]

EntryKind = Literal["event", "follow_up", "imposed", "lost", "episode_end", "calendar", "enter", "leave"]
CauseKind = Literal["own rate", "contagion", "followed", "imposed", "calendar", "rule", "duration"]


@dataclass(frozen=True, slots=True)
class Cause:
    """Why an entry happened: the shares of an entry's causes sum to 1."""

    kind: CauseKind
    name: str  # the trigger it came from, or the calendar event; empty where there is none
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the log."""

    time: float  # days since the start
    date: dt.date
    kind: EntryKind
    name: str  # trigger, calendar event or scenario
    branch: str  # of a calendar event
    causes: tuple[Cause, ...]
    effects: Mapping[str, float]  # driver -> index points at mid-scale, severity included
    text: str


@dataclass(frozen=True, slots=True)
class Episode:
    """When an episode ran, in days since the start; it may begin before 0 or end after the run."""

    trigger: str
    begin: float
    end: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Storyline:
    """One path as a story."""

    path: int
    seed: int
    dates: NDArray[np.datetime64]  # (ticks + 1,)
    latent: NDArray[np.float64]  # (ticks + 1, drivers)
    index: NDArray[np.float64]  # (ticks + 1, drivers)
    scenario: NDArray[np.int8]  # (ticks,) position in model.scenarios, at the assessments
    entries: tuple[Entry, ...]
    episodes: tuple[Episode, ...]

    def events(self) -> tuple[Entry, ...]:
        """The entries in which a trigger happened."""
        return tuple(entry for entry in self.entries if entry.kind in ("event", "follow_up", "imposed"))
