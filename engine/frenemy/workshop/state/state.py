"""The state of a session: a plain frozen value. Nothing here knows of sockets, threads or clocks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from frenemy.model.experiment import Reading
from frenemy.model.resolved import Number

__all__ = ["Entry", "Focus", "Member", "Question", "Refusal", "Role", "Round", "Setting", "State"]

Role = Literal["facilitator", "participant", "wall"]
RoundState = Literal["open", "closed", "revealed"]
Method = Literal["linear", "geometric", "extremised", "cooke"]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a command was not carried out, in one sentence for people."""

    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Someone who came in."""

    name: str
    role: Role
    token: str  # the SHA-256 of what their browser keeps


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A number that is not as the file has it."""

    number: Number
    by: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Focus:
    """The odds that all screens are about."""

    scenario: str
    reading: Reading
    date: dt.date


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One expert's estimate: three points, or chips in bins and the points that they come to."""

    q05: float
    median: float
    q95: float
    edges: tuple[float, ...]  # of the bins; empty where the points were given
    chips: tuple[int, ...]
    why: str
    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One round of private estimates."""

    state: RoundState
    entries: Mapping[str, Entry]  # member -> estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Something that the experts are asked, and what they said."""

    id: str
    text: str
    key: str  # of the slider; empty: a question of its own
    unit: str
    low: float
    high: float
    answer: float | None  # None: not known
    method: Method = "linear"
    exponent: float = 2.5
    rounds: tuple[Round, ...] = ()
    labels: tuple[str, ...] = ()  # members in the order of their labels A, B, ...
    version: int = 0  # of the state, when this question last changed

    @property
    def seed(self) -> bool:
        """Whether the truth is known, so that it weighs the experts."""
        return self.answer is not None


Settings = Mapping[str, Setting]


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Everything that a session has decided so far."""

    focus: Focus
    version: int = 0
    changed: str = ""
    settings: Settings = field(default_factory=dict)
    touched: Mapping[str, int] = field(default_factory=dict)  # key -> version of its last change
    turned: int = 0  # version of the last change of any setting
    past: tuple[Settings, ...] = ()
    future: tuple[Settings, ...] = ()
    members: Mapping[str, Member] = field(default_factory=dict)
    questions: tuple[Question, ...] = ()

    @property
    def numbers(self) -> dict[str, Number]:
        """The numbers that differ from the file, by their keys."""
        return {key: setting.number for key, setting in self.settings.items()}

    def question(self, name: str) -> Question | None:
        """The question of that id."""
        return next((question for question in self.questions if question.id == name), None)
