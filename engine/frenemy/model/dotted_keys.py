"""Tables <-> dotted keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["COMPLETE", "leaves"]


COMPLETE = (
    {"q05", "median", "q95"}, {"q05", "q25", "median", "q75", "q95"}, {"min", "mode", "max"}, {"events", "years"},
    {"pool"}, {"pool", "weights"},
)  # fmt: skip
"""The keys of a whole distribution, which replaces a number and is not merged into a table."""


def leaves(table: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any, tuple[str, ...]]]:
    """Dotted key, value and path as written of everything under `[set]`, with or without quoted dotted keys."""
    for key, value in table.items():
        here = (*path, key)
        if isinstance(value, dict) and value and set(value) - {"source"} not in COMPLETE:
            yield from leaves(value, here)
        else:
            yield ".".join(here), value, here
