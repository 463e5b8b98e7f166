"""Numbers of a model in words: labels and values for a dotted key."""

from __future__ import annotations

import math

from frenemy.model.conditions import unit_of
from frenemy.model.files.rewrite import is_time
from frenemy.model.resolved import Model
from frenemy.model.specs.number_at import quantity_at
from frenemy.present.number_text import NBSP

__all__ = ["key_label", "key_phrase", "lower_the", "value_text", "with_unit"]

BEFORE = {"multiplier": f"×{NBSP}", "factor": f"×{NBSP}"}
AFTER = {"rate": f"{NBSP}a year", "index_level": f"{NBSP}points", "points": f"{NBSP}points"}
"""What stands before or after a number, by the kind of its key."""
WEEKS = 70.0
"""Times from this number of days on are given in weeks."""
_SECTIONS = ("drivers", "triggers", "calendar", "scenarios")
_WORDS = {
    "start": "start", "long_run": "long run", "half_life": "half-life", "scar_half_life": "half-life of scars",
    "rate": "rate", "probability": "probability", "lasting": "lasting share", "for": "how long it must hold",
    "severity_cv": "spread of severity", "expected_extra": "(expected extra events)", "median": "median",
    "q95": "95 % point", "effect": "effect on", "per_10_points": "factor per 10 points of",
    "on_end": "effect when it ends, on", "while_active": "anchor shift while active,", "leads_to": "leads to",
    "raises": "raises", "shift": "shift of",
    "factor": "factor on", "pulls": "pull by", "reference": "reference level of", "thresholds": "threshold",
    "branches": "branch", "duration": "duration,", "delay": "delay,",
}  # fmt: skip
_OF = {"start", "long_run", "half_life", "rate", "probability", "lasting"}
"""Last parts of keys whose words read well before “of”."""
_AT_THE_START = {"scars": "scar of", "episodes": "time left of", "median": "(median)", "q95": "(95 % point)"}


def key_label(key: str, model: Model) -> str:
    """`Unilateral strike: effect on trust`; a key of another kind is its own label."""
    parts = key.split(".")
    labels = {item.name: item.label for group in (model.drivers, model.triggers, model.calendar) for item in group}
    labels |= {item.name: item.label for item in model.scenarios}
    labels |= {branch.name: branch.label for event in model.calendar for branch in event.branches}
    if parts[0] in _SECTIONS and len(parts) > 2:
        head, rest = labels.get(parts[1], parts[1]), parts[2:]
        words = [_WORDS.get(part, labels.get(part, part.replace("_", " "))) for part in rest]
        return f"{head}: {' '.join(words)}"
    if parts[0] == "correlations":
        return f"Correlation of {' and '.join(labels.get(part, part) for part in parts[1:])}"
    if parts[0] == "initial":
        words = [_AT_THE_START.get(part, labels.get(part, part)) for part in parts[1:]]
        return f"At the start: {' '.join(words)}"
    return key


def key_phrase(key: str, model: Model) -> str:
    """`The rate of “Unilateral strike”`: the label of a key as the subject of a sentence."""
    head, colon, rest = key_label(key, model).rpartition(": ")
    return f"The {rest} of “{head}”" if colon and key.rpartition(".")[2] in _OF else f"“{key_label(key, model)}”"


def lower_the(phrase: str) -> str:
    """The phrase within a sentence: `the rate of “Unilateral strike”`."""
    return f"the {phrase.removeprefix('The ')}" if phrase.startswith("The ") else phrase


def value_text(key: str, value: float) -> str:
    """The number as it would be written in a file: a duration, or three digits."""
    if is_time(key) and math.isfinite(value):
        return f"{value / 7:.0f}w" if value >= WEEKS else f"{value:.2g}d"
    return f"{value:.3g}" if value >= 0 else f"−{-value:.3g}"


def with_unit(key: str, value: float, model: Model) -> str:
    """`4 %`, `0.5 a year`, `× 0.75`, `45 points`, `26w`: the number at a key of a model with its unit."""
    text, kind = value_text(key, value), quantity_at(key).name
    if kind in ("probability", "share"):
        return f"{100 * value:.3g}{NBSP}%"
    after = f"{NBSP}{unit}" if (unit := _unit_of_threshold(key, model)) else AFTER.get(kind, "")
    return f"{BEFORE.get(kind, '')}{text}{after}"


def _unit_of_threshold(key: str, model: Model) -> str:
    """`points` or `events` for a threshold of a rule that is compared with those."""
    match key.split("."):
        case "scenarios", scenario, "thresholds", name:
            return next((unit_of(name, s.enter, s.leave) for s in model.scenarios if s.name == scenario), "")
        case "triggers", trigger, "thresholds", name:
            return next((unit_of(name, t.requires) for t in model.triggers if t.name == trigger), "")
    return ""
