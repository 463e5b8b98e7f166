"""The odds under each expert's view of the number that a question is about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from frenemy.errors import InputError, Problem
from frenemy.model.resolved import Number
from frenemy.workshop.compute.engine import Engine
from frenemy.workshop.compute.jobs import JobProgress
from frenemy.workshop.state.catalogue import Catalogue
from frenemy.workshop.state.pooled_estimates import latest_views, pool_of, to_file_number
from frenemy.workshop.state.sliders import numbers_at
from frenemy.workshop.state.state import State
from frenemy.workshop.state.views import label

__all__ = ["odds_by_expert"]


def odds_by_expert(
    engine: Engine, catalogue: Catalogue, state: State, name: str, progress: JobProgress
) -> dict[str, Any]:
    """The odds in focus at the median and the 5 % and 95 % points of each expert's view.

    Raises InputError if the question is not about a slider or nothing has been revealed.
    """
    question = state.question(name)
    if question is None or question.key not in catalogue.sliders:
        raise InputError([Problem(message="this question is not about a slider")])
    slider = catalogue.sliders[question.key]
    views: dict[str, Number] = {
        label(question.labels.index(member)): to_file_number(slider, view)
        for member, view in latest_views(question).items()
    }
    views = {"base": slider.number, "pool": to_file_number(slider, pool_of(state, question)[0]), **views}
    tick, reading = catalogue.tick(state.focus.date), state.focus.reading
    rows = []
    with progress.stage("Computing the odds under each view", 3 * len(views)) as step:

        def odds(value: float) -> Mapping[str, float]:
            value = slider.clamp(slider.from_file(value))
            numbers = {**state.numbers, **numbers_at(catalogue.sliders.values(), state.numbers, question.key, value)}
            answer = engine.answer(numbers, engine.paths, stop=lambda: progress.step(0))
            step(1)
            return dict(zip(catalogue.scenarios, answer.odds[reading].probability[tick].tolist(), strict=True))

        for expert, view in views.items():
            points = [view, view, view] if isinstance(view, float) else [view.quantile(u) for u in (0.05, 0.5, 0.95)]
            low, now, high = (odds(point) for point in points)
            by_scenario = {s: {"now": now[s], "low": low[s], "high": high[s]} for s in catalogue.scenarios}
            rows.append({"label": expert, "odds": by_scenario})
    return {"type": "experts", "question": question.id, "rows": rows}
