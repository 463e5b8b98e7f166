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
from frenemy.storage.regular_file import decode, read_bytes

if TYPE_CHECKING:
    from tree_sitter import Node

__all__ = ["Document", "KeyPath", "display_path", "parse", "read_toml", "table_spans"]

PLAIN = {
    "Illegal character '\\n'": "a text that is not closed on its line",
    "Cannot overwrite a value": "a key that is already there",
    "Expected '=' after a key in a key/value pair": "a key without = and a value",
    "Invalid value": "not a value; a text stands in quotation marks",
    "Unclosed array": "a list that is not closed, or without a comma between two items",
    "Unclosed inline table": "a table in braces that is not closed",
    "Unterminated string": "a text that is not closed",
    "Expected \"'''\"": "a text of several lines that is not closed",
    'Expected \'"""\'': "a text of several lines that is not closed",
    "Invalid statement": "neither a key with a value nor the header of a table",
    "Expected newline or end of document after a statement": "two values after =; a text stands in quotation marks",
    "Expected ']' at the end of a table declaration": "the header of a table that is not closed",
    "Expected ']]' at the end of an array declaration": "the header of a list of tables that is not closed",
    "Invalid initial character for a key part": "a key that begins with an odd character, or a comma too many",
    "Unescaped '\\' in a string": "a backslash in a text; write it twice, or use single quotation marks",
    "Escaped character is not a Unicode scalar value": "an escape in a text that means no character",
    "Invalid date or datetime": "a date that is not in the calendar",
}
"""Messages of the parser in plain words."""
MAX_DEPTH = 32
"""Tables and lists in one another; more are treated as a mistake."""
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
        root = _root(self.text)
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


def _root(text: str) -> Node:
    import tree_sitter_toml
    from tree_sitter import Language, Parser

    return Parser(Language(tree_sitter_toml.language())).parse(text.encode()).root_node


def table_spans(text: str, name: str) -> list[tuple[int, int, list[str]]]:
    """Where a table of the document stands, however it is written: [name], [name.part], name.key = 1, name = { … }.

    For each place the first byte, the byte after it, in whole lines, and the comments within.
    """
    source, spans = text.encode(), []
    for node in _root(text).named_children:
        children = node.named_children
        if node.type not in {"pair", "table"} or not children or _keys(children[0])[0] != name:
            continue
        pairs = [child for child in children if child.type == "pair"] if node.type == "table" else []
        last = (
            max(child.end_point[0] for child in (*children[:1], *pairs)) if node.type == "table" else node.end_point[0]
        )
        start = source.rfind(b"\n", 0, node.start_byte) + 1
        end = start
        for _ in range(last - node.start_point[0] + 1):
            end = source.find(b"\n", end) + 1 or len(source)
        spans.append((start, end, [*_comments(_root(source[start:end].decode()))]))
    return spans


def _comments(node: Node) -> Iterator[str]:
    if node.type == "comment":
        yield (node.text or b"").decode().rstrip()
    for child in node.children:
        yield from _comments(child)


def display_path(path: Path) -> str:
    """The path as messages show it: relative to the current folder where it lies within."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except (ValueError, OSError, RuntimeError):  # RuntimeError: links in a circle
        return str(path)


def read_toml(path: Path) -> Document:
    """Read a TOML file. Raises InputError if it is missing, not UTF-8 or not TOML."""
    label = display_path(path)
    return parse(decode(read_bytes(path, label), label), label)


def parse(text: str, label: str) -> Document:
    """Parse a TOML text. Raises InputError with the line if it is not TOML."""
    try:
        table = tomllib.loads(text)
    except RecursionError:
        raise _too_deep(label) from None
    except ValueError as error:
        match = re.fullmatch(r"(.*?) \(at (?:line (\d+), column \d+|end of document)\)", str(error), re.DOTALL)
        message, line = (match[1], int(match[2] or text.count("\n") + 1)) if match else (str(error), 0)
        here = (text.split("\n")[line - 1 : line] or [""])[0]
        meant = next(((why, found, allowed) for why, found, allowed in _slips(here)), None)
        if meant is None:
            problem = Problem(message=f"not TOML: {_plain(message)}", file=label, line=line)
        else:
            problem = Problem(message=meant[0], file=label, line=line, found=meant[1], allowed=meant[2])
        raise InputError([problem]) from None
    if _deeper(table, MAX_DEPTH):
        raise _too_deep(label)
    return Document(label, text, table)


def _plain(message: str) -> str:
    """What the parser says, in plain words."""
    if twice := re.fullmatch(r"Cannot (?:declare|mutate immutable namespace) \((.*?),?\)(?: twice)?", message):
        key = ".".join(part.strip().strip("'") for part in twice[1].split(","))
        return f"a table that is already there: {key if len(key) < 80 else f'{key[:80]}…'}"
    if twice := re.fullmatch(r"Duplicate inline table key '(.*)'", message):
        return f"a key that is already there: {twice[1]}"
    return PLAIN.get(message, message)


def _too_deep(label: str) -> InputError:
    allowed = f"at most {MAX_DEPTH} levels"
    return InputError([Problem(message="nested too deeply", file=label, allowed=allowed)])


def _deeper(table: Any, most: int) -> bool:
    """Whether a value has more than so many levels of tables and lists, one in the other."""
    level = [table]
    for _ in range(most + 1):
        level = [
            inner
            for value in level
            if isinstance(value, dict | list)
            for inner in (value.values() if isinstance(value, dict) else value)
        ]
    return bool(level)


def _slips(line: str) -> Iterator[tuple[str, str, str]]:
    """What people write that is not TOML, in their words: what is wrong, what was found, what is right."""
    if quotes := re.search("[“”„«»‘’]", line.partition("#")[0]):
        yield "a typographic quotation mark", quotes[0], 'plain quotation marks, "…"'
    if match := re.search(r"=\s*([0-9]+(?:\.[0-9]+)?\s*[dwmy])\b", line):
        yield "a duration stands in quotation marks", match[1], f'"{match[1].replace(" ", "")}"'
    if match := re.search(r"=\s*([0-9]+,[0-9]+)\b(?!\s*[,\]])", line):
        yield "a decimal point, not a comma", match[1], match[1].replace(",", ".")
    if match := re.search(r"=\s*([0-9]{4}-[0-9]{2})(?![-0-9])", line):
        yield "a date has a day", match[1], f"{match[1]}-01"
    if match := re.search(r"=\s*([0-9]+(?:\.[0-9]+)?\s*%)", line):
        yield "a percentage stands in quotation marks, or is written as a share", match[1], f'"{match[1]}"'
    key = line.partition("=")[0].partition("#")[0]
    if not key.isascii() and '"' not in key and "'" not in key:
        odd = "".join(dict.fromkeys(letter for letter in key if not letter.isascii()))
        allowed = "letters a to z, digits and _ in a key; any text in its label"
        yield "a letter that a key cannot have", odd, allowed


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
