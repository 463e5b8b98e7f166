"""From a model with uncertain numbers to one with plain numbers, by dotted key.

A key is the path in the TOML files; the items of a list are addressed by their `name` (branches) or their `trigger`
(follow-ups): `drivers.trust.long_run`, `triggers.a.leads_to.b.probability`, `scenarios.rift.thresholds.floor`.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from operator import attrgetter
from typing import Any, TypeVar

from frenemy.errors import InputError, Problem
from frenemy.model.distributions import Distribution
from frenemy.model.experiment import Experiment
from frenemy.model.fields import Items, Kind, Leaf, OneOf, Part, Table, fields_of
from frenemy.model.resolved import CalendarEvent, FollowUp, Model, Number, Scenario, Times

__all__ = ["keyed", "quantities", "realise", "rescaled", "uncertain", "with_columns", "with_values"]

Subject = TypeVar("Subject", Model, Experiment)
Change = Callable[[str, Number], Number]
"""The number that replaces the one at a key."""
Step = Callable[[Any, str, Change], Any]
"""Change every number in a value, given the key of the value."""


def quantities(subject: Model | Experiment) -> dict[str, Number]:
    """Every number of a model or an experiment that may be uncertain, by its dotted key, in the order of the files.

    A base rate counted in a history has the key `triggers.NAME.rate`.
    """
    found: dict[str, Number] = {}

    def note(key: str, number: Number) -> Number:
        found[key] = number
        return number

    _changed(subject, note, settled=False)
    return found


def keyed(subject: Subject) -> Subject:
    """The same with its dotted key in the place of each number, to see which numbers belong together."""
    named: Subject = _changed(subject, lambda key, _: key, settled=False)  # type: ignore[arg-type,return-value]
    return named


def uncertain(subject: Model | Experiment) -> dict[str, Distribution]:
    """The numbers that are distributions, by their dotted key."""
    return {key: number for key, number in quantities(subject).items() if not isinstance(number, float)}


def with_values(subject: Subject, values: Mapping[str, Number]) -> Subject:
    """The same model with other numbers (or distributions) at the keys given; the rest stays as it is.

    Values are not checked: the caller keeps to what the field allows. Raises InputError for a key that names no
    number of the model.
    """
    left = dict(values)
    changed: Subject = _changed(subject, left.pop, settled=False)
    _refuse(subject, left)
    return changed


def realise(subject: Subject, values: Mapping[str, float] | None = None) -> Subject:
    """The model with a plain number in place of each distribution: the value given for its key, or its median.

    `values` may name plain numbers too. Branch probabilities are renormalised to sum to 1, and the 95 % point of a
    time is raised to its median if the draw is below it. Raises InputError for a key that names no number.
    """
    left = dict(values or {})

    def value(key: str, number: Number) -> Number:
        chosen = left.pop(key, number)
        return chosen if isinstance(chosen, float) else float(chosen) if isinstance(chosen, int) else chosen.median

    realised: Subject = _changed(subject, value, settled=True)
    _refuse(subject, left)
    return realised


def with_columns(subject: Subject, columns: Mapping[str, Any]) -> Subject:
    """The model with a column of numbers, one for each outer draw, at each key; other distributions at their medians.

    Only for compilation, which makes the numbers of each draw consistent as `realise` does.
    """

    def value(key: str, number: Number) -> Any:
        if key in columns:
            return columns[key]
        return number if isinstance(number, float) else number.median

    changed: Subject = _changed(subject, value, settled=False)
    return changed


def _refuse(subject: Model | Experiment, unknown: Mapping[str, Any]) -> None:
    """Refuse keys that name no number."""
    if unknown:
        known = quantities(subject)
        close = {key: "".join(difflib.get_close_matches(key, known, n=1)) for key in unknown}
        raise InputError(
            [Problem(message="names no number of the model", key=key, suggestion=close[key]) for key in unknown]
        )


def _changed(subject: Model | Experiment, change: Change, *, settled: bool) -> Any:
    """The subject with every number changed; `settled`: and then made consistent, as SETTLE says."""
    of: type = type(subject)
    return _part(of, settled=settled)(subject, "", change)


def _step(kind: Kind, *, settled: bool) -> Step | None:
    """The change of a value of this kind; None where no number is in it."""
    match kind:
        case Leaf.NUMBER | Leaf.DURATION:
            return lambda number, key, change: change(key, number)
        case Table(of):
            return _table(inner) if (inner := _step(of, settled=settled)) else None
        case Items(of):
            return _items(inner, of) if (inner := _step(of, settled=settled)) else None
        case Part(of) if any(_step(field.kind, settled=settled) for field in fields_of(of)):
            return _part(of, settled=settled)
        case OneOf(classes):
            steps = {of: _part(of, settled=settled) for of in classes}
            return lambda item, key, change: steps[type(item)](item, key, change)
    return None


def _table(step: Step) -> Step:
    def table(values: Mapping[str, Any], key: str, change: Change) -> Mapping[str, Any]:
        found = {name: step(value, f"{key}.{name}", change) for name, value in values.items()}
        return found if any(found[name] is not value for name, value in values.items()) else values

    return table


def _items(step: Step, of: Kind) -> Step:
    named = isinstance(of, Part) and "name" in (field.name for field in fields_of(of.of))
    name_of = attrgetter("name" if named else "trigger")

    def items(values: tuple[Any, ...], key: str, change: Change) -> tuple[Any, ...]:
        found = tuple([step(item, f"{key}.{name_of(item)}", change) for item in values])
        return found if any(new is not old for new, old in zip(found, values, strict=True)) else values

    return items


@cache
def _part(of: type, *, settled: bool) -> Step:
    dot = "" if of in (Model, Experiment) else "."
    steps = [
        (field.name, f"{dot}{field.key}" if field.key else "", step)
        for field in fields_of(of)
        if (step := _step(field.kind, settled=settled))
    ]
    if of in LAST_FIRST:
        steps.reverse()
    names = [field.name for field in fields_of(of)]
    settle = SETTLE.get(of) if settled else None
    choosy = hasattr(of, "unused")

    def part(item: Any, key: str, change: Change) -> Any:
        unused = item.unused if choosy else ()
        found = {}
        for name, end, step in steps:
            value = getattr(item, name)
            if name not in unused and (new := step(value, key + end, change)) is not value:
                found[name] = new
        changed = of(**{name: getattr(item, name) for name in names} | found) if found else item
        return settle(changed) if settle else changed

    return part


def _ordered(times: Times) -> Times:
    median, q95 = _plain(times.median), _plain(times.q95)
    return times if median <= q95 else Times(median=median, q95=median)


def _renormalised(event: CalendarEvent) -> CalendarEvent:
    stated = [_plain(branch.probability) for branch in event.branches]
    if (found := rescaled(stated)) == stated:
        return event
    branches = (replace(branch, probability=new) for branch, new in zip(event.branches, found, strict=True))
    return replace(event, branches=tuple(branches))


def rescaled(probabilities: Sequence[float]) -> list[float]:
    """Probabilities of branches that sum to 1.

    Those that do within rounding stay as they are, so that realising twice changes nothing.
    """
    total = sum(probabilities)
    if abs(total - 1) < 1e-12 or total <= 0:
        return [*probabilities]
    return [probability / total for probability in probabilities]


def _plain(number: Number) -> float:
    if not isinstance(number, float):
        raise TypeError(f"expected a plain number, got {number!r}")
    return number


LAST_FIRST = (FollowUp, Scenario)
"""Classes whose numbers are listed in reverse: `delay` before `probability`, `for` before `thresholds`."""
SETTLE: Mapping[type, Callable[[Any], Any]] = {Times: _ordered, CalendarEvent: _renormalised}
"""Corrections where independent draws do not fit together."""
