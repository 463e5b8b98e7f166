"""Arguments of the public functions, checked against their annotations before anything else sees them.

A wrong type would otherwise come out as an AttributeError or TypeError from the depth, which names neither the argument
nor what is allowed. The annotations are the only place where types are declared.
"""

from __future__ import annotations

import datetime as dt
import functools
import inspect
import os
import types
from collections.abc import Callable, Mapping, Sequence
from numbers import Integral, Real
from pathlib import Path
from typing import Any, Literal, ParamSpec, TypeVar, Union, get_args, get_origin

from frenemy.errors import InputError, Problem

__all__ = ["checked"]

Given = ParamSpec("Given")
Found = TypeVar("Found")
WORDS: Mapping[Any, str] = {
    int: "a whole number", float: "a number", bool: "True or False", str: "a text", Path: "a path",
    dt.date: "a date such as datetime.date(2026, 3, 2)", type(None): "None",
}  # fmt: skip
LONGEST = 60
"""Characters of a value that a message quotes."""


def checked(function: Callable[Given, Found]) -> Callable[Given, Found]:
    """The function, which raises InputError for arguments that are not what its annotations say, all at once."""
    signature = inspect.signature(function)
    hints = {name: _hint(of.annotation, function) for name, of in signature.parameters.items()}

    @functools.wraps(function)
    def call(*args: Given.args, **kwargs: Given.kwargs) -> Found:
        problems = [
            _problem(name, one, hints[name])
            for name, value in signature.bind(*args, **kwargs).arguments.items()
            for one in (value if signature.parameters[name].kind is inspect.Parameter.VAR_POSITIONAL else (value,))
            if not _fits(one, hints[name])
        ]
        if problems:
            raise InputError(problems)
        return function(*args, **kwargs)

    return call


def _hint(annotation: Any, function: Callable[..., Any]) -> Any:
    """What an annotation means; Any for what only a type checker knows."""
    if not isinstance(annotation, str):
        return annotation
    try:
        return eval(annotation, inspect.unwrap(function).__globals__)  # noqa: S307 our own source
    except NameError:
        return Any


def _fits(value: Any, hint: Any) -> bool:
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return any(_fits(value, one) for one in inner)
    if origin is Literal:  # which words are allowed, the function says better
        return value in inner or (isinstance(value, str) and any(isinstance(one, str) for one in inner))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return isinstance(value, Mapping) and all(_fits(k, inner[0]) and _fits(v, inner[1]) for k, v in value.items())
    if origin is tuple:
        same = isinstance(value, tuple | list) and (len(value) == len(inner) or Ellipsis in inner)
        return same and all(_fits(one, inner[0] if Ellipsis in inner else of) for one, of in zip(value, inner))  # noqa: B905
    if isinstance(origin, type) and issubclass(origin, Sequence):
        if isinstance(value, str | bytes | os.PathLike):  # one alone
            return _fits(value, inner[0])
        return (isinstance(value, Sequence) or hasattr(value, "__array__")) and all(
            _fits(one, inner[0]) for one in value
        )
    if origin is Callable:
        return callable(value)
    return hint is Any or not isinstance(hint, type) or _is(value, hint)


def _is(value: Any, of: type) -> bool:
    if of in (int, float):
        return isinstance(value, Integral if of is int else Real) and not isinstance(value, bool)
    if of is bool:
        return isinstance(value, bool) or type(value).__name__ == "bool"
    if of is dt.date:
        return isinstance(value, dt.date) and not isinstance(value, dt.datetime)
    if of is Path:
        return isinstance(value, os.PathLike)
    if getattr(of, "_is_protocol", False):
        return all(hasattr(value, name) for name in vars(of) if not name.startswith("_"))
    return isinstance(value, of)


def _problem(name: str, value: Any, hint: Any) -> Problem:
    shown = repr(value)
    shown = shown if len(shown) <= LONGEST else f"{shown[:LONGEST]}…"
    return Problem(message="is not of the right type", key=name, found=shown, allowed=_words(hint))


def _words(hint: Any) -> str:
    """What is allowed, for a reader: `a whole number or None`."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        *most, last = dict.fromkeys(_words(one) for one in inner)
        return f"{', '.join(most)} or {last}" if most else last
    if origin is Literal:
        return " or ".join(repr(one) for one in inner)
    if origin is tuple:
        return f"({', '.join(_words(one) for one in inner if one is not Ellipsis)})"
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return "a dict of names" + ("" if inner[1] is Any else f", each with {_words(inner[1])}")
    if isinstance(origin, type) and issubclass(origin, Sequence):
        return f"a list, each {_words(inner[0])}"
    if origin is Callable:
        return "a function"
    if hint in WORDS:
        return WORDS[hint]
    return f"{'an' if hint.__name__[0] in 'AEIOU' else 'a'} {hint.__name__}" if isinstance(hint, type) else "anything"
