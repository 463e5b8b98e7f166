"""Sentences about a forecast: titles that state a result, captions in frequencies, the footer of every picture."""

from __future__ import annotations

import math

import numpy as np

from frenemy.forecast.forecast import Forecast, Odds
from frenemy.present.likelihood_words import ICD203
from frenemy.present.number_text import NBSP, and_list, brief, frequency
from frenemy.present.sheet import run_footer
from frenemy.present.style import display_order
from frenemy.present.time_axis import month

__all__ = ["BANDS_EXPLAINED", "footer", "has_bands", "headline", "in_words", "monte_carlo", "shares"]

BANDS_EXPLAINED = (
    "Bands: plausible range of the odds given the uncertain numbers. Darkest band: the middle 30 % of the draws; "
    "middle band: 60 %; palest: 90 %."
)


def in_words(odds: Odds, tick: int, scenario: int) -> str:
    """The ICD 203 word for the odds; two words if the 90 % band crosses a boundary."""
    band = odds.quantiles[0, tick, scenario], odds.quantiles[-1, tick, scenario]
    words = ICD203.words(_clipped(odds.probability[tick, scenario]), *(_clipped(end) for end in band))
    return words.replace(" %", f"{NBSP}%")


def _clipped(probability: float) -> float:
    """A probability that rounding may have pushed out of 0-1; NaN stays."""
    return probability if math.isnan(probability) else float(min(max(probability, 0.0), 1.0))


def has_bands(forecast: Forecast) -> bool:
    """Whether the uncertain numbers were varied by outer draws."""
    return forecast.draws > 0 and bool(np.isfinite(forecast.odds["at"].quantiles).any())


def headline(forecast: Forecast) -> str:
    """`Status quo stays likely; Total rift rises to 1 in 5 by Jan 2030`."""
    odds = forecast.odds["at"].probability
    scenarios = display_order(forecast.model)
    ranked = sorted(scenarios, key=lambda pair: -odds[-1, pair[0]])
    (first, lead), *others = ranked
    word = ICD203.word(_clipped(odds[-1, first])).partition(" (")[0]
    word = word if word.startswith(("likely", "very likely", "almost certain")) else "the most frequent outcome"
    verb = "stays" if lead.default else "becomes"
    text = f"{brief(lead.label)} {verb} {word}"
    if others:
        j, rival = others[0]
        early, late = odds[len(odds) // 5, j], odds[-1, j]
        course = "rises to" if late > 1.2 * early else "falls to" if late < 0.8 * early else "holds at"
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


def footer(forecast: Forecast, digest: str) -> str:
    """Draws, paths, seed, span and the hash of the configuration."""
    draws = f"{forecast.draws:,} draws × " if forecast.draws else ""
    text = run_footer(forecast.experiment, f"{draws}{forecast.paths:,} paths")
    return f"{text} · config {digest[:12]}" if digest else text
