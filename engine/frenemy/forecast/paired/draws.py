"""Several worlds compared draw by draw on the same noise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from frenemy.forecast.paired.differences import Contrast, paired_differences
from frenemy.forecast.paired.paths import shared_noise
from frenemy.model.describe.wording import counted
from frenemy.model.experiment import Experiment
from frenemy.model.realise import realise
from frenemy.model.resolved import Model
from frenemy.runtime.progress import Progress
from frenemy.simulation.compile.compile import compile_model
from frenemy.simulation.parameter_draws import outer_draws

__all__ = ["paired_draws"]

World = tuple[Model, Experiment]


def paired_draws(worlds: Sequence[World], workers: int, progress: Progress) -> Iterator[list[Contrast]]:
    """The contrasts of each world with the first, of the run at the medians or of each outer draw.

    Paths, draws and seed are those of the first world.
    """
    _, run = worlds[0]
    draws = run.uncertainty.draws
    paths = run.uncertainty.paths if draws else run.paths
    noise = shared_noise(run.seed, paths)
    label = (
        f"Simulating {f'{draws:,} × ' if draws else ''}{counted(paths, 'future')} in {counted(len(worlds), 'world')}"
    )
    with progress.stage(label, max(draws, 1) * paths * len(worlds)) as step:
        for pairs in _realised(worlds, draws):
            compiled = [compile_model(*pair) for pair in pairs]
            yield paired_differences(compiled, noise=noise, paths=paths, workers=workers, progress=step)


def _realised(worlds: Sequence[World], draws: int) -> Iterator[Sequence[World]]:
    if draws == 0:
        return iter([[(realise(model), realise(run)) for model, run in worlds]])
    return islice(zip(*(outer_draws(model, run) for model, run in worlds), strict=True), draws)
