"""Conditions as short programs for a stack machine, so that compiled code can evaluate what an analyst wrote."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from frenemy.model import conditions as ex

__all__ = ["ALWAYS", "NEVER", "OPCODES", "Names", "Programs", "assemble"]

OPCODES = {
    name: code
    for code, name in enumerate(
        ("number", "level", "count", "active", "+", "-", "*", "/", "<", "<=", ">", ">=", "==", "!=", "and", "or", "not")
    )
}
ALWAYS, NEVER = -1, -2
"""Indices that stand for the programs `true` and `false`."""


class Programs(NamedTuple):
    """Programs end to end: program i is the instructions start[i] up to start[i + 1]."""

    start: NDArray[np.int64]  # (programs + 1,)
    opcode: NDArray[np.int64]  # (instructions,)
    operand: NDArray[np.int64]  # (instructions,) driver or trigger
    value: NDArray[np.float64]  # (instructions,) number
    depth: int  # deepest stack


@dataclass(frozen=True, slots=True)
class Names:
    """Positions of the names in a condition."""

    drivers: Mapping[str, int]
    triggers: Mapping[str, int]


Value = float | NDArray[np.float64]
Instruction = tuple[str, int, Value]


def assemble(
    conditions: Sequence[tuple[ex.Expression, Mapping[str, Value]]], names: Names
) -> tuple[Programs, list[Value], list[int]]:
    """Programs without their values, the value of each instruction, and the index of the program of each condition.

    A condition comes with its thresholds, whose values may be columns, one number for each outer draw.
    """
    start, code, index, depth = [0], list[Instruction](), list[int](), 1
    for condition, thresholds in conditions:
        if isinstance(condition, ex.Truth):
            index.append(ALWAYS if condition.value else NEVER)
            continue
        instructions = _instructions(condition, thresholds, names)
        depth = max(depth, _depth(instructions))
        code.extend(instructions)
        index.append(len(start) - 1)
        start.append(len(code))
    programs = Programs(
        start=np.array(start, dtype=np.int64),
        opcode=np.array([OPCODES[name] for name, _, _ in code], dtype=np.int64),
        operand=np.array([operand for _, operand, _ in code], dtype=np.int64),
        value=np.zeros(len(code)),
        depth=depth,
    )
    return programs, [value for _, _, value in code], index


def _instructions(node: ex.Expression | ex.Numeric, values: Mapping[str, Value], names: Names) -> list[Instruction]:
    match node:
        case ex.Number(value):
            return [("number", 0, value)]
        case ex.Truth(truth):
            return [("number", 0, float(truth))]
        case ex.Named(name):
            return [("number", 0, values[name])]
        case ex.Level(driver):
            return [("level", names.drivers[driver], 0.0)]
        case ex.Count(trigger):
            return [("count", names.triggers[trigger], 0.0)]
        case ex.Active(trigger):
            return [("active", names.triggers[trigger], 0.0)]
        case ex.Arithmetic(operator, left, right) | ex.Comparison(operator, left, right):
            return [*_instructions(left, values, names), *_instructions(right, values, names), (operator, 0, 0.0)]
        case ex.Not(operand):
            return [*_instructions(operand, values, names), ("not", 0, 0.0)]
        case ex.And(operands) | ex.Or(operands):
            joiner = "and" if isinstance(node, ex.And) else "or"
            code = _instructions(operands[0], values, names)
            for operand in operands[1:]:
                code += [*_instructions(operand, values, names), (joiner, 0, 0.0)]
            return code


def _depth(code: Sequence[Instruction]) -> int:
    height = deepest = 0
    for name, _, _ in code:
        height += 1 if OPCODES[name] < OPCODES["+"] else 0 if name == "not" else -1
        deepest = max(deepest, height)
    return deepest
