"""A table whose name is misspelt: everything else names what it was to be, so that the table is the one mistake."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from frenemy.model.files.tree import Tree
from frenemy.model.specs.base import Finding, close_to
from frenemy.model.specs.checks import tables

__all__ = ["misspelling", "misspelt_tables", "renamed"]

SECTIONS = ("drivers", "triggers")
PARTS = {"sources", "pulls", "raises", "effect", "per_10_points", "reference", "while_active", "on_end"}
"""Tables within a table, which are often written with a header of their own."""
TABLES_OF = {
    "drivers": {"pulls", "effect", "per_10_points", "reference", "while_active", "on_end", "shift", "scars"},
    "triggers": {"raises", "factor", "episodes"},
}
"""Tables whose keys are names of drivers, or of triggers."""
CONDITIONS = {"enter", "leave", "requires"}
FEWEST_USES = 2
"""Places that must name what a table was to be; with one, it may as well be the place that is misspelt."""


def misspelt_tables(table: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Section, name and intended name of each table that nothing refers to, beside a name without a table.

    The intended name may have parts that belong to the other, such as [drivers.trust.sources].
    """
    for section in SECTIONS:
        written = tables(table, section)
        whole = [name for name, spec in written.items() if isinstance(spec, dict) and {*spec} - PARTS]
        used = Counter([*_named(table, section), *(name for name in written if name not in whole)])
        missing = [word for word, times in used.items() if word not in whole and times >= FEWEST_USES]
        for name in whole:
            if not used[name] and (meant := close_to(name, missing)):
                yield section, name, meant


def renamed(tree: Tree, section: str, name: str, meant: str) -> Tree:
    """The tree with a table under the name that was meant, together with its parts that are there already."""
    new = tree.copy()
    written = new.table[section]
    written[meant] = {**written.pop(name), **tables(written, meant)}
    return new


def misspelling(section: str, name: str, meant: str) -> Finding:
    """The one problem that such a table is."""
    return Finding("nothing refers to this name", (section, name), name, "", meant)


def _named(value: Any, section: str) -> Iterator[str]:
    """Every name that stands where one of a driver (or of a trigger) belongs, each time it does."""
    if isinstance(value, list):
        for inner in value:
            yield from _named(inner, section)
    if not isinstance(value, dict):
        return
    for key, inner in value.items():
        if key in TABLES_OF[section] and isinstance(inner, dict):
            yield from inner
        elif key in CONDITIONS and isinstance(inner, str):
            of_triggers = re.findall(r"(?:count|active)\s*\(\s*(\w+)", inner)
            yield from of_triggers if section == "triggers" else re.findall(r"[A-Za-z_]\w*(?!\w*\s*\()", inner)
        elif key == "trigger" and section == "triggers" and isinstance(inner, str):
            yield inner
        yield from _named(inner, section)
