"""Events that bring about events: the matrix of expected extras, and whether chains die out.

Triggers form a branching process with several types (Harris 1963, The Theory of Branching Processes, chapter II). An
event of trigger j brings about on average M[k, j] events of trigger k directly: its contagion (`raises`, the integral
of the extra rate) plus its follow-ups (`leads_to`, which do not depend on the rate, so that each counts with its full
probability; a trigger that leads to itself runs in chains of 1 / (1 - q) events on average). If the spectral radius of
M is below 1, every chain dies out and an event has (I - M)^-1 descendants, itself included. Gates (windows, cooldowns,
`max_count`, episodes) only suppress events, so that the true number is at most that.

Events also bring about events through the drivers; the drivers' own reversion bounds that, and it is not counted here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from frenemy.arrays import Floats
from frenemy.model.resolved import Trigger, central

__all__ = ["descendants", "extras", "extras_of_draws", "leading", "radius"]


def extras(triggers: Sequence[Trigger]) -> Floats:
    """M, (triggers, triggers): direct extra events of the row's trigger for each event of the column's trigger.

    Uncertain numbers count with their medians; realise the model first for another draw.
    """
    return np.asarray(extras_of_draws(triggers, 1)[0])


def extras_of_draws(triggers: Sequence[Trigger], draws: int) -> Floats:
    """M of each draw, (draws, triggers, triggers), where numbers may be columns, (draws,)."""
    order = {trigger.name: k for k, trigger in enumerate(triggers)}
    matrix = np.zeros((draws, len(triggers), len(triggers)))
    for j, trigger in enumerate(triggers):
        for name, contagion in trigger.raises.items():
            matrix[:, order[name], j] += _column(contagion.expected_extra)
        for item in trigger.leads_to:
            matrix[:, order[item.trigger], j] += _column(item.probability)
    return matrix


def _column(number: Any) -> Floats | float:
    return number if isinstance(number, np.ndarray) else central(number)


def radius(matrix: Floats) -> float:
    """The spectral radius: the factor by which a chain of events grows from one generation to the next."""
    return float(np.abs(np.linalg.eigvals(matrix)).max(initial=0.0))


def descendants(matrix: Floats) -> Floats:
    """(triggers, triggers): events of the row's trigger that one event of the column's trigger brings about in all.

    Indirect ones are included, the event itself is not. Needs a radius below 1.
    """
    return np.asarray(np.linalg.inv(np.eye(len(matrix)) - matrix) - np.eye(len(matrix)), dtype=np.float64)


def leading(matrix: Floats) -> list[tuple[int, int]]:
    """The pairs (row, column) that the radius depends on, the strongest first: those with at least a tenth of the sum.

    The share of an entry is its elasticity, the relative change of the radius for a relative change of the entry
    (Caswell 2001, Matrix Population Models, section 9.2); elasticities sum to 1.
    """
    values, right = np.linalg.eig(matrix)
    left = np.linalg.eig(matrix.T)
    w = np.abs(right[:, np.argmax(values.real)])
    v = np.abs(left.eigenvectors[:, np.argmax(left.eigenvalues.real)])
    shares = matrix * np.outer(v, w)
    if shares.sum() <= 0:
        return []
    shares /= shares.sum()
    pairs = [(int(row), int(column)) for row, column in np.argwhere(shares >= 0.1)]
    return sorted(pairs, key=lambda pair: -shares[pair])
