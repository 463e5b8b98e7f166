"""What kind of number a dotted key holds: its domain and how it is written, from the specs themselves."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Annotated, Any

from pydantic.fields import FieldInfo

from frenemy.errors import InputError, Problem
from frenemy.model.specs.base import Spec, close_to
from frenemy.model.specs.fields import LEVEL, RandomTime, Reference
from frenemy.model.specs.initial import InitialSpec
from frenemy.model.specs.model import ModelTree
from frenemy.model.specs.numbers import A_TIME, Quantity

__all__ = ["quantity_at"]

A_RANDOM_TIME, A_REFERENCE = (typing.get_args(kind)[1] for kind in (RandomTime, Reference))
PARTS_OF_A_TIME = ("median", "q95")


@lru_cache(maxsize=1024)
def quantity_at(key: str) -> Quantity:
    """The quantity at a dotted key such as `triggers.strike.leads_to.law.probability`; names are not looked up.

    Raises InputError if no model can have a number there.
    """
    parts = key.split(".")
    first, kind = (1, InitialSpec) if parts[0] == "initial" else (0, ModelTree)
    for depth, part in enumerate(parts[first:], first):
        inside = [step for form in _forms(kind) for step in _entered(form, part)]
        if not inside:
            known = [name for form in _forms(kind) for name in _names(form)]
            meant = close_to(part, known)
            whole = ".".join([*parts[:depth], meant, *parts[depth + 1 :]]) if meant else ""
            allowed = "" if meant else ", ".join(known) or "the key of a number, such as drivers.trust.start"
            raise InputError(
                [Problem(message="names no number of a model", key=key, allowed=allowed, suggestion=whole)]
            )
        kind = inside[0]
    for form in _forms(kind):
        if isinstance(form, Quantity):
            return form
    known = [name for form in _forms(kind) for name in _names(form)]
    allowed = ", ".join(f"{key}.{name}" for name in known[:8]) or "the key of a number, such as drivers.trust.start"
    raise InputError([Problem(message="is not the key of a number", key=key, allowed=allowed)])


def _forms(kind: Any) -> Iterator[Any]:
    """What a place may hold: quantities, times, specs, tables (`dict`) and lists (`tuple`)."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if isinstance(kind, FieldInfo):
        yield from _marked(kind.metadata) or _forms(kind.annotation)
    elif origin is Annotated:
        yield from _marked(arguments[1:]) or _forms(arguments[0])
    elif origin in (typing.Union, types.UnionType):
        for member in arguments:
            yield from _forms(member)
    else:
        yield kind


def _marked(marks: Iterable[Any]) -> list[Any]:
    found = (LEVEL if mark is A_REFERENCE else mark for mark in marks)
    return [mark for mark in found if isinstance(mark, Quantity) or mark is A_RANDOM_TIME]


def _entered(form: Any, part: str) -> Iterator[Any]:
    """What one part of a key leads to."""
    if form is A_RANDOM_TIME:
        if part in PARTS_OF_A_TIME:
            yield A_TIME
    elif isinstance(form, type) and issubclass(form, Spec):
        if part in form.model_fields or part in form.entries():
            yield form.model_fields.get(part) or form.entries()[part]
    elif typing.get_origin(form) is dict:
        yield typing.get_args(form)[1]
    elif typing.get_origin(form) is tuple:
        yield typing.get_args(form)[0]


def _names(form: Any) -> tuple[str, ...]:
    if form is A_RANDOM_TIME:
        return PARTS_OF_A_TIME
    if isinstance(form, type) and issubclass(form, Spec):
        return tuple(name for name, field in form.entries().items() if any(_leads_on(part) for part in _forms(field)))
    return ()


def _leads_on(form: Any) -> bool:
    """Whether a number is there, or further down."""
    if isinstance(form, Quantity) or form is A_RANDOM_TIME:
        return True
    if isinstance(form, type):
        return issubclass(form, Spec)
    return any(_leads_on(part) for argument in typing.get_args(form) for part in _forms(argument))
