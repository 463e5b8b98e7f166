"""The model card as plain text."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator, Sequence

from frenemy.check.card import Card, Entry, Rate
from frenemy.check.settled_levels import Level
from frenemy.model.describe.wording import percent, plain, rounded, spoken

__all__ = ["WIDTH", "card_text"]

WIDTH = 100
"""Columns of the text."""
LABEL = 44
"""Columns of the first column of a table."""


def card_text(card: Card) -> str:
    """The card in lines of at most 100 columns: sentences by section, then numbers that the files do not state."""
    lines = [card.title, "=" * len(card.title), *_wrapped(card.description)]
    for section in card.sections:
        lines += ["", *_heading(section.title)]
        for entry in section.entries:
            lines += _entry(entry)
    lines += ["", *_heading("Where drivers settle"), *_levels(card.levels)]
    if card.rates:
        lines += ["", *_heading("How often triggers happen"), *_rates(card)]
    lines += ["", *_heading("Chains of events"), *_chain(card)]
    return "\n".join(lines) + "\n"


def _heading(title: str) -> list[str]:
    return [title, "-" * len(title)]


def _entry(entry: Entry) -> Iterator[str]:
    yield from _wrapped(entry.text, first="• ", rest="  ")
    for remark in entry.remarks:
        yield from _wrapped(remark, first="  ", rest="  ")


def _wrapped(text: str, first: str = "", rest: str = "") -> list[str]:
    """Lines that keep a number and its per cent sign together."""
    glued = text.replace(" %", "\u00a0%")
    lines = textwrap.wrap(glued, WIDTH, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False)
    return [line.replace("\u00a0", " ") for line in lines]


def _levels(levels: Sequence[Level]) -> Iterator[str]:
    yield from _wrapped("With the ordinary flow of triggers, without the calendar, every number at its median:")
    for level in levels:
        name, long_run = spoken(level.driver), plain(level.long_run)
        if math.isnan(level.settled):
            text = f"{name}, with a long run of {long_run}, never settles: events leave scars, and scars do not heal."
        else:
            change = level.settled - level.long_run
            moved = (
                f"{plain(abs(change), 2)} points {'above' if change > 0 else 'below'}" if abs(change) >= 0.05 else "at"
            )
            text = f"{name} settles at {level.settled:.1f} (± {level.error:.1f}), {moved} its long run of {long_run}."
        yield from _wrapped(text[0].upper() + text[1:], first="• ", rest="  ")


def _rates(card: Card) -> Iterator[str]:
    yield from _wrapped(
        "Probability of at least one event in a year at the reference state, with the gate open, and its 5–95 % range; "
        f"the same as simulated ({card.run}); events a year; and the further events that one event brings about."
    )
    yield ""
    heads = ("reference", "5–95 %", "simulated", "a year", "brings")
    yield _row("", heads)
    for rate in card.rates:
        label = rate.label if len(rate.label) <= LABEL else f"{rate.label[: LABEL - 1]}…"
        yield _row(label, _cells(rate))


def _cells(rate: Rate) -> tuple[str, ...]:
    interval = "" if rate.low == rate.high else f"{_short(rate.low)}–{_short(rate.high)} %"
    simulated = "–" if math.isnan(rate.simulated) else percent(rate.simulated, 2)
    return percent(rate.reference, 2), interval, simulated, rounded(rate.expected), rounded(rate.brings)


def _short(probability: float) -> str:
    return ">99" if probability > 0.995 else percent(probability, 2).removesuffix(" %").removeprefix("less than ")


def _row(label: str, cells: Sequence[str]) -> str:
    widths = (10, 14, 11, 8, 8)
    return f"{label:<{LABEL}}" + "".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True))


def _chain(card: Card) -> list[str]:
    if card.chain.radius == 0 and card.chain.largest == 0:
        return ["• No event brings about another that could bring about the first again: chains are short."]
    reach = f", at most {rounded(card.chain.largest)} over the draws" if card.chain.largest > card.chain.radius else ""
    text = (
        f"The contagion radius is {rounded(card.chain.radius)}{reach}: each generation of events that others bring "
        "about is on average this many times as large as the one before. Below 1, every chain dies out."
    )
    return _wrapped(text, first="• ", rest="  ")
