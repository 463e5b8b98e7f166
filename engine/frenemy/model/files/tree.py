"""The files of a model as one table, which remembers where each value was written and which were overridden.

The table has the keys of drivers.toml, `scenarios` with one table for each file, and `experiment` if there is one.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from frenemy.errors import Problem
from frenemy.model.files.toml_source import Document, KeyPath
from frenemy.model.specs.base import Finding, close_to, toml_text
from frenemy.model.specs.checks import tables

__all__ = ["Origin", "Tree", "dotted"]

NAMED = ("drivers", "triggers", "calendar", "scenarios")
SETTABLE = ("model", *NAMED, "correlations", "judgement", "initial")
RATES = {
    "probability": ("history", "rate"),
    "history": ("probability", "within", "rate"),
    "rate": ("probability", "within", "history"),
}


@dataclass(frozen=True)
class Origin:
    """Where an override was written: a file and line, or a command-line option as `file`."""

    file: str
    line: int = 0


@dataclass
class Tree:
    """All values as written, and where. `add` and `override` build it; afterwards it is only read."""

    table: dict[str, Any] = field(default_factory=dict)
    documents: dict[KeyPath, Document] = field(default_factory=dict)
    overrides: dict[KeyPath, Origin] = field(default_factory=dict)
    whole: bool = True  # whether every file could be read

    def add(self, document: Document, at: KeyPath = ()) -> None:
        """Put a document's table under the keys `at`."""
        self.documents[at] = document
        content = copy.deepcopy(document.table)
        if not at:
            self.table.update(content)
            return
        inner = self.table
        for key in at[:-1]:
            inner = inner.setdefault(str(key), {})
        inner[str(at[-1])] = content

    def copy(self) -> Tree:
        """A tree that can be changed without changing this one."""
        return Tree(copy.deepcopy(self.table), dict(self.documents), dict(self.overrides), self.whole)

    def skip(self, document: Document, at: KeyPath) -> None:
        """Keep the place of a document that cannot be read."""
        self.documents[at] = document
        self.whole = False

    def override(self, key: str, value: Any, origin: Origin) -> Iterator[Problem]:
        """Set the value at a dotted key of the model. Yields a problem if the key leads nowhere."""
        parts = key.split(".")
        finding = self._unknown(parts)
        if finding is not None:
            yield Problem(
                message=finding.message, file=origin.file, line=origin.line, key=key,
                allowed=finding.allowed, suggestion=finding.suggestion,
            )  # fmt: skip
            return
        node: Any = self.table
        path: KeyPath = ()
        if parts[0] == "initial":
            node, path = node["experiment"], ("experiment",)
        for part in self._as_written(parts)[:-1]:
            place = _place(node, part)
            if isinstance(place, str) and not isinstance(node.get(place), dict | list):
                node[place] = _opened(node.get(place), (*path, place))
            node, path = node[place], (*path, place)
        last = _place(node, parts[-1])
        if len(path) == 2 and path[0] == "triggers":
            for other in RATES.get(parts[-1], ()):
                if (*path, other) not in self.overrides:
                    node.pop(other, None)
        node[last] = copy.deepcopy(value)
        self.overrides[(*path, last)] = origin

    def _as_written(self, parts: list[str]) -> list[str]:
        """A correlation is found whichever driver is named first."""
        if parts[0] == "correlations" and len(parts) == 3:
            written = tables(self.table, "correlations")
            first, second = parts[1:]
            if first in tables(written, second) and second not in tables(written, first):
                parts[1:] = [second, first]
        return parts

    def _unknown(self, parts: list[str]) -> Finding | None:
        """Why the keys lead nowhere: sections, names and list items must already exist."""
        section = parts[0]
        if section == "initial" and "experiment" not in self.table:
            return Finding("belongs to an experiment, but there is none")
        if section not in SETTABLE:
            meant = close_to(section, SETTABLE)
            return Finding("is not a section of the model", (), "", "" if meant else ", ".join(SETTABLE), meant)
        if len(parts) < (3 if section in (*NAMED, "correlations") else 2):
            return Finding("is a whole table; set the keys in it", (), "", f"{'.'.join(parts)}.KEY = VALUE")
        node: Any = self.table
        for depth, part in enumerate(parts):
            if isinstance(node, list):
                names = [_item_name(item) for item in node]
                if part not in names:
                    return _nowhere(parts, depth, [name for name in names if name])
                node = node[names.index(part)]
            elif isinstance(node, dict):
                if depth == 1 and section in NAMED and part not in node:
                    return _nowhere(parts, depth, list(node))
                node = node.get(part)
            else:
                return None
        return None

    def problem(self, finding: Finding) -> Problem:
        """The problem behind a finding, with the place where it is written."""
        file, line, key = self._where(finding.key)
        return Problem(
            message=finding.message, file=file, line=line, key=key, found=finding.found, allowed=finding.allowed,
            suggestion=finding.suggestion,
        )  # fmt: skip

    def located(self, problem: Problem) -> Problem:
        """The problem of a loaded model, with the file and line at which its dotted key is written.

        A key that is written nowhere gets the place of the nearest table around it. A key that belongs to no file and a
        problem that already has a place stay as they are.
        """
        parts = PLACE_IN_LIST.sub(lambda place: f".{int(place[1]) - 1}", problem.key).split(".")
        of_model = parts[0] in SETTABLE and parts[0] != "initial"
        if problem.file or not problem.key or not (of_model or "experiment" in self.table):
            return problem
        within = self._as_written(parts) if of_model else ["experiment", *parts]
        paths = [*_paths(self.table, within)]
        path = next((path for path in paths if _text_at(self.table, path) == problem.found), paths[0])
        file, line, key = self._where(path)
        return replace(problem, file=file, line=line, key=key.removeprefix("experiment."))

    def _where(self, path: KeyPath) -> tuple[str, int, str]:
        origin = self._override_at(path)
        base = max((at for at in self.documents if path[: len(at)] == at), key=len, default=())
        if origin is not None:
            return origin.file, origin.line, dotted(self.table, path)
        document = self.documents.get(base)
        key = dotted(self.table, path, len(base))
        return (document.label, document.line(path[len(base) :]), key) if document else ("", 0, key)

    def _override_at(self, path: KeyPath) -> Origin | None:
        """The override that wrote the value or a part of it or, for a missing value, a value beside it."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.overrides:
                return self.overrides[path[:length]]
        around = path if _there(self.table, path) else path[:-1]
        if len(around) < 2:
            return None
        within = (origin for at, origin in self.overrides.items() if at[: len(around)] == around)
        return next(within, None)


def _opened(value: Any, path: KeyPath) -> dict[str, Any]:
    """The table that replaces a plain value when a key within it is set; a fixed time has equal points."""
    is_time = path[-1] in {"duration", "delay"} or path[-2:-1] == ("episodes",)
    return {"median": value, "q95": value} if is_time and isinstance(value, str) else {}


def _nowhere(parts: list[str], depth: int, known: list[str]) -> Finding:
    meant = close_to(parts[depth], known)
    whole = ".".join([*parts[:depth], meant, *parts[depth + 1 :]]) if meant else ""
    allowed = "" if meant else ", ".join(known) or "nothing: the list is empty"
    return Finding(f"there is no {parts[depth]!r} in {'.'.join(parts[:depth])}", (), "", allowed, whole)


def _item_name(item: Any) -> str:
    """The name by which keys address an item of a list."""
    name = (item.get("name") or item.get("trigger")) if isinstance(item, dict) else None
    return name if isinstance(name, str) else ""


def _place(node: Any, part: str) -> str | int:
    return [_item_name(item) for item in node].index(part) if isinstance(node, list) else part


PLACE_IN_LIST = re.compile(r"\[([0-9]+)\]")
"""`[2]` in a key as messages show it: the second item of a list."""


def _paths(node: Any, parts: list[str]) -> Iterator[KeyPath]:
    """Where the parts of a dotted key lead: to one path, or to all list items with the same name."""
    if not parts:
        yield ()
        return
    items = enumerate(node) if isinstance(node, list) else ()
    places: list[str | int] = [place for place, item in items if parts[0] in (_item_name(item), str(place))]
    for place in places or [parts[0]]:
        inner = node[place] if isinstance(place, int) else node.get(place) if isinstance(node, dict) else None
        yield from ((place, *rest) for rest in _paths(inner, parts[1:]))


def _text_at(node: Any, path: KeyPath) -> str:
    """The value at a path as shown in messages; empty if there is none."""
    if not _there(node, path):
        return ""
    for key in path:
        node = node[key]
    return toml_text(node)


def _there(table: Any, path: KeyPath) -> bool:
    for key in path:
        in_list = isinstance(table, list) and isinstance(key, int) and key < len(table)
        if not in_list and not (isinstance(table, dict) and key in table):
            return False
        table = table[key]
    return True


def dotted(table: Any, path: KeyPath, skip: int = 0) -> str:
    """The dotted key of a path, without its first `skip` parts; items of a list by their name if they have one."""
    parts: list[str] = []
    for depth, key in enumerate(path):
        inner = None
        if isinstance(key, int) and isinstance(table, list) and key < len(table):
            inner = table[key]
            name = _item_name(inner)
            if depth >= skip:
                parts.append(f".{_shown(name)}" if name else f"[{key + 1}]")
        else:
            inner = table.get(key) if isinstance(table, dict) else None
            if depth >= skip:
                parts.append(f".{_shown(str(key))}")
        table = inner
    return "".join(parts).removeprefix(".")


def _shown(name: str) -> str:
    return name if name.replace("_", "a").isalnum() else toml_text(name)
