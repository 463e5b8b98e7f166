"""A model in sentences, for a notebook."""

from __future__ import annotations

import html

from frenemy.model.describe.events import describe_calendar, describe_trigger
from frenemy.model.describe.parts import describe_correlations, describe_driver, describe_scenario
from frenemy.model.resolved import Model

__all__ = ["model_html"]


def model_html(model: Model) -> str:
    """Title and size, and every part in sentences, to be unfolded."""
    parts = {
        "Drivers": [*map(describe_driver, model.drivers), *describe_correlations(model)],
        "Triggers": [describe_trigger(trigger, model) for trigger in model.triggers],
        "Dates": [describe_calendar(event, model) for event in model.calendar],
        "Scenarios": [describe_scenario(scenario, model) for scenario in model.scenarios],
    }
    folded = "".join(_folded(title, sentences) for title, sentences in parts.items() if sentences)
    head = f"<strong>{html.escape(model.title)}</strong><br><small>From {model.start}; {model.size}</small>"
    return f"<div>{head}<p>{html.escape(model.description)}</p>{folded}</div>"


def _folded(title: str, sentences: list[str]) -> str:
    items = "".join(f"<li>{html.escape(sentence)}</li>" for sentence in sentences)
    return f"<details><summary>{title}</summary><ul>{items}</ul></details>"
