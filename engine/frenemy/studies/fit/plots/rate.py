"""A fitted rate as a picture: cumulative events, and the posterior of the rate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from frenemy.arrays import Floats
from frenemy.model.describe.wording import counted
from frenemy.model.durations import YEAR
from frenemy.present.labels import draw_note, heading
from frenemy.present.sheet import Layout, PictureText, plot
from frenemy.present.style import HAIR, INK, MUTED
from frenemy.present.time_axis import day, time_axis
from frenemy.studies.fit.findings import RateFitFindings
from frenemy.studies.fit.wording import rate_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["fitted_rate"]

BLUE = "#0072b2"


def _events(ax: Axes, found: RateFitFindings) -> None:
    from matplotlib.ticker import MaxNLocator
    from scipy.stats import poisson

    since, until, rate = found.since, found.until, found.rate
    whole = (until - since).days
    days = np.linspace(0, whole, 200)
    grid: Any = np.datetime64(since, "D") + days.round().astype("timedelta64[D]")
    expected = rate.rate * _exposure(found, days)
    ax.fill_between(
        grid,
        poisson.ppf(0.05, expected),
        poisson.ppf(0.95, expected),
        color=BLUE,
        alpha=0.12,
        lw=0,
        step="mid",
        zorder=1,
    )
    ax.plot(grid, expected, color=BLUE, lw=1.0, ls=(0, (5, 2)), zorder=2)
    steps: Any = np.array([since, *found.dates, until], dtype="datetime64[D]")
    heights = [*range(len(found.dates) + 1), len(found.dates)]
    ax.step(steps, heights, where="post", color=INK, lw=1.5, zorder=3)
    ax.plot(steps[1:-1], heights[1:-1], "o", color=INK, ms=3.0 if rate.events < 60 else 0.0, zorder=4)
    time_axis(ax, (since, until))
    ax.set_ylim(0, max(1.05 * float(poisson.ppf(0.95, rate.events)), 1))
    ax.yaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
    ax.grid(visible=True, axis="y", color=HAIR, lw=0.5)
    heading(ax, "Events so far")


def _exposure(found: RateFitFindings, days: Floats) -> Floats:
    """Years of exposure up to each day of the window, without periods that were not observed."""
    length = found.rate.years / len(found.starts)
    begun = np.array([(start - found.since).days / YEAR for start in found.starts])
    return np.asarray(np.clip(days[:, None] / YEAR - begun, 0, length).sum(axis=1))


def _posterior(ax: Axes, found: RateFitFindings) -> None:
    from scipy.stats import gamma

    rate = found.rate
    events, years = rate.effective
    law = gamma(events + 0.5, scale=1 / years)
    top = float(law.ppf(0.995))
    places = np.linspace(0 if events < 1 else max(float(law.ppf(0.002)) * 0.8, 0), top, 400)[1:]
    density = np.asarray(law.pdf(places))
    density /= density.max()
    inside = (places >= rate.q05) & (places <= rate.q95)
    ax.plot(places, density, color=BLUE, lw=1.5, zorder=3)
    ax.fill_between(places, 0, density, where=inside, color=BLUE, alpha=0.2, lw=0, zorder=1)
    ax.axvline(rate.rate, color=INK, lw=1.0, zorder=2)
    ax.set_ylim(0, 1.18)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    ax.grid(visible=True, axis="x", color=HAIR, lw=0.5)
    right = rate.rate < (places[0] + top) * 0.55
    draw_note(
        ax, f"{rate.rate:.3g} a year", (rate.rate, 1.1), (5 if right else -5, 0), coords="data", color=INK,
        weight="bold", size=9, ha="left" if right else "right", va="center",
    )  # fmt: skip
    draw_note(ax, "events a year", (1, 0), (0, -22), ha="right", va="top", color=MUTED)
    heading(ax, "Posterior of the rate")


def _layout(width: float, found: RateFitFindings) -> Layout:  # noqa: ARG001 the same for each
    if width > 6:
        return Layout(heights=(2.1,), columns=(1.5, 1.0), top=0.3, left=0.4, across=0.5, bottom=0.42)
    return Layout(heights=(1.6, 1.4), top=0.3, down=(0.62,), left=0.4, bottom=0.42)


def _picture_text(found: RateFitFindings) -> PictureText:
    rate = found.rate
    return PictureText(
        title=f"{found.trigger}: {counted(rate.events, 'event')} in {rate.years:.2f} years, between {rate.q05:.2g} and "
        f"{rate.q95:.2g} a year (90 %)",
        subtitle=f"Every event from {day(found.since)} to the day before {day(found.until)}, and the posterior of the "
        "rate",
        caption="Solid line: cumulative events. Dashed: a constant rate; pale: 90 % of Poisson processes with it. "
        f"Right: the shaded part is 90 % of the posterior. {' '.join(rate_words(found))}",
        source=f"Source: {found.data.file}; Gamma posterior with Jeffreys' prior.",
        alt=f"A staircase of {counted(rate.events, 'event')}, and the density of their rate.",
    )


@plot(name="rate", layout=_layout, text=_picture_text)
def fitted_rate(axes: Sequence[Axes], found: RateFitFindings) -> None:
    """Cumulative events against a constant rate, and the posterior of the rate with its 90 % interval."""
    _events(axes[0], found)
    _posterior(axes[1], found)
