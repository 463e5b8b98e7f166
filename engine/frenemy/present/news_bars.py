"""What each entry did to the odds of one scenario, in bits: when it came, and by all that is known now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from frenemy.analyse.unfolding import SILENCE, Bits, UnfoldingFindings
from frenemy.present.labels import heading
from frenemy.present.news_line import ruled
from frenemy.present.sentences import NBSP, and_list, brief, percent
from frenemy.present.sheet import WIDE, Layout, Lettering, Picture, panels
from frenemy.present.style import HAIR, INK, MUTED, SMALL, legible, styled, wrap
from frenemy.present.timeline import day

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["bits_text", "news_bars", "picture", "rows", "ruled"]

LABELS, ROW = 3.3, 0.235
ABSENCE = "What did not happen"
RIGHT = " Right: the odds by all that is known, compared with not knowing of this entry."


def rows(found: UnfoldingFindings, j: int) -> list[tuple[str, str, Bits | None, Bits | None]]:
    """Name, label, bits in sequence and bits if left out, entry by entry in the order of time; absence at the end."""
    listed: list[tuple[str, str, Bits | None, Bits | None]] = []
    for n, step in enumerate(found.steps):
        if step.entry != SILENCE:
            note = found.evidence.notes[step.entry]
            counts = found.counts(step.entry, 0, j) if found.left_out else None
            listed.append((step.entry, f"{day(note.last)}  {note.label}", found.came(n, 0, j), counts))
    if any(step.entry == SILENCE for step in found.steps):
        listed.append((SILENCE, ABSENCE, found.silence(0, j), None))
    told = {name for name, *_ in listed}
    rest = [name for name in found.left_out if name not in told]
    return [*listed, *((name, found.evidence.notes[name].label, None, found.counts(name, 0, j)) for name in rest)]


def bits_text(bits: Bits | None) -> str:
    """`+0.32 ± 0.05`, in brackets where it could be chance; empty where it was not assessed."""
    if bits is None:
        return ""
    text = f"{bits.change:+.2f} ± {bits.half:.2f}".replace("-", "−")
    return text if bits.told else f"({text})"


@styled()
def news_bars(found: UnfoldingFindings, j: int, axes: Sequence[Axes] | None = None) -> Sequence[Axes]:
    """Left: what each entry did when it came, from the top down; right: what it counts for by all that is known."""
    axes = panels(_layout(found, j, WIDE), WIDE) if axes is None else axes
    listed = rows(found, j)
    sides = [[row[2] for row in listed], [row[3] for row in listed]]
    reach = max((abs(bits.change) + bits.half for side in sides for bits in side if bits), default=0.1)
    colour = legible(found.model.scenarios[j].colour)
    heads = ("When it came", "By all that is known")
    for ax, side, text in zip(axes, sides, heads, strict=False):
        _bars(ax, side, colour)
        ax.set_xlim(-1.05 * reach, 1.05 * reach)
        ax.set_ylim(len(listed) - 0.4, -0.6)
        ax.set_yticks([])
        ax.grid(visible=True, axis="x", color=HAIR, lw=0.6)
        ax.spines["left"].set_visible(False)
        ax.axvline(0, color=INK, lw=0.8, zorder=3)
        heading(ax, text)
        ax.set_xlabel("bits", color=MUTED, size=SMALL)
    names = [wrap(label, LABELS - 0.15, SMALL, lines=1)[0] for _, label, _, _ in listed]
    axes[0].set_yticks(range(len(listed)), names, color=INK)
    return axes


def _bars(ax: Axes, side: Sequence[Bits | None], colour: str) -> None:
    for row, bits in enumerate(side):
        if bits is not None:
            ax.barh(row, bits.change, height=0.62, color=colour if bits.told else HAIR, lw=0, zorder=2)
            ax.errorbar(bits.change, row, xerr=bits.half, fmt="none", ecolor=INK, elinewidth=0.8, zorder=4)


def _layout(found: UnfoldingFindings, j: int, width: float) -> Layout:
    height = ROW * len(rows(found, j)) + 0.1
    columns = (1.0, 1.0) if found.left_out else (1.0,)
    left = LABELS if width > 6 else 1.6
    return Layout(heights=(height,), columns=columns, left=left, right=0.2, top=0.36, bottom=0.45, across=0.3)


def picture(found: UnfoldingFindings, j: int) -> Picture:
    """The entries and one scenario, as a picture."""
    return Picture(
        name=f"entries_{found.model.scenarios[j].name}",
        lettering=_lettering(found, j),
        layout=lambda width: _layout(found, j, width),
        draw=lambda axes: news_bars(found, j, axes),
    )


def _lettering(found: UnfoldingFindings, j: int) -> Lettering:
    label, listed = found.model.scenarios[j].label, rows(found, j)
    moved = [(name, text, bits) for name, text, bits, _ in listed if bits is not None and bits.told]
    title = f"No single piece of news moves the odds of {brief(label)} beyond chance"
    if moved:
        name, text, bits = max(moved, key=lambda row: abs(row[2].change))
        factor = f"{2**bits.change:.2g}"
        what = "What did not happen" if name == SILENCE else f"“{brief(text.partition('  ')[2] or text)}”"
        title = f"{what} multiplied the odds of {brief(label)} by {factor}"
    start, end = (float(found.odds(n)[0][0, j]) for n in (-1, len(found.steps) - 1))
    told = and_list(f"{text} {bits_text(bits)}" for _, text, bits, _ in listed if bits is not None)
    return Lettering(
        title=title,
        subtitle=f"What each entry did to the odds of {label} on {day(found.experiment.end)}, which went from "
        f"{percent(start)} to {percent(end)}",
        caption="One bit doubles the odds p / (1 − p). Left: in the order in which it became known, each on top of "
        f"what was known before.{RIGHT if found.left_out else ''} Bars: "
        f"Monte Carlo error at 95{NBSP}%; grey: could be chance.",
        source=f"Source: simulation of the model “{found.model.title}”, experiment “{found.experiment.title}”, and its "
        "ledgers of evidence.",
        alt=f"Bars in rows. {title}. In sequence, in bits: {told}.",
    )
