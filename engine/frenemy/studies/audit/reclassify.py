"""Which scenario each kept path is in under any rules, without simulating again.

Scenarios do not act on drivers or triggers, so the same paths can be classified under other thresholds, durations or
rules. This is the state machine of the law again, on whole arrays; a test compares it with the engine's, path by path.
Axis order: (ticks, paths); assessments only, the start is not counted.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from frenemy.arrays import Bools, Floats
from frenemy.model import conditions as ex
from frenemy.model.resolved import Scenario, central
from frenemy.simulation.compile.compile import Compiled
from frenemy.simulation.ensemble.paths import Paths
from frenemy.simulation.ensemble.run import Noise, simulate_paths

__all__ = ["Facts", "Reading", "Rule", "classify", "gather", "holds", "rules_of"]

Numbers = NDArray[np.int32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Facts:
    """Everything that rules can refer to in the kept paths, each (ticks, paths)."""

    tick: float  # days
    paths: Paths
    levels: Mapping[str, Floats]  # driver -> index
    counts: Mapping[str, Floats]  # trigger -> events so far, for those that rules name
    active: Mapping[str, Bools]  # trigger -> whether its episode runs, for those that rules name


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rule:
    """A scenario's rule, evaluated along the paths; the default scenario's never holds."""

    enter: Bools  # (ticks, paths)
    leave: Bools  # (ticks, paths)
    ticks: int  # assessments in a row at which `enter` must hold
    absorbing: bool
    default: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reading:
    """The scenario of each path, and how long the rule had held at entry."""

    scenario: NDArray[np.int8]  # (ticks, paths)
    streak: Numbers  # (ticks, paths) at an entry: assessments for which `enter` had held, this one included; else 0


def gather(compiled: Compiled, *, seed: int | Noise, numbers: Sequence[int], workers: int = 0) -> Facts:
    """Simulate these paths of a seed and keep everything that the rules of the compiled model's scenarios refer to."""
    paths = simulate_paths(compiled, seed=seed, numbers=numbers, workers=workers)
    place = {name: k for k, name in enumerate(compiled.trigger_names)}
    nodes = [node for s in compiled.model.scenarios for rule in (s.enter, s.leave) for node in ex.walk(rule)]
    counted = sorted({node.trigger for node in nodes if isinstance(node, ex.Count)})
    episodes = sorted({node.trigger for node in nodes if isinstance(node, ex.Active)})
    return Facts(
        tick=compiled.tick,
        paths=paths,
        levels={name: paths.index[1:, i] for i, name in enumerate(compiled.drivers)},
        counts={name: paths.counts_so_far(place[name], compiled.tick) for name in counted},
        active={name: paths.active(place[name], compiled.tick) for name in episodes},
    )


def rules_of(scenarios: Sequence[Scenario], facts: Facts) -> list[Rule]:
    """The rules of the scenarios along the paths; uncertain numbers are at their medians."""
    return [
        Rule(
            enter=holds(scenario.enter, scenario.thresholds, facts),
            leave=holds(scenario.leave, scenario.thresholds, facts),
            ticks=max(1, math.ceil(central(scenario.for_) / facts.tick - 1e-9)),
            absorbing=scenario.absorbing,
            default=scenario.default,
        )
        for scenario in scenarios
    ]


def classify(rules: Sequence[Rule]) -> Reading:
    """Where each path is at each assessment, rules in order of priority: the law's three steps."""
    ticks, paths = rules[0].enter.shape
    default = next(j for j, rule in enumerate(rules) if rule.default)
    ruled = [j for j, rule in enumerate(rules) if not rule.default]
    streak = {j: np.zeros(paths, dtype=np.int32) for j in ruled}
    here = np.full(paths, default, dtype=np.int8)
    scenario = np.empty((ticks, paths), dtype=np.int8)
    entered = np.zeros((ticks, paths), dtype=np.int32)
    for n in range(ticks):
        stays = np.zeros(paths, dtype=np.bool_)
        for j in ruled:
            streak[j] = (streak[j] + 1) * rules[j].enter[n]
            mine = here == j
            goes = mine & rules[j].leave[n] & (not rules[j].absorbing)
            stays |= mine & ~goes
            streak[j][goes] = 0
        here = np.where(stays, here, np.int8(default))
        for j in reversed(ruled):  # the highest priority comes first, so it is written last
            enters = ~stays & (streak[j] >= rules[j].ticks)
            here = np.where(enters, np.int8(j), here)
            entered[n] = np.where(enters, streak[j], entered[n])
        scenario[n] = here
    return Reading(scenario=scenario, streak=entered)


def holds(condition: ex.Expression, thresholds: Mapping[str, object], facts: Facts) -> Bools:
    """(ticks, paths): where a condition holds."""
    shape = facts.paths.scenario.shape
    numbers = {name: central(value) for name, value in thresholds.items()}  # type: ignore[arg-type]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.broadcast_to(_condition(condition, numbers, facts), shape)


def _condition(node: ex.Expression, numbers: Mapping[str, float], facts: Facts) -> Bools:
    match node:
        case ex.Truth(value):
            return np.array(value)
        case ex.Active(trigger):
            return facts.active[trigger]
        case ex.Not(operand):
            return ~_condition(operand, numbers, facts)
        case ex.And(operands):
            return reduce(np.logical_and, (_condition(part, numbers, facts) for part in operands))
        case ex.Or(operands):
            return reduce(np.logical_or, (_condition(part, numbers, facts) for part in operands))
        case ex.Comparison(operator, left, right):
            return np.asarray(_COMPARE[operator](_value(left, numbers, facts), _value(right, numbers, facts)))


def _value(node: ex.Numeric, numbers: Mapping[str, float], facts: Facts) -> Floats:
    match node:
        case ex.Number(value):
            return np.array(value)
        case ex.Named(name):
            return np.array(numbers[name])
        case ex.Level(driver):
            return facts.levels[driver]
        case ex.Count(trigger):
            return facts.counts[trigger]
        case ex.Arithmetic(operator, left, right):
            return np.asarray(_COMPUTE[operator](_value(left, numbers, facts), _value(right, numbers, facts)))


_COMPARE = {
    "<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal, "==": np.equal, "!=": np.not_equal,
}  # fmt: skip
_COMPUTE = {"+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide}
