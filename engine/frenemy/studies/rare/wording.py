"""Sentences about a rare scenario: its odds, the method, and the work saved."""

from __future__ import annotations

from frenemy.present.number_text import NBSP, one_in, rounded, small_percent, small_range
from frenemy.present.time_axis import day
from frenemy.studies.rare.findings import RareFindings

__all__ = ["answer", "clocks", "cost", "level_meaning", "method"]

MAX_CLOCKS = 4
"""Triggers that a sentence names."""
TICK_COST = 5.0
"""How many times as long a tick takes here as in a plain run, since paths are scored and copied after it (measured)."""


def level_meaning(score: float) -> str:
    """What a level of the score means."""
    if score < 0:
        return f"{rounded(-score)} points from the rule"
    return f"held for {100 * score:.0f}{NBSP}% of its time" if score < 1 else "rule holds"


def answer(found: RareFindings) -> str:
    """The odds with their error, or a bound where no future reached the scenario."""
    e, label = found.estimate, found.scenario.label
    p, end = float(e.probability[-1]), day(found.experiment.end)
    if found.due < found.experiment.end:
        end += f" (first assessment on or after {day(found.due)})"
    if not p:
        return f"{label} was not reached by {end}; it is rarer than about {one_in(float(e.high[-1]))}"
    interval = small_range(float(e.low[-1]), float(e.high[-1]))
    return f"{label}, ever by {end}: {small_percent(p)} (95 % Monte Carlo error: {interval}), {one_in(p)}"


def cost(found: RareFindings) -> str:
    """What a plain simulation of the same precision would have cost."""
    e = found.estimate
    if not e.hits:
        return "More initial futures (--paths) may reach it, or the rule cannot hold."
    text = f"As precise as {rounded(e.plain_paths)} plain futures, "
    if found.work_saved > TICK_COST:
        share = small_percent(1 / found.work_saved)
        text += f"with {share} of the ticks, each of which takes about {TICK_COST:.0f} times as long"
    else:
        text += "but a plain run would be no slower: the scenario is not that rare"
    return f"{text}. Of {e.initial_paths:,} initial futures, {e.contributing:,} reach it, themselves or through a copy."


def method(found: RareFindings) -> str:
    """Which methods were used: faster clocks, levels, both or neither."""
    fast = [f"{label} ×{rounded(tilt)}" for label, tilt in clocks(found, "label")]
    more = f" and {len(fast) - MAX_CLOCKS} more" if len(fast) > MAX_CLOCKS else ""
    names = [f"importance sampling with faster clocks ({', '.join(fast[:MAX_CLOCKS])}{more})"] if fast else []
    names += ["multilevel splitting"] if found.method.levels.scores else []
    return f"By {' and '.join(names)}." if names else "By plain simulation: no other method did better in a trial."


def clocks(found: RareFindings, what: str) -> list[tuple[str, float]]:
    """The triggers whose clocks run faster, by name or label, the fastest first."""
    named = [
        (getattr(trigger, what), float(tilt))
        for trigger, tilt in zip(found.model.triggers, found.method.tilt, strict=True)
        if tilt != 1
    ]
    return sorted(named, key=lambda pair: -pair[1])
