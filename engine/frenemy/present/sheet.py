"""A picture on a sheet: a title that states a result, panels, a caption, the source and a footer.

Everything is laid out in inches from measured text, so that nothing overlaps at any width. A `Picture` is data: its
text, the room it needs at a given width, and the function that draws its panels.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Concatenate, Generic, NamedTuple, ParamSpec

from frenemy.model.describe.wording import counted
from frenemy.model.experiment import Experiment
from frenemy.model.resolved import Model
from frenemy.present.labels import MARGIN
from frenemy.present.style import INK, MUTED, SMALL, balanced, styled, wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "NARROW",
    "WIDE",
    "Layout",
    "Panels",
    "Picture",
    "PictureText",
    "Plot",
    "Sheet",
    "all_numbers",
    "averaged",
    "futures_text",
    "other_numbers",
    "panel_width",
    "panels",
    "panels_in",
    "panels_only",
    "plot",
    "run_footer",
    "sheet",
    "source_line",
]

P = ParamSpec("P")

WORDS = "words"
"""Begins the identifier of what is not part of the panels."""
WIDE = 9.0
"""Inches: a page, a slide, a desktop browser."""
NARROW = 4.0
"""Inches: a telephone held upright."""

LEADING = 1.32
TITLE, SUBTITLE = 14.0, 9.5


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureText:
    """The words of a picture."""

    title: str  # one sentence: what the picture shows
    subtitle: str  # what is drawn, in which unit
    caption: str  # how to read it, in frequencies
    source: str
    alt: str  # the same for those who cannot see it


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Room for the panels, in inches: a grid of rows and columns and the margins around it."""

    heights: tuple[float, ...]
    columns: tuple[float, ...] = (1.0,)  # relative widths
    left: float = 0.48
    right: float = 0.1
    top: float = 0.12
    bottom: float = 0.3
    across: float = 0.3
    down: tuple[float, ...] = (0.3,)  # gaps between rows, repeated as needed

    def gap(self, row: int) -> float:
        """Inches below a row."""
        return self.down[row % len(self.down)]

    def height(self) -> float:
        """Height of the panels with their margins."""
        return self.top + sum(self.heights) + sum(self.gap(n) for n in range(len(self.heights) - 1)) + self.bottom


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One picture, ready to be drawn at any width (inches)."""

    name: str  # stem of its files
    text: PictureText
    layout: Callable[[float], Layout]
    draw: Callable[[Sequence[Axes]], object]


def run_footer(run: Experiment, size: str) -> str:
    """The footer of a picture: how much was simulated, the seed, the span of time."""
    return f"Frenemy · {size} · seed {run.seed} · {run.start} to {run.end} in {run.tick}-day ticks"


def source_line(model: Model, run: Experiment, *further: str) -> str:
    """The source of the numbers of a picture; `further` adds to it."""
    return "; ".join([f"Source: simulation of the model “{model.title}”, experiment “{run.title}”", *further]) + "."


def other_numbers(run: Experiment) -> str:
    """What the numbers that a study does not move are at: for a caption or a source."""
    draws = run.uncertainty.draws
    return f"means over {draws:,} draws of all other uncertain numbers" if draws else "other numbers at their medians"


def all_numbers(draws: int) -> str:
    """Over what a study with so many draws averages: for a source."""
    return f"means over {draws:,} draws of the uncertain numbers" if draws else "uncertain numbers at their medians"


def futures_text(run: Experiment, noun: str = "future") -> str:
    """`256 draws × 64 futures`, or `10,000 futures`: how many were simulated."""
    outer = run.uncertainty
    return f"{counted(outer.draws, 'draw')} × {counted(outer.paths, noun)}" if outer.draws else counted(run.paths, noun)


def averaged(run: Experiment) -> str:
    """Over what the odds are averaged, as a sentence."""
    if not run.uncertainty.draws:
        return "Every uncertain number is at its median."
    return f"Odds are means over {run.uncertainty.draws:,} draws of the uncertain numbers and over chance."


def panels(layout: Layout, width: float) -> list[Axes]:
    """Empty axes in a new figure, row by row."""
    with styled():
        figure = _figure(width, layout.height())
        return _grid(figure, layout, 0.0)


@styled()
def panels_only(picture: Picture, width: float = WIDE) -> Figure:
    """The panels alone, for a page with its own text."""
    layout = picture.layout(width)
    figure = _figure(width, layout.height())
    figure.patch.set_alpha(0.0)
    picture.draw(_grid(figure, layout, 0.0))
    return figure


class Panels(NamedTuple):
    """The panels of a picture as SVG, for a wide page and, where they were drawn, for a narrow one."""

    wide: str
    narrow: str = ""


class Sheet(NamedTuple):
    """A whole picture, and where its panels lie in it."""

    figure: Figure
    top: float  # inches above the panels
    height: float  # of the panels, inches


@styled()
def sheet(picture: Picture, footer: str, width: float = WIDE) -> Sheet:
    """The whole picture: title, subtitle, panels, caption, source and footer."""
    layout, words, room = picture.layout(width), picture.text, width - 2 * MARGIN
    shrink = 0.85 if width < 6 else 1.0
    above = [(words.title, TITLE * shrink, "bold", INK), (words.subtitle, SUBTITLE * shrink, "normal", MUTED)]
    below = [
        (words.caption, SMALL, "normal", INK),
        (words.source, SMALL, "normal", MUTED),
        (footer, SMALL, "normal", MUTED),
    ]
    head = _set(above, room)
    foot = _set(below, room)
    top, bottom = MARGIN + _depth(head), MARGIN + _depth(foot)
    figure = _figure(width, top + layout.height() + bottom)
    figure.patch.set_gid(f"{WORDS}-paper")
    picture.draw(_grid(figure, layout, top))
    _print(figure, head, MARGIN, "head")
    _print(figure, foot, top + layout.height() + 0.04, "foot")
    return Sheet(figure, top, layout.height())


def panels_in(svg: str, drawn: Sheet) -> str:
    """The panels alone, of a sheet that has been drawn as SVG: without its words, cut to the panels.

    The words are drawn last, so that no glyph of the panels is defined in them.
    """
    kept, place = [], 0
    while (start := svg.find(f'<g id="{WORDS}-', place)) >= 0:
        kept.append(svg[place:start])
        place = _end_of_group(svg, start)
    svg = "".join([*kept, svg[place:]])
    width, height = (72 * inches for inches in (drawn.figure.get_figwidth(), drawn.height))
    opening = f'width="{width:g}pt" height="{height:g}pt" viewBox="0 {72 * drawn.top:g} {width:g} {height:g}"'
    return re.sub(r'width="[\d.]+pt" height="[\d.]+pt" viewBox="[^"]+"', opening, svg, count=1)


def _end_of_group(svg: str, start: int) -> int:
    """The place after the end of the group that begins there."""
    depth, place = 0, start
    for tag in re.finditer(r"<g\b[^>]*>|</g>\s*", svg[start:]):
        depth += -1 if tag[0].startswith("</") else 0 if tag[0].endswith("/>") else 1
        place = start + tag.end()
        if not depth:
            break
    return place


class Plot(Generic[P]):
    """A kind of picture: its layout, its text, and how its panels are drawn. Made by `plot`."""

    def __init__(
        self,
        draw: Callable[Concatenate[Sequence[Axes], P], object],
        name: str | Callable[..., str],
        layout: Callable[Concatenate[float, P], Layout],
        text: Callable[P, PictureText],
    ) -> None:
        self._draw, self._name, self._layout, self._text = draw, name, layout, text
        self.__doc__ = draw.__doc__

    def on(self, axes: Sequence[Axes] | None, *found: P.args, **options: P.kwargs) -> Sequence[Axes]:
        """Draw on these axes, one for each panel, or on those of a new figure, and return them."""
        with styled():
            if axes is None:
                axes = panels(self._layout(WIDE, *found, **options), WIDE)
            self._draw(axes, *found, **options)
            return axes

    def on_one(self, ax: Axes | None, *found: P.args, **options: P.kwargs) -> Axes:
        """The same for a picture with a single panel."""
        return self.on(None if ax is None else [ax], *found, **options)[0]

    def picture(self, *found: P.args, **options: P.kwargs) -> Picture:
        """The picture, ready to be drawn at any width."""
        return Picture(
            name=self._name if isinstance(self._name, str) else self._name(*found, **options),
            text=self._text(*found, **options),
            layout=lambda width: self._layout(width, *found, **options),
            draw=lambda axes: self.on(axes, *found, **options),
        )


def plot(
    *, name: str | Callable[..., str], layout: Callable[Concatenate[float, P], Layout], text: Callable[P, PictureText]
) -> Callable[[Callable[Concatenate[Sequence[Axes], P], object]], Plot[P]]:
    """Make a function that draws (axes, found) a kind of picture.

    `layout` takes a width in inches and the findings, `text` the findings; `name` is the stem of the files.
    """
    return lambda draw: Plot(draw, name, layout, text)


Block = tuple[list[str], float, str, str]


def _set(paragraphs: list[tuple[str, float, str, str]], room: float) -> list[Block]:
    return [
        ((balanced if weight == "bold" else wrap)(text, room, size, weight), size, weight, colour)
        for text, size, weight, colour in paragraphs
        if text
    ]


def _depth(blocks: list[Block]) -> float:
    return sum(len(lines) * size * LEADING / 72 + 0.05 for lines, size, _, _ in blocks)


def _print(figure: Figure, blocks: list[Block], top: float, where: str) -> None:
    width, height = figure.get_size_inches()
    number = 0
    for lines, size, weight, colour in blocks:
        for line in lines:
            number += 1
            figure.text(
                MARGIN / width, 1 - top / height, line, size=size, weight=weight, color=colour, va="top",
                gid=f"{WORDS}-{where}-{number}",
            )  # fmt: skip
            top += size * LEADING / 72
        top += 0.05


def _figure(width: float, height: float) -> Figure:
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), dpi=100)


def _grid(figure: Figure, layout: Layout, top: float) -> list[Axes]:
    width, height = figure.get_size_inches()
    left = MARGIN + layout.left
    room = width - left - layout.right - MARGIN - layout.across * (len(layout.columns) - 1)
    axes, y = [], top + layout.top
    for n, row in enumerate(layout.heights):
        x = left
        for share in layout.columns:
            span = room * share / sum(layout.columns)
            axes.append(figure.add_axes((x / width, 1 - (y + row) / height, span / width, row / height)))
            x += span + layout.across
        y += row + layout.gap(n)
    return axes


def panel_width(layout: Layout, width: float) -> float:
    """Width of the first column of panels in inches."""
    room = width - 2 * MARGIN - layout.left - layout.right - layout.across * (len(layout.columns) - 1)
    return room * layout.columns[0] / sum(layout.columns)
