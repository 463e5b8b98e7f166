"""A panel of experts as read from its files: questions, experts, and their judgements in each round."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from frenemy.model.resolved import Correlated

__all__ = ["ALL_POINTS", "POINTS", "Cooke", "Expert", "Judgement", "Panel", "Pooling", "Question"]

Pooling = Literal["linear", "geometric", "extremised", "cooke"]
POINTS = ("q05", "median", "q95")
ALL_POINTS = ("q05", "q25", "median", "q75", "q95")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question about the number of the model at `key`, or a seed question, whose answer is known."""

    name: str
    label: str  # for pictures and tables
    text: str
    key: str  # empty for a seed question
    answer: float  # NaN unless it is a seed question
    log: bool  # whether information is measured against a measure uniform in the logarithm
    bins: tuple[float | str, ...]  # edges for chips, as written; empty where none are given
    source: str
    file: str
    line: int

    @property
    def seed(self) -> bool:
        """Whether the answer is known."""
        return not self.key


@dataclass(frozen=True, slots=True, kw_only=True)
class Expert:
    """An expert. `name` is the name of the file, or the name in the table."""

    name: str
    label: str
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """One expert's answer to one question in one round: three or five quantiles, as written, or chips on the bins."""

    expert: str
    question: str
    round: int
    quantiles: Mapping[str, Any]  # by name, in ascending order; empty where chips were placed
    counts: tuple[float, ...]  # chips by bin; empty where quantiles were stated
    rationale: str
    file: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cooke:
    """How the classical model weights the experts."""

    weights: Literal["global", "item"]
    alpha: float  # NaN: the optimal one
    overshoot: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """Questions in the order of the file, experts by name, judgements by round, expert and question."""

    name: str  # of the folder
    title: str
    description: str
    source: str
    pool: Pooling
    exponent: float
    anonymous: bool
    cooke: Cooke
    questions: tuple[Question, ...]
    experts: tuple[Expert, ...]
    judgements: tuple[Judgement, ...]
    correlated: tuple[Correlated, ...]  # pairs of the numbers in question, by dotted key
    file: str  # of the questions

    @property
    def rounds(self) -> tuple[int, ...]:
        """The rounds that have judgements, ascending."""
        return tuple(sorted({judgement.round for judgement in self.judgements}))
