"""Each expert's density of each number, one row for each expert, with the pool below."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from frenemy.model.describe.wording import counted
from frenemy.model.distributions import Domain
from frenemy.model.files.rewrite import is_time
from frenemy.model.panel import Question
from frenemy.model.realise import quantities
from frenemy.model.resolved import Number
from frenemy.present.key_labels import value_text
from frenemy.present.labels import heading, height, width
from frenemy.present.sheet import Layout, PictureText, plot
from frenemy.present.style import HAIR, INK, MUTED, PAPER, SMALL, text_width
from frenemy.studies.elicit.findings import ElicitationFindings
from frenemy.studies.elicit.fit_distribution import curve, grid
from frenemy.studies.elicit.pooling import quantile
from frenemy.studies.elicit.rounds import spread_of_views
from frenemy.studies.elicit.wording import pooling, range_text, short_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["densities", "line_axis", "value_mark"]

VIEW, POOL = "#0072b2", INK
ROW = 0.21
"""Inches for an expert."""
TALLEST = 1.55
"""Height of the tallest density, in rows."""
SHARES = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99)


def _across(wide: float) -> int:
    return 2 if wide > 6 else 1


def _panel(ax: Axes, found: ElicitationFindings, question: Question, *, named: bool) -> None:
    domain, rows = found.views.domains[question.name], _rows(found, question)
    values = grid([view for _, _, view, _ in rows], domain)
    line = np.array([domain.to_line(float(value)) for value in values])
    curves = [curve(view, domain, values).on_line for _, _, view, _ in rows]
    scale = TALLEST / max(float(density.max()) for density in curves)
    for depth, ((place, _, view, colour), density) in enumerate(zip(rows, curves, strict=True)):
        ridge, order = place - scale * density, 2 + 0.05 * depth  # rows further down stand in front
        ax.fill_between(line, place, ridge, color=colour, alpha=0.22, lw=0, zorder=order)
        ax.plot(line, ridge, color=PAPER, lw=2.0, zorder=order + 0.01)
        ax.plot(line, ridge, color=colour, lw=1.0, zorder=order + 0.02)
        _dot(ax, domain, view, place, colour)
    ax.set_ylim(rows[-1][0] + 0.25, -TALLEST - 0.1)
    labels = [*(short_name(found, name) for name in found.by_expert), "Pool", "Before"]
    places = [*range(len(found.by_expert)), rows[-2][0], rows[-1][0]]
    ax.set_yticks(places, labels if named else [""] * len(labels), size=SMALL, color=INK)
    ax.get_yticklabels()[-2].set_fontweight("bold")
    ax.spines["left"].set_visible(False)
    line_axis(ax, domain, question.key, float(line[0]), float(line[-1]))
    heading(ax, question.label, reach=0.1)


def _rows(found: ElicitationFindings, question: Question) -> list[tuple[float, str, Number, str]]:
    """Place, label, view and colour: experts (the row of one who did not answer is empty), pool, the number before."""
    held = found.views.latest(question.name)
    rows = [(float(n), found.names[name], held[name], VIEW) for n, name in enumerate(found.by_expert) if name in held]
    before = (quantities(found.before[0]) | quantities(found.before[1]))[question.key]
    last = len(found.by_expert) + 0.35
    return [*rows, (last, "Pool", found.pooled[question.name], POOL), (last + 0.9, "Before", before, MUTED)]


def _dot(ax: Axes, domain: Domain, view: Number, row: float, colour: str) -> None:
    low, middle, high = (domain.to_line(_inside(domain, quantile(view, u))) for u in (0.05, 0.5, 0.95))
    ax.plot([low, high], [row, row], color=colour, lw=1.6, solid_capstyle="butt", zorder=4)
    ax.plot([middle], [row], "o", color=colour, ms=4.2, mec=PAPER, mew=0.6, zorder=4.1)


def _inside(domain: Domain, value: float) -> float:
    return min(max(value, math.nextafter(domain.low, 1e9)), math.nextafter(domain.high, -1e9))


def line_axis(ax: Axes, domain: Domain, key: str, low: float, high: float, *, along: str = "x") -> None:
    """An axis on the domain's line from `low` to `high`, marked at round numbers."""
    ends = [domain.from_line(place) for place in (low, high)]
    inch = (width(ax) if along == "x" else height(ax)) / (high - low)
    places, texts, free = [], [], -math.inf
    for value in _round_numbers(domain, key, *ends):
        place, text = domain.to_line(value), value_mark(domain, key, value)
        half = text_width(text, SMALL) / 2 if along == "x" else 0.09
        if low <= place <= high and (place - low) * inch - half >= free:
            places.append(place)
            texts.append(text)
            free = (place - low) * inch + half + 0.07
    if along == "x":
        ax.set_xlim(low, high)
        ax.set_xticks(places, texts)
    else:
        ax.set_ylim(low, high)
        ax.set_yticks(places, texts)
    ax.grid(visible=True, axis="x" if along == "x" else "y", color=HAIR, lw=0.6)


def _round_numbers(domain: Domain, key: str, low: float, high: float) -> list[float]:
    if domain.low == 0 and domain.high == 1:
        return [*SHARES]
    if math.isfinite(domain.low) and math.isinf(domain.high) and high > 4 * max(low, 1e-9):
        unit = 7.0 if is_time(key) else 1.0
        powers = range(math.floor(math.log10(max(low / unit, 1e-9))) - 1, math.ceil(math.log10(high / unit)) + 1)
        return [unit * step * 10.0**power for power in powers for step in (1, 2, 5)]
    step = 10.0 ** math.floor(math.log10((high - low) / 10))
    step = next(step * nice for nice in (1, 2, 5, 10) if (high - low) / (step * nice) <= 6)
    return [step * n for n in range(math.ceil(low / step), math.floor(high / step) + 1)]


def value_mark(domain: Domain, key: str, value: float) -> str:
    """A value for an axis: a probability in per cent, a duration with its unit."""
    if domain.low == 0 and domain.high == 1:
        return f"{100 * value:g} %"
    return value_text(key, value)


def _layout(wide: float, found: ElicitationFindings) -> Layout:
    across = _across(wide)
    rows = -(-len(found.questions) // across)
    tall = (len(found.by_expert) + 2.2 + TALLEST) * ROW
    longest = max(text_width(short_name(found, name), SMALL) for name in found.by_expert)
    return Layout(
        heights=(tall,) * rows, columns=(1.0,) * across, left=max(0.55, longest + 0.12), right=0.1, top=0.3,
        bottom=0.32, across=0.3, down=(0.62,),
    )  # fmt: skip


def _disagreement(found: ElicitationFindings, question: Question) -> float:
    """Distance between the medians on the line, relative to the mean width of the ranges."""
    spread = spread_of_views([*found.views.latest(question.name).values()], found.views.domains[question.name])
    return spread.between / spread.within if spread.within > 0 else 0.0


def _picture_text(found: ElicitationFindings) -> PictureText:
    widest = max(found.questions, key=lambda question: _disagreement(found, question))
    views, domain = found.views.latest(widest.name), found.views.domains[widest.name]
    medians = sorted(quantile(view, 0.5) for view in views.values())
    low, high = (value_mark(domain, widest.key, float(f"{medians[end]:.3g}")) for end in (0, -1))
    pools = "; ".join(f"{q.label}: {range_text(q.key, found.pooled[q.name])}" for q in found.questions)
    return PictureText(
        title=f"Views differ most on “{widest.label}”: medians from {low} to {high}",
        subtitle="Each expert's view after the last round, and the pool",
        caption="Curves: each expert's density; dots: the median; bars: the 90 % range. The scale is that of the "
        "log-odds (probabilities and index levels) or of the logarithm (other positive numbers). "
        f"Pool: {pooling(found, widest)}. Before: the number in the experiment.",
        source=f"Source: {found.panel.source or found.panel.title}.",
        alt=f"Rows of densities for {counted(len(views), 'expert')}, the pool and the number before. Pooled: {pools}.",
    )


@plot(name="densities", layout=_layout, text=_picture_text)
def densities(axes: Sequence[Axes], found: ElicitationFindings) -> None:
    """One panel for each question: each expert's density with its median, the pool, and the number before."""
    first = min(round(ax.get_position().x0, 3) for ax in axes)
    for ax, question in zip(axes, found.questions, strict=False):
        _panel(ax, found, question, named=round(ax.get_position().x0, 3) == first)
    for spare in axes[len(found.questions) :]:
        spare.set_axis_off()
