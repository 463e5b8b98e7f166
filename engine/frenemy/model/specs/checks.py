"""Checks between the keys of a table, or between tables, as written.

No check relies on valid values, so that one error does not hide another.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from pydantic_core import ValidationError

from frenemy.model.specs.base import Finding, Names, close_to, toml_text
from frenemy.model.specs.fields import name_problem
from frenemy.model.specs.numbers import SHARE

__all__ = [
    "RULE_KEYS", "date_findings", "default_findings", "is_default", "kind_findings", "outside_findings",
    "pair_findings", "rate_findings", "repeat_findings", "scar_findings", "sum_findings", "tables",
    "threshold_findings", "tie_findings",
]  # fmt: skip

RULE_KEYS = ("thresholds", "for", "leave", "absorbing", "priority")
"""The keys of a scenario's rule, besides `enter`."""
EPISODE_KEYS = ("duration", "while_active", "on_end")


def tables(table: Mapping[str, Any], key: str) -> dict[str, Any]:
    """The table under a key as written, empty if there is none."""
    inner = table.get(key)
    return inner if isinstance(inner, dict) else {}


RATES = "probability with within, history, or rate"


def _meant(table: Mapping[str, Any], known: Collection[str], needed: Collection[str]) -> bool:
    """Whether an unknown key of the table looks like one of those needed: then only the misspelling is reported."""
    return any(close_to(key, needed) for key in table if key not in known)


def rate_findings(table: Mapping[str, Any], known: Collection[str]) -> Iterator[Finding]:
    """A trigger's rate is stated in exactly one way; `known` are the keys that a trigger may have."""
    ways = [way for way in ("probability", "history", "rate") if way in table]
    misspelt = _meant(table, known, ("probability", "history", "rate"))
    if not ways and not misspelt:
        yield Finding("states no rate", ("within",) if "within" in table else (), allowed=f"one of {RATES}")
    if len(ways) > 1:
        yield Finding(f"the rate is stated twice, by {' and '.join(ways)}", (ways[1],), allowed=f"one of {RATES}")
    if "probability" in ways and "within" not in table and not _meant(table, known, ("within",)):
        yield Finding("missing: a probability needs a window", ("within",), allowed='for example within = "1y"')
    if "within" in table and ways and "probability" not in ways:
        yield Finding("belongs to a probability, but there is none", ("within",), toml_text(table["within"]))


def kind_findings(table: Mapping[str, Any], known: Collection[str]) -> Iterator[Finding]:
    """An episode has a duration, an event has none."""
    kind = table.get("kind", "event")
    if kind == "episode" and "duration" not in table and not _meant(table, known, ("duration",)):
        yield Finding("missing: an episode needs a duration", ("duration",), allowed='for example duration = "16w"')
    for key in EPISODE_KEYS if kind == "event" else ():
        if key in table:
            yield Finding('only an episode has this; write kind = "episode", or leave it out', (key,))


def date_findings(table: Mapping[str, Any], first: str, second: str) -> Iterator[Finding]:
    """The date under `second` is after the one under `first`."""
    one, two = table.get(first), table.get(second)
    if type(one) is dt.date and type(two) is dt.date and two <= one:
        yield Finding(f"must be after {first}", (second,), str(two), f"a date after {one}")


def threshold_findings(table: Mapping[str, Any], names: Names) -> Iterator[Finding]:
    """Thresholds have valid names, other than those of drivers."""
    for name in tables(table, "thresholds"):
        if why := name_problem(name):
            yield Finding(why, ("thresholds", name))
        elif name in names.drivers:
            yield Finding("a threshold cannot have the name of a driver", ("thresholds", name))


def scar_findings(table: Mapping[str, Any], names: Names) -> Iterator[Finding]:
    """A lasting effect leaves scars, so its drivers need a `scar_half_life`."""
    lasting = table.get("lasting", 0)
    if lasting != 0:
        for driver in tables(table, "effect"):
            if driver in names.drivers and driver not in names.scarred:
                allowed = f'for example scar_half_life = "3y" (or "never") in [drivers.{driver}]'
                yield Finding(f"leaves a scar on {driver}, which has no scar_half_life", ("lasting",), "", allowed)


def repeat_findings(table: Mapping[str, Any], key: str, name: str) -> Iterator[Finding]:
    seen = set()
    items = table.get(key, [])
    for place, item in enumerate(items if isinstance(items, list) else []):
        value = item.get(name) if isinstance(item, dict) else None
        if isinstance(value, str):
            if value in seen:
                yield Finding(f"two items of {key} have the same {name}", (key, place, name), toml_text(value))
            seen.add(value)


def sum_findings(branches: Any) -> Iterator[Finding]:
    """The probabilities sum to 1, if all of them can be read."""
    try:
        numbers = [SHARE.parse(branch["probability"]) for branch in branches]
    except (ValidationError, TypeError, KeyError, IndexError):
        return
    total = sum(number if isinstance(number, float) else number.median for number in numbers)
    if numbers and abs(total - 1) > 1e-6:
        each = " + ".join(f"{number if isinstance(number, float) else number.median:g}" for number in numbers)
        message = "the probabilities of the branches (their medians) must sum to 1"
        yield Finding(message, ("branches",), f"{each} = {total:.7g}")


def pair_findings(correlations: dict[str, Any]) -> Iterator[Finding]:
    seen = set()
    for first in correlations:
        for second in tables(correlations, first):
            key = ("correlations", first, second)
            if first == second:
                yield Finding("a driver is not correlated with itself", key)
            elif (second, first) in seen:
                yield Finding("this pair is stated twice", key, "", f"either correlations.{second}.{first} or this")
            seen.add((first, second))


def is_default(scenario: Mapping[str, Any]) -> bool:
    """Whether the scenario, as written, is the default, which has no rule."""
    ruled = any(key in RULE_KEYS or close_to(key, ["enter"]) for key in scenario)
    return (scenario.get("default") is True and "enter" not in scenario) or not ruled


def default_findings(scenarios: Mapping[str, Mapping[str, Any]]) -> Iterator[Finding]:
    defaults = [name for name, spec in scenarios.items() if is_default(spec)]
    allowed = "exactly one scenario without a rule"
    meant = any(spec.get("default") is True for spec in scenarios.values())
    if scenarios and not defaults and not meant:
        yield Finding("no scenario is the default", ("scenarios",), ", ".join(scenarios), allowed)
    for name in defaults[1:]:
        key = ("scenarios", name, "default")
        yield Finding(f"a second default scenario, beside {defaults[0]}; give it a rule (enter)", key, "", allowed)


def tie_findings(scenarios: Mapping[str, Mapping[str, Any]]) -> Iterator[Finding]:
    holders: dict[int, str] = {}
    for name, spec in scenarios.items():
        priority = spec.get("priority", 0)
        if is_default(spec) or type(priority) is not int:
            continue
        if priority in holders:
            key = ("scenarios", name, "priority")
            yield Finding(
                f"has the same priority as {holders[priority]}", key, str(priority), "another number for each"
            )
        holders.setdefault(priority, name)


def outside_findings(table: Mapping[str, Any], start: dt.date, end: dt.date) -> Iterator[Finding]:
    dates = table.get("report_at")
    for place, date in enumerate(dates if isinstance(dates, list) else []):
        if type(date) is dt.date and not start < date <= end:
            yield Finding("is not within the run", ("report_at", place), str(date), f"after {start}, up to {end}")
    dated: list[tuple[tuple[str | int, ...], Any]] = [
        ((block, "date"), tables(table, block).get("date")) for block in ("sensitivity", "sweep", "audit", "rare")
    ]
    targets = table.get("targets")
    for place, item in enumerate(targets if isinstance(targets, list) else []):
        dated.append((("targets", place, "date"), item.get("date") if isinstance(item, dict) else None))
    for key, date in dated:
        if type(date) is dt.date and not start < date <= end:
            yield Finding("is not within the run", key, str(date), f"after {start}, up to {end}")
    imposed = table.get("impose")
    for place, item in enumerate(imposed if isinstance(imposed, list) else []):
        date = item.get("date") if isinstance(item, dict) else None
        if type(date) is dt.date and not start <= date < end:
            yield Finding("is not within the run", ("impose", place, "date"), str(date), f"from {start}, before {end}")
