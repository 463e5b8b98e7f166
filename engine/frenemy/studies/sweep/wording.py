"""Words, and the choice of scenarios, that the text and the pictures of a sweep share."""

from __future__ import annotations

import datetime as dt

import numpy as np

from frenemy.model.resolved import Scenario
from frenemy.present.time_axis import day
from frenemy.studies.sweep.grid import SweepFindings

__all__ = ["main_scenarios", "most_sensitive", "odds_words", "scenarios_shown", "sentence_case"]


def scenarios_shown(found: SweepFindings) -> list[tuple[int, Scenario]]:
    """The scenarios in question that can be the most probable, the default one last."""
    positions = [j for j in found.scenarios if j in found.contenders] or found.scenarios
    pairs = [(j, found.model.scenarios[j]) for j in positions]
    return sorted(pairs, key=lambda pair: pair[1].default)


def main_scenarios(found: SweepFindings) -> list[tuple[int, Scenario]]:
    """The same without the default one, which has the rest of the probability; it alone if nothing else is left."""
    return [pair for pair in scenarios_shown(found) if not pair[1].default] or scenarios_shown(found)


def most_sensitive(found: SweepFindings) -> tuple[int, Scenario]:
    """The main scenario whose odds vary most over the grid."""
    return max(main_scenarios(found), key=lambda pair: float(np.ptp(found.odds[pair[0]])))


def odds_words(found: SweepFindings) -> str:
    """`odds of being in each scenario on 22 Jan 2030`."""
    run = found.experiment
    date = day(run.start + dt.timedelta(days=(found.ticks[found.tick] + 1) * run.tick))
    match found.experiment.sweep.reading:
        case "at":
            return f"odds of being in each scenario on {date}"
        case "ever":
            return f"odds of having been in each scenario by {date}"
        case _:
            return f"time share of each scenario up to {date}"


def sentence_case(text: str) -> str:
    """The text with a capital at its start."""
    return f"{text[0].upper()}{text[1:]}"
