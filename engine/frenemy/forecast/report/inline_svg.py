"""Pictures inside a page: SVG that uses the page's colours, shares its glyphs and fits its width."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from frenemy.forecast.plots.drivers import POOLED
from frenemy.model.resolved import Model
from frenemy.present.sheet import NARROW, WIDE, Panels, Picture, PictureText, panels_only
from frenemy.present.style import HAIR, INK, MUTED, PAPER, legible, svg_text

__all__ = ["DARK", "Drawing", "drawings", "letters", "palette"]

DARK = {"ink": "#e8eaed", "muted": "#a9b2bc", "hair": "#3a424c", "paper": "#14181d", "pooled": "#a3b1bf"}
"""The page's colours in dark mode; a scenario's text colour is derived from its own."""
_GLYPH = re.compile(r'<path id="(DejaVuSans[^"]*)"[^>]*/>\s*|<path id="(DejaVuSans[^"]*)".*?</path>\s*', re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A picture for a page: its words, and its panels at two widths as SVG elements."""

    name: str
    words: PictureText
    wide: str
    narrow: str


def palette(model: Model) -> Mapping[str, tuple[str, str, str]]:
    """Name -> (colour in the pictures, in light mode, in dark mode) for every colour that may change."""
    plain = {"ink": INK, "muted": MUTED, "hair": HAIR, "paper": PAPER, "pooled": POOLED}
    table = {name: (colour, colour, DARK[name]) for name, colour in plain.items()}
    for j, scenario in enumerate(model.scenarios):
        shade = legible(scenario.colour)
        table[f"scenario-{j}"] = (shade, shade, legible(scenario.colour, DARK["paper"]))
    return table


def drawings(
    pictures: Iterable[Picture], model: Model, panels: Mapping[str, Panels] | None = None
) -> tuple[Mapping[str, Drawing], str]:
    """The pictures by name, and the glyphs that they share as one hidden SVG element to put before them.

    `panels` are those that have been drawn before, by the name of the picture.
    """
    known = panels or {}
    glyphs: dict[str, str] = {}
    colours = palette(model)
    drawn = {}
    for picture in pictures:
        before = known.get(picture.name, Panels(""))
        both = {
            "wide": before.wide or svg_text(panels_only(picture, WIDE)),
            "narrow": before.narrow or svg_text(panels_only(picture, NARROW)),
        }
        wide, narrow = (
            _element(svg, f"{picture.name}-{size}", picture.text.alt, colours, glyphs) for size, svg in both.items()
        )
        drawn[picture.name] = Drawing(name=picture.name, words=picture.text, wide=wide, narrow=narrow)
    return drawn, letters(glyphs)


def letters(glyphs: Mapping[str, str]) -> str:
    """The shapes of all glyphs, themselves not drawn."""
    return f'<svg width="0" height="0" class="letters" aria-hidden="true"><defs>{"".join(glyphs.values())}</defs></svg>'


def _element(
    svg: str, prefix: str, alt: str, colours: Mapping[str, tuple[str, str, str]], glyphs: dict[str, str]
) -> str:
    """One SVG document as an element of a page; its glyphs are added to `glyphs`."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.DOTALL)
    for match in _GLYPH.finditer(svg):
        glyphs.setdefault(match[1] or match[2], re.sub(r"\s+", " ", match[0]))
    svg = _GLYPH.sub("", svg)
    svg = re.sub(r"<style.*?</style>\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<defs>\s*</defs>\s*", "", svg)
    svg = re.sub(r' id="(?!DejaVuSans)([^"]+)"', rf' id="{prefix}-\1"', svg)
    svg = re.sub(r'(url\(#|href="#)(?!DejaVuSans)', rf"\1{prefix}-", svg)
    for name, (colour, _, _) in colours.items():
        svg = re.sub(rf"(fill|stroke): {colour}\b", rf"\1: var(--{name})", svg)
    width, height = re.findall(r'(?:width|height)="([\d.]+)pt"', svg)[:2]
    opening, _, rest = svg.partition(">")
    box = re.search(r'viewBox="([^"]+)"', opening)
    assert box is not None
    size = f'viewBox="{box[1]}" style="aspect-ratio: {width} / {height}; max-width: {float(width) / 72:.2f}in"'
    return f'<svg xmlns:xlink="http://www.w3.org/1999/xlink" role="img" aria-label="{_quoted(alt)}" {size}>{rest}'


def _quoted(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")
