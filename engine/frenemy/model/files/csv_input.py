"""CSV files: columns of dates and numbers, with the line of each row for messages."""

from __future__ import annotations

import csv
import datetime as dt
import difflib
import io
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from frenemy.errors import InputError, Problem
from frenemy.model.files.toml_source import display_path
from frenemy.storage.regular_file import decode, read_bytes

__all__ = ["EMPTY", "THOUSANDS", "CsvTable", "a_count", "a_date", "a_number", "dates", "read_table"]

T = TypeVar("T")
PARTIAL_DATE = re.compile(r"([0-9]{4})(?:-([0-9]{1,2})(?:-([0-9]{1,2}))?)?(?:[T ][0-9]{1,2}:[0-9]{2}\S*)?")
DAY_FIRST = re.compile(r"([0-9]{1,2})\.? ([A-Za-z]{3,9})\.?,? ([0-9]{4})")
MONTH_FIRST = re.compile(r"([A-Za-z]{3,9})\.? ([0-9]{1,2}),? ([0-9]{4})")
MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
DECIMAL_COMMA = re.compile(r"[+-]?(?:[0-9]*|[1-9][0-9]{0,2}(?:\.[0-9]{3})+),[0-9]+")
MOST = 1e100
"""A larger number is treated as a mistake."""
THOUSANDS = re.compile(r"[+-]?[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]+)?")
POINTED_THOUSANDS = re.compile(r"[+-]?[1-9][0-9]{0,2}(?:\.[0-9]{3})+")
WHOLE = re.compile(r"[+-]?[0-9]+")
SEPARATOR = re.compile(r"sep=([,;\t])\r?\n", re.IGNORECASE)
EMPTY = frozenset({"", "na", "nan", "n/a", "n.a.", "#n/a", ".", "..", "…", "-", "–", "—", "null", "none"})
"""What stands for a value that is not there."""
DELIMITERS = ",;\t"
MAX_PROBLEMS_PER_COLUMN = 20
"""Problems reported for one column."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvTable:
    """The rows of one CSV file. `label` is its name in messages; `lines` has the line of each row."""

    label: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]

    def place(self, column: str, key: str) -> int:
        """The position of a column; capitals matter only where two names differ by nothing else.

        Raises InputError if there is none, `key` naming who asked for it.
        """
        if column in self.header:
            return self.header.index(column)
        alike = [n for n, name in enumerate(self.header) if name.casefold() == column.casefold()]
        if len(alike) == 1:
            return alike[0]
        allowed = ", ".join(self.header)
        if column == "date" and key == "--date":  # nobody asked for this name
            message = "which column has the dates?"
            raise InputError([Problem(message=message, file=self.label, key=key, allowed=allowed)])
        close = difflib.get_close_matches(column, self.header, n=1)
        problem = Problem(
            message="no such column", file=self.label, key=key, found=column, allowed=allowed, suggestion="".join(close)
        )
        raise InputError([problem])

    def texts(self, column: str, key: str = "--column") -> tuple[str, ...]:
        """A column as written, without the blanks around each cell."""
        place = self.place(column, key)
        return tuple(row[place] for row in self.rows)

    def read(self, column: str, reader: Callable[[str], T], key: str = "--column") -> tuple[T | None, ...]:
        """A column with each cell read, None where it is empty. Raises InputError with every wrong cell."""
        values: list[T | None] = []
        problems = []
        for text, line in zip(self.texts(column, key), self.lines, strict=True):
            try:
                values.append(None if text.lower() in EMPTY else reader(text))
            except ValueError as error:
                allowed = str(error.args[1]) if len(error.args) > 1 else ""
                message = str(error.args[0])
                problem = Problem(message=message, file=self.label, line=line, key=column, found=text, allowed=allowed)
                problems.append(problem)
        if problems:
            raise InputError(problems[:MAX_PROBLEMS_PER_COLUMN])
        return tuple(values)

    def where(self, column: str, value: str) -> CsvTable:
        """Only the rows with this value in a column. Raises InputError if there are none."""
        texts = self.texts(column, "--where")
        kept = [n for n, text in enumerate(texts) if text == value]
        if not kept:
            some = ", ".join(sorted(set(texts))[:8])
            message = f"no row has this value in {column}"
            raise InputError([Problem(message=message, file=self.label, key="--where", found=value, allowed=some)])
        return replace(self, rows=tuple(self.rows[n] for n in kept), lines=tuple(self.lines[n] for n in kept))


def read_table(path: Path) -> CsvTable:
    """Read a CSV file with a header. Raises InputError if it cannot be read or rows do not fit the header."""
    label = display_path(path)
    text, skipped = _after_comments(decode(read_bytes(path, label), label))
    delimiter = max(DELIMITERS, key=text.partition("\n")[0].count)
    if stated := SEPARATOR.match(text):  # as Excel writes and reads it
        delimiter, text, skipped = stated[1], text[stated.end() :], skipped + 1
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        numbered = [(tuple(cell.strip() for cell in row), reader.line_num + skipped) for row in reader]
    except csv.Error as error:
        raise InputError([Problem(message=f"not a CSV file: {error}", file=label)]) from None
    filled = [(row, line) for row, line in numbered if any(row)]
    if not filled:
        raise InputError([Problem(message="an empty file", file=label, allowed="a CSV file with a header")])
    width = max(n + 1 for row, _ in filled for n, cell in enumerate(row) if cell)  # spreadsheets add empty columns
    filled = [(row[:width], line) for row, line in filled]
    header = filled[0][0]
    problems = [
        Problem(message=f"{len(row)} cells, but the header has {len(header)}", file=label, line=line)
        for row, line in filled[1:]
        if len(row) != len(header)
    ]
    twice = sorted({name for name in header if header.count(name) > 1})
    problems += [Problem(message="two columns of the same name", file=label, line=1, found=name) for name in twice]
    if len(filled) == 1:
        problems.append(Problem(message="a header without rows", file=label))
    if problems:
        raise InputError(problems[:MAX_PROBLEMS_PER_COLUMN])
    rows, lines = zip(*filled[1:], strict=True)
    table = CsvTable(label=label, header=header, rows=rows, lines=lines)
    return _without_points(table) if delimiter == ";" else table


def _without_points(table: CsvTable) -> CsvTable:
    """A table with a semicolon between its cells, with 1.063 as 1063 if it has decimal commas.

    Raises InputError where it has none and a column holds only whole numbers and such as 1.063, which could be either.
    """
    if any(DECIMAL_COMMA.fullmatch(cell) for row in table.rows for cell in row):
        plain = (tuple(cell.replace(".", "") if _is_pointed(cell) else cell for cell in row) for row in table.rows)
        return replace(table, rows=tuple(plain))
    unclear = [
        Problem(message="may be thousands or a decimal point", file=table.label, line=line, key=name, found=cell)
        for name, column in zip(table.header, zip(*table.rows, strict=True), strict=True)
        if all(_is_pointed(cell) or WHOLE.fullmatch(cell) or cell.lower() in EMPTY for cell in column)
        for cell, line in zip(column, table.lines, strict=True)
        if _is_pointed(cell)
    ]
    if unclear:
        raise InputError(unclear[:MAX_PROBLEMS_PER_COLUMN])
    return table


def _is_pointed(cell: str) -> bool:
    return POINTED_THOUSANDS.fullmatch(cell) is not None


def _after_comments(text: str) -> tuple[str, int]:
    """The text from its header on, and how many lines stand before it: blank ones, and comments that begin with #."""
    lines = text.splitlines(keepends=True)
    before = next((n for n, line in enumerate(lines) if line.strip(" \t\r\n,;") and not line.startswith("#")), 0)
    return "".join(lines[before:]), before


def a_date(text: str) -> dt.date:
    """A date, or the first day of a month or a year. Raises ValueError, with what is allowed as second argument."""
    allowed = "2025-03-04, 2025-03, 2025 or 4 March 2025"
    if match := PARTIAL_DATE.fullmatch(text):
        year, month, day = int(match[1]), int(match[2] or 1), int(match[3] or 1)
    elif match := DAY_FIRST.fullmatch(text):
        year, month, day = int(match[3]), _month(match[2]), int(match[1])
    elif match := MONTH_FIRST.fullmatch(text):
        year, month, day = int(match[3]), _month(match[1]), int(match[2])
    else:
        raise ValueError("not a date", allowed)
    try:
        return dt.date(year, month, day)
    except ValueError:
        raise ValueError("no such date", allowed) from None


def _month(name: str) -> int:
    """The number of an English month, in full or by three letters or more; 0 if there is none."""
    return next((n + 1 for n, month in enumerate(MONTHS) if month.startswith(name.lower())), 0)


def a_number(text: str) -> float:
    """A finite number, with a decimal point or comma. Raises ValueError, with what is allowed as second argument."""
    text = text.replace("\u2212", "-").strip()  # the minus of typography
    if THOUSANDS.fullmatch(text) and "." in text:  # it has one meaning
        text = text.replace(",", "")
    if THOUSANDS.fullmatch(text):
        plain = text.replace(",", "")
        raise ValueError("may be thousands or a decimal comma", f"{plain} or {text.replace(',', '.', 1)}")
    if DECIMAL_COMMA.fullmatch(text):
        text = text.replace(".", "").replace(",", ".")
    endless = text.lower().lstrip("+-") in {"inf", "infinity"}
    if not (endless or NUMBER.fullmatch(text)):
        raise ValueError("not a number", "a number such as 0.35")
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("not a finite number", "a number such as 0.35")
    if abs(value) > MOST:  # its square must be a number too
        raise ValueError("too large", f"at most {MOST:g}, above 0 or below")
    return value


def a_count(text: str) -> int:
    """A whole number of at least 0. Raises ValueError, with what is allowed as second argument."""
    value = a_number(text)
    if value < 0 or value != int(value) or value > 1e9:
        raise ValueError("not a count", "a whole number such as 3")
    return int(value)


def dates(table: CsvTable, column: str, key: str = "--date") -> Sequence[dt.date]:
    """A column of dates without gaps. Raises InputError with every cell that is empty or wrong."""
    found = table.read(column, a_date, key)
    problems = [
        Problem(message="a date is missing", file=table.label, line=line, key=column)
        for date, line in zip(found, table.lines, strict=True)
        if date is None
    ]
    if problems:
        raise InputError(problems[:MAX_PROBLEMS_PER_COLUMN])
    return [date for date in found if date is not None]
