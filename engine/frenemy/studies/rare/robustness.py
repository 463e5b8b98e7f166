"""How near a condition is to holding, in points: its degree, which is 0 or more exactly where the condition holds.

This is the robustness of signal temporal logic (Donzé and Maler 2010, FORMATS, LNCS 6246) with one change. A comparison
gives the distance to its threshold in index points; a missing event, or an episode that is not running, counts for a
fixed number of points. Of an "or" the best alternative counts. Of an "and", where robustness takes the worst part, the
shortfalls are added up: a path with one of two events is nearer than a path with none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from frenemy.arrays import Bools, Floats
from frenemy.model import conditions as ex

__all__ = ["EVENT", "Degree", "NamesInConditions", "ObservedState", "degree_of"]


EVENT = 10.0
"""Points for each missing event, and for each event too many."""
TIE_MARGIN = 1e-9
"""Points by which a condition fails at a tie."""

COMPARE: Mapping[str, Callable[[Floats, Floats], Bools]] = {
    "<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal, "==": np.equal, "!=": np.not_equal,
}  # fmt: skip
OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}
CALCULATE: Mapping[str, Callable[[Floats, Floats], Floats]] = {
    "+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ObservedState:
    """What conditions read of a population of paths; the last axis is the path."""

    index: Floats  # (D, paths) 0-100
    happened: NDArray[np.int32]  # (K, paths) events so far
    ends: Floats  # (K, paths) days; when the latest episode ends
    now: float  # days since the start


Degree = Callable[[ObservedState], Floats]
"""The degree of a condition for each path, (paths,), or () where it is the same for all."""


@dataclass(frozen=True, slots=True)
class NamesInConditions:
    """What the names in a condition stand for."""

    drivers: Mapping[str, int]
    triggers: Mapping[str, int]
    thresholds: Mapping[str, float]


def degree_of(condition: ex.Expression, names: NamesInConditions) -> Degree:
    """The degree of a condition, whose thresholds are plain numbers."""
    return _degree(condition, names, opposite=False)


def _degree(node: ex.Expression, names: NamesInConditions, *, opposite: bool) -> Degree:
    """The degree of a condition or of its opposite: "not" is carried inwards to the comparisons (de Morgan)."""
    match node:
        case ex.Truth(value):
            constant = np.array(np.inf if value != opposite else -np.inf)
            return lambda _: constant
        case ex.Active(trigger):
            return _running(names.triggers[trigger], -EVENT if opposite else EVENT)
        case ex.Comparison():
            return _distance(node, names, opposite=opposite)
        case ex.Not(operand):
            return _degree(operand, names, opposite=not opposite)
        case ex.And(operands) | ex.Or(operands):
            parts = [_degree(operand, names, opposite=opposite) for operand in operands]
            combine = _all if isinstance(node, ex.And) != opposite else _any
            return lambda state: combine([part(state) for part in parts])


def _all(degrees: list[Floats]) -> Floats:
    short = reduce(np.add, (np.minimum(degree, 0.0) for degree in degrees))
    return np.where(short < 0, short, reduce(np.minimum, degrees))


def _any(degrees: list[Floats]) -> Floats:
    return reduce(np.maximum, degrees)


def _running(trigger: int, points: float) -> Degree:
    return lambda state: np.where(state.ends[trigger] > state.now, points, -points)


def _distance(node: ex.Comparison, names: NamesInConditions, *, opposite: bool) -> Degree:
    left, right = _number(node.left, names), _number(node.right, names)
    compare, operator = COMPARE[node.operator], OPPOSITE[node.operator] if opposite else node.operator
    whole = not any(isinstance(part, ex.Level) for part in ex.walk(node))

    def distance(state: ObservedState) -> Floats:
        with np.errstate(divide="ignore", invalid="ignore"):
            a, b = left(state), right(state)
            holds = compare(a, b) != opposite
            points = _points(operator, a - b)
        if whole:
            points = EVENT * (np.floor(points) if operator in ("<=", ">=", "==") else np.ceil(points) - 1)
        # ties, and divisions by a threshold of 0, are decided as the condition itself decides them
        return np.where(holds, np.fmax(points, 0.0), np.fmin(points, -TIE_MARGIN))

    return distance


def _points(operator: str, difference: Floats) -> Floats:
    match operator:
        case "<" | "<=":
            return -difference
        case ">" | ">=":
            return difference
        case "==":
            return -np.abs(difference)
        case _:
            return np.abs(difference)


def _number(node: ex.Numeric, names: NamesInConditions) -> Degree:
    match node:
        case ex.Number(value):
            return _same(value)
        case ex.Named(name):
            return _same(names.thresholds[name])
        case ex.Level(driver):
            row = names.drivers[driver]
            return lambda state: state.index[row]
        case ex.Count(trigger):
            row = names.triggers[trigger]
            return lambda state: state.happened[row].astype(np.float64)
        case ex.Arithmetic(operator, left, right):
            one, other, calculate = _number(left, names), _number(right, names), CALCULATE[operator]
            return lambda state: calculate(one(state), other(state))


def _same(value: float) -> Degree:
    constant = np.array(value)
    return lambda _: constant
