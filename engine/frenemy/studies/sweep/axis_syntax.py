"""The syntax for the values of a number on the command line and in Python: `0.01..0.3:13:own`, `0.02,0.06`, a list."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from frenemy.errors import InputError, Problem
from frenemy.model.experiment import Axis
from frenemy.model.resolved import Number
from frenemy.model.specs.base import findings_of, toml_text
from frenemy.model.specs.sweep import DEFAULT_POINTS, AxisSpec, axis, spread_out

__all__ = ["check_keys", "read_axis"]

FORMS = "KEY, KEY=0.01..0.3, KEY=0.01..0.3:13, KEY=0.01..0.3:13:own, KEY=0.02,0.06 or KEY=26w..52w:5"
OPTION = "--over"
ELICITED = (0.05, 0.95)
"""Points of its distribution between which a number varies by default."""


def read_axis(key: str, values: Sequence[float | str] | str, numbers: Mapping[str, Number]) -> Axis:
    """A number and its values: a list, or text; empty text means the middle 90 % of its elicited range.

    `numbers`: all numbers of the model and the experiment, by key. Raises InputError.
    """
    if key not in numbers:
        raise InputError([replace(_missing(key, numbers), key=key, file=OPTION)])
    if isinstance(values, str) and not values.strip():
        return _elicited(key, numbers[key])
    table = {"key": key, **(_table(key, values) if isinstance(values, str) else {"values": [*values]})}
    try:
        return axis(AxisSpec.model_validate(table))
    except ValidationError as error:
        problems = [
            Problem(message=f.message, file=OPTION, key=key, found=f.found, allowed=f.allowed, suggestion=f.suggestion)
            for f in findings_of(error)
        ]
        raise InputError(problems) from None


def check_keys(axes: Sequence[Axis], numbers: Mapping[str, Number]) -> tuple[Problem, ...]:
    """The keys of a file's `[sweep]` that name no number, as problems."""
    return tuple(
        replace(_missing(axis.key, numbers), key=f"sweep.over[{n}].key", found=toml_text(axis.key))
        for n, axis in enumerate(axes, 1)
        if axis.key not in numbers
    )


def _missing(name: str, numbers: Mapping[str, Number]) -> Problem:
    close = "".join(difflib.get_close_matches(name, numbers, n=1))
    allowed = "" if close else "the key of a number, such as drivers.trust.start"
    return Problem(message="names no number of the model", allowed=allowed, suggestion=close)


def _elicited(key: str, number: Number) -> Axis:
    low, high = (number, number) if isinstance(number, float) else (number.quantile(share) for share in ELICITED)
    if not low < high:
        message = "has no range of its own, so give its values"
        raise InputError([Problem(message=message, file=OPTION, key=key, found=f"{low:g}", allowed=FORMS)])
    low, high = float(f"{low:.6g}"), float(f"{high:.6g}")
    return Axis(key=key, values=spread_out(key, (low, high), DEFAULT_POINTS, "own"), spacing="own")


def _table(key: str, text: str) -> dict[str, Any]:
    """`26w..52w:5:own` as the keys of an item of `over`."""
    values, *how = (part.strip() for part in text.split(":"))
    low, dots, high = values.partition("..")
    if not dots:
        if how[1:] or (how and how[0] not in ("linear", "own")):
            raise _not_understood(key, text)
        listed = {"values": [_scalar(value) for value in values.split(",")]}
        return {**listed, "spacing": how[0]} if how else listed
    table: dict[str, Any] = {"from": _scalar(low), "to": _scalar(high)}
    for part in how:
        if part.isdecimal() and "points" not in table:
            table["points"] = int(part)
        elif part in ("linear", "own") and "spacing" not in table:
            table["spacing"] = part
        else:
            raise _not_understood(key, text)
    return table


def _scalar(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text.strip()


def _not_understood(key: str, text: str) -> InputError:
    return InputError([Problem(message="not understood", file=OPTION, key=key, found=text, allowed=FORMS)])
