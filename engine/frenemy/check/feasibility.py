"""Can a condition ever hold, and if so, where? Exact for conditions that are linear in levels and counts.

The condition is brought into disjunctive form, and the deepest point inside each clause is searched for (see
`feasibility_program`). Levels are continuous, so that a boundary counts as outside. Where a clause had to be relaxed,
the program's point may not satisfy it, and random points are tried.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Iterator, Mapping
from itertools import product

import numpy as np

from frenemy.check.feasibility_program import Literal, Point, Possibilities, deepest_inside
from frenemy.model import conditions as ex

__all__ = ["Point", "Possibilities", "Undecided", "filled", "find", "holds"]

MAX_CLAUSES = 500
TRIALS = 20_000


class Undecided(Exception):
    """The condition is too large, or too far from linear, to be decided."""


def filled(expression: ex.Expression, thresholds: Mapping[str, float]) -> ex.Expression:
    """The condition with its named thresholds replaced by their numbers."""

    def numeric(node: ex.Numeric) -> ex.Numeric:
        match node:
            case ex.Named(name):
                return ex.Number(thresholds[name])
            case ex.Arithmetic(sign, left, right):
                return ex.Arithmetic(sign, numeric(left), numeric(right))
        return node

    def condition(node: ex.Expression) -> ex.Expression:
        match node:
            case ex.Comparison(sign, left, right):
                return ex.Comparison(sign, numeric(left), numeric(right))
            case ex.Not(operand):
                return ex.Not(condition(operand))
            case ex.And(operands):
                return ex.And(tuple(condition(item) for item in operands))
            case ex.Or(operands):
                return ex.Or(tuple(condition(item) for item in operands))
        return node

    return condition(expression)


def find(expression: ex.Expression, space: Possibilities) -> Point | None:
    """A state in which the condition (thresholds filled in) holds, or None if there is none. May raise Undecided."""
    unsure = False
    for clause in _clauses(expression, negated=False):
        point, exact = deepest_inside(clause, space)
        tried = (point,) if point is None or exact else _around(point, space)
        for each in tried:
            if each is not None and (exact or holds(expression, each)):
                return each
        unsure |= point is not None
    if unsure:
        raise Undecided
    return None


def _around(point: Point, space: Possibilities) -> Iterator[Point]:
    """The point, and random ones with the same episodes, for what a linear program cannot decide."""
    yield point
    rng = np.random.default_rng(0)
    for _ in range(TRIALS):
        levels = {driver: float(rng.uniform(0, 100)) for driver in point.levels}
        counts = {trigger: int(rng.integers(0, int(min(space.counts[trigger], 10)) + 1)) for trigger in point.counts}
        yield Point(levels, counts, point.active)


COMPARE = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne,
}  # fmt: skip
COMPUTE = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}
OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}


def holds(expression: ex.Expression, point: Point) -> bool:
    """Whether the condition (thresholds filled in) holds at a point; levels it does not name are 50, counts 0."""

    def value(node: ex.Numeric) -> float:
        match node:
            case ex.Number(number):
                return number
            case ex.Level(driver):
                return point.levels.get(driver, 50.0)
            case ex.Count(trigger):
                return point.counts.get(trigger, 0)
            case ex.Arithmetic(sign, left, right):
                return float(COMPUTE[sign](value(left), value(right)))
        raise TypeError(f"{node!r} has not been filled in")

    match expression:
        case ex.Truth(truth):
            return truth
        case ex.Active(trigger):
            return point.active.get(trigger, False)
        case ex.Not(operand):
            return not holds(operand, point)
        case ex.And(operands):
            return all(holds(item, point) for item in operands)
        case ex.Or(operands):
            return any(holds(item, point) for item in operands)
        case ex.Comparison(sign, left, right):
            return bool(COMPARE[sign](value(left), value(right)))


def _clauses(node: ex.Expression, *, negated: bool) -> list[tuple[Literal, ...]]:
    """The disjunctive form: the condition holds where all literals of one clause do."""
    match node:
        case ex.Truth(value):
            return [()] if value != negated else []
        case ex.Active():
            return [(ex.Not(node) if negated else node,)]
        case ex.Not(operand):
            return _clauses(operand, negated=not negated)
        case ex.Comparison(sign, left, right):
            sign = OPPOSITE[sign] if negated else sign
            signs = ("<", ">") if sign == "!=" else (sign,)
            return [(ex.Comparison(each, left, right),) for each in signs]
        case ex.And(operands) | ex.Or(operands):
            parts = [_clauses(item, negated=negated) for item in operands]
            if isinstance(node, ex.Or) != negated:
                return _counted([clause for part in parts for clause in part])
            if math.prod(len(part) for part in parts) > MAX_CLAUSES:
                raise Undecided
            return [tuple(literal for clause in choice for literal in clause) for choice in product(*parts)]


def _counted(clauses: list[tuple[Literal, ...]]) -> list[tuple[Literal, ...]]:
    if len(clauses) > MAX_CLAUSES:
        raise Undecided
    return clauses
