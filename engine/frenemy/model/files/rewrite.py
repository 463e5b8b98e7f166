"""An experiment's file with other numbers under `[set]`: layout and comments stay, the old values become comments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import tomlkit
from tomlkit.items import AbstractTable

from frenemy.errors import InputError
from frenemy.model.durations import duration_text
from frenemy.model.files.toml_values import number_table, toml_value
from frenemy.model.resolve import DRAW_PATHS
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
    `seed`, `draws` and `draw_paths` with which the values were found. `given` holds the other values that were set, as
    written.
    """
    document = tomlkit.parse(text)
    if not isinstance(document.get("set"), AbstractTable):
        document["set"] = tomlkit.table()
    table = document["set"]
    assert isinstance(table, AbstractTable)
    for key, value in (given or {}).items():
        if key not in values:
            _drop(table, key)
            table[key] = _item(value)
    for key, value in values.items():
        _drop(table, key)
        space = table[key].trivia.comment_ws if key in table else ""
        table[key] = _item(as_written(key, value))
        item = table[key]
        comment = item.trivia.comment.removeprefix("#").strip()
        old = f"before: {toml_value(as_written(key, before[key]))}"
        item.comment(f"{comment}; {old}" if comment else old)
        item.trivia.comment_ws = space or "    "
    _set_size(document, options)
    return _headed(tomlkit.dumps(document), head)


def _item(value: Any) -> Any:
    """A number, or a distribution on one line; the views of a pool have a line each."""
    if not isinstance(value, dict):
        return value
    parts = [f"{name} = {_lines(part) if name == 'pool' else toml_value(part)}" for name, part in value.items()]
    return tomlkit.parse(f"value = {{ {', '.join(parts)} }}").item("value")


def _lines(views: Sequence[Any]) -> str:
    return "".join(("[\n", *(f"    {toml_value(view)},\n" for view in views), "]"))


def _set_size(document: tomlkit.TOMLDocument, options: Mapping[str, int]) -> None:
    """Write paths, seed, draws and paths of each draw if the file implies others."""
    fields = ExperimentSpec.model_fields
    for name in ("paths", "seed"):
        if document.get(name, fields[name].default) != options[name]:
            document[name] = options[name]
    outer = document.get("uncertainty", {})
    meant = {
        "draws": outer.get("draws", UncertaintySpec.model_fields["draws"].default),
        "paths": outer.get("paths", min(options["paths"], DRAW_PATHS)),
    }
    for name, value in {"draws": options["draws"], "paths": options["draw_paths"]}.items():
        if meant[name] != value:
            document.setdefault("uncertainty", tomlkit.table())[name] = value


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
