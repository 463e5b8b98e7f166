"""Sentences about a forecast: titles that say something, captions in frequencies, the footer of every picture."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from frenemy.analyse.forecast import Forecast, Odds
from frenemy.present.style import display_order
from frenemy.present.timeline import month
from frenemy.present.words import ICD203

__all__ = [
    "JUDGEMENT_BANDS", "and_list", "brief", "footer", "frequency", "has_bands", "headline", "in_words", "monte_carlo",
    "percent", "range_text", "shares", "source_line",
]  # fmt: skip

NBSP = "\u00a0"
BRIEF = 42
"""Characters of a label that a title can carry."""
SHARES = ((3, 5), (2, 3), (3, 4), (4, 5), (9, 10), (2, 5), (1, 2), (1, 3), (3, 10), (1, 4), (1, 5))
ROUND = (6, 7, 8, 9, 10, 12, 15, 20, 25, 30, 40, 50, 75, 100, 150, 200)
JUDGEMENT_BANDS = (
    "Were the uncertain numbers of the model judged afresh on 100 occasions, the odds would lie in the darkest band "
    "on 30 of them, no further out than the middle band on 60, within the palest on 90, and outside on the other 10."
)


def percent(probability: float) -> str:
    """`62 %`; never 0 % or 100 % for what merely did not happen among the paths."""
    if probability < 0.005:
        return f"<1{NBSP}%"
    return f">99{NBSP}%" if probability > 0.995 else f"{100 * probability:.0f}{NBSP}%"


def range_text(low: float, high: float) -> str:
    """`51–73 %`."""
    ends = [percent(end).removesuffix(f"{NBSP}%") for end in (low, high)]
    return f"{ends[0]}{NBSP}%" if ends[0] == ends[1] else f"{ends[0]}–{ends[1]}{NBSP}%"


def in_words(odds: Odds, tick: int, scenario: int) -> str:
    """The ICD 203 word for the odds; two words where the 90 % band of judgement crosses a boundary."""
    band = odds.quantiles[0, tick, scenario], odds.quantiles[-1, tick, scenario]
    words = ICD203.words(_clipped(odds.probability[tick, scenario]), *(_clipped(end) for end in band))
    return words.replace(" %", f"{NBSP}%")


def _clipped(probability: float) -> float:
    """A probability that rounding may have pushed out of 0-1; NaN stays."""
    return probability if math.isnan(probability) else float(min(max(probability, 0.0), 1.0))


def frequency(probability: float) -> str:
    """The nearest simple share: `1 in 5`, `2 in 3`."""
    if probability < 1 / 200:
        return "less than 1 in 200"
    if probability > 0.975:
        return "nearly all"
    if probability < 0.19:
        return f"1 in {min(ROUND, key=lambda n: abs(math.log(probability * n)))}"
    few, many = min(SHARES, key=lambda share: abs(probability - share[0] / share[1]))
    return f"{few} in {many}"


def and_list(words: Iterable[str]) -> str:
    """`a, b and c`."""
    items = list(words)
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}" if items else ""


def counted(number: int, what: str) -> str:
    """`1 forecast`, `62 forecasts`."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def has_bands(forecast: Forecast) -> bool:
    """Whether judgement was carried through by outer draws."""
    return forecast.draws > 0 and bool(np.isfinite(forecast.odds["at"].quantiles).any())


def brief(label: str) -> str:
    """A label short enough for a title."""
    return label if len(label) <= BRIEF else label[:BRIEF].rpartition(" ")[0].rstrip(" ,;:-") + "…"


def headline(forecast: Forecast) -> str:
    """`Status quo stays likely; Total rift grows to 1 in 5 by Jan 2030`."""
    odds = forecast.odds["at"].probability
    scenarios = display_order(forecast.model)
    ranked = sorted(scenarios, key=lambda pair: -odds[-1, pair[0]])
    (first, lead), *others = ranked
    word = ICD203.word(_clipped(odds[-1, first])).partition(" (")[0]
    word = word if word.startswith(("likely", "very likely", "almost certain")) else "the most frequent future"
    verb = "stays" if lead.default else "becomes"
    text = f"{brief(lead.label)} {verb} {word}"
    if others:
        j, rival = others[0]
        early, late = odds[len(odds) // 5, j], odds[-1, j]
        course = "grows to" if late > 1.2 * early else "falls to" if late < 0.8 * early else "holds at"
        text += f"; {brief(rival.label)} {course} {frequency(late)}"
    return f"{text} by {month(forecast.dates[-1])}"


def shares(forecast: Forecast) -> str:
    """`about 78 are in Status quo, 20 in Total rift and 2 in Renewed cooperation`: of 100 futures, at the end."""
    final = forecast.odds["at"].probability[-1]
    counts = [f"{_of_hundred(final[j])} in {s.label}" for j, s in display_order(forecast.model)]
    return and_list([f"about {counts[0]}".replace(" in ", " are in ", 1), *counts[1:]])


def _of_hundred(share: float) -> str:
    return "fewer than 1" if share < 0.005 else f"{100 * share:.0f}"


def monte_carlo(odds: Odds) -> str:
    """The Monte Carlo error in percentage points, for a caption."""
    points = 196 * float(np.nanmax(odds.mc_se))
    return f"±{max(points, 0.1):.1f} points"


def source_line(forecast: Forecast) -> str:
    """Where the numbers come from."""
    return f"Source: simulation of the model “{forecast.model.title}”, experiment “{forecast.experiment.title}”."


def footer(forecast: Forecast, digest: str) -> str:
    """Seed, paths, draws, horizon and the hash of the configuration."""
    run = forecast.experiment
    paths = f"{forecast.draws:,} draws × {forecast.paths:,} paths" if forecast.draws else f"{forecast.paths:,} paths"
    span = f"{run.start.isoformat()} to {run.end.isoformat()} in {run.tick}-day ticks"
    return f"Frenemy · {paths} · seed {run.seed} · {span}{f' · config {digest[:12]}' if digest else ''}"
