"""What each member may see of the state, as plain data: nobody sees others' estimates before the reveal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from frenemy.model.resolved import central
from frenemy.workshop.state.catalogue import Catalogue
from frenemy.workshop.state.state import Entry, Question, Round, State

__all__ = ["label", "state_as_seen"]


def state_as_seen(catalogue: Catalogue, state: State, who: str) -> dict[str, Any]:
    """The state as a member sees it; `who` is empty for a wall."""
    member = state.members.get(who)
    facilitator = member is not None and member.role == "facilitator"
    return {
        "version": state.version,
        "changed": state.changed,
        "settings": {key: _setting(catalogue, state, key) for key in state.settings},
        "can_undo": bool(state.past),
        "can_redo": bool(state.future),
        "focus": {
            "scenario": state.focus.scenario, "reading": state.focus.reading, "date": str(state.focus.date),
        },
        "members": {key: {"name": item.name, "role": item.role} for key, item in state.members.items()},
        "questions": [_question(question, who, facilitator=facilitator) for question in state.questions],
    }  # fmt: skip


def label(n: int) -> str:
    """A, B, ... Z, AA, AB, ..."""
    letters = ""
    n += 1
    while n:
        n, letter = divmod(n - 1, 26)
        letters = chr(ord("A") + letter) + letters
    return letters


def _setting(catalogue: Catalogue, state: State, key: str) -> dict[str, Any]:
    slider, setting = catalogue.sliders[key], state.settings[key]
    low, high = slider.span(setting.number)
    return {
        "value": slider.from_file(central(setting.number)), "low": low, "high": high, "by": setting.by,
        "version": setting.version,
    }  # fmt: skip


def _question(question: Question, who: str, *, facilitator: bool) -> dict[str, Any]:
    answer_visible = facilitator or (bool(question.rounds) and question.rounds[-1].state == "revealed")
    return {
        "id": question.id, "text": question.text, "key": question.key, "unit": question.unit,
        "scale": "logit" if question.unit == "chance" else "linear", "low": question.low, "high": question.high,
        "seed": question.seed, "answer": question.answer if answer_visible else None,
        "method": question.method, "exponent": question.exponent, "version": question.version,
        "rounds": [
            _round(round_, number, question.labels, who, facilitator=facilitator)
            for number, round_ in enumerate(question.rounds, 1)
        ],
    }  # fmt: skip


def _round(round_: Round, number: int, labels: Sequence[str], who: str, *, facilitator: bool) -> dict[str, Any]:
    data: dict[str, Any] = {
        "number": number, "state": round_.state, "entered": len(round_.entries), "mine": None, "entries": [],
    }  # fmt: skip
    if who in round_.entries:
        data["mine"] = _entry(round_.entries[who])
    if facilitator:
        data["who"] = sorted(round_.entries)
    if round_.state == "revealed":
        data["entries"] = [
            {"label": label(place), **_entry(round_.entries[member])}
            for place, member in enumerate(labels)
            if member in round_.entries
        ]
    return data


def _entry(entry: Entry) -> dict[str, Any]:
    bins = {"edges": list(entry.edges), "chips": list(entry.chips)} if entry.edges else None
    return {"q05": entry.q05, "median": entry.median, "q95": entry.q95, "bins": bins, "why": entry.why}
