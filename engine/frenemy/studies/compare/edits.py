"""What differs between two resolved models with their experiments, and worlds in between.

Both are read as the tables of their resolved texts, in which every key is explicit. Keys without effect on how a world
behaves (labels, sources, the number of paths) do not count. Keys that only make sense together are one edit: the
several ways to state a rate, the branches of a calendar event, a rule with its thresholds.
"""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from frenemy.errors import InputError
from frenemy.model.dotted_keys import COMPLETE
from frenemy.model.experiment import Experiment
from frenemy.model.files.dump import dump_resolved
from frenemy.model.files.load import load_table
from frenemy.model.files.toml_values import toml_value
from frenemy.model.resolved import Model

__all__ = ["MAX_EDITS_EXACT", "Change", "Edit", "World", "Worlds", "between"]

World = tuple[Model, Experiment]
KeyPath = tuple[str, ...]
Table = dict[str, Any]

MAX_EDITS_EXACT = 6
"""Up to this many edits, every combination of them is a world."""
SILENT = frozenset(
    {"label", "description", "source", "sources", "group", "narrative", "likelihood", "colour", "signposts", "title"}
)
LISTS = ("leads_to", "branches", "impose")
RATE = ("probability", "within", "rate", "history")
RULE = ("enter", "leave", "absorbing", "default")
WHOLE = (*COMPLETE, {"median", "q95"})
"""Tables that are one value: distributions and times."""


@dataclass(frozen=True, slots=True)
class Change:
    """One key that differs, with both values as TOML; empty where the key is absent."""

    key: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Edit:
    """One or more changes that make sense only together."""

    key: str  # of its only change, or the key that its changes have in common
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Worlds:
    """The edits between two worlds, and the worlds in between."""

    edits: tuple[Edit, ...]
    every: bool  # whether `worlds` holds every combination of the edits, or only the chain from first to last
    worlds: dict[frozenset[int], World]  # edits made -> the world; always with none and with all of them


def between(before: World, after: World) -> Worlds:
    """The edits that lead from one world to another.

    With at most `MAX_EDITS_EXACT` edits, every combination is built; with more, only the chain that makes them one by
    one in the order of the files. Where a world in between would not be valid (say, exchanged priorities), edits are
    joined: by driver, trigger and so on, then by model and experiment, then all of them.
    """
    first, last = _table(before), _table(after)
    paths = [*_differences(first, last, ())]
    for group in _GROUPINGS:
        units: dict[KeyPath, list[KeyPath]] = {}
        for path in paths:
            units.setdefault(group(path, paths), []).append(path)
        edits = tuple(_edit(unit, members, first, last) for unit, members in units.items())
        every = len(edits) <= MAX_EDITS_EXACT
        worlds = {frozenset[int](): before, frozenset(range(len(edits))): after}
        try:
            for made in _combinations(len(edits), every=every):
                if made not in worlds:
                    table = copy.deepcopy(first)
                    for number in sorted(made):
                        _make([*units.values()][number], table, last)
                    worlds[made] = load_table(_listed(table))
        except InputError:
            continue
        return Worlds(edits, every, worlds)
    raise AssertionError("all edits joined need no world in between")


def _combinations(edits: int, *, every: bool) -> Iterator[frozenset[int]]:
    if every:
        return (frozenset(some) for size in range(edits + 1) for some in combinations(range(edits), size))
    return (frozenset(range(size)) for size in range(edits + 1))


def _table(world: World) -> Table:
    """The resolved text as tables only, items of lists by their name; texts without effect on behaviour are kept."""
    table: Table = _keyed(tomllib.loads(dump_resolved(*world)))
    return table


def _keyed(node: Any) -> Any:
    if isinstance(node, dict):
        return {
            key: _by_name(key, value) if key in LISTS and isinstance(value, list) else _keyed(value)
            for key, value in node.items()
        }
    return node


def _by_name(key: str, items: Sequence[Table]) -> Table:
    named: Table = {}
    for item in items:
        name = str(item["name"] if "name" in item else item["trigger"])
        name = f"{name} on {item['date']}" if key == "impose" else name
        while name in named:
            name += " again"
        named[name] = _keyed(item)
    return named


def _listed(node: Any) -> Any:
    if isinstance(node, dict):
        return {
            key: [_listed(item) for item in value.values()]
            if key in LISTS and isinstance(value, dict)
            else _listed(value)
            for key, value in node.items()
        }
    return node


def _differences(one: Any, other: Any, path: KeyPath) -> Iterator[KeyPath]:
    """The paths at which two tables differ, as deep as both have tables."""
    tables = isinstance(one, dict) and isinstance(other, dict)
    if not tables or set(one) in WHOLE or set(other) in WHOLE:
        if one != other:
            yield path
        return
    for key in dict.fromkeys([*one, *other]):
        if _counts((*path, key)):
            if key in one and key in other:
                yield from _differences(one[key], other[key], (*path, key))
            else:
                yield (*path, key)
    if path[-1:] == ("branches",) and [*one] != [*other] and set(one) == set(other):
        yield path  # in another order, the same draw takes another branch


def _counts(path: KeyPath) -> bool:
    """Whether a key has an effect on how a world behaves."""
    if path[0] in ("model", "sources") or (
        path[0] == "experiment" and path[1:2] not in ((), ("initial",), ("impose",))
    ):
        return False
    return len(path) < 3 or path[-1] not in SILENT


def _unit(path: KeyPath, paths: Collection[KeyPath]) -> KeyPath:
    """The keys that must change together with this one."""
    section, rest = path[0], path[2:]
    if section == "triggers" and rest:
        if (*path[:2], "kind") in paths:
            return path[:2]
        if rest[0] in RATE:
            return (*path[:2], "rate")
        if rest[0] in ("requires", "thresholds"):
            return (*path[:2], "requires")
        if rest[0] in ("leads_to", "raises"):
            return path[:4]
        if rest[0] in ("per_10_points", "reference"):
            return (*path[:2], "per_10_points", *rest[1:2])
    if section == "calendar" and rest[:1] == ("branches",) and (len(path) < 5 or path[-1] == "probability"):
        return (*path[:2], "branches")
    if section == "scenarios" and rest and rest[0] in (*RULE, "thresholds"):
        rewritten = any(other[:2] == path[:2] and other[2:3] in [(key,) for key in RULE] for other in paths)
        return (*path[:2], "rule") if rewritten else path
    return path


def _item(path: KeyPath, paths: Collection[KeyPath]) -> KeyPath:
    return _unit(path, paths) if path[0] == "experiment" else path[:2]


def _file(path: KeyPath, paths: Collection[KeyPath]) -> KeyPath:
    return _unit(path, paths) if path[0] == "experiment" else ("the model",)


def _everything(path: KeyPath, paths: Collection[KeyPath]) -> KeyPath:  # noqa: ARG001
    return ("everything",)


_GROUPINGS: tuple[Callable[[KeyPath, Collection[KeyPath]], KeyPath], ...] = (_unit, _item, _file, _everything)


def _edit(unit: KeyPath, paths: Sequence[KeyPath], before: Table, after: Table) -> Edit:
    changes = tuple(Change(_dotted(path), _text(_at(before, path)), _text(_at(after, path))) for path in paths)
    return Edit(changes[0].key if len(changes) == 1 else _dotted(unit), changes)


def _dotted(path: KeyPath) -> str:
    return ".".join(path[1:] if path[0] == "experiment" else path)


def _at(table: Any, path: KeyPath) -> Any:
    for key in path:
        if not isinstance(table, dict) or key not in table:
            return None
        table = table[key]
    return table


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dict) and set(value) == {"trigger", "date"}:
        return "imposed"
    if isinstance(value, dict) and set(value) not in WHOLE:
        value = {key: item for key, item in value.items() if key not in SILENT}
    return toml_value(_listed(value))


def _make(paths: Sequence[KeyPath], table: Table, last: Table) -> None:
    """Make the changes at the paths in `table`."""
    for path in paths:
        value, place = _at(last, path), table
        for key in path[:-1]:
            place = place.setdefault(key, {})
        if value is None:
            place.pop(path[-1], None)
        else:
            place[path[-1]] = copy.deepcopy(value)
