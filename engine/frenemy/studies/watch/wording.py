"""Questions about the near future in words."""

from __future__ import annotations

from frenemy.model.describe.wording import counted
from frenemy.present.number_text import NBSP, percent
from frenemy.present.time_axis import day
from frenemy.studies.watch.findings import Question, WatchFindings

__all__ = ["answer_text", "as_of", "gain_text", "odds_text", "question_text", "sentence"]


def as_of(found: WatchFindings) -> str:
    """`as of now`, or `given 42 entries, evidence through 15 Jan 2026, looking ahead from 20 Jan 2026`."""
    if not found.evidence:
        return "as of now"
    entries = counted(found.evidence, "entry", "entries")
    through = day(found.through) if found.through else "the start"
    return f"given {entries}, evidence through {through}, looking ahead from {day(found.since)}"


def question_text(question: Question) -> str:
    """`U.S. tariff threat, 3 or more`."""
    return f"{question.label}, {question.least} or more" if question.least > 1 else question.label


def answer_text(found: WatchFindings, question: Question, answer: str) -> str:
    """The label of a branch."""
    event = next(event for event in found.model.calendar if event.name == question.name)
    return next(branch.label for branch in event.branches if branch.name == answer)


def odds_text(question: Question, j: int) -> tuple[str, str]:
    """The odds of a scenario given yes and given no."""
    return percent(float(question.value.odds[0, j])), percent(float(question.value.odds[1, j]))


def gain_text(question: Question, found: WatchFindings, j: int) -> str:
    """The share of the present Brier score that the answer removes, `3.1 %`; `–` if it is not significant."""
    now = float(found.brier_now[j])
    if not question.value.significant[j] or now <= 0:
        return "–"
    share = 100 * float(question.value.gain[j]) / now
    return f"{share:.1f}{NBSP}%" if share >= 0.05 else f"<0.1{NBSP}%"


def sentence(found: WatchFindings, question: Question, j: int, *, label: str = "", chance: bool = True) -> str:
    """`If “Tariff round” happens by 21 Jan 2026 (chance 40 %), Total rift goes from 21 % to 25 %; if not, to 18 %.`

    For one scenario, called by its own label unless another is given, with or without the chance.
    """
    verb = "is seen" if question.kind == "signpost" else "happens"
    times = f" {question.least} times or more" if question.least > 1 else ""
    likely = f" (chance {percent(float(question.value.chance[0]))})" if chance else ""
    now, (yes, no) = percent(float(found.odds[j])), odds_text(question, j)
    otherwise = "it stays there" if no == now else f"to {no}"
    return (
        f"If “{question.label}” {verb}{times} by {day(question.date)}{likely}, "
        f"{label or found.model.scenarios[j].label} goes from {now} to {yes}; if not, {otherwise}."
    )
