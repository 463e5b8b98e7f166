"""The look of all pictures: ink, colours, type and bands; measuring and wrapping text; writing files.

Matplotlib is imported inside the functions, so that importing this package costs nothing, and its settings are changed
only within `styled`: a user's own settings stay as they are. Colours of scenarios come from the model.
"""

from __future__ import annotations

import io
import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from frenemy.model.resolved import Model, Scenario

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "BANDS", "DASHES", "HAIR", "INK", "MARKERS", "MUTED", "PAPER", "SMALL", "balanced", "contrast", "display_order",
    "legible", "png_bytes", "styled", "svg_text", "text_width", "wrap",
]  # fmt: skip

INK, MUTED, HAIR, PAPER = "#1c2127", "#59636e", "#d5dae0", "#ffffff"
_MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
INSEPARABLE = re.compile(rf"(?<=\d) (?=%|(?:{_MONTHS})\b)|(?<={_MONTHS}) (?=\d{{4}}\b)")
"""Spaces at which a line does not break: within `90 %` and `1 Jul 2026`."""
SMALL = 8.0
"""Points; the smallest text size."""
BANDS = ((0, 6, 0.15), (1, 5, 0.22), (2, 4, 0.32))
"""Rows of the quantiles that bound the bands of 90, 60 and 30 %, and the opacity each adds: one hue, three steps."""
DASHES = ("-", (0, (5, 1.6)), (0, (1.2, 1.4)), (0, (7, 1.6, 1.2, 1.6)), (0, (3, 1, 1, 1, 1, 1)), (0, (9, 3)))
MARKERS = ("o", "^", "s", "D", "v", "P")

_SETTINGS: dict[Any, Any] = {
    "font.family": ["DejaVu Sans"],  # part of Matplotlib, so every machine draws the same picture
    "font.size": 9.0,
    "text.parse_math": False,  # a label may say "$800 bn to $1 tn"
    "text.color": INK,
    "axes.edgecolor": HAIR,
    "axes.labelcolor": MUTED,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "xtick.color": HAIR,
    "ytick.color": HAIR,
    "xtick.labelcolor": MUTED,
    "ytick.labelcolor": MUTED,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "xtick.major.size": 3.0,
    "ytick.major.size": 0.0,
    "grid.color": HAIR,
    "grid.linewidth": 0.6,
    "figure.facecolor": PAPER,
    "savefig.facecolor": "auto",
    "svg.fonttype": "path",
    "svg.hashsalt": "frenemy",
    "path.simplify": True,
}


FURTHER_FONTS = (
    "Noto Sans CJK SC", "Noto Sans CJK TC", "Noto Sans CJK JP", "Noto Sans CJK KR", "Noto Sans SC", "Noto Sans TC",
    "Noto Sans JP", "Noto Sans KR", "Source Han Sans SC", "WenQuanYi Zen Hei", "WenQuanYi Micro Hei",
    "Droid Sans Fallback", "PingFang SC", "Hiragino Sans GB", "Hiragino Sans", "Apple SD Gothic Neo",
    "Microsoft YaHei", "SimHei", "Yu Gothic", "Malgun Gothic", "Arial Unicode MS", "Noto Sans Devanagari",
    "Noto Sans Thai", "Noto Sans Bengali",
)  # fmt: skip
"""Fonts for scripts that DejaVu Sans lacks; text in Latin, Greek and Cyrillic is the same on every machine."""


@contextmanager
def styled() -> Iterator[None]:
    """Our settings of Matplotlib, for the duration of a `with` block or of a decorated function."""
    import matplotlib as mpl
    from matplotlib.rcsetup import cycler

    with mpl.rc_context(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph ")  # one note stands for all of them
        mpl.rcdefaults()
        mpl.rcParams.update(_SETTINGS)
        mpl.rcParams["font.family"] = [*fonts()]
        mpl.rcParams["axes.prop_cycle"] = cycler(color=[INK])
        yield


def display_order(model: Model) -> tuple[tuple[int, Scenario], ...]:
    """The scenarios with their numbers in the model, the default one first: the same order in every picture."""
    return tuple(sorted(enumerate(model.scenarios), key=lambda pair: not pair[1].default))


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    def linear(channel: float) -> float:
        return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(c / 255) for c in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours "#rrggbb", 1 to 21 (WCAG 2.2, section 1.4.3)."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _mixed(colour: str, other: str, share: float) -> str:
    pairs = zip(_channels(colour), _channels(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


@lru_cache(maxsize=64)
def legible(colour: str, paper: str = PAPER) -> str:
    """The colour, moved away from the paper until text in it can be read (contrast of at least 4.6)."""
    towards = "#000000" if _luminance(paper) > 0.4 else "#ffffff"
    steps = (_mixed(colour, towards, step / 20) for step in range(21))
    return next((shade for shade in steps if contrast(shade, paper) >= 4.6), towards)


@lru_cache(maxsize=4096)
def text_width(text: str, size: float, weight: str = "normal") -> float:
    """Width of one line of text in inches."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextToPath

    font = FontProperties(family=[*fonts()], size=size, weight=weight)
    if not text.isascii():
        _check_glyphs(text)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph ")
        width, _, _ = TextToPath().get_text_width_height_descent(text, font, ismath=False)
    return float(width) / 72


@lru_cache(maxsize=1)
def fonts() -> tuple[str, ...]:
    """The font of all pictures, and those of this machine for the scripts that it lacks."""
    from matplotlib.font_manager import fontManager

    here = set(fontManager.get_font_names())
    return "DejaVu Sans", *(name for name in FURTHER_FONTS if name in here)


def _check_glyphs(text: str) -> None:
    """Note once that some characters have no font."""
    if any(letter.isprintable() and not _drawable(letter) for letter in text):
        _note_missing_font()


@lru_cache(maxsize=4096)
def _drawable(letter: str) -> bool:
    from matplotlib.font_manager import FontProperties, findfont, get_font

    return any(get_font(findfont(FontProperties(family=name))).get_char_index(ord(letter)) for name in fonts())


@lru_cache(maxsize=1)
def _note_missing_font() -> None:
    """Say it once; the cache keeps it from being said again."""
    logging.getLogger("frenemy").warning(
        "No font of this machine has some of the characters in labels: pictures show boxes for them. Install a font "
        "such as Noto Sans CJK."
    )


def wrap(text: str, width: float, size: float, weight: str = "normal", lines: int = 99) -> list[str]:
    """Break text into at most `lines` lines no wider than `width` inches; the rest is cut with an ellipsis."""
    done: list[str] = []
    current = ""
    for word in INSEPARABLE.sub("\u00a0", text).split(" "):
        trial = f"{current} {word}" if current else word
        if not current or text_width(trial, size, weight) <= width:
            current = trial
        else:
            done.append(current)
            current = word
    done.append(current)
    if len(done) > lines:
        done = [*done[: lines - 1], f"{done[lines - 1]} …"]
    return [_clipped(line, width, size, weight) for line in done]


def balanced(text: str, width: float, size: float, weight: str = "normal") -> list[str]:
    """Break text into as few lines as `width` inches allow, of similar length."""
    lines = wrap(text, width, size, weight)
    for share in range(50, 100, 5):
        trial = wrap(text, width * share / 100, size, weight)
        if len(trial) == len(lines) and " ".join(trial) == " ".join(lines):
            return trial
    return lines


def _clipped(line: str, width: float, size: float, weight: str) -> str:
    if text_width(line, size, weight) <= width:
        return line
    cut = line.rstrip(" …")
    while len(cut) > 1 and text_width(cut + "…", size, weight) > width:
        cut = cut[:-1].rstrip()
    return cut + "…"


def svg_text(figure: Figure) -> str:
    """The figure as an SVG document, the same bytes each time: fixed identifiers, paths to a tenth of a point."""
    buffer = io.StringIO()
    with styled():
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    return re.sub(r' d="[^"]*"', lambda path: _DECIMALS.sub(_tenth, path[0]), buffer.getvalue())


_DECIMALS = re.compile(r"-?\d+\.\d{2,}")


def _tenth(number: re.Match[str]) -> str:
    return f"{float(number[0]):.1f}".removesuffix(".0")


def png_bytes(figure: Figure) -> bytes:
    """The figure as PNG, 200 dots an inch, without date or software."""
    buffer = io.BytesIO()
    with styled():
        figure.savefig(buffer, format="png", dpi=200, metadata={"Software": None})
    return buffer.getvalue()
