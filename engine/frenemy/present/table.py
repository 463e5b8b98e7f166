"""A table of findings is declared once: its columns with their formats give the CSV file and the plain data.

    CAUSES = Columns(date=TEXT, trigger=TEXT, necessity=PROBABILITY, necessity_se=PROBABILITY)
    CAUSES.csv(rows)    # rows: values in the order of the columns, not yet formatted
    CAUSES.records(rows)    # the same rows as plain data; what is not known is absent

A `Grid` is a table for people: its cells are words. The terminal, the report and the notebook show the same one.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.text import Text

from frenemy.runtime.visible import visible

if TYPE_CHECKING:
    from rich.table import Table

__all__ = [
    "COUNT", "DAYS", "EXACT", "INDEX", "PROBABILITY", "SIGNIFICANT", "TEXT", "YES_NO", "Cell", "Columns", "Format",
    "Grid", "decimals", "fixed", "significant_digits", "spreadsheet_text",
]  # fmt: skip

BATCH = 4096
"""Rows written at a time."""
Row = Sequence[Any]
Format = Callable[[Any], str]
"""How a file writes a value."""
Cell = str | Text
FORMULA = re.compile(r"((?:^|[;\t\n])[ \t]*)(?=[=+@＝＋－＠-])")
"""What begins a formula."""
NUMBER = re.compile(r"[+-]?[0-9.,]+(?:e[+-]?[0-9]+)?")


def fixed(value: float, places: int) -> str:
    """A fixed number of decimals, no minus before a zero, nothing for NaN."""
    if math.isnan(value):
        return ""
    text = f"{value:.{places}f}"
    return text.removeprefix("-") if float(text) == 0 else text


def decimals(places: int) -> Format:
    """So many decimals; nothing for NaN or None."""
    return lambda value: "" if value is None else fixed(float(value), places)


def significant_digits(digits: int) -> Format:
    """So many significant digits; nothing for NaN or None."""
    return lambda value: "" if value is None or math.isnan(value) else f"{value:.{digits}g}"


def _text(value: Any) -> str:
    return "" if value is None else spreadsheet_text(str(value))


def _count(value: Any) -> str:
    return "" if value is None else str(value)


def spreadsheet_text(text: str) -> str:
    """Text of which a spreadsheet makes no formula, also where it takes a semicolon as the end of a cell."""
    if NUMBER.fullmatch(text):
        return text
    return FORMULA.sub(r"\1'", visible(text))


def _exact(value: float) -> str:
    return repr(float(value))


def _yes_no(value: Any) -> str:
    return "" if value is None else "yes" if value else "no"


TEXT: Format = _text
"""Names and dates."""
COUNT: Format = _count
"""Whole numbers."""
YES_NO: Format = _yes_no
PROBABILITY: Format = decimals(6)
"""Probabilities, shares and their errors."""
INDEX: Format = decimals(3)
"""Index points of a driver."""
DAYS: Format = decimals(0)
EXACT: Format = _exact
"""Numbers that must be the same again when they are read: as many digits as that takes."""
SIGNIFICANT: Format = significant_digits(6)
"""Numbers of the model, as they would stand in its files."""


class Columns:
    """The columns of a table, in order, each with how a file writes its values. Rows hold values in the same order."""

    def __init__(self, columns: dict[str, Format] | None = None, /, **more: Format) -> None:
        self.formats = {**(columns or {}), **more}

    def __or__(self, other: Columns) -> Columns:
        return Columns(self.formats | other.formats)

    def csv(self, rows: Iterable[Row]) -> str:
        """A header and a line for each row; the same rows give the same bytes. Lines end in a line feed."""
        buffer = io.StringIO()
        writer = csv.writer(buffer, lineterminator="\n")
        writer.writerow(self.formats)
        left = iter(rows)
        while batch := list(islice(left, BATCH)):
            columns = zip(self.formats.values(), zip(*batch, strict=True), strict=True)
            writer.writerows(zip(*(_written(write, column) for write, column in columns), strict=True))
        return buffer.getvalue()

    def records(self, rows: Iterable[Row]) -> list[dict[str, Any]]:
        """A dict for each row, ready for JSON: plain Python values, dates as text, without what is None or NaN."""
        return [dict(self._known(row)) for row in rows]

    def _known(self, row: Row) -> Iterator[tuple[str, Any]]:
        for name, value in zip(self.formats, row, strict=True):
            plain = value.item() if isinstance(value, np.generic) and not isinstance(value, np.datetime64) else value
            if plain is None or (isinstance(plain, float) and math.isnan(plain)):
                continue
            yield name, plain if isinstance(plain, bool | int | float | str) else str(plain)


def _written(write: Format, values: Row) -> list[str]:
    """The values of a column as a file writes them; what repeats is written once, unless nothing is likely to."""
    if write is EXACT:
        return list(map(write, values))
    known: dict[Any, str] = {}
    texts = []
    for value in values:
        repeats = type(value) is str or (type(value) is float and value != 0)
        if not repeats:
            texts.append(write(value))
        elif value in known:
            texts.append(known[value])
        else:
            texts.append(known.setdefault(value, write(value)))
    return texts


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """A table of words for people. The first cell of each row names it; columns of numbers stand to the right."""

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    left: frozenset[int] = field(default=frozenset({0}))
    """Columns of words, by position."""
    folded: bool = False
    """Whether long cells may be broken, where the terminal is narrow."""

    def rich(self, *, title: bool = False) -> Table:
        """The table for a terminal, with its caption above where `title` is set."""
        from rich.table import Table

        table = Table(
            title=self.caption if title else None, title_justify="left", title_style="bold", box=None, pad_edge=False,
            padding=(0, 2, 0, 0), header_style="dim", show_header=any(self.header),
        )  # fmt: skip
        for n, head in enumerate(self.header):
            words = n in self.left
            whole = not words and not self.folded
            table.add_column(head, justify="left" if words else "right", no_wrap=whole, overflow="fold")
        for row in self.rows:
            table.add_row(*(cell if isinstance(cell, Text) else Text(cell) for cell in row))
        return table

    def plain(self) -> tuple[tuple[str, ...], ...]:
        """The rows as texts without colour, for a page."""
        return tuple(tuple(str(cell).removeprefix("■ ") for cell in row) for row in self.rows)
