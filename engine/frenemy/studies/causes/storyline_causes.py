"""But-for causes of one storyline: the single events without which the path would have ended in another scenario.

The path is simulated again with one event suppressed, on the same noise: the shocks to the drivers, the clocks of all
triggers, the draws on calendar dates and the marks of all other events, by their number, stay the same. The effects of
the event (follow-ups, contagion, an episode, a cooldown) do not occur unless another event causes them. Calendar dates
always happen and are not suppressed.

If no single event is a cause, the drivers and the calendar lead to the outcome, or it is overdetermined: several events
were each enough without the others.

Many events can be but-for causes of one end, as each is a link in the chain. So a few are found as well that suffice
for the path to enter the scenario: it is simulated with ever fewer of its events as long as it does. Those that speak
against the end are left out first, then those that contribute little: an event contributes what leaving it out moves
the drivers in the direction in which the but-for causes do. With one fewer of those that are left, it would not enter.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from frenemy.model.resolved import Model
from frenemy.simulation.compile.compile import Compiled
from frenemy.simulation.noise.streams import FOLLOW_UP, OWN
from frenemy.simulation.storyline.engine import tell
from frenemy.simulation.storyline.log import Entry, Storyline

EventKey = tuple[str, int, int]
"""An event as the noise numbers it: trigger, kind, number."""
__all__ = ["StoryCausesFindings", "Verdict", "but_for", "numbered"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How the path would have continued without one event."""

    entry: Entry
    outcome: int  # scenario at the end without it, position in model.scenarios
    changed: int  # assessments at which the path would be in another scenario
    contribution: float  # index points by which leaving it out moves the mean levels as the but-for causes do
    events: int  # other events that would not have happened, less those that would have happened instead

    def is_cause_of(self, outcome: int) -> bool:
        """Whether the event was a but-for cause of this outcome."""
        return self.outcome != outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryCausesFindings:
    """A storyline and a verdict on each of its events, in the order of the log."""

    model: Model
    storyline: Storyline
    verdicts: tuple[Verdict, ...]
    enough: tuple[int, ...]  # positions of the events that suffice, the one that contributes most first

    @property
    def outcome(self) -> int:
        """The scenario at the end, position in model.scenarios."""
        return int(self.storyline.scenario[-1])

    @property
    def causes(self) -> tuple[Verdict, ...]:
        """The verdicts on the events that were but-for causes."""
        return tuple(verdict for verdict in self.verdicts if verdict.is_cause_of(self.outcome))


def but_for(
    compiled: Compiled, *, seed: int, path: int, progress: Callable[[int], object] = int
) -> StoryCausesFindings:
    """Simulate a path, again without each of its events in turn, and with ever fewer of them.

    `progress` is called with 1 twice for each event.
    """
    retell = partial(tell, compiled, seed=seed, path=path)
    storyline = retell()
    events = [*numbered(storyline)]
    withouts = []
    for _, key in events:
        withouts.append(retell(suppressed={key}))
        progress(1)
    outcome = int(storyline.scenario[-1])
    contributions = _contributions(storyline, withouts)
    verdicts = tuple(
        Verdict(
            entry=entry, outcome=int(without.scenario[-1]), events=len(events) - 1 - len(without.events()),
            changed=int((without.scenario != storyline.scenario).sum()), contribution=contribution,
        )
        for (entry, _), without, contribution in zip(events, withouts, contributions, strict=True)
    )  # fmt: skip
    enough = _enough(retell, [key for _, key in events], contributions, outcome, progress)
    return StoryCausesFindings(model=compiled.model, storyline=storyline, verdicts=verdicts, enough=enough)


def _contributions(storyline: Storyline, withouts: Sequence[Storyline]) -> list[float]:
    """How far leaving each event out moves the mean levels away from the outcome, in points."""
    shifts = [(without.index - storyline.index).mean(axis=0) for without in withouts]
    away = [
        shift for shift, without in zip(shifts, withouts, strict=True) if without.scenario[-1] != storyline.scenario[-1]
    ]
    if not away:
        return [float(np.abs(shift).sum()) for shift in shifts]
    direction = np.mean(away, axis=0)
    return [float(shift @ direction / max(float(np.linalg.norm(direction)), 1e-12)) for shift in shifts]


def _enough(
    retell: Callable[..., Storyline],
    keys: Sequence[EventKey],
    contributions: Sequence[float],
    outcome: int,
    progress: Callable[[int], object],
) -> tuple[int, ...]:
    """Positions of events with which alone the path enters the scenario, but not with one of them fewer."""
    by_weight = sorted(range(len(keys)), key=lambda n: contributions[n])
    kept = set(keys)
    for n in by_weight:
        fewer = kept - {keys[n]}
        if (retell(suppressed=AllBut(fewer)).scenario == outcome).any():
            kept = fewer
        progress(1)
    return tuple(n for n in reversed(by_weight) if keys[n] in kept)


@dataclass(frozen=True, slots=True)
class AllBut:
    """Every event but these, also those that the path did not have."""

    kept: Collection[EventKey]

    def __contains__(self, key: object) -> bool:
        return key not in self.kept


def numbered(storyline: Storyline) -> Iterator[tuple[Entry, EventKey]]:
    """Each event with its (trigger, kind, number) in the noise."""
    seen: dict[tuple[str, int], int] = defaultdict(int)
    for entry in storyline.events():
        kind = OWN if entry.kind == "event" else FOLLOW_UP
        yield entry, (entry.name, kind, seen[entry.name, kind])
        seen[entry.name, kind] += 1
