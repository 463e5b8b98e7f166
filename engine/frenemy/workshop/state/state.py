"""The state of a session: a plain frozen value, independent of sockets, threads and clocks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from frenemy.model.experiment import Reading
from frenemy.model.resolved import Number

__all__ = [
    "FACILITATOR_ONLY", "NO_QUESTION", "NO_SCENARIO", "NO_SLIDER", "Entry", "Focus", "Member", "Question", "Refusal",
    "Role", "Round", "Setting", "State",
]  # fmt: skip

Role = Literal["facilitator", "participant", "wall"]
RoundState = Literal["open", "closed", "revealed"]
Method = Literal["linear", "geometric", "extremised", "cooke"]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a command was refused, in one sentence for people."""

    code: str
    message: str


FACILITATOR_ONLY = Refusal("forbidden", "Only the facilitator can do this.")
NO_QUESTION = Refusal("missing", "There is no such question.")
NO_SCENARIO = Refusal("missing", "There is no such scenario.")
NO_SLIDER = Refusal("missing", "There is no such slider.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A participant or facilitator who has joined."""

    name: str
    role: Role
    token: str  # the SHA-256 of the token that their browser keeps


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A number that differs from the file."""

    number: Number
    by: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Focus:
    """The odds that all screens show."""

    scenario: str
    reading: Reading
    date: dt.date


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One expert's estimate: three points, or chips in bins and the points that follow from them."""

    q05: float
    median: float
    q95: float
    edges: tuple[float, ...]  # of the bins; empty if the points were given
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
    """A question to the experts, and their estimates."""

    id: str
    text: str
    key: str  # of the slider; empty if it is about no slider
    unit: str
    low: float
    high: float
    answer: float | None  # None if not known
    method: Method = "linear"
    exponent: float = 2.5
    rounds: tuple[Round, ...] = ()
    labels: tuple[str, ...] = ()  # members in the order of their labels A, B, ...
    version: int = 0  # of the state, when this question last changed

    @property
    def seed(self) -> bool:
        """Whether the answer is known, so that it determines the experts' weights."""
        return self.answer is not None


Settings = Mapping[str, Setting]


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Everything that has been decided in a session so far."""

    focus: Focus
    version: int = 0
    changed: str = ""  # time of the last change
    settings: Settings = field(default_factory=dict)
    key_versions: Mapping[str, int] = field(default_factory=dict)  # key -> version of its last change
    settings_version: int = 0  # version of the last change of any setting
    past: tuple[Settings, ...] = ()
    future: tuple[Settings, ...] = ()
    members: Mapping[str, Member] = field(default_factory=dict)
    questions: tuple[Question, ...] = ()

    @property
    def numbers(self) -> dict[str, Number]:
        """The numbers that differ from the file, by their keys."""
        return {key: setting.number for key, setting in self.settings.items()}

    def question(self, name: str) -> Question | None:
        """The question with that id."""
        return next((question for question in self.questions if question.id == name), None)
