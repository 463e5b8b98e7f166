"""How views move from round to round: one panel for each question, one line for each expert."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from frenemy.model.panel import Question
from frenemy.present.labels import end_labels, heading, room_right
from frenemy.present.sheet import Layout, PictureText, plot
from frenemy.present.style import INK, MUTED, text_width
from frenemy.studies.elicit.findings import ElicitationFindings
from frenemy.studies.elicit.plots.densities import line_axis
from frenemy.studies.elicit.pooling import quantile
from frenemy.studies.elicit.wording import convergence, pool_after, questions_with_rounds, short_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["rounds"]

MOVES = "#d55e00"
TALL = 2.3


def _panel(ax: Axes, found: ElicitationFindings, question: Question) -> None:
    domain = found.views.domains[question.name]
    numbers = [number for number in found.panel.rounds if number >= min(found.views.stated[question.name])]
    pools = [pool_after(found, question, number) for number in numbers]
    bands = np.array([[domain.to_line(quantile(pool, u)) for u in (0.05, 0.5, 0.95)] for pool in pools])
    steps = np.arange(len(numbers), dtype=float)
    ax.fill_between(steps, bands[:, 0], bands[:, 2], color=MUTED, alpha=0.14, lw=0, zorder=1)
    ends, labels, tops = [], [], list[float]()
    for name in found.by_expert:
        held = [found.views.upto(question.name, number).get(name) for number in numbers]
        line = np.array([np.nan if view is None else domain.to_line(quantile(view, 0.5)) for view in held])
        if np.isnan(line[-1]):
            continue
        still = bool(np.nanmax(line) - np.nanmin(line) < 1e-12)
        ax.plot(steps, line, color=MUTED if still else MOVES, lw=0.9 if still else 1.5, marker="o", ms=3.6, zorder=3)
        ends.append(float(line[-1]))
        tops += [float(np.nanmin(line)), float(np.nanmax(line))]
        labels.append((short_name(found, name), "", MUTED if still else MOVES))
    ax.plot(steps, bands[:, 1], color=INK, lw=2.4, marker="D", ms=5, zorder=4)
    ends.append(float(bands[-1, 1]))
    labels.append(("Pool", "", INK))
    low, high = min([*tops, bands.min()]), max([*tops, bands.max()])
    low, high = low - 0.04 * (high - low), high + 0.04 * (high - low)
    line_axis(ax, domain, question.key, low, high, along="y")
    ax.set_xlim(-0.08, len(numbers) - 1 + 0.03)
    ax.set_xticks(steps, [f"round {number}" for number in numbers])
    ax.spines["left"].set_visible(False)
    end_labels(ax, [(end - low) / (high - low) for end in ends], labels)
    heading(ax, question.label, reach=room_right(ax) - 0.05)


def _layout(wide: float, found: ElicitationFindings) -> Layout:
    across = 2 if wide > 6 and len(questions_with_rounds(found)) > 1 else 1
    longest = max(text_width(short_name(found, name), 9, "bold") for name in found.by_expert)
    rows = -(-len(questions_with_rounds(found)) // across)
    tall = max(TALL, 0.19 * (len(found.by_expert) + 1))
    return Layout(
        heights=(tall,) * rows, columns=(1.0,) * across, left=0.5, right=longest + 0.35, top=0.3, bottom=0.32,
        across=longest + 0.95, down=(0.62,),
    )  # fmt: skip


def _picture_text(found: ElicitationFindings) -> PictureText:
    pairs = {question.label: convergence(found, question) for question in questions_with_rounds(found)}
    label, (first, last) = max(pairs.items(), key=lambda item: abs(item[1][0] - item[1][1]))
    change = 100 * (last / first - 1) if first > 0 else 0.0
    moved = "closer together" if change < 0 else "further apart"
    spreads = "; ".join(f"{name} {one:.2f} to {other:.2f}" for name, (one, other) in pairs.items())
    title = f"On “{label}” views moved {abs(change):.0f} % {moved}"
    return PictureText(
        title=title if abs(change) >= 0.5 else "From round to round, views moved neither closer together nor apart",
        subtitle="Each expert's median, round by round",
        caption="Coloured: experts who changed their median. Black: the pool; grey: its 90 % range. The scale is that "
        "of the log-odds (probabilities and index levels) or of the logarithm (other positive numbers). The distance "
        "between views is the standard deviation of the medians on that scale.",
        source=f"Source: {found.panel.source or found.panel.title}.",
        alt=f"Lines from round to round. Standard deviations of the medians, first to last: {spreads}.",
    )


@plot(name="rounds", layout=_layout, text=_picture_text)
def rounds(axes: Sequence[Axes], found: ElicitationFindings) -> None:
    """Medians by round: experts who moved in colour, the pool with its 5–95 % range behind."""
    questions = questions_with_rounds(found)
    for ax, question in zip(axes, questions, strict=False):
        _panel(ax, found, question)
    for spare in axes[len(questions) :]:
        spare.set_axis_off()
