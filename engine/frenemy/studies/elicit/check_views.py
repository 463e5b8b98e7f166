"""The experts' answers, checked against the model as if they were written in the experiment's file."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from itertools import groupby
from typing import Any

from pydantic import ValidationError

from frenemy.errors import InputError, Problem
from frenemy.model.distributions import POSITIVE, REAL, Domain
from frenemy.model.durations import days, duration_text
from frenemy.model.experiment import Experiment
from frenemy.model.files.dump import dump_resolved
from frenemy.model.files.load import load_overridden
from frenemy.model.files.rewrite import is_time
from frenemy.model.files.tree import Origin
from frenemy.model.panel import POINTS, Judgement, Panel, Question
from frenemy.model.realise import quantities
from frenemy.model.resolved import Model, Number, central
from frenemy.model.specs.number_at import quantity_at
from frenemy.studies.elicit.fit_distribution import from_bins, from_points
from frenemy.studies.elicit.weights import Views

__all__ = ["check_keys", "read_views"]

World = tuple[Model, Experiment]
Override = tuple[str, Any, Origin]


def check_keys(panel: Panel, world: World) -> None:
    """Raise InputError for questions about unknown numbers, or about all branches of an event."""
    known = quantities(world[0]) | quantities(world[1])
    asked = {question.key: question for question in panel.questions if question.key}
    problems = [
        Problem(
            message="names no number of the model", file=question.file, line=question.line, key="key",
            found=f'"{key}"', suggestion="".join(difflib.get_close_matches(key, known, n=1)),
        )
        for key, question in asked.items()
        if key not in known
    ]  # fmt: skip
    for event in world[0].calendar:
        keys = [f"calendar.{event.name}.branches.{branch.name}.probability" for branch in event.branches]
        if all(key in asked for key in keys):
            question = asked[keys[-1]]
            message = f"all branches of {event.name} are in question; one has to take what the others leave"
            problems.append(Problem(message=message, file=question.file, line=question.line, key="key"))
    if problems:
        raise InputError(problems)


def read_views(panel: Panel, world: World) -> Views:
    """All judgements as distributions on their number's domain. Raises InputError with all their problems."""
    questions = {question.name: question for question in panel.questions}
    table = tomllib.loads(dump_resolved(*world))
    stated: dict[str, dict[int, dict[str, Number]]] = {question: {} for question in questions}
    domains: dict[str, Domain] = {name: POSITIVE if q.log else REAL for name, q in questions.items() if q.seed}
    problems: list[Problem] = []
    for (number, expert), group in groupby(panel.judgements, key=lambda it: (it.round, it.expert)):
        judgements = [*group]
        try:
            views = _seeds(judgements, questions) | _numbers(judgements, questions, world[0], table)
        except InputError as error:
            problems += error.problems
            continue
        for question, view in views.items():
            stated[question].setdefault(number, {})[expert] = view
            if not isinstance(view, float):
                domains[question] = view.domain
    if problems:
        raise InputError(dict.fromkeys(problems))
    return Views(stated=stated, domains=domains)


def _seeds(judgements: list[Judgement], questions: Mapping[str, Question]) -> dict[str, Number]:
    """Views of the seed questions, which are plain numbers."""
    views: dict[str, Number] = {}
    problems: list[Problem] = []
    for it in judgements:
        question = questions[it.question]
        if not question.seed:
            continue
        domain = POSITIVE if question.log else REAL
        try:
            edges = [_plain(edge, "bins") for edge in question.bins]
            points = [_plain(value, name) for name, value in it.quantiles.items()]
            views[it.question] = from_bins(edges, it.counts, domain) if it.counts else from_points(points, domain)
        except InputError as error:
            problems += (_placed(problem, it, question) for problem in error.problems)
    if problems:
        raise InputError(problems)
    return views


def _plain(value: Any, key: str) -> float:
    if isinstance(value, str):
        share = "a plain number, as this is neither a probability nor a share" if value.endswith("%") else ""
        problem = Problem(message="expected a number", key=key, found=f'"{value}"', allowed=share)
        raise InputError([problem])
    return float(value)


def _placed(problem: Problem, it: Judgement, question: Question) -> Problem:
    """The problem with the place where it is written: bins are written with the question."""
    at: Judgement | Question = question if problem.key == "bins" else it
    return replace(problem, file=at.file, line=at.line, key=f"{it.question}.{problem.key}")


def _numbers(
    judgements: list[Judgement], questions: Mapping[str, Question], model: Model, table: Mapping[str, Any]
) -> dict[str, Number]:
    """One expert's views of the numbers of the model in one round."""
    asked = [it for it in judgements if questions[it.question].key]
    if not asked:
        return {}
    overrides: list[Override] = []
    for it in asked:
        key, origin = questions[it.question].key, Origin(it.file, it.line)
        overrides.append((key, _written(it, questions[it.question]), origin))
    overrides += _siblings(overrides, model)
    world = load_overridden(table, overrides)
    found = quantities(world[0]) | quantities(world[1])
    return {it.question: found[questions[it.question].key] for it in asked}


def _written(it: Judgement, question: Question) -> dict[str, Any]:
    """An expert's answer as it would be written in a file."""
    if not it.counts:
        return dict(it.quantiles)
    time = is_time(question.key)
    try:
        edges = [_days(edge) if time else _edge(edge, question.key) for edge in question.bins]
        view = from_bins(edges, it.counts, REAL)
    except InputError as error:
        raise InputError(_placed(problem, it, question) for problem in error.problems) from None
    points = {name: getattr(view, name) for name in POINTS}
    return {name: duration_text(point) if time else point for name, point in points.items()}


def _edge(edge: Any, key: str) -> float:
    """An edge of a bin; a percentage where the number is a probability or a share."""
    with suppress(ValidationError):
        edge = quantity_at(key).unwrapped(edge)
    return _plain(edge, "bins")


def _days(edge: Any) -> float:
    try:
        return days(edge)
    except (ValueError, TypeError):
        problem = Problem(message="not a duration", key="bins", found=str(edge), allowed='such as "26w"')
        raise InputError([problem]) from None


def _siblings(overrides: list[Override], model: Model) -> Iterator[Override]:
    """Values for the siblings of the branches in question: they share what is left."""
    medians = {key: value["median"] for key, value, _ in overrides}
    origins = {key: origin for key, _, origin in overrides}
    for event in model.calendar:
        all_of = {f"calendar.{event.name}.branches.{it.name}.probability": it.probability for it in event.branches}
        taken = {key: medians[key] for key in all_of if isinstance(medians.get(key), float | int)}
        left = {key: central(number) for key, number in all_of.items() if key not in medians}
        if taken and left and sum(taken.values()) <= 1:
            share = (1 - sum(taken.values())) / max(sum(left.values()), 1e-300)
            origin = origins[next(iter(taken))]
            yield from ((key, share * median, origin) for key, median in left.items())
