"""An update beside what was believed before, and beside what would be believed without some entries."""

from __future__ import annotations

import math
from dataclasses import dataclass

from frenemy.analyse.evidence import Learned, Updated
from frenemy.model.experiment import Experiment
from frenemy.model.ledger import Evidence
from frenemy.model.resolved import Model

__all__ = ["UpdateFindings"]

CLEAR = 3.0
"""Standard errors at which something is held to be learnt."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class UpdateFindings:
    """Before, after, and without what was left out (the same as after, if nothing was)."""

    before: Updated  # an empty ledger
    after: Updated
    without: Updated
    left_out: tuple[str, ...]
    evidence: Evidence  # the ledgers as written, with entries that are off or outside the run

    @property
    def model(self) -> Model:
        return self.after.model

    @property
    def experiment(self) -> Experiment:
        return self.after.experiment

    def told(self, of: Learned) -> bool:
        """Whether what was learnt of a number stands out from the luck of the draws, at about three standard errors.

        Those of the median and of the spread of as many normal scores as there were effective draws at the least.
        """
        draws = min(news.effective_draws for news in self.after.news)
        moved, narrowed = abs(of.shift), abs(of.narrowing - 1)
        return moved > CLEAR * 1.25 / math.sqrt(draws) or narrowed > CLEAR / math.sqrt(2 * draws)

    @property
    def learnt(self) -> tuple[Learned, ...]:
        """The uncertain numbers: those of which something was learnt, most first, then the others.

        By how far the posterior is from the prior in the prior's normal scores: the divergence of two normals.
        """

        def divergence(of: Learned) -> float:
            narrow = max(of.narrowing, 1e-3)
            return (narrow**2 + of.shift**2 - 1) / 2 - math.log(narrow)

        return tuple(sorted(self.after.parameters.values(), key=lambda of: (not self.told(of), -divergence(of))))
