"""What is said of a rare scenario: how rare, found in which way, and whether that was worth it."""

from __future__ import annotations

from frenemy.present.number_text import NBSP, one_in, rounded, small_percent, small_range
from frenemy.present.time_axis import day
from frenemy.studies.rare.findings import RareFindings

__all__ = ["answer", "clocks", "how_near", "way", "worth"]

CLOCKS = 4
"""Triggers that a sentence names."""
DEAR = 5.0
"""Times as long as a tick of a plain run takes one after which paths are looked at and copied (measured)."""


def how_near(score: float) -> str:
    """What a level of the score means."""
    if score < 0:
        return f"{rounded(-score)} points short"
    return f"held for {100 * score:.0f}{NBSP}% of its time" if score < 1 else "rule holds"


def answer(found: RareFindings) -> str:
    """The odds with their error, or a bound where nothing arrived."""
    e, label = found.estimate, found.model.scenarios[found.scenario].label
    p, end = float(e.probability[-1]), day(found.experiment.end)
    if not p:
        return f"{label} was not reached by {end}; it is rarer than about {one_in(float(e.high[-1]))}"
    interval = small_range(float(e.low[-1]), float(e.high[-1]))
    return f"{label}, ever by {end}: {small_percent(p)} (95 % Monte Carlo error: {interval}), {one_in(p)}"


def worth(found: RareFindings) -> str:
    """What a plain simulation would have taken for the same."""
    e = found.estimate
    if not e.hits:
        return "More futures to begin with (--paths) may get there, or the rule cannot hold."
    said = f"As exact as {rounded(e.plain_paths)} plain futures, "
    if found.saved > DEAR:
        said += f"for {rounded(found.saved)} times fewer ticks, each of which takes some {DEAR:.0f} times as long"
    else:
        said += "but a plain run would be no slower: it is not that rare"
    return f"{said}. Of {e.roots:,} futures to begin with, {e.contributing:,} arrive, or branches of theirs do."


def way(found: RareFindings) -> str:
    """How the futures were brought there."""
    fast = [f"{label} ×{rounded(tilt)}" for label, tilt in clocks(found, "label")]
    more = f" and {len(fast) - CLOCKS} more" if len(fast) > CLOCKS else ""
    ways = [f"clocks that run faster, weighed by likelihood ({', '.join(fast[:CLOCKS])}{more})"] if fast else []
    ways += ["futures that are split on the way"] if found.method.ladder.at else []
    return f"By {' and by '.join(ways)}." if ways else "By plain simulation: nothing else served better in a trial."


def clocks(found: RareFindings, what: str) -> list[tuple[str, float]]:
    """The triggers whose clocks run faster, the fastest first."""
    named = [
        (getattr(trigger, what), float(tilt))
        for trigger, tilt in zip(found.model.triggers, found.method.tilt, strict=True)
        if tilt != 1
    ]
    return sorted(named, key=lambda pair: -pair[1])
