"""Which scenario each kept path is in under any rules, without simulating again.

Scenarios do not act on drivers or triggers, so the same paths can be classified under other thresholds, durations or
rules. This is the state machine of the law again, on whole arrays; a test compares it with the engine's, path by path.
Axis order: (ticks, paths); assessments only, the start is not counted. Paths are in the order of the outer draws, and
an uncertain number of a rule has the value of the path's draw: a row, (paths,).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from frenemy.arrays import Bools, Floats
from frenemy.model import conditions as ex
from frenemy.model.experiment import Experiment
from frenemy.model.realise import realise, uncertain, with_columns
from frenemy.model.resolved import Model, Scenario, central
from frenemy.runtime.executors import ordered_map
from frenemy.simulation.compile.compile import Compiled
from frenemy.simulation.ensemble.ensemble import Ensemble
from frenemy.simulation.ensemble.paths import Paths
from frenemy.simulation.ensemble.run import Noise, new_job, whole_paths

__all__ = ["Facts", "Reading", "Rule", "as_drawn", "classify", "gather", "holds", "rules_of", "whole_ticks"]

Numbers = NDArray[np.int32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Facts:
    """Everything that rules can refer to in the kept paths, each (ticks, paths)."""

    tick: float  # days
    ensemble: Ensemble
    scenario: NDArray[np.int8]  # (ticks, paths) as the engine found it
    levels: Mapping[str, Floats]  # driver -> index, for those that rules name
    counts: Mapping[str, Floats]  # trigger -> events so far, for those that rules name
    active: Mapping[str, Bools]  # trigger -> whether its episode runs, for those that rules name


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rule:
    """A scenario's rule, evaluated along the paths; the default scenario's never holds."""

    enter: Bools  # (ticks, paths)
    leave: Bools  # (ticks, paths)
    ticks: int | Numbers  # assessments in a row at which `enter` must hold; (paths,) where draws differ
    absorbing: bool
    default: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reading:
    """The scenario of each path, and how long the rule had held at entry."""

    scenario: NDArray[np.int8]  # (ticks, paths)
    streak: Numbers  # (ticks, paths) at an entry: assessments for which `enter` had held, this one included; else 0


def gather(ensemble: Ensemble, *, seed: int | Noise, workers: int = 0) -> Facts:
    """Simulate the paths of an ensemble and keep everything that the rules of its models refer to."""
    job, first = new_job(ensemble, seed), ensemble.models[0]
    named = _named(first)

    parts = [*ordered_map(lambda block: _kept(named, first, whole_paths(job, block)), ensemble.blocks, workers)]
    joined = {name: np.concatenate([part[name] for part in parts], axis=1) for name in parts[0]}
    return Facts(
        tick=first.tick,
        ensemble=ensemble,
        scenario=joined["", ""].astype(np.int8, copy=False),
        levels={name: joined["level", name] for name in named["level"]},
        counts={name: joined["count", name] for name in named["count"]},
        active={name: joined["active", name] for name in named["active"]},
    )


_Kept = Mapping[tuple[str, str], NDArray[Any]]
"""What is kept of some paths, each (ticks, paths), by kind and name."""


def _named(compiled: Compiled) -> Mapping[str, Sequence[str]]:
    """The drivers and triggers that rules name, by what they ask of them."""
    nodes = [node for s in compiled.model.scenarios for rule in (s.enter, s.leave) for node in ex.walk(rule)]
    return {
        "level": sorted({node.driver for node in nodes if isinstance(node, ex.Level)}),
        "count": sorted({node.trigger for node in nodes if isinstance(node, ex.Count)}),
        "active": sorted({node.trigger for node in nodes if isinstance(node, ex.Active)}),
    }


def _kept(named: Mapping[str, Sequence[str]], compiled: Compiled, paths: Paths) -> _Kept:
    place = {name: k for k, name in enumerate(compiled.trigger_names)}
    return {
        ("", ""): paths.scenario,
        **{("level", name): paths.index[1:, compiled.drivers.index(name)].copy() for name in named["level"]},
        **{("count", name): paths.counts_so_far(place[name], compiled.tick) for name in named["count"]},
        **{("active", name): paths.active(place[name], compiled.tick) for name in named["active"]},
    }


def as_drawn(model: Model, experiment: Experiment, ensemble: Ensemble) -> tuple[Scenario, ...]:
    """The scenarios with the numbers of their rules as each path has them: those of its draw, or the medians."""
    if not ensemble.drawn:
        return realise(model).scenarios
    assert ensemble.values is not None
    keys = uncertain(model) | uncertain(experiment)
    columns = with_columns(model, dict(zip(keys, ensemble.values.T, strict=True)))

    def by_path(number: Any) -> Any:
        return np.repeat(number, ensemble.each) if isinstance(number, np.ndarray) else number

    return tuple(
        replace(
            scenario,
            thresholds={name: by_path(number) for name, number in scenario.thresholds.items()},
            for_=by_path(scenario.for_),
        )
        for scenario in columns.scenarios
    )


def rules_of(scenarios: Sequence[Scenario], facts: Facts) -> list[Rule]:
    """The rules of the scenarios along the paths."""
    return [
        Rule(
            enter=holds(scenario.enter, scenario.thresholds, facts),
            leave=holds(scenario.leave, scenario.thresholds, facts),
            ticks=whole_ticks(scenario.for_, facts.tick),
            absorbing=scenario.absorbing,
            default=scenario.default,
        )
        for scenario in scenarios
    ]


def whole_ticks(days: Any, tick: float) -> Numbers:
    """The assessments in a row that a duration asks for, at least one; of a row of durations, or of one."""
    numbers = days if isinstance(days, np.ndarray) else central(days)
    return np.asarray(np.maximum(1, np.ceil(np.asarray(numbers) / tick - 1e-9)), dtype=np.int32)


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


def holds(condition: ex.Expression, thresholds: Mapping[str, Any], facts: Facts) -> Bools:
    """(ticks, paths): where a condition holds."""
    shape = facts.scenario.shape
    numbers = {
        name: value if isinstance(value, np.ndarray) else np.asarray(central(value))
        for name, value in thresholds.items()
    }
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.broadcast_to(_condition(condition, numbers, facts), shape)


def _condition(node: ex.Expression, numbers: Mapping[str, Floats], facts: Facts) -> Bools:
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


def _value(node: ex.Numeric, numbers: Mapping[str, Floats], facts: Facts) -> Floats:
    match node:
        case ex.Number(value):
            return np.array(value)
        case ex.Named(name):
            return numbers[name]
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
