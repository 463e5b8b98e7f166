"""Values as TOML: plain values, and numbers that may be distributions."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

from frenemy.model.distributions import Distribution, FiveQuantiles, History, Pert, Pool, Quantiles
from frenemy.model.durations import duration_text
from frenemy.model.resolved import Number

__all__ = ["duration_value", "number_table", "toml_key", "toml_value"]

Table = dict[str, Any]


def toml_value(value: Any) -> str:
    """A value as TOML, on one line."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return _quoted(value)
        case int():
            return int.__repr__(value)
        case float():
            return float.__repr__(value)
        case dt.date() | dt.time():
            return value.isoformat()
        case dict():
            inner = ", ".join(f"{toml_key(name)} = {toml_value(item)}" for name, item in value.items())
            return f"{{ {inner} }}" if inner else "{}"
        case list() | tuple():
            return f"[{', '.join(toml_value(item) for item in value)}]"
    raise TypeError(f"TOML has no value for {value!r}")


def toml_key(name: str) -> str:
    """A key as TOML, in quotation marks if necessary."""
    bare = name.isascii() and name.replace("_", "a").replace("-", "a").isalnum()
    return name if bare else _quoted(name)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def number_table(number: Number, written: Callable[[float], Any] = float) -> Any:
    """A number as written in a file: plain, or the table of its distribution."""
    if isinstance(number, float):
        return written(number)
    table: Table = _distribution(number, written)
    if number.source:
        table["source"] = number.source
    return table


def _distribution(number: Distribution, written: Callable[[float], Any]) -> Table:
    match number:
        case Quantiles():
            return {"q05": written(number.q05), "median": written(number.median), "q95": written(number.q95)}
        case FiveQuantiles():
            names = ("q05", "q25", "median", "q75", "q95")
            return {name: written(point) for name, point in zip(names, number.stated, strict=True)}
        case Pert():
            return {"min": written(number.min), "mode": written(number.mode), "max": written(number.max)}
        case History():
            return {"events": number.events, "years": number.years}
        case Pool():
            return {"pool": [number_table(view, written) for view in number.pool], "weights": list(number.weights)}


def duration_value(number: Number) -> Any:
    """A duration in days as written in a file: `26w`, or the table of its distribution."""
    return number_table(number, duration_text)
