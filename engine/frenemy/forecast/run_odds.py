"""The odds that a run reports, for a study that simulates fewer futures to state as their level."""

from __future__ import annotations

from collections.abc import Mapping

from frenemy.forecast.forecast import Odds
from frenemy.forecast.odds import odds_of
from frenemy.model.describe.wording import counted
from frenemy.model.experiment import Experiment, Reading
from frenemy.model.resolved import Model
from frenemy.runtime.progress import Progress
from frenemy.simulation.ensembles import simulate_experiment

__all__ = ["run_odds"]


def run_odds(model: Model, experiment: Experiment, *, workers: int, progress: Progress) -> Mapping[Reading, Odds]:
    """The odds of a plain run: a study's differences are added to them, so that all studies state the same odds."""
    outer = experiment.uncertainty
    futures = outer.draws * outer.paths or experiment.paths
    with progress.stage(f"Simulating {counted(futures, 'future')} for the level of the odds", futures) as step:
        return odds_of(simulate_experiment(model, experiment, detail="odds", workers=workers, progress=step))
