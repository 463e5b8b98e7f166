"""Choosing the levels of a splitting run, from pilot runs on fewer levels."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from frenemy.studies.rare.genealogy import HIT, LOST, Genealogy, Levels

__all__ = ["MIN_ANCESTORS", "choose_levels", "find_levels"]

LEVEL_SHARE = 0.2
"""Share of the paths at a level that should reach the next one, where the scores allow it."""
MAX_SHARE_BEFORE_JUMP = 0.7
"""Largest share of the paths at a level that may reach the next one, where that stands before a jump."""
MIN_ANCESTORS = 24
"""Initial paths whose descendants must have reached a score before a level is set there."""
MAX_ROUNDS = 12
"""Pilot rounds."""
MAX_STALLED_ROUNDS = 2
"""Rounds without a higher level after which the search ends."""


def choose_levels(pilot: Genealogy) -> Levels:
    """Levels as high as enough pilot paths came, each reached by about a fifth of the paths at the one below.

    Where enough paths reached the scenario itself, the levels are spaced evenly up to it. Scores that jump, such as
    counts, get levels at the values that occur. Pilot paths only choose levels: the estimate must come from others.
    """
    order = np.argsort(-pilot.end_best, kind="stable")
    best, ancestor = pilot.end_best[order], pilot.end_ancestor[order]
    reach = np.cumsum(pilot.end_weight[order]) / pilot.initial_paths
    first_of = np.zeros(len(ancestor), dtype=np.int64)
    first_of[np.unique(ancestor, return_index=True)[1]] = 1
    last = np.append(best[1:] != best[:-1], True)  # of the ends with this score or a better one
    usable = last & (np.cumsum(first_of) >= MIN_ANCESTORS) & (best < HIT) & (best > LOST) & (reach < 1.0)
    goal = float(pilot.end_weight[pilot.end_best == HIT].sum()) / pilot.initial_paths if enough_hits(pilot) else 0.0
    step = goal ** (1 / max(round(math.log(goal) / math.log(LEVEL_SHARE)), 1)) if 0 < goal < 1 else LEVEL_SHARE
    levels, copies, below = list[float](), list[float](), 1.0
    scores, chances = best[usable][::-1], np.append(reach[usable][::-1], goal)  # scores rise, chances fall
    for score, chance, following in zip(scores, chances, chances[1:], strict=False):
        before_jump = following < step * below and chance <= MAX_SHARE_BEFORE_JUMP * below
        if (chance <= step * below or before_jump) and goal <= math.sqrt(step) * chance:
            levels.append(float(score))
            copies.append(below / float(chance))
            below = float(chance)
    return Levels(tuple(levels), tuple(copies))


def enough_hits(genealogy: Genealogy) -> bool:
    """Whether descendants of enough initial paths reached the scenario."""
    return len(np.unique(genealogy.hit_ancestor)) >= MIN_ANCESTORS


def find_levels(run_pilot: Callable[[int, Levels], Genealogy]) -> tuple[Levels, int]:
    """Add levels round by round until paths reach the scenario; returns the levels and the ticks simulated.

    `run_pilot(n, levels)` simulates round n with these levels, on noise of its own. Where no path comes any higher the
    search ends: what remains is one jump.
    """
    levels, work, stalled = Levels(), 0, 0
    for number in range(MAX_ROUNDS):
        pilot = run_pilot(number, levels)
        work += pilot.work
        higher = choose_levels(pilot)
        if enough_hits(pilot):
            return higher, work
        stalled = stalled + 1 if higher.scores[-1:] <= levels.scores[-1:] else 0
        levels = higher
        if stalled == MAX_STALLED_ROUNDS:
            break
    return levels, work
