"""The rows of a timeline: an entry, its effect when it became known, and its effect given all that is known."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from frenemy.present.number_text import from_to, percent, signed
from frenemy.present.percentage_points import significant
from frenemy.present.time_axis import day
from frenemy.studies.timeline.findings import SILENCE, Bits, TimelineFindings

__all__ = [
    "DAGGER", "MARK", "MAX_ROWS", "Row", "bits_text", "change_text", "over_what", "remark", "rows", "rows_to_show",
    "vague",
]  # fmt: skip

MAX_ROWS = 20
"""Rows of a table or a picture; the saved tables have all."""
VAGUE_DAYS = 31
"""Entries are marked if their date is a range of so many days: that nothing else happened in it weighs too."""
MARK = "\u00a0†"
DAGGER = "†: its date is a range; the entry also says that nothing else of its kind happened within the range."
ABSENCE = "What did not happen"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Row:
    """One entry, and one scenario."""

    name: str  # SILENCE: all that did not happen, in sequence
    date: dt.date | None  # when it became known; None for what never happened
    label: str
    arrival: Bits | None
    removal: Bits | None
    vague: bool = False

    @property
    def marked(self) -> str:
        """The label, marked if the date is a wide range."""
        return self.label + MARK * self.vague

    @property
    def strength(self) -> float:
        """The largest significant change, in bits; 0: none is."""
        return max(
            (abs(bits.change) for bits in (self.arrival, self.removal) if bits and bits.significant), default=0.0
        )

    def __str__(self) -> str:
        return f"{day(self.date)}  {self.marked}" if self.date else self.marked


def rows(found: TimelineFindings, j: int) -> list[Row]:
    """Entries in the order in which they became known; then what did not happen, as a whole and by trigger."""
    notes, listed = found.evidence.notes, list[Row]()
    for n, step in enumerate(found.steps):
        if step.entry != SILENCE:
            note = notes[step.entry]
            removal = found.removal(step.entry, 0, j) if found.left_out else None
            listed.append(
                Row(
                    name=step.entry, date=note.last, label=note.label, arrival=found.arrival(n, 0, j), removal=removal,
                    vague=vague(found, step.entry),
                )
            )  # fmt: skip
    if any(step.entry == SILENCE for step in found.steps):
        listed.append(Row(name=SILENCE, date=None, label=ABSENCE, arrival=found.silence(0, j), removal=None))
    names = {row.name for row in listed}
    return listed + [
        Row(name=name, date=None, label=notes[name].label, arrival=None, removal=found.removal(name, 0, j))
        for name in found.left_out
        if name not in names
    ]


def over_what(found: TimelineFindings) -> str:
    """Over what the odds are averaged, as a sentence, and how many of the draws bear the evidence out."""
    if not found.draws:
        return "Every uncertain number is at its median: these are not the odds of a run."
    return (
        f"Odds are means over {found.draws * found.repeats:,} draws of the uncertain numbers and over chance; draws "
        f"are weighed by the evidence, which leaves {found.effective_draws:,.0f} of them effective."
    )


def vague(found: TimelineFindings, entry: str) -> bool:
    """Whether the date of an occurrence is a wide range, and the ledger is complete for its trigger."""
    notes = found.evidence.notes
    note = notes[entry]
    complete = any(of.kind == "coverage" and of.on and of.about == note.about for of in notes.values())
    return note.kind == "occurrence" and complete and (note.last - note.first).days >= VAGUE_DAYS


def change_text(found: TimelineFindings, j: int) -> str:
    """`went from 12 % to 14 %`, if that is significant: the odds of a scenario before all evidence and now."""
    (start, se), (end, end_se) = (found.odds(n) for n in (-1, len(found.steps) - 1))
    before, now = float(start[0, j]), float(end[0, j])
    if not significant(now - before, float(np.hypot(se[0, j], end_se[0, j]))):
        return f"did not change significantly ({percent(before)} before, {percent(now)} now)"
    return f"went {from_to(before, now)}"


def rows_to_show(sides: Sequence[Sequence[Row]]) -> list[int]:
    """The rows to show, by their effect on any of the scenarios given: all if they are few.

    Otherwise those with the largest significant effects, still in their order, and what did not happen.
    """
    strength = {place: max(row.strength for row in same) for place, same in enumerate(zip(*sides, strict=True))}
    if len(strength) <= MAX_ROWS:
        return [*strength]
    always = {place for place in strength if sides[0][place].name == SILENCE}
    ranked = sorted((place for place in strength if strength[place] > 0), key=lambda place: -strength[place])
    return sorted({*ranked[: MAX_ROWS - len(always)], *always})


def remark(listed: Sequence[Row], hidden: int) -> str:
    """A note below rows: on those that are marked, and on those that are not shown."""
    notes = [DAGGER] if any(row.vague for row in listed) else []
    if hidden:
        entries = (
            "1 more entry has a smaller effect, or one"
            if hidden == 1
            else f"{hidden} more entries have smaller effects, or effects"
        )
        notes.append(f"{entries} not distinguishable from chance: see entries.csv.")
    return " ".join(notes)


def bits_text(bits: Bits | None, *, error: bool = True) -> str:
    """`+0.32 ± 0.05` or `+0.32`, in brackets if it is not significant; empty if it was not assessed."""
    if bits is None:
        return ""
    text = signed(f"{bits.change:+.2f}") + (f" ± {bits.half:.2f}" if error else "")
    return text if bits.significant else f"({text})"
