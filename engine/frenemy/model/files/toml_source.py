"""TOML files: values by tomllib, with the line of each key for messages."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from frenemy.errors import InputError, Problem

if TYPE_CHECKING:
    from tree_sitter import Node

__all__ = ["Document", "KeyPath", "display_path", "parse", "read_toml"]

PLAIN = {
    "Illegal character '\\n'": "a text that is not closed on its line",
    "Cannot overwrite a value": "a key that is already there",
}
"""Messages of the parser in plain words."""
KeyPath = tuple[str | int, ...]
"""The keys, and places in lists, that lead to a value."""


@dataclass(frozen=True)
class Document:
    """One TOML text. `label` is its name in messages: the path of a file."""

    label: str
    text: str
    table: dict[str, Any]

    @cached_property
    def lines(self) -> dict[KeyPath, int]:
        """The line on which each key, table and list item begins."""
        import tree_sitter_toml
        from tree_sitter import Language, Parser

        root = Parser(Language(tree_sitter_toml.language())).parse(self.text.encode()).root_node
        lines: dict[KeyPath, int] = {}
        try:
            for path, line in _document_lines(root):
                lines.setdefault(path, line)
        except RecursionError:
            pass  # lines are optional
        return lines

    def line(self, path: KeyPath) -> int:
        """The line of the key, or of the nearest table around it; 0 for the document as a whole."""
        while path:
            if path in self.lines:
                return self.lines[path]
            path = path[:-1]
        return 0


def display_path(path: Path) -> str:
    """The path as messages show it: relative to the current folder where it lies within."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except (ValueError, OSError):
        return str(path)


def read_toml(path: Path) -> Document:
    """Read a TOML file. Raises InputError if it is missing, not UTF-8 or not TOML."""
    label = display_path(path)
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise InputError([Problem(message="no such file", file=label)]) from None
    except IsADirectoryError:
        raise InputError([Problem(message="is a folder, not a file", file=label)]) from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise InputError([Problem(message=f"cannot be read: {why}", file=label)]) from None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        found = f"byte 0x{content[error.start]:02x}"
        problem = Problem(message="not UTF-8 text; save the file as UTF-8", file=label, line=line, found=found)
        raise InputError([problem]) from None
    return parse(text, label)


def parse(text: str, label: str) -> Document:
    """Parse a TOML text. Raises InputError with the line if it is not TOML."""
    try:
        return Document(label, text, tomllib.loads(text))
    except RecursionError:
        raise InputError([Problem(message="nested too deeply", file=label)]) from None
    except ValueError as error:
        match = re.fullmatch(r"(.*?) \(at (?:line (\d+), column \d+|end of document)\)", str(error), re.DOTALL)
        message, line = (match[1], int(match[2] or text.count("\n") + 1)) if match else (str(error), 0)
        raise InputError([Problem(message=f"not TOML: {PLAIN.get(message, message)}", file=label, line=line)]) from None


def _document_lines(root: Node) -> Iterator[tuple[KeyPath, int]]:
    counts: dict[KeyPath, int] = {}
    for node in root.named_children:
        if node.type == "pair":
            yield from _pair_lines(node, ())
        elif node.type in {"table", "table_array_element"} and node.named_children:
            *path, last = _keys(node.named_children[0])
            here: KeyPath = ()
            for key in path:
                here = _latest((*here, key), counts)
            here = (*here, last)
            if node.type == "table_array_element":
                counts[here] = counts.get(here, 0) + 1
            for length in range(1, len(here) + 1):
                yield here[:length], _line(node)
            here = _latest(here, counts)
            yield here, _line(node)
            for child in node.named_children[1:]:
                if child.type == "pair":
                    yield from _pair_lines(child, here)


def _latest(path: KeyPath, counts: dict[KeyPath, int]) -> KeyPath:
    return (*path, counts[path] - 1) if path in counts else path


def _pair_lines(pair: Node, table: KeyPath) -> Iterator[tuple[KeyPath, int]]:
    children = pair.named_children
    if len(children) < 2:
        return
    keys = _keys(children[0])
    for length in range(1, len(keys) + 1):
        yield (*table, *keys[:length]), _line(pair)
    yield from _value_lines(children[-1], (*table, *keys))


def _value_lines(value: Node, path: KeyPath) -> Iterator[tuple[KeyPath, int]]:
    if value.type == "inline_table":
        for pair in value.named_children:
            if pair.type == "pair":
                yield from _pair_lines(pair, path)
    elif value.type == "array":
        for place, item in enumerate(child for child in value.named_children if child.type != "comment"):
            yield (*path, place), _line(item)
            yield from _value_lines(item, (*path, place))


def _keys(node: Node) -> list[str]:
    if node.type == "dotted_key":
        return [key for child in node.named_children for key in _keys(child)]
    text = (node.text or b"").decode()
    try:
        return list(tomllib.loads(f"{text} = 0")) if node.type == "quoted_key" else [text]
    except ValueError:
        return [text]


def _line(node: Node) -> int:
    return node.start_point[0] + 1
