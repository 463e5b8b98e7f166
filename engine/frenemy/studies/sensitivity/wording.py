"""Words that the text and the pictures of a sensitivity study share."""

from __future__ import annotations

from frenemy.present.time_axis import day
from frenemy.studies.sensitivity.findings import SensitivityFindings

__all__ = ["odds_words", "other_numbers"]


def odds_words(found: SensitivityFindings) -> str:
    """`the odds of being in Total rift on 22 Jan 2030`."""
    label = found.model.scenarios[found.scenario].label
    date = day(found.dates[found.tick])
    match found.experiment.sensitivity.reading:
        case "at":
            return f"the odds of being in {label} on {date}"
        case "ever":
            return f"the odds of having been in {label} by {date}"
        case _:
            return f"the time share of {label} up to {date}"


def other_numbers(found: SensitivityFindings) -> str:
    """What the numbers that do not move are at; how many draws there are differs from bar to bar."""
    drawn = found.experiment.uncertainty.draws
    return "means over draws of all other uncertain numbers" if drawn else "other numbers at their medians"
