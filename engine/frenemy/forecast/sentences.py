"""Sentences about a forecast: titles that state a result, captions in frequencies, the footer of every picture."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from frenemy.arrays import Floats
from frenemy.forecast.forecast import QUANTILES, Forecast, Odds, Reading
from frenemy.model.describe.wording import counted
from frenemy.model.resolved import Model
from frenemy.present.likelihood_words import ICD203
from frenemy.present.number_text import NBSP, and_list, brief, frequency
from frenemy.present.percentage_points import significant
from frenemy.present.sheet import run_footer
from frenemy.present.style import display_order
from frenemy.present.time_axis import month

__all__ = [
    "BANDS_EXPLAINED",
    "WORDS_EXPLAINED",
    "footer",
    "has_bands",
    "headline",
    "headline_of",
    "in_words",
    "monte_carlo",
    "shares",
]

BANDS_EXPLAINED = (
    "Bands: plausible range of the odds given the uncertain numbers. Darkest band: the middle 30 % of the draws; "
    "middle band: 60 %; palest: 90 %."
)
WORDS_EXPLAINED = "Words: ICD 203, for the odds as shown; two where the middle half of the draws spans two."


def in_words(odds: Odds, tick: int, scenario: int) -> str:
    """The ICD 203 word for the odds as shown; two words if the middle half of the draws (q25 to q75) spans two."""
    low, high = (float(np.interp(share, QUANTILES, odds.quantiles[:, tick, scenario])) for share in (0.25, 0.75))
    return ICD203.shown(float(odds.probability[tick, scenario]), low, high).replace(" %", f"{NBSP}%")


def has_bands(forecast: Forecast) -> bool:
    """Whether the uncertain numbers were varied by outer draws."""
    return forecast.draws > 0 and bool(np.isfinite(forecast.odds["at"].quantiles).any())


def headline(forecast: Forecast) -> str:
    """`Status quo stays likely; Total rift rises to 1 in 5 by Jan 2030`."""
    return headline_of(forecast.model, forecast.odds, forecast.dates[-1], since=forecast.experiment.ticks // 5)


def headline_of(model: Model, readings: Mapping[Reading, Odds], end: np.datetime64, *, since: int) -> str:
    """The headline of odds up to a date, which rise or fall from those at the assessment `since`."""
    odds, errors = readings["at"].probability, readings["at"].mc_se
    until = f"by {month(end)}"
    (first, lead), *others = sorted(display_order(model), key=lambda pair: -odds[-1, pair[0]])
    word = ICD203.shown(float(odds[-1, first])).partition(" (")[0]
    if not word.startswith(("likely", "very likely", "almost certain")):
        if others and not _differ(odds[-1], errors[-1], first, others[0][0]):
            return f"{brief(lead.label)} and {brief(others[0][1].label)} are equally frequent {until}, within error"
        word = "the most frequent outcome"
    verb = "stays" if lead.default else "becomes"
    text = f"{brief(lead.label)} {verb} {word}"
    if others:
        j, rival = others[0]
        tick = min(since, len(odds) - 1)
        early, late = odds[tick, j], odds[-1, j]
        moved = significant(late - early, float(np.hypot(errors[tick, j], errors[-1, j])))
        rises, falls = moved and late > 1.2 * early, moved and late < 0.8 * early
        text += f"; {brief(rival.label)} {'rises to' if rises else 'falls to' if falls else 'is at'} {frequency(late)}"
    return f"{text} {until}{_passing(model, readings, first)}"


def _passing(model: Model, readings: Mapping[Reading, Odds], lead: int) -> str:
    """`; 3 in 10 pass through War`: of the scenarios that are entered far more often than held at the end."""
    at, ever = readings["at"], readings["ever"]
    above, share = ever.probability[-1] - 3 * at.probability[-1], ever.probability[-1]
    error = np.hypot(ever.mc_se[-1], 3 * at.mc_se[-1])
    passing = [
        (share[j], s)
        for j, s in display_order(model)
        if j != lead and share[j] > 0.1 and above[j] > 0 and significant(float(above[j]), float(error[j]))
    ]
    if not passing:
        return ""
    largest, scenario = max(passing, key=lambda pair: float(pair[0]))
    return f"; {frequency(float(largest))} pass through {brief(scenario.label)} on the way"


def _differ(odds: Floats, errors: Floats, one: int, other: int) -> bool:
    """Whether the odds of two scenarios at one date are distinguishable from each other."""
    return significant(float(odds[one] - odds[other]), float(np.hypot(errors[one], errors[other])))


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
    draws = f"{counted(forecast.draws, 'draw')} × " if forecast.draws else ""
    text = run_footer(forecast.experiment, f"{draws}{counted(forecast.paths, 'path')}")
    return f"{text} · config {digest[:12]}" if digest else text
