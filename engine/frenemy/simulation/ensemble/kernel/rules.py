"""Conditions and the state machine of the scenarios."""

from __future__ import annotations

from frenemy.arrays import Floats
from frenemy.simulation.compile.arrays import Rules
from frenemy.simulation.compile.programs import ALWAYS, Programs
from frenemy.simulation.ensemble.kernel.maths import PART, at, copy
from frenemy.simulation.ensemble.kernel.state import Clocks, Ints32, Places

__all__ = ["assess", "evaluate"]


@PART
def assess(
    rules: Rules, programs: Programs, s: Floats, clocks: Clocks, places: Places, stack: Floats, end: float, paths: int
) -> None:
    """Set the scenario of each path by the state machine of the rules."""
    scenario, stays = places.scenario, places.stays
    stays[:] = 0
    for j in range(len(rules.enter)):
        streak = places.streak[j]
        if j == rules.default:
            continue
        evaluate(programs, rules.enter[j], s, clocks.happened, clocks.ends, end, stack, paths)
        holds = stack[0]
        for p in range(paths):
            streak[p] = streak[p] + 1 if holds[p] != 0.0 else 0
        evaluate(programs, rules.leave[j], s, clocks.happened, clocks.ends, end, stack, paths)
        leaves = stack[0]
        absorbing = rules.absorbing[j] == 1
        for p in range(paths):
            here = scenario[p] == j
            remains = absorbing | (leaves[p] == 0.0)
            stays[p] |= here & remains
            streak[p] = 0 if here & (not remains) else streak[p]
    for p in range(paths):
        scenario[p] = scenario[p] if stays[p] != 0 else rules.default
    for j in range(len(rules.enter) - 1, -1, -1):  # the highest priority comes first, so it is written last
        if j == rules.default:
            continue
        streak, ticks = places.streak[j], rules.ticks[j]
        for p in range(paths):
            scenario[p] = j if (stays[p] == 0) & (streak[p] >= at(ticks, p)) else scenario[p]


@PART
def evaluate(
    code: Programs, program: int, s: Floats, happened: Ints32, ends: Floats, now: float, stack: Floats, paths: int
) -> None:
    """Evaluate a condition in every path; `stack[0]` holds 1 or 0. Episodes are active if they end after `now`."""
    if program < 0:
        stack[0, :] = 1.0 if program == ALWAYS else 0.0
        return
    top = -1
    for i in range(code.start[program], code.start[program + 1]):
        op, operand = code.opcode[i], code.operand[i]
        if op <= 3:
            top += 1
            out = stack[top]
            if op == 0:
                copy(out, code.value[i], paths)
            elif op == 1:
                copy(out, s[operand], paths)
            elif op == 2:
                number = happened[operand]
                for p in range(paths):
                    out[p] = number[p]
            else:
                until = ends[operand]
                for p in range(paths):
                    out[p] = 1.0 if until[p] > now else 0.0
            continue
        if op == 16:
            out = stack[top]
            for p in range(paths):
                out[p] = 1.0 - out[p]
            continue
        top -= 1
        a, b = stack[top], stack[top + 1]
        if op == 4:
            for p in range(paths):
                a[p] = a[p] + b[p]
        elif op == 5:
            for p in range(paths):
                a[p] = a[p] - b[p]
        elif op == 6 or op == 14:
            for p in range(paths):
                a[p] = a[p] * b[p]
        elif op == 7:
            for p in range(paths):
                a[p] = a[p] / b[p]
        elif op == 8:
            for p in range(paths):
                a[p] = 1.0 if a[p] < b[p] else 0.0
        elif op == 9:
            for p in range(paths):
                a[p] = 1.0 if a[p] <= b[p] else 0.0
        elif op == 10:
            for p in range(paths):
                a[p] = 1.0 if a[p] > b[p] else 0.0
        elif op == 11:
            for p in range(paths):
                a[p] = 1.0 if a[p] >= b[p] else 0.0
        elif op == 12:
            for p in range(paths):
                a[p] = 1.0 if a[p] == b[p] else 0.0
        elif op == 13:
            for p in range(paths):
                a[p] = 1.0 if a[p] != b[p] else 0.0
        else:
            for p in range(paths):
                a[p] = max(a[p], b[p])
