"""Questions to the experts, and their rounds: private estimates, reveal, talk, and again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace

from frenemy.errors import InputError
from frenemy.model.distributions import Domain
from frenemy.studies.elicit.fit_distribution import from_bins
from frenemy.workshop.state.catalogue import Catalogue
from frenemy.workshop.state.commands import CHIPS, Ask, Bins, Close, Drop, Enter, Open, PoolBy, Reveal
from frenemy.workshop.state.state import Entry, Question, Refusal, Round, State

__all__ = ["ask", "close", "domain_of", "drop", "enter", "open_round", "pool_by", "reveal", "three_points"]

QUESTIONS = 100
ROUNDS = 20
LEAST_CHIPS = 5
UNKNOWN = Refusal("missing", "There is no such question.")


def ask(catalogue: Catalogue, state: State, command: Ask, who: str, when: str) -> State | Refusal:  # noqa: ARG001
    """A new question, about a slider or a number of its own."""
    asked = command.question
    if len(state.questions) >= QUESTIONS:
        return Refusal("full", f"There are {QUESTIONS} questions already.")
    unit, low, high = asked.unit, asked.low, asked.high
    if asked.key:
        slider = catalogue.sliders.get(asked.key)
        if slider is None:
            return Refusal("missing", "There is no such slider.")
        unit, low, high = slider.unit, 0.0, 1.0 if slider.unit == "chance" else 100.0
    elif unit == "chance":
        low, high = 0.0, 1.0
    if not low < high:
        return Refusal("invalid", "The least possible answer must lie below the greatest.")
    if asked.answer is not None and not low <= asked.answer <= high:
        return Refusal("invalid", f"The answer must lie between {low:g} and {high:g}.")
    if asked.answer is not None and asked.key:
        return Refusal("invalid", "A slider has no known answer.")
    question = Question(
        id=f"q{state.version}", text=asked.text, key=asked.key, unit=unit, low=low, high=high, answer=asked.answer,
        version=state.version,
    )  # fmt: skip
    return replace(state, questions=(*state.questions, question))


def drop(_: Catalogue, state: State, command: Drop, who: str, when: str) -> State | Refusal:  # noqa: ARG001
    """Take back a question that nobody has been asked yet."""
    question = state.question(command.question)
    if question is None:
        return UNKNOWN
    if question.rounds:
        return Refusal("closed", "This question has been asked already; what was said is kept.")
    return replace(state, questions=tuple(item for item in state.questions if item is not question))


def open_round(_: Catalogue, state: State, command: Open, who: str, when: str) -> State | Refusal:  # noqa: ARG001
    """Open the next round."""

    def opened(question: Question) -> Question | Refusal:
        if question.rounds and question.rounds[-1].state == "open":
            return Refusal("closed", "This round is open already.")
        if len(question.rounds) >= ROUNDS:
            return Refusal("full", f"There have been {ROUNDS} rounds already.")
        return replace(question, rounds=(*question.rounds, Round(state="open", entries={})))

    return _changed(state, command.question, command.seen, opened)


def close(_: Catalogue, state: State, command: Close, who: str, when: str) -> State | Refusal:  # noqa: ARG001
    """Close the round: no more estimates."""

    def closed(question: Question) -> Question | Refusal:
        if not question.rounds or question.rounds[-1].state != "open":
            return Refusal("closed", "No round is open.")
        last = replace(question.rounds[-1], state="closed")
        return replace(question, rounds=(*question.rounds[:-1], last))

    return _changed(state, command.question, command.seen, closed)


def reveal(_: Catalogue, state: State, command: Reveal, who: str, when: str) -> State | Refusal:  # noqa: ARG001
    """Show what was said in the round, by label; whoever has none yet gets the next, in an order that tells nothing."""

    def revealed(question: Question) -> Question | Refusal:
        if not question.rounds or question.rounds[-1].state == "revealed":
            return Refusal("closed", "There is nothing to reveal.")
        last = replace(question.rounds[-1], state="revealed")
        new = [member for member in last.entries if member not in question.labels]
        new.sort(key=lambda member: hashlib.sha256(f"{question.id} {state.members[member].token}".encode()).digest())
        return replace(question, rounds=(*question.rounds[:-1], last), labels=(*question.labels, *new))

    return _changed(state, command.question, command.seen, revealed)


def pool_by(_: Catalogue, state: State, command: PoolBy, who: str, when: str) -> State | Refusal:  # noqa: ARG001
    """Choose how the estimates are pooled."""

    def pooled(question: Question) -> Question:
        return replace(question, method=command.method, exponent=command.exponent)

    return _changed(state, command.question, state.version, pooled)


def enter(_: Catalogue, state: State, command: Enter, who: str, when: str) -> State | Refusal:
    """One's own estimate, which may be revised while the round is open."""
    question = state.question(command.question)
    if question is None:
        return UNKNOWN
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
    # An entry is nobody else's business: it makes no facilitator's command stale.
    return _with(state, replace(question, rounds=(*question.rounds[:-1], last)))


def three_points(question: Question, given: Enter | object) -> tuple[float, float, float] | Refusal:
    """The three points of an estimate, or what is wrong with it. `given` has q05, median, q95 and bins."""
    bins: Bins | None = getattr(given, "bins", None)
    three = [getattr(given, name, None) for name in ("q05", "median", "q95")]
    if bins is not None:
        if any(point is not None for point in three):
            return Refusal("invalid", "Give three points or chips, not both.")
        return _points(question, bins)
    low, middle, high = three
    if low is None or middle is None or high is None:
        return Refusal("invalid", "Give all three points: 5 %, 50 % and 95 %.")
    if not question.low < low < middle < high < question.high:
        return Refusal(
            "invalid", f"The three points must rise, strictly between {question.low:g} and {question.high:g}."
        )
    return low, middle, high


def _points(question: Question, bins: Bins) -> tuple[float, float, float] | Refusal:
    """The 5 %, 50 % and 95 % points of chips in bins, spread evenly over each bin."""
    total = sum(bins.chips)
    if not LEAST_CHIPS <= total <= CHIPS[1]:
        return Refusal("invalid", f"Place {LEAST_CHIPS} to {CHIPS[1]} chips.")
    try:
        found = from_bins(bins.edges, bins.chips, domain_of(question))
    except InputError as error:
        return Refusal("invalid", "; ".join(str(problem) for problem in error.problems))
    return found.q05, found.median, found.q95


def domain_of(question: Question) -> Domain:
    """The values that a question allows, in the room's unit."""
    return Domain(question.low, question.high)


def _changed(state: State, name: str, seen: int, change: Callable[[Question], Question | Refusal]) -> State | Refusal:
    question = state.question(name)
    if question is None:
        return UNKNOWN
    if question.version > seen:
        return Refusal("stale", "Someone else has moved this question on since.")
    new = change(question)
    return new if isinstance(new, Refusal) else _with(state, replace(new, version=state.version))


def _with(state: State, question: Question) -> State:
    questions = tuple(question if item.id == question.id else item for item in state.questions)
    return replace(state, questions=questions)
