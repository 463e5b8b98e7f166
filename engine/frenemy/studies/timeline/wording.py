"""The rows in which a timeline is told: an entry, what it did when it came, and what it counts for now."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from frenemy.present.number_text import percent
from frenemy.present.time_axis import day
from frenemy.studies.timeline.findings import SILENCE, Bits, TimelineFindings

__all__ = ["DAGGER", "MARK", "MAX_ROWS", "Row", "bits_text", "remark", "rows", "rows_to_show", "vague", "way"]

MAX_ROWS = 20
"""Rows of a table or a picture; the tables that are saved have all."""
VAGUE = 31
"""Days above which an entry is marked: so much can have happened within them that knowing of no other weighs too."""
MARK = "\u00a0†"
DAGGER = "†: vague about its day; with it came that nothing else of its kind happened on any of its days."
ABSENCE = "What did not happen"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Row:
    """One entry, and one scenario."""

    name: str  # SILENCE: all that did not happen, in sequence
    date: dt.date | None  # when it became known; of what never happened there is no day
    label: str
    came: Bits | None
    counts: Bits | None
    vague: bool = False

    @property
    def marked(self) -> str:
        """The label, marked if the entry is vague."""
        return self.label + MARK * self.vague

    @property
    def told(self) -> float:
        """The largest change that stands out from chance, in bits; 0: none does."""
        return max((abs(bits.change) for bits in (self.came, self.counts) if bits and bits.told), default=0.0)

    def __str__(self) -> str:
        return f"{day(self.date)}  {self.marked}" if self.date else self.marked


def rows(found: TimelineFindings, j: int) -> list[Row]:
    """Entry by entry as they became known; then what did not happen, in sequence and trigger by trigger."""
    notes, listed = found.evidence.notes, list[Row]()
    for n, step in enumerate(found.steps):
        if step.entry != SILENCE:
            note = notes[step.entry]
            counts = found.counts(step.entry, 0, j) if found.left_out else None
            listed.append(
                Row(
                    name=step.entry, date=note.last, label=note.label, came=found.came(n, 0, j), counts=counts,
                    vague=vague(found, step.entry),
                )
            )  # fmt: skip
    if any(step.entry == SILENCE for step in found.steps):
        listed.append(Row(name=SILENCE, date=None, label=ABSENCE, came=found.silence(0, j), counts=None))
    told = {row.name for row in listed}
    return listed + [
        Row(name=name, date=None, label=notes[name].label, came=None, counts=found.counts(name, 0, j))
        for name in found.left_out
        if name not in told
    ]


def vague(found: TimelineFindings, entry: str) -> bool:
    """Whether an entry brings with it that its trigger was quiet for long, as the ledger tells everything of it."""
    notes = found.evidence.notes
    note = notes[entry]
    complete = any(of.kind == "coverage" and of.on and of.about == note.about for of in notes.values())
    return note.kind == "occurrence" and complete and (note.last - note.first).days >= VAGUE


def way(found: TimelineFindings, j: int) -> str:
    """`went from 12 % to 14 %`: the odds of a scenario from before all news until now."""
    start, end = (percent(float(found.odds(n)[0][0, j])) for n in (-1, len(found.steps) - 1))
    return f"stayed at {start}" if start == end else f"went from {start} to {end}"


def rows_to_show(sides: Sequence[Sequence[Row]]) -> list[int]:
    """The rows worth showing, by what they do to any of the scenarios given: all if they are few.

    Else those that do most and stand out from chance, still in their order, and what did not happen.
    """
    strength = {place: max(row.told for row in same) for place, same in enumerate(zip(*sides, strict=True))}
    if len(strength) <= MAX_ROWS:
        return [*strength]
    always = {place for place in strength if sides[0][place].name == SILENCE}
    ranked = sorted((place for place in strength if strength[place] > 0), key=lambda place: -strength[place])
    return sorted({*ranked[: MAX_ROWS - len(always)], *always})


def remark(listed: Sequence[Row], hidden: int) -> str:
    """What to say below rows: of those that are marked, and of those that are not there."""
    said = []
    if any(row.vague for row in listed):
        said.append(DAGGER)
    if hidden:
        one = hidden == 1
        said.append(
            f"{hidden} more {'entry that' if one else 'entries that'} did less or could be chance: entries.csv."
        )
    return " ".join(said)


def bits_text(bits: Bits | None, *, error: bool = True) -> str:
    """`+0.32 ± 0.05` or `+0.32`, in brackets where it could be chance; empty where it was not assessed."""
    if bits is None:
        return ""
    text = f"{bits.change:+.2f}" + (f" ± {bits.half:.2f}" if error else "")
    text = text.replace("-", "−")
    return text if bits.told else f"({text})"
