"""How many particles bear out the evidence, date by date, and how likely the model made it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from frenemy.present.labels import heading
from frenemy.present.sheet import WIDE, Layout, Picture, PictureText, panels
from frenemy.present.style import HAIR, INK, MUTED, PAPER, styled
from frenemy.present.time_axis import as_date, day, time_axis
from frenemy.studies.update.findings import UpdateFindings

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["bearing_out", "picture"]


@styled()
def bearing_out(found: UpdateFindings, axes: Sequence[Axes] | None = None) -> Sequence[Axes]:
    """Above: effective draws, as a share; below: the log probability of the ledger so far. Takes two axes."""
    axes = panels(_layout(found, WIDE), WIDE) if axes is None else axes
    after = found.after
    dates = np.array([news.date for news in after.news])
    share = np.array([news.effective_draws for news in after.news]) / after.draws
    renewed = np.array([np.isfinite(news.moved) for news in after.news])
    above, below = axes
    above.plot(dates, share, color=INK, lw=1.2, zorder=2)
    for mask, fill in ((renewed, INK), (~renewed, PAPER)):
        above.plot(dates[mask], share[mask], "o", mfc=fill, mec=INK, ms=4.5, zorder=3)
    above.set_ylim(0, 1.04)
    above.set_yticks([0, 0.25, 0.5, 0.75, 1.0], ["0", "", "50", "", "100 %"])
    log_evidence = np.array([news.log_evidence for news in after.news])
    error = 1.96 * np.array([news.log_evidence_se for news in after.news])
    below.fill_between(dates, log_evidence - error, log_evidence + error, color=MUTED, alpha=0.25, lw=0, zorder=2)
    below.plot(dates, log_evidence, color=INK, lw=1.2, marker="o", ms=3, zorder=3)
    for ax, text in ((above, "Effective draws"), (below, "Log probability of the evidence so far")):
        ax.grid(visible=True, axis="y", color=HAIR, lw=0.6)
        ax.spines["left"].set_visible(False)
        time_axis(ax, (after.experiment.start, as_date(after.news[-1].date)), labelled=ax is below)
        heading(ax, text)
    return axes


def _layout(found: UpdateFindings, width: float) -> Layout:  # noqa: ARG001
    return Layout(heights=(1.5, 1.5), left=0.48, right=0.2, top=0.34, down=(0.5,))


def picture(found: UpdateFindings) -> Picture:
    """Effective draws and log probability as a picture."""
    after = found.after
    least = min(news.effective_draws for news in after.news)
    renewed = sum(bool(np.isfinite(news.moved)) for news in after.news)
    return Picture(
        name="bearing_out",
        text=PictureText(
            title=f"At least {least:.0f} of {after.draws} draws bear out the evidence of each date",
            subtitle=f"Draws of the uncertain numbers, each with {after.paths:,} particles, as the ledger is taken in",
            caption="Above: to how many equally likely draws the weighted ones amount, as a share; full where they "
            "were resampled and moved, so that they do not become few. Below: the logarithm of the probability (for "
            "readings: the density) that the model gave to the ledger so far, with its Monte Carlo error at 95 "
            "%; models with the same ledger can be compared by it.",
            source=f"Source: simulation of the model “{after.model.title}”, experiment “{after.experiment.title}”.",
            alt=f"Two curves from {day(after.dates[0])} to {day(after.ledger.until)}: effective draws, at least "
            f"{least:.0f} of {after.draws}, renewed {renewed} times; log probability, at the end "
            f"{after.log_evidence:.1f}.",
        ),
        layout=lambda width: _layout(found, width),
        draw=lambda axes: bearing_out(found, axes),
    )
