"""The deepest point inside a clause, conditions that all hold, by a small mixed-integer linear program.

Its unknowns are the levels of the drivers (0-100, ends excluded) and the counts of the triggers (whole numbers up to
what each may reach). A product of two unknowns is relaxed to its interval: then a point found need not satisfy the
clause, but if none is found, none exists.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from frenemy.model import conditions as ex
from frenemy.model.describe.wording import Names, listing, plain, spoken

__all__ = ["Literal", "Point", "Possibilities", "deepest_inside"]

UNLIMITED_COUNT = 1000.0
"""Stands for a count without limit."""
MAX_DEPTH = 20.0
"""Index points inside the boundary; a deeper point is no better."""

Literal = ex.Comparison | ex.Active | ex.Not
Term = tuple[str, str]
"""("level", driver), ("count", trigger) or ("product", number)."""


@dataclass(frozen=True, slots=True)
class Possibilities:
    """What is possible: how often each trigger may have happened, and which episodes may run."""

    counts: Mapping[str, float]  # trigger -> maximum number of events
    episodes: frozenset[str]  # episodes that may run
    initial: frozenset[str] = frozenset()  # episodes that may run without an event since the start


@dataclass(frozen=True, slots=True)
class Point:
    """A state of the model."""

    levels: Mapping[str, float] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    active: Mapping[str, bool] = field(default_factory=dict)

    def words(self, names: Names) -> str:
        """`trust 18, alignment 30, “Tariff round” running, “Strike” once so far`."""
        parts = [f"{spoken(driver)} {plain(level, 2)}" for driver, level in self.levels.items()]
        parts += [f"{names.quoted(trigger)} {'' if on else 'not '}running" for trigger, on in self.active.items()]
        parts += [f"{number} × {names.quoted(trigger)} so far" for trigger, number in self.counts.items()]
        return listing(parts)


def deepest_inside(clause: Iterable[Literal], space: Possibilities) -> tuple[Point | None, bool]:
    """The deepest point inside a clause, or None; and whether the answer is exact."""
    program, active = _Program(space), dict[str, bool]()
    for literal in clause:
        trigger, on = _episode(literal)
        if trigger and active.setdefault(trigger, on) != on:
            return None, True
        if isinstance(literal, ex.Comparison):
            program.constrain(program.linear(literal.left).plus(program.linear(literal.right), -1.0), literal.operator)
    for trigger, on in active.items():
        if on and trigger not in space.episodes:
            return None, True
        if on and trigger not in space.initial:
            program.constrain(program.linear(ex.Count(trigger)).plus(_Linear({}, 1.0), -1.0), ">=")
    values = _deepest(program)
    if values is None:
        return None, True
    point = Point(
        levels={name: value for (kind, name), value in values.items() if kind == "level"},
        counts={name: round(value) for (kind, name), value in values.items() if kind == "count" and name not in active},
        active=active,
    )
    return point, program.exact


def _episode(literal: Literal) -> tuple[str, bool]:
    match literal:
        case ex.Active(trigger):
            return trigger, True
        case ex.Not(ex.Active(trigger)):
            return trigger, False
    return "", False


@dataclass(slots=True)
class _Linear:
    """A sum of unknowns, each times a factor, plus a number."""

    terms: dict[Term, float]
    constant: float

    def plus(self, other: _Linear, times: float = 1.0) -> _Linear:
        terms = dict(self.terms)
        for term, factor in other.terms.items():
            terms[term] = terms.get(term, 0.0) + times * factor
        return _Linear(terms, self.constant + times * other.constant)


@dataclass(slots=True)
class _Program:
    """The clause as linear constraints: sum of terms (<, <= or =) bound."""

    space: Possibilities
    bounds: dict[Term, tuple[float, float]] = field(default_factory=dict)
    rows: list[tuple[dict[Term, float], str, float]] = field(default_factory=list)

    @property
    def exact(self) -> bool:
        return not any(kind == "product" for kind, _ in self.bounds)

    def constrain(self, left: _Linear, sign: str) -> None:
        """`left sign 0`."""
        flip = -1.0 if sign in (">", ">=") else 1.0
        terms = {term: flip * factor for term, factor in left.terms.items()}
        self.rows.append((terms, sign.replace(">", "<"), -flip * left.constant))

    def linear(self, node: ex.Numeric) -> _Linear:
        match node:
            case ex.Number(value):
                return _Linear({}, value)
            case ex.Level(driver):
                return self._unknown(("level", driver), (0.0, 100.0))
            case ex.Count(trigger):
                return self._unknown(("count", trigger), (0.0, min(self.space.counts[trigger], UNLIMITED_COUNT)))
            case ex.Arithmetic(sign, left, right):
                return self._combined(sign, self.linear(left), self.linear(right))
        raise TypeError(f"{node!r} has not been filled in")

    def _unknown(self, term: Term, bounds: tuple[float, float]) -> _Linear:
        self.bounds[term] = bounds
        return _Linear({term: 1.0}, 0.0)

    def _combined(self, sign: str, left: _Linear, right: _Linear) -> _Linear:
        if sign in "+-":
            return left.plus(right, 1.0 if sign == "+" else -1.0)
        if sign == "/":
            return _Linear({}, 0.0).plus(left, 1 / right.constant)
        if not left.terms or not right.terms:
            number, other = (left.constant, right) if not left.terms else (right.constant, left)
            return _Linear({}, 0.0).plus(other, number)
        ends = [a * b for a in self._range(left) for b in self._range(right)]
        return self._unknown(("product", str(len(self.bounds))), (min(ends), max(ends)))

    def _range(self, form: _Linear) -> tuple[float, float]:
        low = high = form.constant
        for term, factor in form.terms.items():
            ends = sorted(factor * end for end in self.bounds[term])
            low, high = low + ends[0], high + ends[1]
        return low, high


def _deepest(program: _Program) -> dict[Term, float] | None:
    """Maximise the depth t by which strict constraints and the ends of the scale are kept; None: no point has t > 0."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    terms = list(program.bounds)
    rows = list(_rows(program, terms))
    low = [program.bounds[term][0] for term in terms] + [0.0]
    high = [program.bounds[term][1] for term in terms] + [MAX_DEPTH]
    whole = np.array([*(kind == "count" for kind, _ in terms), False], dtype=np.int64)
    cost = np.where(whole == 1, 1e-4, 0.0)
    cost[-1] = -1.0
    constraints = [LinearConstraint(np.array([row]), lower, upper) for row, lower, upper in rows]
    found = milp(cost, bounds=Bounds(low, high), integrality=whole, constraints=constraints)
    if found.x is None or found.x[-1] < 1e-7:
        return None
    return {term: float(value) for term, value in zip(terms, found.x, strict=False)}


def _rows(program: _Program, terms: list[Term]) -> Iterator[tuple[list[float], float, float]]:
    """Each constraint as (factors of the terms and of t, lower end, upper end)."""
    for factors, sign, bound in program.rows:
        row = [factors.get(term, 0.0) for term in terms]
        strict = sign == "<" or (sign == "<=" and any(kind != "count" for kind, _ in factors))
        yield [*row, float(strict)], bound if sign == "==" else -math.inf, bound
    for i, (kind, _) in enumerate(terms):
        if kind == "level":
            row = [float(j == i) for j in range(len(terms))]
            yield [*row, 1.0], -math.inf, 100.0
            yield [*row, -1.0], 0.0, math.inf
