"""Finding a ladder: levels on the way to what is rare, from trees that grew on shorter ladders."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from frenemy.studies.rare.genealogy import HIT, LOST, Genealogy, Levels

__all__ = ["SUPPORT", "pilot", "run_method"]

STEP = 0.2
"""Share of the paths at a level that a next level is set for, where the scores allow it."""
WORTH = 0.7
"""Share that a level may have at most which stands at the foot of a jump."""
SUPPORT = 24
"""Roots whose trees must have reached a score before a level is set there."""
ROUNDS = 12
"""Times that a ladder is extended at most."""
PATIENCE = 2
"""Rounds without a higher level after which a ladder is taken to end."""


def run_method(trees: Genealogy) -> Levels:
    """A ladder as high as enough of these trees reached, each rung about a fifth as likely as the one below.

    Where enough trees reached the goal itself the rungs are spaced evenly up to it. Scores that jump, such as counts,
    have rungs where they stop. Trees that grew on a shorter ladder serve to make a longer one; the estimate itself must
    come from others.
    """
    order = np.argsort(-trees.end_best, kind="stable")
    best, root = trees.end_best[order], trees.end_root[order]
    reach = np.cumsum(trees.end_weight[order]) / trees.roots
    fresh = np.zeros(len(root), dtype=np.int64)
    fresh[np.unique(root, return_index=True)[1]] = 1
    last = np.append(best[1:] != best[:-1], True)  # of the ends with this score or a better one
    usable = last & (np.cumsum(fresh) >= SUPPORT) & (best < HIT) & (best > LOST) & (reach < 1.0)
    goal = float(trees.end_weight[trees.end_best == HIT].sum()) / trees.roots if arrived(trees) else 0.0
    step = goal ** (1 / max(round(math.log(goal) / math.log(STEP)), 1)) if 0 < goal < 1 else STEP
    at, copies, below = list[float](), list[float](), 1.0
    scores, chances = best[usable][::-1], np.append(reach[usable][::-1], goal)  # scores rise, chances fall
    for score, chance, following in zip(scores, chances, chances[1:], strict=False):
        foot_of_jump = following < step * below and chance <= WORTH * below
        if (chance <= step * below or foot_of_jump) and goal <= math.sqrt(step) * chance:
            at.append(float(score))
            copies.append(below / float(chance))
            below = float(chance)
    return Levels(tuple(at), tuple(copies))


def arrived(trees: Genealogy) -> bool:
    """Whether enough roots have branches that arrived."""
    return len(np.unique(trees.hit_root)) >= SUPPORT


def pilot(grown: Callable[[int, Levels], Genealogy]) -> tuple[Levels, int]:
    """Find a ladder to where it is to lead, and what that took in ticks simulated.

    `grown(n, ladder)` grows the trees of round n on a ladder, each round by luck of its own. Where no trees come any
    higher, the ladder ends: what remains is one jump.
    """
    ladder, work, stalled = Levels(), 0, 0
    for number in range(ROUNDS):
        trees = grown(number, ladder)
        work += trees.work
        taller = run_method(trees)
        if arrived(trees):
            return taller, work
        stalled = stalled + 1 if taller.at[-1:] <= ladder.at[-1:] else 0
        ladder = taller
        if stalled == PATIENCE:
            break
    return ladder, work
