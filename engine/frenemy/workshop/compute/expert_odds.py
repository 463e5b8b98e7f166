"""Whose judgement moves the odds: the room's odds with each expert's view in the place of the number asked about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from frenemy.errors import InputError, Problem
from frenemy.model.resolved import Number
from frenemy.workshop.compute.engine import Engine
from frenemy.workshop.compute.jobs import JobProgress
from frenemy.workshop.state.catalogue import Catalogue
from frenemy.workshop.state.pooled_estimates import held, pool_of, translated
from frenemy.workshop.state.sliders import numbers_at
from frenemy.workshop.state.state import State
from frenemy.workshop.state.views import label

__all__ = ["carried"]


def carried(engine: Engine, catalogue: Catalogue, state: State, name: str, watched: JobProgress) -> dict[str, Any]:
    """The focused odds under each expert's view of a question: at their median, and at their 5 % and 95 % points.

    Raises InputError for a question that is about no slider or where nothing has been revealed.
    """
    question = state.question(name)
    if question is None or question.key not in catalogue.sliders:
        raise InputError([Problem(message="this question is about no slider")])
    slider = catalogue.sliders[question.key]
    views: dict[str, Number] = {
        label(question.labels.index(member)): translated(slider, view) for member, view in held(question).items()
    }
    views = {"base": slider.number, "pool": translated(slider, pool_of(state, question)[0]), **views}
    tick, reading = catalogue.tick(state.focus.date), state.focus.reading
    rows = []
    with watched.stage("Carrying each view to the odds", 3 * len(views)) as step:

        def odds(value: float) -> Mapping[str, float]:
            low, high = slider.ends
            value = min(max(slider.shown(value), low), high)
            numbers = {**state.numbers, **numbers_at(catalogue.sliders.values(), state.numbers, question.key, value)}
            answer = engine.answer(numbers, engine.paths, stop=lambda: watched.step(0))
            step(1)
            return dict(zip(catalogue.scenarios, answer.odds[reading].probability[tick].tolist(), strict=True))

        for who, view in views.items():
            points = [view, view, view] if isinstance(view, float) else [view.quantile(u) for u in (0.05, 0.5, 0.95)]
            low, now, high = (odds(point) for point in points)
            found = {name: {"now": now[name], "low": low[name], "high": high[name]} for name in catalogue.scenarios}
            rows.append({"label": who, "odds": found})
    return {"type": "experts", "question": question.id, "rows": rows}
