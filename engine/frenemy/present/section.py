"""A section of a report, or a page of its own for a notebook: words, pictures and tables of one question."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rich.text import Text

from frenemy.present.sheet import WIDE, Picture, sheet
from frenemy.present.style import save_png, save_svg
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
) -> tuple[Path, ...]:
    """Write pictures as PNG and SVG into a new folder; the same pictures give the same bytes.

    `step` is called with 1 after each picture. Returns the files in the order written.
    """
    folder.mkdir()
    files = []
    for picture in pictures:
        figure = sheet(picture, footer, WIDE)
        for suffix, save in ((".png", save_png), (".svg", save_svg)):
            files.append(folder / f"{picture.name}{suffix}")
            save(figure, files[-1])
        step(1)
    return tuple(files)


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
