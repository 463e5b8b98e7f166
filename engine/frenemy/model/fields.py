"""The kind of value in each field of the resolved model and experiment, read from the field's type.

`resolve`, `realise` and `dump` walk these kinds. So a new key of the model is written in two places: the spec, and the
resolved dataclass.
"""

from __future__ import annotations

import datetime as dt
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum, auto
from functools import cache
from typing import Annotated, Any, Literal

from frenemy.model.conditions import Expression
from frenemy.model.distributions import Distribution

__all__ = ["Field", "Items", "Kind", "Leaf", "OneOf", "Part", "Table", "fields_of"]


class Leaf(Enum):
    """A single value. Those below the line need a mark on the type: `Annotated[float, Leaf.DAYS]`."""

    PLAIN = auto()  # text, a whole number, a number that is never uncertain, a date
    NUMBER = auto()  # may be uncertain
    CONDITION = auto()
    # ---
    DURATION = auto()  # may be uncertain; days here, "26w" in files
    DAYS = auto()  # the same, never uncertain
    LIMIT = auto()  # a whole number or inf
    DAY_OF_RUN = auto()  # a date up to the end of the run; the end if left out
    NAME = auto()  # left out of files where empty


@dataclass(frozen=True, slots=True)
class Table:
    """Values by name."""

    of: Kind


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    of: Kind


@dataclass(frozen=True, slots=True)
class Part:
    """A dataclass of its own, in a table of its own."""

    of: type


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of several dataclasses, whose keys are among those of the table around it."""

    of: tuple[type, ...]


Kind = Leaf | Table | Items | Part | OneOf
LEAVES: Mapping[Any, Leaf] = {
    **dict.fromkeys((str, int, float, bool, dt.date, Any), Leaf.PLAIN),
    float | Distribution: Leaf.NUMBER,
    Expression: Leaf.CONDITION,
}


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a resolved dataclass."""

    name: str
    key: str  # in files, the path in the table of the dataclass; empty for OneOf
    kind: Kind


def fields_of(cls: type) -> tuple[Field, ...]:
    """The fields of a resolved dataclass, in order. Raises TypeError for a type that has no kind."""
    return _fields_of(cls)


@cache
def _fields_of(cls: type) -> tuple[Field, ...]:
    hints = typing.get_type_hints(cls, include_extras=True)
    kinds = {field.name: _kind(hints[field.name]) for field in fields(cls)}
    return tuple(Field(name, "" if isinstance(kind, OneOf) else name.rstrip("_"), kind) for name, kind in kinds.items())


def _kind(hint: Any) -> Kind:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is Annotated and isinstance(arguments[1], Leaf):
        return arguments[1]
    if hint in LEAVES:
        return LEAVES[hint]
    if origin is Literal:
        return Leaf.PLAIN
    if origin is Mapping:
        return Table(_kind(arguments[1]))
    if origin is tuple:
        return Items(_kind(arguments[0]))
    if origin in (typing.Union, types.UnionType) and all(map(is_dataclass, arguments)):
        return OneOf(arguments)
    if isinstance(hint, type) and is_dataclass(hint):
        return Part(hint)
    raise TypeError(f"no kind of field for {hint}")
