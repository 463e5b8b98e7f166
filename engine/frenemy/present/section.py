"""A section of a report, or a page of its own for a notebook: words, pictures and tables of one question."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rich.text import Text

from frenemy.present.sheet import WIDE, Picture, panels_in, sheet
from frenemy.present.style import save_png, svg_text
from frenemy.present.table import Cell, Grid

__all__ = ["Grid", "Section", "as_html", "draw_pictures", "table_html"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A section; its `name` is unique in a report, in letters and underscores."""

    name: str
    title: str
    paragraphs: tuple[str, ...]
    pictures: tuple[Picture, ...]
    tables: tuple[Grid, ...]
    files: Mapping[str, str] = field(default_factory=dict)  # its tables as CSV, by file name
    headline: str = ""  # the title of a report for which it speaks: it then comes first


def draw_pictures(
    pictures: Iterable[Picture], folder: Path, footer: str, step: Callable[[int], object] = int
) -> Mapping[str, str]:
    """Write pictures as PNG and SVG into a new folder; the same pictures give the same bytes.

    `step` is called with 1 after each picture. Returns the panels alone as SVG, by the name of the picture.
    """
    folder.mkdir()
    found = {}
    for picture in pictures:
        drawn = sheet(picture, footer, WIDE)
        save_png(drawn.figure, folder / f"{picture.name}.png")
        text = svg_text(drawn.figure)
        (folder / f"{picture.name}.svg").write_text(text, encoding="utf-8", newline="\n")
        found[picture.name] = panels_in(text, drawn)
        step(1)
    return found


def as_html(section: Section) -> str:
    """Words and tables for a notebook."""
    parts = [f"<strong>{html.escape(section.title)}</strong>", *map(table_html, section.tables)]
    parts += [f"<p><small>{html.escape(text)}</small></p>" for text in section.paragraphs]
    return f"<div>{''.join(parts)}</div>"


def table_html(grid: Grid) -> str:
    """A table for a notebook, with the colour of its first cells."""
    caption = f"<caption>{html.escape(grid.caption)}</caption>" if grid.caption else ""
    head = "".join(f"<th>{html.escape(cell)}</th>" for cell in grid.header)
    body = "".join(f"<tr>{''.join(map(_cell_html, row))}</tr>" for row in grid.rows)
    return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell_html(cell: Cell) -> str:
    text = html.escape(str(cell))
    if isinstance(cell, Text) and text.startswith("■") and cell.spans:
        text = f'<span style="color:{cell.spans[0].style}">■</span>{text[1:]}'
    return f"<td>{text}</td>"
