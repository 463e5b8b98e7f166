"""But-for causes of one storyline: which single event, had it not happened, would have changed how the path ends.

The path is told again with that one event suppressed, and everything else as the law has it on the same noise: the
drivers' ups and downs, the clocks of all triggers, the draws on calendar dates, the marks of all other events by their
number. What the event would have brought about (follow-ups, contagion, an episode, a cooldown) does not come about
unless something else brings it. Calendar dates are not events that could have failed to happen, and are left alone.

If no single event is a cause, the outcome either owes to the drivers and the calendar, or is overdetermined: several
events, each enough without the others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from frenemy.model.resolved import Model
from frenemy.simulation.compile.compile import Compiled
from frenemy.simulation.noise.streams import FOLLOW_UP, OWN
from frenemy.simulation.storyline.engine import tell
from frenemy.simulation.storyline.log import Entry, Storyline

__all__ = ["StoryCausesFindings", "Verdict", "but_for", "numbered"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What would have been without one event."""

    entry: Entry
    outcome: int  # scenario at the end without it, position in model.scenarios
    events: int  # how many other events would not have happened, less those that would have happened instead

    def caused(self, outcome: int) -> bool:
        """Whether the event was a but-for cause of this outcome."""
        return self.outcome != outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryCausesFindings:
    """A storyline and a verdict on each of its events, in the order of the log."""

    model: Model
    storyline: Storyline
    verdicts: tuple[Verdict, ...]

    @property
    def outcome(self) -> int:
        """The scenario at the end, position in model.scenarios."""
        return int(self.storyline.scenario[-1])

    @property
    def causes(self) -> tuple[Verdict, ...]:
        """The verdicts on the events that were but-for causes."""
        return tuple(verdict for verdict in self.verdicts if verdict.caused(self.outcome))


def but_for(
    compiled: Compiled, *, seed: int, path: int, progress: Callable[[int], object] = int
) -> StoryCausesFindings:
    """Tell a path, and tell it again without each of its events in turn."""
    told = tell(compiled, seed=seed, path=path)
    events = len(told.events())
    verdicts = []
    for entry, key in numbered(told):
        without = tell(compiled, seed=seed, path=path, suppressed={key})
        fewer = events - 1 - len(without.events())
        verdicts.append(Verdict(entry=entry, outcome=int(without.scenario[-1]), events=fewer))
        progress(1)
    return StoryCausesFindings(model=compiled.model, storyline=told, verdicts=tuple(verdicts))


def numbered(told: Storyline) -> Iterator[tuple[Entry, tuple[str, int, int]]]:
    """Each event with its (trigger, kind, number) in the noise."""
    seen: dict[tuple[str, int], int] = defaultdict(int)
    for entry in told.events():
        kind = OWN if entry.kind == "event" else FOLLOW_UP
        yield entry, (entry.name, kind, seen[entry.name, kind])
        seen[entry.name, kind] += 1
