"""Models and ensembles from Python: load one, simulate it, look at whole paths."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from frenemy.check.check import check
from frenemy.errors import InputError, Problem
from frenemy.forecast.assemble import assemble
from frenemy.forecast.result import Result
from frenemy.model.files.load import find_root, load_model, make_experiment
from frenemy.model.files.locate import locate
from frenemy.model.realise import realise
from frenemy.model.resolved import Model
from frenemy.simulation.compile.compile import compile_model
from frenemy.simulation.ensemble.run import Paths, simulate_paths
from frenemy.simulation.ensemble.run import simulate as simulate_ensemble

if TYPE_CHECKING:
    import xarray

__all__ = ["Simulation", "load", "simulate"]

Keep = bool | int | Sequence[int]


def load(folder: str | Path = ".", *, set: Mapping[str, Any] | None = None) -> Model:  # noqa: A002
    """The model in a folder, or in the nearest one above that holds drivers.toml; `set` changes it by dotted key.

    Raises InputError with every problem of every file.
    """
    return load_model(find_root(Path(folder)), set)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Simulation(Result):
    """An ensemble at the medians of the uncertain numbers: a result, and the paths that were kept."""

    kept: Paths

    @property
    def paths(self) -> xarray.Dataset:
        """The kept paths, labelled: index, latent, scenario, counts and branch by path, and the list of events.

        Raises InputError if none were kept.
        """
        from frenemy.forecast.path_dataset import paths_dataset

        if len(self.kept.numbers) == 0:
            raise InputError([Problem(message="no paths were kept", key="keep", allowed="keep=True, or how many")])
        return paths_dataset(self.forecast, self.kept)


def simulate(
    model: Model | str | Path,
    *,
    paths: int = 10_000,
    seed: int = 1,
    start: dt.date | None = None,
    horizon: str | dt.date = "5y",
    tick: str = "1w",
    keep: Keep = False,
    workers: int = 0,
) -> Simulation:
    """Simulate a model with every uncertain number at its median.

    `horizon` is a duration such as "5y" or a date, `tick` "1w" or "1d". `keep`: which whole paths to keep (True: all; a
    number: the first so many; or path numbers). Memory grows with them, not with `paths`.

    Raises InputError for a model or options that cannot be run.
    """
    folder = None if isinstance(model, Model) else find_root(Path(model))
    model = model if isinstance(model, Model) else load(model)
    dates = {} if start is None else {"start": start}
    options = {**dates, "horizon": horizon, "tick": tick, "paths": paths, "seed": seed, "uncertainty": {"draws": 0}}
    experiment = make_experiment(model, "simulation", **options)
    findings = check(model, experiment)
    (findings if folder is None else findings.located(partial(locate, source=folder))).raise_errors()
    compiled = compile_model(realise(model), realise(experiment))
    kept = simulate_paths(compiled, seed=seed, numbers=_numbers(keep, paths), workers=workers)
    tally = simulate_ensemble(compiled, seed=seed, paths=paths, workers=workers)
    forecast = assemble(model, experiment, tally, kept)
    return Simulation(forecast=forecast, storylines={}, kept=kept)


def _numbers(keep: Keep, paths: int) -> Sequence[int]:
    """The path numbers to keep. Raises InputError for those that are not simulated."""
    if isinstance(keep, bool):
        return range(paths if keep else 0)
    numbers = range(keep) if isinstance(keep, int) else [int(number) for number in keep]
    if len(numbers) and not (min(numbers) >= 0 and max(numbers) < paths):
        raise InputError([Problem(message="not among the paths simulated", key="keep", allowed=f"0 to {paths - 1}")])
    return numbers
