"""The frequency of each trigger as a picture: it draws what it is given and computes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from frenemy.present.number_text import NBSP, and_list, brief
from frenemy.present.row_names import left_margin, name_rows, named_beside
from frenemy.present.sheet import Layout, PictureText, plot, source_line
from frenemy.present.style import HAIR, INK, SMALL, text_width
from frenemy.studies.frequency.findings import FrequencyFindings
from frenemy.studies.frequency.wording import by_rate, rate_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["frequencies"]


def _layout(across: float, found: FrequencyFindings) -> Layout:
    longest = max(text_width(found.model.triggers[k].label, SMALL) for k in found.triggers)
    beside = across > 6
    left = left_margin(longest, 2.7) if beside else 0.1
    return Layout(heights=((0.3 if beside else 0.42) * len(found.triggers) + 0.2,), left=left, right=0.2)


def _picture_text(found: FrequencyFindings) -> PictureText:
    labels = [found.model.triggers[k].label for k in found.triggers]
    rows = by_rate(found)
    listed = and_list(f"{labels[n]} {rate_text(float(found.rate[n]))}" for n in rows)
    return PictureText(
        title=f"{brief(labels[rows[0]])} happens most often: {rate_text(float(found.rate[rows[0]]))}",
        subtitle="Events a year, mean over simulated futures",
        caption=f"Every uncertain number is at its median. Bars: Monte Carlo error at 95{NBSP}%.",
        source=source_line(found.model, found.experiment),
        alt=f"Dot plot of how often each trigger happens: {listed}.",
    )


@plot(name="frequency", layout=_layout, text=_picture_text)
def frequencies(axes: Sequence[Axes], found: FrequencyFindings) -> None:
    """A dot for each trigger, the most frequent at the top."""
    rows = by_rate(found)
    (ax,) = axes
    ax.errorbar(
        found.rate[rows],
        range(len(rows)),
        xerr=1.96 * found.rate_se[rows],
        fmt="o",
        color=INK,
        elinewidth=0.9,
        ms=6,
        clip_on=False,
    )
    name_rows(ax, [found.model.triggers[found.triggers[n]].label for n in rows])
    ax.set(xlim=(0, None), ylim=(len(rows) - 0.4, -0.6 if named_beside(ax) else -0.85))
    ax.grid(visible=True, axis="x", color=HAIR, lw=0.6)
    ax.spines["left"].set_visible(False)
