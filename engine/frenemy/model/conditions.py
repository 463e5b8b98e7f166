"""Conditions an analyst writes, such as `trust < floor and count(unilateral_strike) >= 1`.

The text is parsed with Python's own grammar and then checked against a whitelist; it is never evaluated as code.
The result is a small frozen tree that each engine reads in its own way.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, assert_never

__all__ = [
    "ALLOWED", "FALSE", "RESERVED", "TRUE", "Active", "And", "Arithmetic", "Comparison", "Count", "Expression",
    "ExpressionError", "Level", "Named", "Not", "Number", "Or", "Truth", "parse", "text", "unit_of", "walk",
]  # fmt: skip

RESERVED = frozenset({"and", "or", "not", "true", "false", "True", "False", "count", "active", "long_run"})
"""Names that no driver, trigger or threshold may have."""

ARITHMETIC = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
COMPARISONS = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!="}
MAX_NUMBER = 1e300
MAX_DEPTH = 100
ALLOWED = "driver names, thresholds, numbers, count(trigger), active(trigger), + - * /, comparisons, and, or, not"


class ExpressionError(ValueError):
    """The text is not a condition; `column` counts from 0."""

    def __init__(self, message: str, column: int = 0) -> None:
        super().__init__(message)
        self.column = column


@dataclass(frozen=True, slots=True)
class Number:
    """A literal number."""

    value: float


@dataclass(frozen=True, slots=True)
class Level:
    """The index of a driver, 0-100."""

    driver: str


@dataclass(frozen=True, slots=True)
class Named:
    """A named threshold of the rule's owner."""

    name: str


@dataclass(frozen=True, slots=True)
class Count:
    """How many events of a trigger have happened since the start."""

    trigger: str


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`left operator right`, with + - * /; the divisor is a number or a threshold."""

    operator: str
    left: Numeric
    right: Numeric


@dataclass(frozen=True, slots=True)
class Truth:
    """`true` or `false`."""

    value: bool


@dataclass(frozen=True, slots=True)
class Active:
    """Whether the episode of a trigger is running."""

    trigger: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """`left operator right`, with < <= > >= == !=."""

    operator: str
    left: Numeric
    right: Numeric


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite of a condition."""

    operand: Expression


@dataclass(frozen=True, slots=True)
class And:
    """All conditions hold."""

    operands: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one condition holds."""

    operands: tuple[Expression, ...]


Numeric = Number | Level | Named | Count | Arithmetic
Expression = Truth | Active | Comparison | Not | And | Or
TRUE = Truth(value=True)
FALSE = Truth(value=False)


def parse(source: str, drivers: frozenset[str]) -> Expression:
    """Parse a condition; a bare name is a driver if `drivers` holds it, else a named threshold.

    Raises ExpressionError for anything outside the whitelist, and for a number where a condition belongs or the
    reverse.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # such as "invalid decimal literal": the problem is raised as an error
            tree = ast.parse(_pythonic(source), mode="eval")
        _check_depth(tree.body)
    except ExpressionError:
        raise
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        column = (getattr(error, "offset", None) or 1) - 1
        raise ExpressionError(f"not a valid condition{_slip(source)}", column) from None
    try:
        return _condition(tree.body, drivers)
    except RecursionError:
        raise ExpressionError("nested too deeply") from None


def _pythonic(source: str) -> str:
    return " ".join(source.split())


def _slip(source: str) -> str:
    """A hint where an operator of another language was probably meant."""
    slips = {"&&": "and", "||": "or", "<>": "!=", "=>": ">=", "=<": "<="}
    for written, meant in slips.items():
        if written in source:
            return f"; write {meant} instead of {written}"
    return "; write == to compare" if re.search(r"(?<![<>=!:])=(?!=)", source) else ""


def _check_depth(node: ast.AST) -> None:
    """Refuse a tree that is too deep for the recursive functions that read it later."""
    level: list[ast.AST] = [node]
    for _ in range(MAX_DEPTH):
        level = [child for parent in level for child in ast.iter_child_nodes(parent)]
        if not level:
            return
    raise ExpressionError("nested too deeply")


def _condition(node: ast.expr, drivers: frozenset[str]) -> Expression:
    match node:
        case ast.BoolOp(op=ast.And(), values=values):
            return And(tuple(_condition(value, drivers) for value in values))
        case ast.BoolOp(op=ast.Or(), values=values):
            return Or(tuple(_condition(value, drivers) for value in values))
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return Not(_condition(operand, drivers))
        case ast.Compare(left=left, ops=operators, comparators=rights):
            return _comparison([left, *rights], operators, drivers)
        case ast.Name(id="true" | "True") | ast.Constant(value=True):
            return TRUE
        case ast.Name(id="false" | "False") | ast.Constant(value=False):
            return FALSE
        case ast.Call(func=ast.Name(id="active")):
            return Active(_argument(node))
        case ast.Call(func=ast.Name(id=name)) if name != "count":
            raise ExpressionError(f"unknown function {name!r}", node.col_offset)
    numeric = isinstance(node, ast.Name | ast.Constant | ast.BinOp) or ast.unparse(node).startswith("count(")
    hint = "a number where a condition is needed; compare it with something" if numeric else "not allowed here"
    raise ExpressionError(f"{ast.unparse(node)!r} is {hint}", node.col_offset)


def _comparison(terms: list[ast.expr], operators: list[ast.cmpop], drivers: frozenset[str]) -> Expression:
    parts: list[Expression] = []
    for left, operator, right in zip(terms, operators, terms[1:], strict=False):
        if type(operator) not in COMPARISONS:
            raise ExpressionError("only < <= > >= == != can compare", left.col_offset)
        parts.append(Comparison(COMPARISONS[type(operator)], _numeric(left, drivers), _numeric(right, drivers)))
    return parts[0] if len(parts) == 1 else And(tuple(parts))


def _numeric(node: ast.expr, drivers: frozenset[str]) -> Numeric:
    match node:
        case ast.Constant(value=bool()) | ast.UnaryOp(operand=ast.Constant(value=bool())):
            pass
        case ast.Constant(value=int() | float() as value) if abs(value) < MAX_NUMBER:
            return Number(float(value))
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)) if (
            abs(value) < MAX_NUMBER
        ):
            return Number(-float(value))
        case ast.Name(id=name) if name not in RESERVED:
            return Level(name) if name in drivers else Named(name)
        case ast.Call(func=ast.Name(id="count")):
            return Count(_argument(node))
        case ast.BinOp(left=left, op=operator, right=right) if type(operator) in ARITHMETIC:
            divisor = _numeric(right, drivers)
            if isinstance(operator, ast.Div) and (not isinstance(divisor, Number | Named) or divisor == Number(0.0)):
                raise ExpressionError("only a threshold or a number other than 0 can be a divisor", right.col_offset)
            return Arithmetic(ARITHMETIC[type(operator)], _numeric(left, drivers), divisor)
        case ast.Call(func=ast.Name(id="active")):
            raise ExpressionError(f"{ast.unparse(node)!r} is true or false, not a number", node.col_offset)
        case ast.Call(func=ast.Name(id=name)):
            raise ExpressionError(f"unknown function {name!r}", node.col_offset)
    raise ExpressionError(f"{ast.unparse(node)!r} is not a number", node.col_offset)


def _argument(node: ast.Call) -> str:
    match node:
        case ast.Call(args=[ast.Name(id=name)], keywords=[]) if name not in RESERVED:
            return name
    raise ExpressionError(f"{ast.unparse(node)!r} takes the name of one trigger", node.col_offset)


def text(expression: Expression | Numeric) -> str:
    """The condition as an analyst would write it; `parse(text(e))` gives `e` again."""
    return _text(expression, 0)


def _text(node: Expression | Numeric, outer: int) -> str:
    match node:
        case Number(value):
            return f"{value:g}" if float(f"{value:g}") == value else repr(value)
        case Level(name) | Named(name):
            return name
        case Count(trigger):
            return f"count({trigger})"
        case Active(trigger):
            return f"active({trigger})"
        case Truth(value):
            return "true" if value else "false"
        case Arithmetic(operator, left, right):
            rank = 5 if operator in "+-" else 6
            inner = f"{_text(left, rank)} {operator} {_text(right, rank + 1)}"
        case Comparison(operator, left, right):
            rank, inner = 4, f"{_text(left, 5)} {operator} {_text(right, 5)}"
        case Not(operand):
            rank, inner = 3, f"not {_text(operand, 4)}"
        case And(operands):
            rank, inner = 2, " and ".join(_text(operand, 3) for operand in operands)
        case Or(operands):
            rank, inner = 1, " or ".join(_text(operand, 2) for operand in operands)
        case _:
            assert_never(node)
    return f"({inner})" if rank < outer else inner


def walk(expression: Expression | Numeric) -> Iterator[Expression | Numeric]:
    """The expression and everything in it, depth first."""
    yield expression
    match expression:
        case Not(operand):
            yield from walk(operand)
        case And(operands) | Or(operands):
            for operand in operands:
                yield from walk(operand)
        case Comparison(_, left, right) | Arithmetic(_, left, right):
            yield from walk(left)
            yield from walk(right)


def unit_of(name: str, *conditions: Expression) -> Literal["points", "events", ""]:
    """What a named number counts, by what it is compared with: index points, events, or neither (such as a factor)."""
    parts = [part for condition in conditions for part in walk(condition)]
    products = [[*walk(part)] for part in parts if isinstance(part, Arithmetic) and part.operator in "*/"]
    if any(Named(name) in inside and any(isinstance(one, Level | Count) for one in inside) for inside in products):
        return ""
    uses = [part for part in parts if isinstance(part, Comparison) and Named(name) in walk(part)]
    beside = {type(inner) for use in uses for inner in walk(use)}
    return "points" if Level in beside else "events" if Count in beside else ""
