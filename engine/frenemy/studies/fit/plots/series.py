"""A fitted driver as a picture: the series with its level, and the likelihood of each half-life."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from frenemy.model.durations import YEAR
from frenemy.present.labels import draw_note, heading
from frenemy.present.sheet import Layout, PictureText, plot
from frenemy.present.style import HAIR, INK, MUTED, SMALL
from frenemy.present.time_axis import month, time_axis
from frenemy.studies.fit.findings import DriverFitFindings
from frenemy.studies.fit.standard_errors import DROP90, Z90
from frenemy.studies.fit.wording import METHOD, caveats, headline, in_months, value_with_error

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["fitted_series"]

BLUE = "#0072b2"
MAX_FALL = 5.0
"""The picture shows the log-likelihood down to this far below its maximum."""
MARKS = (
    (1 / YEAR, "1 day"), (7 / YEAR, "1 week"), (1 / 12, "1 month"), (0.25, "3 months"), (1.0, "1 year"),
    (3.0, "3 years"), (10.0, "10 years"), (30.0, "30 years"), (100.0, "100 years"), (1000.0, "1,000 years"),
)  # fmt: skip


def _series(ax: Axes, found: DriverFitFindings) -> None:
    fit = found.fit
    dates: Any = np.array(found.dates, dtype="datetime64[D]")
    values, level, reach = fit.series.values, fit.level, Z90 * fit.level_se
    size = float(np.clip(800 / len(values), 2.0, 4.0))
    mean, sd = fit.best.mean, fit.best.level_sd
    if fit.bounded and fit.has_half_life:
        ax.axhspan(mean - sd, mean + sd, color=BLUE, alpha=0.06, lw=0, zorder=0.5)
    if fit.has_half_life:
        ax.axhline(mean, color=MUTED, lw=0.9, ls=(0, (5, 2)), zorder=1.5)
    ax.plot(dates, values, "o", color="#8a949e", ms=size, mew=0, zorder=2)
    ax.fill_between(dates, level - reach, level + reach, color=BLUE, alpha=0.25, lw=0, zorder=2.5)
    ax.plot(dates, level, color=BLUE, lw=1.3, zorder=3)
    time_axis(ax, (found.dates[0], found.dates[-1]))
    ax.margins(y=0.06)
    ax.grid(visible=True, axis="y", color=HAIR, lw=0.5)
    heading(ax, _units(found))


def _units(found: DriverFitFindings) -> str:
    column = found.data.column
    return {"none": column, "log": f"log {column}", "logit": f"logit {column}"}[found.transform]


def _profile(ax: Axes, found: DriverFitFindings) -> None:
    fit = found.fit
    curve, interval = fit.profile, fit.interval
    fall = curve.loglik - curve.loglik.max()
    ax.set_xscale("log")
    ax.axvspan(interval.low, interval.high, color=BLUE, alpha=0.12, lw=0, zorder=0.5)
    ax.axhline(-DROP90, color=MUTED, lw=0.8, ls=(0, (4, 2)), zorder=1.5)
    ax.plot(curve.half_life, fall, color=BLUE, lw=1.6, zorder=3)
    ax.plot([fit.best.half_life], [0], "o", color=INK, ms=5.5, zorder=4, clip_on=False)
    shown = curve.half_life[fall > -MAX_FALL]
    low, high = float(shown[0]) / 1.3, float(shown[-1]) * 1.3
    ax.set_xlim(low, high)
    ax.set_ylim(-MAX_FALL, 0.9)
    inside = [(place, text) for place, text in MARKS if low <= place <= high]
    ax.set_xticks([place for place, _ in inside], [text for _, text in inside])
    ax.set_xticks([], minor=True)
    ax.set_yticks([0, -2, -4], ["0", "−2", "−4"])
    ax.grid(visible=True, axis="both", color=HAIR, lw=0.5)
    right = np.log(fit.best.half_life / low) < 0.6 * np.log(high / low)
    draw_note(
        ax, in_months(fit.best.half_life) if fit.has_half_life else "no half-life", (fit.best.half_life, 0),
        (7 if right else -7, 2), coords="data", color=INK,
        weight="bold", ha="left" if right else "right", va="bottom", size=9,
    )  # fmt: skip
    draw_note(
        ax, "above this line: 90 % interval", (1, -DROP90), (-3, 2), coords=("axes fraction", "data"), size=SMALL,
        ha="right", va="bottom",
    )  # fmt: skip
    heading(ax, "Half-life: log-likelihood below its best")


def _layout(width: float, found: DriverFitFindings) -> Layout:  # noqa: ARG001 the same for each
    return Layout(heights=(2.3, 1.55) if width > 6 else (1.7, 1.5), top=0.3, down=(0.62,), left=0.42, right=0.15)


def _caption(found: DriverFitFindings) -> str:
    fit, spread = found.fit, found.fit.spread
    words = "Dots: observations. Line and band: the smoothed level with its 90 % range. "
    if fit.has_half_life:
        words += f"Dashed: the level to which it reverts ({value_with_error(spread['mean'])})"
        words += f"; pale: one s.d. around it ({value_with_error(spread['level_sd'])}). " if fit.bounded else ". "
    words += f"S.d. of the noise: {value_with_error(spread['noise_sd'])}."
    caveat = next(iter(caveats(fit)), "")
    return words + (f" Careful: {caveat}" if caveat else "")


def _picture_text(found: DriverFitFindings) -> PictureText:
    fit, data = found.fit, found.data
    return PictureText(
        title=headline(fit),
        subtitle=f"{data.column} of {data.file}, {data.count} values from {month(data.first)} to {month(data.last)}, "
        "and the level without noise",
        caption=_caption(found),
        source=f"Source: {data.file}; {METHOD}.",
        alt=f"The series over time with its smoothed level, and the profile likelihood of the "
        f"half-life. {headline(fit)}.",
    )


@plot(name="fit", layout=_layout, text=_picture_text)
def fitted_series(axes: Sequence[Axes], found: DriverFitFindings) -> None:
    """The series with its smoothed level (band: 90 %), and the profile likelihood of the half-life."""
    _series(axes[0], found)
    _profile(axes[1], found)
