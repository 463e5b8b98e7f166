"""The findings of an elicitation, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from frenemy.forecast.forecast import Reading
from frenemy.forecast.paired.differences import Difference
from frenemy.model.experiment import Experiment
from frenemy.model.panel import Panel, Question
from frenemy.model.resolved import Model, Number
from frenemy.studies.elicit.expert_odds import ViewDifference, ViewOdds
from frenemy.studies.elicit.weights import ExpertWeights, Views

__all__ = ["DisagreementRange", "ElicitationFindings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DisagreementRange:
    """The odds as one number goes from the lowest to the highest of the experts' medians.

    All other numbers keep their ranges, those in question as pooled.
    """

    question: Question
    lowest: float
    highest: float
    at_lowest: Mapping[Reading, Difference]  # against the odds under the pool
    at_highest: Mapping[Reading, Difference]


@dataclass(frozen=True, slots=True, kw_only=True)
class ElicitationFindings:
    """A panel, its pooled view of the numbers in question, and the odds under each view.

    `before` is the world of the experiment's file; `model` and `experiment` are the pooled world.
    """

    panel: Panel
    views: Views
    weighing: ExpertWeights
    names: Mapping[str, str]  # expert -> the name in tables and pictures
    pooled: Mapping[str, Number]  # question -> the pooled view; without questions that nobody answered
    before: tuple[Model, Experiment]
    model: Model
    experiment: Experiment
    sibling_values: Mapping[str, Number]  # dotted key -> value of branches that share what the pooled ones leave
    dates: NDArray[np.datetime64]  # (ticks + 1,) the start first
    paths: int
    draws: int
    odds: Mapping[Reading, ViewOdds]  # under the pool
    prior: ViewDifference  # with the experiment's own numbers
    by_expert: Mapping[str, ViewDifference]  # for each expert who answered a question about the model
    report_ticks: tuple[int, ...]
    disagreements: tuple[DisagreementRange, ...]  # for the questions on which medians differ

    @property
    def questions(self) -> tuple[Question, ...]:
        """The questions about the model that were answered."""
        return tuple(question for question in self.panel.questions if question.name in self.pooled)

    @property
    def scenario(self) -> int:
        """Position of the scenario in question."""
        from frenemy.forecast.which_odds import scenario_place

        return scenario_place(self.model, self.experiment.sensitivity.scenario)

    @property
    def tick(self) -> int:
        """The assessment in question."""
        from frenemy.forecast.which_odds import assessment

        return assessment(self.experiment, self.experiment.sensitivity.date)

    @property
    def reading(self) -> Reading:
        """The reading in question."""
        return self.experiment.sensitivity.reading
