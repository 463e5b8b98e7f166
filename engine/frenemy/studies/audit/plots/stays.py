"""Stays: the share of stays in each scenario that last longer than a time (Kaplan–Meier)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from frenemy.model.describe.wording import time
from frenemy.model.durations import DAYS_PER_YEAR
from frenemy.present.labels import draw_note, end_labels, end_labels_height
from frenemy.present.number_text import and_list, brief
from frenemy.present.sheet import Layout, PictureText, all_numbers, futures_text, plot, source_line
from frenemy.present.style import DASHES, HAIR, legible
from frenemy.studies.audit.findings import AuditFindings, RuleFindings

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["half_ended", "stays"]


def half_ended(found: AuditFindings, rule: RuleFindings) -> str:
    """`half end within 106 weeks`, or that it is not known."""
    median = float(rule.dwell.quantiles[1])
    if rule.dwell.spells == 0:
        return "no stay"
    if np.isnan(median):
        return "more than half outlast the run"
    return f"half end within {time(median * found.experiment.tick)}"


def _drawn(found: AuditFindings) -> list[RuleFindings]:
    return [rule for rule in found.rules if rule.dwell.spells > 0]


def _labels(found: AuditFindings) -> list[tuple[str, str, str]]:
    return [
        (
            found.model.scenarios[rule.scenario].label,
            f"{half_ended(found, rule)}; {rule.dwell.spells:,} stays, {rule.dwell.censored:,} not ended",
            legible(found.model.scenarios[rule.scenario].colour),
        )
        for rule in _drawn(found)
    ]


def _layout(width: float, found: AuditFindings) -> Layout:
    right = 0.3 * width
    tall = max(2.9, end_labels_height(_labels(found), right))
    return Layout(heights=(tall,), right=right, bottom=0.42)


def _picture_text(found: AuditFindings) -> PictureText:
    first, *_ = drawn = _drawn(found)
    run = found.experiment
    halves = and_list(f"{found.model.scenarios[rule.scenario].label}: {half_ended(found, rule)}" for rule in drawn)
    label = brief(found.model.scenarios[first.scenario].label)
    return PictureText(
        title=f"How long stays last. {label}: {half_ended(found, first)}",
        subtitle="Share of stays that last longer than the time shown, per cent",
        caption="A stay begins at an entry and ends when the path leaves; in the default scenario the first begins "
        "with the run. A stay that outlasts the run counts for as long as it is observed (Kaplan–Meier); a line ends "
        "where no longer stay could be observed. Pale bands: Monte Carlo error at 95 %.",
        source=source_line(found.model, run, futures_text(run), all_numbers(run.uncertainty.draws)),
        alt=f"Survival curves of stays. {halves}.",
    )


@plot(name="stays", layout=_layout, text=_picture_text)
def stays(axes: Sequence[Axes], found: AuditFindings) -> None:
    """Survival curves of stays by scenario, with 95 % Monte Carlo bands."""
    ax, ends = axes[0], []
    for n, rule in enumerate(_drawn(found)):
        stay, scenario = rule.dwell, found.model.scenarios[rule.scenario]
        known = np.isfinite(stay.survival)
        x = stay.times[known] * found.experiment.tick / DAYS_PER_YEAR
        middle, error = stay.survival[known], 1.96 * stay.survival_se[known]
        ax.fill_between(x, middle - error, middle + error, step="post", color=scenario.colour, alpha=0.18, lw=0)
        ax.step(x, middle, where="post", color=legible(scenario.colour), lw=1.7, ls=DASHES[n % len(DASHES)])
        ends.append(float(middle[-1]))
    span = found.experiment.ticks * found.experiment.tick / DAYS_PER_YEAR
    ax.set(xlim=(0, span), ylim=(0, 1), yticks=[0, 0.25, 0.5, 0.75, 1])
    ax.set_yticklabels(["0", "25", "50", "75", "100"])
    ax.grid(visible=True, axis="y", color=HAIR, lw=0.6)
    draw_note(ax, "years since entry", (1, 0), (0, -16), ha="right", va="top")
    end_labels(ax, ends, _labels(found))
