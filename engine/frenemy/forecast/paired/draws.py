"""Several worlds compared draw by draw on the same noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from frenemy.forecast.paired.differences import Contrast, paired_differences
from frenemy.forecast.paired.paths import shared_noise
from frenemy.model.describe.wording import counted
from frenemy.model.experiment import Experiment
from frenemy.model.resolved import Model
from frenemy.runtime.progress import Progress
from frenemy.simulation.ensembles import ensemble_of

__all__ = ["paired_contrasts"]

World = tuple[Model, Experiment]


def paired_contrasts(worlds: Sequence[World], workers: int, progress: Progress) -> list[Contrast]:
    """The contrast of each world with the first, over the first world's outer draws or at the medians.

    Paths, draws and seed are those of the first world.
    """
    _, run = worlds[0]
    outer = run.uncertainty
    futures = outer.draws * outer.paths or run.paths
    size = f"{outer.draws:,} × " if outer.draws else ""
    each = counted(outer.paths if outer.draws else futures, "future")
    label = f"Simulating {size}{each} in {counted(len(worlds), 'world')}"
    with progress.stage(label, futures * len(worlds)) as step:
        ensembles = [
            ensemble_of(model, replace(experiment, uncertainty=outer, paths=run.paths, seed=run.seed))
            for model, experiment in worlds
        ]
        noise = shared_noise(run.seed, futures)
        return paired_differences(ensembles, noise=noise, workers=workers, progress=step)
