"""CSV with the same bytes each time."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Sequence

__all__ = ["Cells", "csv_text", "fixed"]


Cells = Sequence[str]


def fixed(value: float, decimals: int) -> str:
    """A fixed number of decimals, no minus before a zero, nothing for NaN."""
    if math.isnan(value):
        return ""
    text = f"{value:.{decimals}f}"
    return text.removeprefix("-") if float(text) == 0 else text


def csv_text(header: Cells, rows: Iterable[Cells]) -> str:
    """A table as CSV: a header and rows of texts."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return buffer.getvalue()
