"""How views move from round to round: one panel a question, one line an expert."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from frenemy.model.panel import Question
from frenemy.model.resolved import Number
from frenemy.present.labels import end_labels, heading, room_right
from frenemy.present.sheet import WIDE, Layout, Picture, PictureText, panels
from frenemy.present.style import INK, MUTED, styled, text_width
from frenemy.studies.elicit.findings import ElicitationFindings
from frenemy.studies.elicit.plots.densities import line_axis
from frenemy.studies.elicit.pooling import quantile
from frenemy.studies.elicit.rounds import spread_of_views
from frenemy.studies.elicit.weights import pooled
from frenemy.studies.elicit.wording import called

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["can_draw", "convergence", "picture", "pool_after", "questions_with_rounds", "rounds"]

MOVES = "#d55e00"
TALL = 2.3


def questions_with_rounds(found: ElicitationFindings) -> tuple[Question, ...]:
    """The questions about the model on which anybody said anything after the first round."""
    return tuple(question for question in found.asked if len(found.views.said[question.name]) > 1)


def can_draw(found: ElicitationFindings) -> bool:
    """Whether there is any movement to show."""
    return bool(questions_with_rounds(found))


def pool_after(found: ElicitationFindings, question: Question, last: int) -> Number:
    """The pooled view after a round, with the weights of the end."""
    held = found.views.upto(question.name, last)
    weights = found.weighing.of(found.panel.questions.index(question))
    heard = {name: weight for name, weight in weights.items() if name in held}
    domain = found.views.domains[question.name]
    return pooled(found.panel, question, held, heard or dict.fromkeys(held, 1.0), domain)


def convergence(found: ElicitationFindings, question: Question) -> tuple[float, float]:
    """Standard deviation of the medians, on the line, after the first round and after the last."""
    numbers = sorted(found.views.said[question.name])
    domain = found.views.domains[question.name]
    first, last = (
        spread_of_views([*found.views.upto(question.name, number).values()], domain).between
        for number in (numbers[0], numbers[-1])
    )
    return first, last


@styled()
def rounds(found: ElicitationFindings, axes: Sequence[Axes] | None = None) -> Sequence[Axes]:
    """Medians by round; those who moved in colour, the pool with its 5–95 % range behind."""
    shown = questions_with_rounds(found)
    if axes is None:
        axes = panels(_layout(found, WIDE), WIDE)
    for ax, question in zip(axes, shown, strict=False):
        _panel(ax, found, question)
    for spare in axes[len(shown) :]:
        spare.set_axis_off()
    return axes


def _panel(ax: Axes, found: ElicitationFindings, question: Question) -> None:
    domain = found.views.domains[question.name]
    numbers = [number for number in found.panel.rounds if number >= min(found.views.said[question.name])]
    pools = [pool_after(found, question, number) for number in numbers]
    bands = np.array([[domain.to_line(quantile(pool, u)) for u in (0.05, 0.5, 0.95)] for pool in pools])
    steps = np.arange(len(numbers), dtype=float)
    ax.fill_between(steps, bands[:, 0], bands[:, 2], color=MUTED, alpha=0.14, lw=0, zorder=1)
    ends, labels, tops = [], [], list[float]()
    for name in found.voices:
        held = [found.views.upto(question.name, number).get(name) for number in numbers]
        line = np.array([np.nan if view is None else domain.to_line(quantile(view, 0.5)) for view in held])
        if np.isnan(line[-1]):
            continue
        still = bool(np.nanmax(line) - np.nanmin(line) < 1e-12)
        ax.plot(steps, line, color=MUTED if still else MOVES, lw=0.9 if still else 1.5, marker="o", ms=3.6, zorder=3)
        ends.append(float(line[-1]))
        tops += [float(np.nanmin(line)), float(np.nanmax(line))]
        labels.append((called(found, name), "", MUTED if still else MOVES))
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


def _layout(found: ElicitationFindings, wide: float) -> Layout:
    across = 2 if wide > 6 and len(questions_with_rounds(found)) > 1 else 1
    longest = max(text_width(called(found, name), 9, "bold") for name in found.voices)
    rows = -(-len(questions_with_rounds(found)) // across)
    tall = max(TALL, 0.19 * (len(found.voices) + 1))
    return Layout(
        heights=(tall,) * rows, columns=(1.0,) * across, left=0.5, right=longest + 0.35, top=0.3, bottom=0.32,
        across=longest + 0.95, down=(0.62,),
    )  # fmt: skip


def picture(found: ElicitationFindings) -> Picture:
    """The movement as a picture."""
    shown = questions_with_rounds(found)
    pairs = {question.label: convergence(found, question) for question in shown}
    label, (first, last) = max(pairs.items(), key=lambda item: abs(item[1][0] - item[1][1]))
    change = 100 * (last / first - 1) if first > 0 else 0.0
    title = f"On “{label}” the room came {abs(change):.0f} % {'closer' if change < 0 else 'further apart'}"
    text = PictureText(
        title=title,
        subtitle="Each expert's median, round by round",
        caption="Coloured: experts who moved. Black: the pool; grey: 90 % of the pooled range. The scale is that of "
        "the log-odds (probabilities and index levels) or of the logarithm (other positive numbers). Closeness is by "
        "the standard deviation of the medians on that scale.",
        source=f"Source: {found.panel.source or found.panel.title}.",
        alt="Lines from round to round. Standard deviations of the medians, first to last: "
        + "; ".join(f"{name} {one:.2f} to {other:.2f}" for name, (one, other) in pairs.items())
        + ".",
    )
    return Picture(
        name="rounds", text=text, layout=lambda wide: _layout(found, wide),
        draw=lambda axes: rounds(found, axes),
    )  # fmt: skip
