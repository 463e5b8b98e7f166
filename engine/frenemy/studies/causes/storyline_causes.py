"""But-for causes of one storyline: the single events without which the path would have ended in another scenario.

The path is simulated again with one event suppressed, on the same noise: the shocks to the drivers, the clocks of all
triggers, the draws on calendar dates and the marks of all other events, by their number, stay the same. The effects of
the event (follow-ups, contagion, an episode, a cooldown) do not occur unless another event causes them. Calendar dates
always happen and are not suppressed.

If no single event is a cause, the drivers and the calendar lead to the outcome, or it is overdetermined: several events
were each enough without the others.
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
    """How the path would have continued without one event."""

    entry: Entry
    outcome: int  # scenario at the end without it, position in model.scenarios
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
    """Simulate a path, and again without each of its events in turn."""
    storyline = tell(compiled, seed=seed, path=path)
    events = len(storyline.events())
    verdicts = []
    for entry, key in numbered(storyline):
        without = tell(compiled, seed=seed, path=path, suppressed={key})
        fewer = events - 1 - len(without.events())
        verdicts.append(Verdict(entry=entry, outcome=int(without.scenario[-1]), events=fewer))
        progress(1)
    return StoryCausesFindings(model=compiled.model, storyline=storyline, verdicts=tuple(verdicts))


def numbered(storyline: Storyline) -> Iterator[tuple[Entry, tuple[str, int, int]]]:
    """Each event with its (trigger, kind, number) in the noise."""
    seen: dict[tuple[str, int], int] = defaultdict(int)
    for entry in storyline.events():
        kind = OWN if entry.kind == "event" else FOLLOW_UP
        yield entry, (entry.name, kind, seen[entry.name, kind])
        seen[entry.name, kind] += 1
