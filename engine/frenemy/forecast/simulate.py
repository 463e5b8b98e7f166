"""Models and ensembles from Python: load one, simulate it, look at whole paths."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, TypeGuard

from frenemy.check.check import Findings, check
from frenemy.errors import InputError, Problem
from frenemy.forecast.assemble import assemble
from frenemy.forecast.kept_paths import Keep, path_numbers
from frenemy.forecast.result import Result
from frenemy.forecast.run import Source, examine
from frenemy.model.experiment import Experiment
from frenemy.model.files.load import DRIVERS, find_root, load_model, make_experiment
from frenemy.model.files.locate import locate
from frenemy.model.files.toml_source import display_path
from frenemy.model.realise import realise, with_values
from frenemy.model.resolved import Model
from frenemy.simulation.compile.compile import compile_model
from frenemy.simulation.ensemble.run import simulate as simulate_ensemble
from frenemy.simulation.ensemble.run import simulate_paths

__all__ = ["Simulation", "load", "simulate"]

Examined = tuple[Model, Experiment, Findings]


def load(folder: str | Path = ".", *, set: Mapping[str, Any] | None = None) -> Model:  # noqa: A002
    """The model in a folder, or in the nearest one above that holds drivers.toml; `set` changes it by dotted key.

    Raises InputError with every problem of every file, and for a file that is only an experiment on a model.
    """
    return load_model(_root(Path(folder)), set)


class Simulation(Result):
    """An ensemble at the medians of the uncertain numbers: a result without storylines."""

    __slots__ = ()


def simulate(
    source: Model | tuple[Model, Experiment] | str | Path,
    *,
    paths: int | None = None,
    seed: int | None = None,
    start: dt.date | None = None,
    horizon: str | dt.date | None = None,
    tick: str | None = None,
    set: Mapping[str, Any] | None = None,  # noqa: A002
    keep: Keep = False,
    workers: int = 0,
) -> Simulation:
    """Simulate a model, or an experiment on it, with every uncertain number at its median.

    An experiment (its file, or a model with an experiment) runs with all that it states: `[set]`, `[initial]`,
    `[[impose]]`, dates and size; options given override it. A model (or its folder) runs as it is, with the defaults of
    an experiment. `horizon` is a duration such as "5y" or a date, `tick` "1w" or "1d". `set` changes values of the
    model by dotted key. `keep`: which whole paths to keep (True: all; a number: the first so many; or path numbers).
    Memory grows with them, not with `paths`.

    Raises InputError for a model, an experiment or options that cannot be run.
    """
    options = {"paths": paths, "seed": seed, "start": start, "horizon": horizon, "tick": tick}
    given = {name: value for name, value in options.items() if value is not None}
    if isinstance(source, Model) or _is_model(source):
        model, experiment, findings = _bare(source, given, set)
    else:
        model, experiment, findings = _of_experiment(source, given, set)
    findings.raise_errors()
    numbers = path_numbers(keep, model, experiment)
    compiled = compile_model(realise(model), realise(experiment))
    kept = simulate_paths(compiled, seed=experiment.seed, numbers=numbers, workers=workers)
    tally = simulate_ensemble(compiled, seed=experiment.seed, paths=experiment.paths, workers=workers)
    forecast = assemble(model, experiment, tally, kept)
    return Simulation(forecast=forecast, storylines={}, kept=kept if len(numbers) else None)


def _bare(source: Model | str | Path, options: Mapping[str, Any], changes: Mapping[str, Any] | None) -> Examined:
    """A model as it is, over a time and with a size."""
    if isinstance(source, Model):
        model, place = with_values(source, changes) if changes else source, None
    else:
        model, place = load(source, set=changes), partial(locate, source=_root(Path(source)), set=changes)
    experiment = make_experiment(model, "simulation", **options, uncertainty={"draws": 0})
    findings = check(model, experiment)
    return model, experiment, findings if place is None else findings.located(place)


def _of_experiment(source: Source, options: Mapping[str, Any], changes: Mapping[str, Any] | None) -> Examined:
    """An experiment with the options instead of what it states."""
    times = {name: value for name, value in options.items() if name in ("start", "horizon", "tick")}
    if times and not isinstance(source, str | Path):
        message = "an experiment that is not a file has its own start, horizon and tick"
        raise InputError([Problem(message=message, key=name) for name in times])
    size = {name: value for name, value in options.items() if name not in times}
    return examine(source, **size, draws=0, set=changes, times=times)


def _is_model(source: Source) -> TypeGuard[str | Path]:
    """Whether it is a model's folder, or its drivers.toml; any other file is an experiment."""
    return isinstance(source, str | Path) and (Path(source).is_dir() or Path(source).name == DRIVERS)


def _root(folder: Path) -> Path:
    """The model's folder. Raises InputError for a file that is only an experiment, and for what is not there."""
    if folder.exists() and (folder.is_dir() or folder.name == DRIVERS):
        return find_root(folder)
    message = "an experiment or a part of a model, not a model's folder" if folder.exists() else "no such folder"
    allowed = "the folder that holds drivers.toml; fr.run and fr.simulate take an experiment's file"
    raise InputError([Problem(message=message, file=display_path(folder), allowed=allowed)])
