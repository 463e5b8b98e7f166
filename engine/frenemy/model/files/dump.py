"""The resolved model and experiment as one TOML text in which every key is explicit.

Loading the text again gives equal objects, and dumping those gives the same text.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Mapping
from typing import Any

from frenemy.model import conditions
from frenemy.model.distributions import History
from frenemy.model.durations import duration_text
from frenemy.model.experiment import Axis, Experiment
from frenemy.model.fields import Items, Kind, Leaf, OneOf, Part, Table, fields_of
from frenemy.model.files.toml_values import duration_value, number_table, toml_key, toml_value
from frenemy.model.resolved import Model, PerYear, Signpost
from frenemy.model.specs.experiment import TICKS
from frenemy.model.specs.number_at import quantity_at

__all__ = ["dump_resolved"]


def dump_resolved(model: Model, experiment: Experiment) -> str:
    """The model and the experiment as TOML; `load_resolved` reads it back."""
    return "\n".join(_lines(model, experiment))


def _lines(model: Model, experiment: Experiment) -> Iterator[str]:
    last, header = experiment.end, {}
    for field in fields_of(Model):
        if field.kind is Leaf.PLAIN:
            header[field.key] = getattr(model, field.name)
    yield from _table("model", header)
    yield from _table("sources", dict(model.sources))
    for driver in model.drivers:
        yield from _table(f"drivers.{driver.name}", _section(driver, last), model.cited)
    for first, others in model.correlations.items():
        yield from _table(f"correlations.{first}", _written(Table(Leaf.NUMBER), others, last))
    if model.correlated:
        yield from _table("judgement", {"correlated": [_part(pair, last) for pair in model.correlated]})
    for section in ("triggers", "calendar", "scenarios"):
        for item in getattr(model, section):
            yield from _table(f"{section}.{item.name}", _section(item, last), model.cited)
    yield from _table("experiment", _part(experiment, last))


def _table(key: str, content: dict[str, Any], cited: Mapping[str, str] | None = None) -> Iterator[str]:
    if cited is not None:
        start = f"{key}."
        content["sources"] = {name.removeprefix(start): text for name, text in cited.items() if name.startswith(start)}
    yield f"[{key}]"
    for name, value in content.items():
        if isinstance(value, list) and any(isinstance(item, dict) for item in value):
            yield from (f"{toml_key(name)} = [", *(f"    {toml_value(item)}," for item in value), "]")
        else:
            yield f"{toml_key(name)} = {toml_value(value)}"
    yield ""


def _section(item: Any, last: dt.date) -> dict[str, Any]:
    """The table of an item, without the name, which is in the header of the table."""
    return {key: value for key, value in _part(item, last).items() if key != "name"}


def _part(item: Any, last: dt.date) -> Any:
    """A dataclass as written in a file; `last` is the last day of the run."""
    table: dict[str, Any] = {}
    unused = getattr(item, "unused", ())
    for field in fields_of(type(item)):
        value = getattr(item, field.name)
        if field.name in unused or (field.kind is Leaf.NAME and not value):
            continue
        written = _written(field.kind, value, last)
        table |= written if isinstance(field.kind, OneOf) else {field.key: written}
    match item:
        case Signpost(name=""):
            return item.text
        case PerYear(rate=History()):
            return {"history": table["rate"]}
        case Axis() if quantity_at(item.key).timed:
            return {**table, "values": [duration_text(value) for value in item.values]}
        case Experiment():
            table["tick"] = next(text for text, length in TICKS.items() if length == item.tick)
            renamed = {"cited": "sources", "end": "horizon"}
            return {renamed.get(key, key): value for key, value in table.items()}
    return table


def _written(kind: Kind, value: Any, last: dt.date) -> Any:
    """A value as written in a file."""
    match kind:
        case Table(of):
            return {name: _written(of, item, last) for name, item in value.items()}
        case Items(of):
            return [_written(of, item, last) for item in value]
        case Part() | OneOf():
            return _part(value, last)
        case Leaf.NUMBER:
            return number_table(value)
        case Leaf.DURATION:
            return duration_value(value)
        case Leaf.DAYS:
            return duration_text(value)
        case Leaf.CONDITION:
            return conditions.text(value)
        case Leaf.LIMIT:
            return value if math.isinf(value) else int(value)
        case Leaf.DAY_OF_RUN:
            return min(value, last)
    return value
