"""A section of a report, or a page of its own for a notebook: words, pictures and tables of one question."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from rich.text import Text

from frenemy.present.sheet import NARROW, WIDE, Panels, Picture, panels_in, panels_only, sheet
from frenemy.present.style import png_bytes, svg_text
from frenemy.present.table import Cell, Grid
from frenemy.runtime.forks import forked_map

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


class _Drawn(NamedTuple):
    """A picture, as files hold it, and its panels alone."""

    png: bytes
    svg: str
    panels: Panels


def draw_pictures(
    pictures: Iterable[Picture],
    folder: Path,
    footer: str,
    step: Callable[[int], object] = int,
    *,
    narrow: bool = False,
) -> Mapping[str, Panels]:
    """Write pictures as PNG and SVG into a new folder; the same pictures give the same bytes.

    `step` is called with 1 after each picture. Returns the panels alone, by the name of the picture; with `narrow` also
    drawn for a narrow page.
    """
    folder.mkdir()
    found, every = {}, list(pictures)

    def draw(picture: Picture) -> _Drawn:
        drawn = sheet(picture, footer, WIDE)
        svg = svg_text(drawn.figure)
        panels = Panels(panels_in(svg, drawn), svg_text(panels_only(picture, NARROW)) if narrow else "")
        return _Drawn(png_bytes(drawn.figure), svg, panels)

    for picture, drawn in zip(every, forked_map(draw, every), strict=True):
        (folder / f"{picture.name}.png").write_bytes(drawn.png)
        (folder / f"{picture.name}.svg").write_text(drawn.svg, encoding="utf-8", newline="\n")
        found[picture.name] = drawn.panels
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
