"""Questions about the near future in words, and the axis on which their answers stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from frenemy.present.number_text import NBSP, percent
from frenemy.present.style import HAIR
from frenemy.present.time_axis import day
from frenemy.studies.watch.findings import Question, WatchFindings

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["answer_text", "as_of", "gain_text", "named", "odds_text", "question_text", "share_axis"]


def as_of(found: WatchFindings) -> str:
    """`as of now`, or `as of 20 Jan 2026, by 42 pieces of evidence`."""
    if not found.evidence:
        return "as of now"
    pieces = f"{found.evidence} pieces" if found.evidence > 1 else "one piece"
    return f"as of {day(found.since)}, by {pieces} of evidence"


def question_text(asked: Question) -> str:
    """`U.S. tariff threat, 3 or more`."""
    return f"{asked.label}, {asked.least} or more" if asked.least > 1 else asked.label


def named(asked: Question) -> str:
    """`“U.S. tariff threat” comes 3 times or more`; `“Envoys leave” is seen`."""
    if asked.kind == "signpost":
        return f"“{asked.label}” is seen"
    times = f" {asked.least} times or more" if asked.least > 1 else ""
    return f"“{asked.label}” comes{times}"


def answer_text(found: WatchFindings, asked: Question, answer: str) -> str:
    """The label of a branch."""
    event = next(event for event in found.model.calendar if event.name == asked.name)
    return next(branch.label for branch in event.branches if branch.name == answer)


def odds_text(asked: Question, j: int) -> tuple[str, str]:
    """The odds of a scenario given yes and given no."""
    return percent(float(asked.learnt.odds[0, j])), percent(float(asked.learnt.odds[1, j]))


def gain_text(asked: Question, found: WatchFindings, j: int) -> str:
    """The share of the doubt that the answer resolves, `3.1 %`; `–` where it is not told from chance."""
    doubt = float(found.doubt[j])
    if not asked.learnt.told[j] or doubt <= 0:
        return "–"
    share = 100 * float(asked.learnt.gain[j]) / doubt
    return f"{share:.1f}{NBSP}%" if share >= 0.05 else f"<0.1{NBSP}%"


def share_axis(ax: Axes, top: float) -> None:
    """Odds across, from 0 to `top`, marked at round shares."""
    top = min(top, 1.0)
    step = next(step for step in (0.005, 0.01, 0.02, 0.05, 0.1, 0.25) if top / step <= 6 or step == 0.25)
    ticks = [n * step for n in range(int(top / step) + 1)]
    ax.set_xlim(0.0, max(top, step))
    ax.set_xticks(ticks, [f"{100 * tick:g}" + (" %" if tick == ticks[-1] else "") for tick in ticks])
    ax.grid(visible=True, axis="x", color=HAIR, lw=0.6)
