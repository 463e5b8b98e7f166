"""The odds under other definitions: each number in a rule is varied on the same paths.

Nothing is simulated again: scenarios do not act on drivers or triggers, so the kept paths are classified again. The
number has the same value in all draws, as if it were known; all other numbers are as drawn.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from frenemy.arrays import Floats
from frenemy.forecast.forecast import READINGS
from frenemy.model import conditions as ex
from frenemy.model.distributions import Distribution
from frenemy.model.resolved import Model, Number, Scenario, central
from frenemy.simulation.ensemble.ensemble import Ensemble
from frenemy.studies.audit.path_means import change_of, share_of
from frenemy.studies.audit.reclassify import Facts, Rule, classify, holds, rules_of, whole_ticks

__all__ = ["OddsCurve", "Quantity", "curves", "path_readings", "quantities_of"]

THRESHOLD_POINTS = 13
"""Values of each number."""
MAX_STEP = 10.0
"""A number without a range is varied by up to this, in its own unit, but no further than to zero or twice its size."""
COUNT_STEPS = 3
"""A count is varied by up to this."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Quantity:
    """A number in a rule."""

    scenario: int  # the scenario whose rule it is in
    key: str  # dotted key; for a number written into the rule, its comparison
    name: str  # short: `floor`, `for`, `trust < 25`
    unit: str  # points, days or events
    value: float  # current (the median)
    low: float  # 5 % point of its range; NaN: a plain number
    high: float  # 95 % point
    values: Floats  # (values,) ascending; `value` is among them


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OddsCurve:
    """The odds at one date for each value of one number; (values, readings, scenarios), readings as in READINGS."""

    quantity: Quantity
    odds: Floats
    mc_se: Floats
    change: Floats  # against the rules as they are, with this number as drawn
    change_se: Floats  # of the difference, path by path on the same noise


def quantities_of(model: Model, tick: float) -> tuple[Quantity, ...]:
    """All numbers in the rules: named thresholds, numbers written into comparisons, durations."""
    found: list[Quantity] = []
    for j, scenario in enumerate(model.scenarios):
        if not scenario.default:
            found += [_threshold(j, scenario, name) for name in scenario.thresholds]
            found += [_literal(j, node) for node in _literals(scenario)]
            found.append(_duration(j, scenario, tick))
    return tuple(found)


def curves(
    model: Model,
    scenarios: Sequence[Scenario],
    facts: Facts,
    at: int,
    step: Callable[[int], object] = int,
) -> tuple[OddsCurve, ...]:
    """A curve for each number in the rules; the odds are read at assessment `at` (0 is the first).

    `scenarios` have the numbers that the paths have (`as_drawn`).
    """
    rules = rules_of(scenarios, facts)
    base = path_readings(classify(rules).scenario[: at + 1], len(rules))
    found = []
    for quantity in quantities_of(model, facts.tick):
        runs = (_varied(scenarios, rules, facts, quantity, float(value)) for value in quantity.values)
        readings = (path_readings(run[: at + 1], len(rules)) for run in runs)
        found.append(_curve(quantity, facts.ensemble, base, readings))
        step(1)
    return tuple(found)


def path_readings(scenario: NDArray[np.int8], count: int) -> Floats:
    """(readings, scenarios, paths): at, ever and time share at the last of these assessments."""
    found = np.empty((len(READINGS), count, scenario.shape[1]))
    for j in range(count):
        inside = scenario == j
        found[:, j] = inside[-1], inside.any(axis=0), inside.mean(axis=0)
    return found


def _curve(quantity: Quantity, ensemble: Ensemble, base: Floats, runs: Iterator[Floats]) -> OddsCurve:
    rows = [(*share_of(ensemble, each), *change_of(ensemble, each - base)) for each in runs]
    odds, mc_se, change, change_se = (np.array(part) for part in zip(*rows, strict=True))
    return OddsCurve(quantity=quantity, odds=odds, mc_se=mc_se, change=change, change_se=change_se)


def _varied(
    scenarios: Sequence[Scenario], rules: Sequence[Rule], facts: Facts, quantity: Quantity, value: float
) -> NDArray[np.int8]:
    """(ticks, paths): the scenario of each path when one number of one rule has another value."""
    scenario = scenarios[quantity.scenario]
    new = list(rules)
    if quantity.name == "for":
        new[quantity.scenario] = replace(rules[quantity.scenario], ticks=whole_ticks(value, facts.tick))
        return classify(new).scenario
    if quantity.name in scenario.thresholds:
        scenario = replace(scenario, thresholds={**scenario.thresholds, quantity.name: value})
    else:
        scenario = replace(
            scenario,
            enter=_with_number(scenario.enter, quantity.name, value),
            leave=_with_number(scenario.leave, quantity.name, value),
        )
    new[quantity.scenario] = replace(
        rules[quantity.scenario],
        enter=holds(scenario.enter, scenario.thresholds, facts),
        leave=holds(scenario.leave, scenario.thresholds, facts),
    )
    return classify(new).scenario


def _threshold(j: int, scenario: Scenario, name: str) -> Quantity:
    key = f"scenarios.{scenario.name}.thresholds.{name}"
    return _quantity(
        j, (key, name), scenario.thresholds[name], counted=ex.unit_of(name, scenario.enter, scenario.leave) == "events"
    )


def _literal(j: int, node: ex.Comparison) -> Quantity:
    number = node.right if isinstance(node.right, ex.Number) else node.left
    assert isinstance(number, ex.Number)
    return _quantity(j, (ex.text(node), ex.text(node)), number.value, counted=not _levels(node))


def _quantity(j: int, named: tuple[str, str], number: Number, *, counted: bool) -> Quantity:
    value, (low, high) = central(number), _range(number)
    if counted and value == round(value) and math.isnan(low):
        values = np.arange(max(value - COUNT_STEPS, 0), value + COUNT_STEPS + 1)
    elif math.isnan(low):
        reach = min(MAX_STEP, abs(value)) or MAX_STEP
        values = np.linspace(value - reach, value + reach, THRESHOLD_POINTS)
    else:
        values = _around(number, value)
    unit = "events" if counted else "points"
    return Quantity(
        scenario=j, key=named[0], name=named[1], unit=unit, value=value, low=low, high=high, values=values
    )  # fmt: skip


def _duration(j: int, scenario: Scenario, tick: float) -> Quantity:
    value, (low, high) = central(scenario.for_), _range(scenario.for_)
    durations = (
        np.linspace(tick, max(2 * value, 8 * tick), THRESHOLD_POINTS)
        if math.isnan(low)
        else _around(scenario.for_, value)
    )
    values = np.unique(np.append(np.ceil(durations / tick - 1e-9), max(1, math.ceil(value / tick - 1e-9)))) * tick
    key = f"scenarios.{scenario.name}.for"
    return Quantity(scenario=j, key=key, name="for", unit="days", value=value, low=low, high=high, values=values)


def _range(number: Number) -> tuple[float, float]:
    if isinstance(number, float | int):
        return math.nan, math.nan
    return number.quantile(0.05), number.quantile(0.95)


def _around(number: Number, value: float) -> Floats:
    """Evenly from the 1 % to the 99 % point, the median among them."""
    assert not isinstance(number, float | int)
    spread: Distribution = number
    return np.unique(np.append(np.linspace(spread.quantile(0.01), spread.quantile(0.99), THRESHOLD_POINTS - 1), value))


def _comparisons(scenario: Scenario) -> Iterator[ex.Comparison]:
    for rule in (scenario.enter, scenario.leave):
        yield from (node for node in ex.walk(rule) if isinstance(node, ex.Comparison))


def _literals(scenario: Scenario) -> list[ex.Comparison]:
    """Comparisons with a number written into the rule; one in both `enter` and `leave` counts once."""
    found = (n for n in _comparisons(scenario) if isinstance(n.left, ex.Number) != isinstance(n.right, ex.Number))
    return list(dict.fromkeys(found))


def _levels(node: ex.Expression) -> bool:
    return any(isinstance(part, ex.Level) for part in ex.walk(node))


def _with_number(node: ex.Expression, comparison: str, value: float) -> ex.Expression:
    """The condition with another number in the comparison that reads as `comparison`."""
    match node:
        case ex.Not(operand):
            return ex.Not(_with_number(operand, comparison, value))
        case ex.And(operands):
            return ex.And(tuple(_with_number(part, comparison, value) for part in operands))
        case ex.Or(operands):
            return ex.Or(tuple(_with_number(part, comparison, value) for part in operands))
        case ex.Comparison(operator, left, right) if ex.text(node) == comparison:
            number = ex.Number(value)
            on_left = isinstance(left, ex.Number)
            return ex.Comparison(operator, number if on_left else left, right if on_left else number)
        case _:
            return node
