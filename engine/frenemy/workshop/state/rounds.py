"""Questions to the experts and their rounds: private estimates, reveal, discussion, next round."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace

from frenemy.errors import InputError
from frenemy.model.distributions import Domain
from frenemy.studies.elicit.fit_distribution import from_bins
from frenemy.workshop.state.catalogue import Catalogue
from frenemy.workshop.state.commands import MAX_CHIPS, Ask, Bins, Close, Drop, Enter, Open, PoolBy, Reveal
from frenemy.workshop.state.state import NO_QUESTION, NO_SLIDER, Entry, Question, Refusal, Round, State

__all__ = ["ask", "close", "domain_of", "drop", "enter", "open_round", "pool_by", "reveal", "three_points"]

MAX_QUESTIONS = 100
MAX_ROUNDS = 20
MIN_CHIPS = 5


def ask(catalogue: Catalogue, state: State, command: Ask, who: str, when: str) -> State | Refusal:  # noqa: ARG001
    """Add a question about a slider or any other number."""
    new = command.question
    if len(state.questions) >= MAX_QUESTIONS:
        return Refusal("full", f"There are already {MAX_QUESTIONS} questions.")
    unit, low, high = new.unit, new.low, new.high
    if new.key:
        slider = catalogue.sliders.get(new.key)
        if slider is None:
            return NO_SLIDER
        unit, low, high = slider.unit, 0.0, 1.0 if slider.unit == "chance" else 100.0
    elif unit == "chance":
        low, high = 0.0, 1.0
    if not low < high:
        return Refusal("invalid", "The lowest possible answer must be below the highest.")
    if new.answer is not None and not low <= new.answer <= high:
        return Refusal("invalid", f"The answer must be between {low:g} and {high:g}.")
    if new.answer is not None and new.key:
        return Refusal("invalid", "A slider has no known answer.")
    question = Question(
        id=f"q{state.version}", text=new.text, key=new.key, unit=unit, low=low, high=high, answer=new.answer,
        version=state.version,
    )  # fmt: skip
    return replace(state, questions=(*state.questions, question))


def drop(_: Catalogue, state: State, command: Drop, who: str, when: str) -> State | Refusal:  # noqa: ARG001
    """Remove a question that has not been opened yet."""
    question = state.question(command.question)
    if question is None:
        return NO_QUESTION
    if question.rounds:
        return Refusal("closed", "This question was already opened; its estimates are kept.")
    return replace(state, questions=tuple(item for item in state.questions if item is not question))


def open_round(_: Catalogue, state: State, command: Open, who: str, when: str) -> State | Refusal:  # noqa: ARG001
    """Open the next round."""

    def opened(question: Question) -> Question | Refusal:
        if question.rounds and question.rounds[-1].state == "open":
            return Refusal("closed", "This round is already open.")
        if len(question.rounds) >= MAX_ROUNDS:
            return Refusal("full", f"There have already been {MAX_ROUNDS} rounds.")
        return replace(question, rounds=(*question.rounds, Round(state="open", entries={})))

    return _changed(state, command.question, command.seen, opened)


def close(_: Catalogue, state: State, command: Close, who: str, when: str) -> State | Refusal:  # noqa: ARG001
    """Close the round to further estimates."""

    def closed(question: Question) -> Question | Refusal:
        if not question.rounds or question.rounds[-1].state != "open":
            return Refusal("closed", "No round is open.")
        return _with_last_round(question, replace(question.rounds[-1], state="closed"))

    return _changed(state, command.question, command.seen, closed)


def reveal(_: Catalogue, state: State, command: Reveal, who: str, when: str) -> State | Refusal:  # noqa: ARG001
    """Show the estimates of the round under labels; new experts get the next labels in a random order."""

    def revealed(question: Question) -> Question | Refusal:
        if not question.rounds or question.rounds[-1].state == "revealed":
            return Refusal("closed", "There is nothing to reveal.")
        last = replace(question.rounds[-1], state="revealed")
        new = [member for member in last.entries if member not in question.labels]
        new.sort(key=lambda member: hashlib.sha256(f"{question.id} {state.members[member].token}".encode()).digest())
        return _with_last_round(replace(question, labels=(*question.labels, *new)), last)

    return _changed(state, command.question, command.seen, revealed)


def pool_by(_: Catalogue, state: State, command: PoolBy, who: str, when: str) -> State | Refusal:  # noqa: ARG001
    """Choose how the estimates are pooled."""

    def pooled(question: Question) -> Question:
        return replace(question, method=command.method, exponent=command.exponent)

    return _changed(state, command.question, state.version, pooled)


def enter(_: Catalogue, state: State, command: Enter, who: str, when: str) -> State | Refusal:
    """Enter or revise one's own estimate while the round is open."""
    question = state.question(command.question)
    if question is None:
        return NO_QUESTION
    number = len(question.rounds)
    if command.round != number or question.rounds[-1].state != "open":
        return Refusal("closed", "This round is not open.")
    points = three_points(question, command)
    if isinstance(points, Refusal):
        return points
    bins = command.bins
    entry = Entry(
        q05=points[0], median=points[1], q95=points[2], why=command.why, at=when,
        edges=tuple(bins.edges) if bins else (), chips=tuple(bins.chips) if bins else (),
    )  # fmt: skip
    last = replace(question.rounds[-1], entries={**question.rounds[-1].entries, who: entry})
    # The question keeps its version, so that an entry makes no facilitator's command stale.
    return _with_question(state, _with_last_round(question, last))


def three_points(question: Question, estimate: Enter | object) -> tuple[float, float, float] | Refusal:
    """The three points of an estimate, or what is wrong with it. `estimate` has q05, median, q95 and bins."""
    bins: Bins | None = getattr(estimate, "bins", None)
    three = [getattr(estimate, name, None) for name in ("q05", "median", "q95")]
    if bins is not None:
        if any(point is not None for point in three):
            return Refusal("invalid", "Give three points or chips, not both.")
        return _points(question, bins)
    low, middle, high = three
    if low is None or middle is None or high is None:
        return Refusal("invalid", "Give all three points: 5 %, 50 % and 95 %.")
    if not question.low < low < middle < high < question.high:
        return Refusal(
            "invalid",
            f"The three points must increase and lie strictly between {question.low:g} and {question.high:g}.",
        )
    return low, middle, high


def _points(question: Question, bins: Bins) -> tuple[float, float, float] | Refusal:
    """The 5 %, 50 % and 95 % points of chips in bins, spread evenly over each bin."""
    total = sum(bins.chips)
    if not MIN_CHIPS <= total <= MAX_CHIPS:
        return Refusal("invalid", f"Place {MIN_CHIPS} to {MAX_CHIPS} chips.")
    try:
        fitted = from_bins(bins.edges, bins.chips, domain_of(question))
    except InputError as error:
        return Refusal("invalid", "; ".join(str(problem) for problem in error.problems))
    return fitted.q05, fitted.median, fitted.q95


def domain_of(question: Question) -> Domain:
    """The values that a question allows, in its unit."""
    return Domain(question.low, question.high)


def _changed(state: State, name: str, seen: int, change: Callable[[Question], Question | Refusal]) -> State | Refusal:
    question = state.question(name)
    if question is None:
        return NO_QUESTION
    if question.version > seen:
        return Refusal("stale", "Someone else has changed this question in the meantime.")
    new = change(question)
    return new if isinstance(new, Refusal) else _with_question(state, replace(new, version=state.version))


def _with_question(state: State, question: Question) -> State:
    questions = tuple(question if item.id == question.id else item for item in state.questions)
    return replace(state, questions=questions)


def _with_last_round(question: Question, last: Round) -> Question:
    return replace(question, rounds=(*question.rounds[:-1], last))
