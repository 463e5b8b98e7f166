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
FEWEST_USES = 2
"""Places that must name what a table was to be; with one, it may as well be the place that is misspelt."""


def misspelt_tables(table: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Section, name and intended name of each table that nothing refers to, beside a name without a table.

    The intended name may have parts that belong to the other, such as [drivers.trust.sources].
    """
    used = Counter(_words(table))
    for section in SECTIONS:
        written = tables(table, section)
        whole = [name for name, spec in written.items() if isinstance(spec, dict) and {*spec} - PARTS]
        missing = [word for word, times in used.items() if word not in whole and times >= FEWEST_USES]
        for name in whole:
            if used[name] == 1 and (meant := close_to(name, missing)):
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


def _words(value: Any) -> Iterator[str]:
    """Every key, and every word of a text, each time it occurs."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _words(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _words(inner)
    elif isinstance(value, str):
        yield from re.findall(r"[A-Za-z_][A-Za-z0-9_]*", value)
