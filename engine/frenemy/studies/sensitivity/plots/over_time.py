"""Which number matters at which horizon: swings of the odds over time, and total Sobol indices over time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from frenemy.model.describe.wording import counted
from frenemy.present.key_labels import key_label, key_phrase, lower_the
from frenemy.present.labels import draw_note, end_labels, end_labels_height, heading
from frenemy.present.sheet import Layout, PictureText, plot, source_line
from frenemy.present.style import DASHES, HAIR, INK, MUTED
from frenemy.present.time_axis import month, time_axis
from frenemy.studies.sensitivity.findings import OTHERS, SensitivityFindings
from frenemy.studies.sensitivity.tornado import SIGNIFICANT_SE
from frenemy.studies.sensitivity.wording import odds_words, other_numbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["horizons"]

MAX_LINES = 6
"""Numbers drawn: those that matter most at any horizon."""
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8a6d00", "#1c2127")
"""Okabe and Ito's hues, the last two darkened so that they can be read."""
RIGHT = 2.6


def _swing(found: SensitivityFindings) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """(numbers, ticks) in points, NaN where it is not significant."""
    bars, j = found.tornado, found.scenario
    significant = np.abs(bars.swing[:, :, j]) > SIGNIFICANT_SE * bars.swing_se[:, :, j]
    return np.where(significant, 100 * np.abs(bars.swing[:, :, j]), np.nan)


def _strongest(found: SensitivityFindings) -> list[int]:
    peak = np.nan_to_num(_swing(found)).max(axis=1, initial=0.0)
    return [int(place) for place in np.argsort(-peak, kind="stable")[:MAX_LINES] if peak[place] > 0]


def _swings(ax: Axes, found: SensitivityFindings) -> None:
    swing, chosen = _swing(found), _strongest(found)
    top = max(float(np.nan_to_num(swing).max(initial=0.0)) * 1.05, 0.1)
    for n, place in enumerate(chosen):
        ax.plot(found.dates, swing[place], color=COLOURS[n], ls=DASHES[n], lw=1.5, zorder=3)
    ax.set_ylim(0, top)
    end_labels(ax, [float(np.nan_to_num(swing[place, -1])) / top for place in chosen], _labels(found, chosen))


def _totals(ax: Axes, found: SensitivityFindings) -> None:
    ticks, j, at = list(found.sobol.ticks), found.scenario, found.sobol.indices
    total = np.where(at.total_significant[:, :, j], at.total[:, :, j], np.nan)
    keys = {found.tornado.keys[place]: n for n, place in enumerate(_strongest(found))}
    for place, group in enumerate(at.groups):
        n = keys.get(group)
        colour, dash = (MUTED, (0, (1, 2))) if n is None else (COLOURS[n], DASHES[n])
        if n is not None or group == OTHERS:
            ax.plot(found.dates[ticks], total[place], color=colour, ls=dash, lw=1.5, marker=".", ms=4, zorder=3)
        if group == OTHERS and np.isfinite(total[place, -1]):
            draw_note(ax, "all other numbers", (1, float(total[place, -1])), (7, 0), va="center", color=MUTED)
    ax.set_ylim(0, 1)


def _labels(found: SensitivityFindings, chosen: Sequence[int]) -> list[tuple[str, str, str]]:
    return [(key_label(found.tornado.keys[place], found.model), "", COLOURS[n]) for n, place in enumerate(chosen)]


def _layout(across: float, found: SensitivityFindings) -> Layout:
    right = min(RIGHT, 0.4 * across)
    tall = max(2.4, end_labels_height(_labels(found, _strongest(found)), right))
    rows = (tall, 1.6) if found.sobol.indices.groups else (tall,)
    return Layout(heights=rows, right=right, top=0.3, down=(0.62,), left=0.42)


def _picture_text(found: SensitivityFindings) -> PictureText:
    swing, chosen = np.nan_to_num(_swing(found)), _strongest(found)
    which = odds_words(found).partition(" on ")[0].partition(" by ")[0].partition(" up to ")[0]
    if not chosen:
        title = "No number alone stands out from Monte Carlo error at any horizon"
    else:
        early, late = (int(np.argmax(swing[:, n])) for n in (swing.shape[1] // 5, swing.shape[1] - 1))
        first, last = (key_phrase(found.tornado.keys[place], found.model) for place in (early, late))
        by, rivals = f"by {month(found.dates[-1])}", found.tornado.rivals(len(found.dates) - 1, found.scenario)
        if early == late:
            title = f"{last} {'is among those that matter' if rivals else 'matters'} most {by}"
        else:
            among = " among others" if rivals else ""
            title = f"What matters most: first {lower_the(first)}; {by} {lower_the(last)}{among}"
    sobol = (
        f" Below: the share of the variance that would remain if all else were fixed, from {found.sobol.samples} "
        "rows of a design; grey dots: all numbers without one of the longest bars of the tornado, together."
        if found.sobol.indices.groups
        else ""
    )
    return PictureText(
        title=title,
        subtitle=f"Influence of each number on {which}, by date",
        caption="Above: the distance between the odds with a number at its 10 % and at its 90 % point, "
        f"{other_numbers(found)}; left out where it is not distinguishable from Monte Carlo error.{sobol}",
        source=source_line(found.model, found.experiment),
        alt=f"Lines over time of the influence of {counted(len(chosen), 'number')}. {title}.",
    )


@plot(name="horizons", layout=_layout, text=_picture_text)
def horizons(axes: Sequence[Axes], found: SensitivityFindings) -> None:
    """Two panels: |swing| of the odds between the ends of each range, and total Sobol indices if significant."""
    ends = found.experiment.start, found.experiment.end
    _swings(axes[0], found)
    if found.sobol.indices.groups:
        _totals(axes[1], found)
    for ax, text in zip(axes, ("Percentage points, each number alone", "Total Sobol index, all varying"), strict=False):
        time_axis(ax, ends)
        heading(ax, text, INK, 4.0)
        ax.grid(visible=True, axis="y", color=HAIR, lw=0.6)
