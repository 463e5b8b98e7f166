"""An experiment's file with other numbers under `[set]`: layout and comments stay, the old values become comments."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import tomlkit
from tomlkit.items import AbstractTable

from frenemy.errors import InputError
from frenemy.model.dotted_keys import leaves
from frenemy.model.durations import duration_text
from frenemy.model.files.toml_source import table_spans
from frenemy.model.files.toml_values import number_table, toml_key, toml_value
from frenemy.model.resolve import paths_of_each
from frenemy.model.resolved import Number
from frenemy.model.specs.experiment import ExperimentSpec, UncertaintySpec
from frenemy.model.specs.number_at import quantity_at

__all__ = ["as_written", "is_time", "with_set"]


def is_time(key: str) -> bool:
    """Whether the number at a dotted key is a duration in the files."""
    try:
        return quantity_at(key).timed
    except InputError:
        return False


def as_written(key: str, number: Number) -> Any:
    """A number as written in a file: durations as text."""
    return number_table(number, duration_text) if is_time(key) else number_table(number)


def with_set(
    text: str,
    values: Mapping[str, Number],
    *,
    before: Mapping[str, Number],
    head: Sequence[str] = (),
    options: Mapping[str, int],
    given: Mapping[str, Any] | None = None,
) -> str:
    """The text of an experiment's file with these values under `[set]`, by dotted key.

    `before` holds the numbers that they replace; `head` lines are put on top as comments. `options` are the `paths`,
    `seed`, `draws` and `draw_paths` with which the values were found, `given` what else was set, as written.

    Whatever the file says besides stays, and the new text is read back to make sure: where its layout does not allow
    changes in place (tables on one line, dotted keys) `[set]` is written anew at its end.
    """
    old = text.replace("\r\n", "\n")
    changes = {key: value for key, value in (given or {}).items() if key not in values}
    changes |= {key: as_written(key, value) for key, value in values.items()}
    remarks = {key: f"before: {toml_value(as_written(key, before[key]))}" for key in values}
    wanted = _wanted(tomllib.loads(old), changes, options)
    for write in (_in_place, _anew):
        new = _headed(write(old, changes, remarks, options), head)
        if _reads_as(new, wanted):
            return new.replace("\n", "\r\n") if "\r\n" in text else new
    raise AssertionError("an experiment's file was rewritten into something else")


Plain = Mapping[str, Any]


def _wanted(table: dict[str, Any], changes: Plain, options: Mapping[str, int]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the new text is to hold: all but `[set]`, and what is set, by dotted key."""
    held = {key: value for key, value, _ in leaves(table.pop("set", {}))}
    kept = {key: value for key, value in held.items() if not _replaced(key, changes)}
    for name, value in _sizes(table, options):
        part = table.setdefault("uncertainty", {}) if name in OUTER else table
        part[OUTER.get(name, name)] = value
    return table, kept | dict(changes)


def _replaced(key: str, changes: Plain) -> bool:
    """Whether the value at a key gives way: it is changed itself, or a part of what is changed."""
    return any(key == changed or key.startswith(f"{changed}.") for changed in changes)


def _reads_as(text: str, wanted: tuple[dict[str, Any], dict[str, Any]]) -> bool:
    try:
        table = tomllib.loads(text)
    except ValueError:
        return False
    return ({key: value for key, value, _ in leaves(table.pop("set", {}))}, table) == (wanted[1], wanted[0])


def _in_place(text: str, changes: Plain, remarks: Mapping[str, str], options: Mapping[str, int]) -> str:
    """Each value where it stands, with the old one in a comment behind it."""
    document = tomlkit.parse(text)
    if not isinstance(document.get("set"), AbstractTable):
        if "set" in document:
            return ""  # a table on one line
        document["set"] = tomlkit.table()
    table = document["set"]
    assert isinstance(table, AbstractTable)
    for key, value in changes.items():
        _drop(table, key)
        space = table[key].trivia.comment_ws if key in table else ""
        table[key] = _item(value)
        if key not in remarks:
            continue
        item = table[key]
        said = item.trivia.comment.removeprefix("#").strip()
        item.comment(f"{said}; {remarks[key]}" if said else remarks[key])
        item.trivia.comment_ws = space or "    "
    for name, value in _sizes(document, options):
        if name in OUTER:
            document.setdefault("uncertainty", tomlkit.table())[OUTER[name]] = value
        else:
            document[name] = value
    return tomlkit.dumps(document)


def _anew(text: str, changes: Plain, remarks: Mapping[str, str], options: Mapping[str, int]) -> str:
    """The text without what it sets, and a `[set]` at its end with all of it; comments within go along."""
    held = {key: value for key, value, _ in leaves(tomllib.loads(text).get("set", {}))}
    source, comments = text.encode(), list[str]()
    for start, end, inside in reversed(table_spans(text, "set")):
        comments[:0] = inside
        source = source[:start] + source[end:]
    lines = [f"{toml_key(key)} = {toml_value(value)}" for key, value in held.items() if not _replaced(key, changes)]
    for key, value in changes.items():
        remark = f"    # {remarks[key]}" if key in remarks else ""
        lines.append(f"{toml_key(key)} = {toml_value(value)}{remark}")
    document = tomlkit.parse(source.decode())
    for name, value in _sizes(document, options):
        if name in OUTER:
            document.setdefault("uncertainty", tomlkit.table())[OUTER[name]] = value
        else:
            document[name] = value
    return "\n".join([tomlkit.dumps(document).rstrip("\n"), "", "[set]", *comments, *lines, ""])


def _item(value: Any) -> Any:
    """A number, or a distribution on one line; the views of a pool have a line each."""
    if not isinstance(value, dict):
        return value
    parts = [f"{name} = {_lines(part) if name == 'pool' else toml_value(part)}" for name, part in value.items()]
    return tomlkit.parse(f"value = {{ {', '.join(parts)} }}").item("value")


def _lines(views: Sequence[Any]) -> str:
    return "".join(("[\n", *(f"    {toml_value(view)},\n" for view in views), "]"))


OUTER = {"draws": "draws", "draw_paths": "paths"}
"""Sizes that stand in [uncertainty], and their keys there."""


def _sizes(table: Mapping[str, Any], options: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    """Paths, seed, draws and paths of each draw, where the file would mean others."""
    fields, outer = ExperimentSpec.model_fields, table.get("uncertainty", {})
    for name in ("paths", "seed"):
        if table.get(name, fields[name].default) != options[name]:
            yield name, options[name]
    if outer.get("draws", UncertaintySpec.model_fields["draws"].default) != options["draws"]:
        yield "draws", options["draws"]
    if outer.get("paths", paths_of_each(options["draws"], options["paths"])) != options["draw_paths"]:
        yield "draw_paths", options["draw_paths"]


def _drop(table: AbstractTable, key: str, prefix: str = "") -> None:
    """Remove what is set at the key or within it, except the key itself at the top, whose place is kept."""
    for name in [*table]:
        here = f"{prefix}{name}"
        inside = table[name]
        if (here == key and prefix) or here.startswith(f"{key}."):
            table.remove(name)
        elif isinstance(inside, AbstractTable) and key.startswith(f"{here}."):
            _drop(inside, key, f"{here}.")
            if not inside:
                table.remove(name)


def _headed(text: str, head: Sequence[str]) -> str:
    """The text with comment lines on top, below the line that names the schema."""
    comment = "".join(f"# {line}\n" for line in head)
    first, newline, rest = text.partition("\n")
    if first.startswith("#:"):
        return f"{first}{newline}{comment}{rest}"
    return f"{comment}{text}"
