"""How many draws the evidence leaves effective, date by date, and how probable the model makes it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from frenemy.model.describe.wording import counted
from frenemy.present.labels import heading
from frenemy.present.sheet import Layout, PictureText, plot, source_line
from frenemy.present.style import HAIR, INK, MUTED, PAPER
from frenemy.present.time_axis import as_date, day, time_axis
from frenemy.studies.update.findings import UpdateFindings

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["sample_size"]


def _layout(width: float, found: UpdateFindings) -> Layout:  # noqa: ARG001 the same for each
    return Layout(heights=(1.5, 1.5), left=0.48, right=0.2, top=0.34, down=(0.5,))


def _picture_text(found: UpdateFindings) -> PictureText:
    after = found.after
    least = min(news.effective_draws for news in after.news)
    renewed = sum(bool(np.isfinite(news.moved)) for news in after.news)
    return PictureText(
        title=f"At each date at least {least:.0f} of {counted(after.draws, 'draw')} are effective",
        subtitle=f"Draws of the uncertain numbers, each with {counted(after.paths, 'particle')}, as the "
        "evidence comes in",
        caption="Above: how many equally weighted draws the weighted ones amount to, as a share; filled where draws "
        "were resampled and moved. Below: the logarithm of the probability (for readings: the density) that the "
        "model gave to the ledger so far, with its Monte Carlo error at 95 %. It compares models on the same ledger.",
        source=source_line(after.model, after.experiment),
        alt=f"Two curves from {day(after.dates[0])} to {day(after.ledger.until)}: effective draws, at least "
        f"{least:.0f} of {after.draws}, resampled {renewed} times; log probability, at the end "
        f"{after.log_evidence:.1f}.",
    )


@plot(name="effective_draws", layout=_layout, text=_picture_text)
def sample_size(axes: Sequence[Axes], found: UpdateFindings) -> None:
    """Above: effective draws, as a share; below: the log probability of the ledger so far."""
    after = found.after
    dates = np.array([news.date for news in after.news])
    share = np.array([news.effective_draws for news in after.news]) / after.draws
    renewed = np.array([np.isfinite(news.moved) for news in after.news])
    above, below = axes
    above.plot(dates, share, color=INK, lw=1.2, zorder=2)
    for mask, fill in ((renewed, INK), (~renewed, PAPER)):
        above.plot(dates[mask], share[mask], "o", mfc=fill, mec=INK, ms=4.5, zorder=3, clip_on=False)
    above.set_ylim(0, 1.04)
    above.set_yticks([0, 0.25, 0.5, 0.75, 1.0], ["0", "", "50", "", "100 %"])
    log_evidence = np.array([news.log_evidence for news in after.news])
    error = 1.96 * np.array([news.log_evidence_se for news in after.news])
    below.fill_between(dates, log_evidence - error, log_evidence + error, color=MUTED, alpha=0.25, lw=0, zorder=2)
    below.plot(dates, log_evidence, color=INK, lw=1.2, marker="o", ms=3, zorder=3, clip_on=False)
    for ax, text in ((above, "Effective draws"), (below, "Log probability of the evidence so far")):
        ax.grid(visible=True, axis="y", color=HAIR, lw=0.6)
        ax.spines["left"].set_visible(False)
        time_axis(ax, (after.experiment.start, as_date(after.news[-1].date)), labelled=ax is below)
        heading(ax, text)
