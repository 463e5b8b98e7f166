"""How near a condition is to holding, in points: its degree, which is 0 or more exactly where the condition holds.

This is the robustness of signal temporal logic (Donzé and Maler 2010, FORMATS, LNCS 6246) with one change. A comparison
gives the distance to its threshold in index points; an event that is lacking, or an episode that is not running,
counts for a fixed number of points. The best alternative of an "or" counts. Of an "and", where the classic takes the
worst part, the shortfalls are added up: with one of two events there, a path is nearer than with none.
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
"""Points that an event counts for which is still to come, or has come too often."""
TIE_MARGIN = 1e-9
"""Points by which a condition fails that holds but for a tie."""

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


def degree_of(condition: ex.Expression, words: NamesInConditions) -> Degree:
    """The degree of a condition, whose thresholds are plain numbers."""
    return _degree(condition, words, opposite=False)


def _degree(node: ex.Expression, words: NamesInConditions, *, opposite: bool) -> Degree:
    """The degree of a condition or of its opposite: "not" is carried inwards to the comparisons (de Morgan)."""
    match node:
        case ex.Truth(value):
            constant = np.array(np.inf if value != opposite else -np.inf)
            return lambda _: constant
        case ex.Active(trigger):
            return _running(words.triggers[trigger], -EVENT if opposite else EVENT)
        case ex.Comparison():
            return _distance(node, words, opposite=opposite)
        case ex.Not(operand):
            return _degree(operand, words, opposite=not opposite)
        case ex.And(operands) | ex.Or(operands):
            parts = [_degree(operand, words, opposite=opposite) for operand in operands]
            together = _all if isinstance(node, ex.And) != opposite else _any
            return lambda sight: together([part(sight) for part in parts])


def _all(degrees: list[Floats]) -> Floats:
    short = reduce(np.add, (np.minimum(degree, 0.0) for degree in degrees))
    return np.where(short < 0, short, reduce(np.minimum, degrees))


def _any(degrees: list[Floats]) -> Floats:
    return reduce(np.maximum, degrees)


def _running(trigger: int, points: float) -> Degree:
    return lambda sight: np.where(sight.ends[trigger] > sight.now, points, -points)


def _distance(node: ex.Comparison, words: NamesInConditions, *, opposite: bool) -> Degree:
    left, right = _number(node.left, words), _number(node.right, words)
    compare, operator = COMPARE[node.operator], OPPOSITE[node.operator] if opposite else node.operator
    whole = not any(isinstance(part, ex.Level) for part in ex.walk(node))

    def distance(sight: ObservedState) -> Floats:
        with np.errstate(divide="ignore", invalid="ignore"):
            a, b = left(sight), right(sight)
            holds = compare(a, b) != opposite
            points = _points(operator, a - b)
        if whole:
            points = EVENT * (np.floor(points) if operator in ("<=", ">=", "==") else np.ceil(points) - 1)
        # What a tie or a division by a threshold of 0 leaves open is settled as the condition itself does.
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


def _number(node: ex.Numeric, words: NamesInConditions) -> Degree:
    match node:
        case ex.Number(value):
            return _same(value)
        case ex.Named(name):
            return _same(words.thresholds[name])
        case ex.Level(driver):
            row = words.drivers[driver]
            return lambda sight: sight.index[row]
        case ex.Count(trigger):
            row = words.triggers[trigger]
            return lambda sight: sight.happened[row].astype(np.float64)
        case ex.Arithmetic(operator, left, right):
            one, other, calculate = _number(left, words), _number(right, words), CALCULATE[operator]
            return lambda sight: calculate(one(sight), other(sight))


def _same(value: float) -> Degree:
    constant = np.array(value)
    return lambda _: constant
