"""From a file to a result: load, simulate, assemble, and describe storylines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from frenemy.check.check import Findings, check
from frenemy.errors import InputError, Problem
from frenemy.forecast.assemble import assemble
from frenemy.forecast.driver_levels import far_from_long_run
from frenemy.forecast.kept_paths import Keep, path_numbers
from frenemy.forecast.precision import simulated
from frenemy.forecast.result import Result, Story
from frenemy.forecast.typical_path import Typical, typical_path
from frenemy.forecast.which_odds import no_scenario
from frenemy.model.experiment import LEAST_PRECISION, MOST_PRECISION, Experiment, Uncertainty
from frenemy.model.files.load import DRIVERS, SCENARIOS, find_root, load_experiment
from frenemy.model.files.locate import locate
from frenemy.model.files.toml_source import display_path
from frenemy.model.realise import realise, uncertain, with_values
from frenemy.model.resolved import Model
from frenemy.runtime.kernel_cache import kernel_ready
from frenemy.runtime.progress import Progress, Silent, automatic
from frenemy.simulation.compile.compile import Compiled, compile_model
from frenemy.simulation.cost import KEPT_PATHS
from frenemy.simulation.ensemble.paths import Paths
from frenemy.simulation.ensemble.run import simulate_paths
from frenemy.simulation.storyline.engine import tell

__all__ = ["Source", "announce", "examine", "input_files", "prepare", "run", "story"]

SAMPLE = 40
"""Paths drawn individually."""

Source = str | Path | tuple[Model, Experiment]


def run(
    source: Source,
    *,
    paths: int | None = None,
    draws: int | None = None,
    seed: int | None = None,
    set: Mapping[str, Any] | None = None,  # noqa: A002 the word of the file and of the command line
    precision: float | None = None,
    keep: Keep = False,
    workers: int = 0,
    progress: Progress | None = None,
) -> Result:
    """Run an experiment: an experiment's file, or a model with an experiment on it.

    `paths` futures are simulated for each of `draws` draws of the uncertain numbers (0: once, at their medians). `set`
    changes values of the model by dotted key. `precision`: go on until the odds are known to within so many percentage
    points (95 %) at every date of the report. Options not given are taken from the file. `keep`: which whole
    paths to keep, at the medians (a number: the first so many; True: all; or path numbers). `workers` threads share the
    work (0: one a core) and change no number. `progress` shows how much is done, by default on a terminal and in a
    notebook. Raises InputError with all problems of the files.
    """
    progress = progress or automatic()
    model, experiment = prepare(source, paths=paths, draws=draws, seed=seed, set=set, progress=progress)
    if precision is not None:
        experiment = replace(experiment, precision=_precision(precision))
    whole = path_numbers(keep, model, experiment)
    announce(progress)
    central = compile_model(realise(model), realise(experiment))
    numbers = range(min(KEPT_PATHS, experiment.paths))
    candidates = simulate_paths(central, seed=experiment.seed, numbers=numbers, workers=workers)
    sample = simulate_paths(central, seed=experiment.seed, numbers=numbers[:SAMPLE], workers=workers)
    forecast = assemble(model, experiment, simulated(model, experiment, workers=workers, progress=progress), sample)
    kept = simulate_paths(central, seed=experiment.seed, numbers=whole, workers=workers) if len(whole) else None
    for warning in far_from_long_run(forecast):
        progress.note(f"warning: {warning}")
    return Result(forecast=forecast, storylines=_storylines(central, candidates, progress), kept=kept)


def _precision(points: float) -> float:
    """Raises InputError for what is no precision."""
    if not LEAST_PRECISION <= points <= MOST_PRECISION:
        allowed = f"percentage points, from {LEAST_PRECISION:g} to {MOST_PRECISION:g}"
        raise InputError([Problem(message="not a precision", key="precision", found=f"{points:g}", allowed=allowed)])
    return points


def prepare(
    source: Source,
    *,
    paths: int | None = None,
    draws: int | None = None,
    seed: int | None = None,
    set: Mapping[str, Any] | None = None,  # noqa: A002
    progress: Progress | None = None,
) -> tuple[Model, Experiment]:
    """The model and the experiment that `run` would run; `progress` shows warnings about them.

    Raises InputError with all problems of the files or, if these are in order, of the model as a whole.
    """
    model, experiment, findings = examine(source, paths=paths, draws=draws, seed=seed, set=set)
    findings.raise_errors()
    for warning in findings.warnings:
        (progress or Silent()).note(f"warning: {warning}")
    return model, experiment


def examine(
    source: Source,
    *,
    paths: int | None = None,
    draws: int | None = None,
    seed: int | None = None,
    set: Mapping[str, Any] | None = None,  # noqa: A002
    times: Mapping[str, Any] | None = None,
) -> tuple[Model, Experiment, Findings]:
    """The model and the experiment that `run` would run, and what a check finds, with file and line.

    `times` are other values of `start`, `horizon` and `tick` than the file's. Raises InputError with all
    problems of the files.
    """
    options: dict[str, Any] = {"paths": paths, "draws": draws, "seed": seed, "set": set, "times": times}
    if isinstance(source, str | Path):
        _check_is_experiment(Path(source))
        model, experiment = load_experiment(Path(source), **options)
    else:
        model, experiment = source
        _check_options(paths=paths, draws=draws, seed=seed)
        model = with_values(model, set) if set else model
        experiment = replace(
            experiment,
            paths=experiment.paths if paths is None else paths,
            seed=experiment.seed if seed is None else seed,
        )
    outer = experiment.uncertainty
    outer = Uncertainty(
        draws=outer.draws if draws is None else draws, paths=outer.paths if paths is None else experiment.paths
    )
    if not (uncertain(model) or uncertain(experiment)):  # every draw would be the same
        outer = replace(outer, draws=0)
    experiment = replace(experiment, uncertainty=outer)
    findings = check(model, experiment)
    if isinstance(source, str | Path):
        findings = findings.located(partial(locate, source=Path(source), **options))
    return model, experiment, findings


def _check_is_experiment(path: Path) -> None:
    """Raise InputError if a folder or a part of the model was named instead of an experiment."""
    if path.is_dir():
        what = "a folder"
    elif path.name == DRIVERS or path.parent.name == SCENARIOS:
        what = "a part of the model"
    elif path.parent.name == "evidence":
        what = "a ledger of evidence"
    elif path.is_file() and not path.stat().st_size:
        what = "an empty file"
    else:
        return
    root = find_root(path if path.is_dir() else path.parent)
    allowed = ", ".join(
        display_path(file) for file in sorted((root / "experiments").glob("*.toml")) if file.stat().st_size
    )
    message = f"{what}, not an experiment"
    raise InputError([Problem(message=message, file=display_path(path), allowed=allowed or "experiments/NAME.toml")])


def _check_options(**options: int | None) -> None:
    least = {"paths": 1, "draws": 0, "seed": 0}
    problems = [
        Problem(message="too small", key=name, found=str(value), allowed=f"at least {least[name]}")
        for name, value in options.items()
        if value is not None and value < least[name]
    ]
    if problems:
        raise InputError(problems)


def story(
    source: Source,
    *,
    path: int | None = None,
    scenario: str | None = None,
    seed: int | None = None,
    set: Mapping[str, Any] | None = None,  # noqa: A002
) -> Story:
    """One path of an experiment, at the medians: path number `path`, or the most typical one of a scenario.

    Raises InputError for a scenario that the model does not have, or that no path ends in.
    """
    model, experiment = prepare(source, seed=seed, set=set)
    central = compile_model(realise(model), realise(experiment))
    if (path is None) == (scenario is None):
        raise InputError([Problem(message="name either a path or a scenario", allowed=_names(model))])
    if path is not None:
        return Story(model=model, storyline=tell(central, seed=experiment.seed, path=path), reason="")
    names = [item.name for item in model.scenarios]
    if scenario not in names:
        raise InputError([no_scenario(str(scenario), names)])
    numbers = range(min(KEPT_PATHS, experiment.paths))
    candidates = simulate_paths(central, seed=experiment.seed, numbers=numbers)
    return _typical(central, candidates, names.index(scenario))


def input_files(path: str | Path) -> Mapping[str, Path]:
    """The files that an experiment uses, its own included, by their path from the model's root."""
    root = find_root(Path(path).parent)
    files = [root / DRIVERS, *sorted((root / SCENARIOS).glob("*.toml")), Path(path).absolute()]
    return {file.relative_to(root).as_posix(): file for file in files}


def _names(model: Model) -> str:
    return f"a path number, or one of the scenarios {', '.join(scenario.name for scenario in model.scenarios)}"


def announce(progress: Progress) -> None:
    """Say so if the simulation is not compiled for this machine yet, which happens once."""
    if not kernel_ready():
        progress.note("Compiling the simulation for this machine, once; this takes up to a minute.")


def _storylines(central: Compiled, candidates: Paths, progress: Progress) -> Mapping[str, Story]:
    """The most typical path of each scenario in which any candidate ends."""
    ended = {int(scenario) for scenario in candidates.scenario[-1]}
    stories = {}
    with progress.stage("Writing storylines", len(ended)) as step:
        for j, scenario in enumerate(central.model.scenarios):
            if j in ended:
                stories[scenario.name] = _typical(central, candidates, j)
                step(1)
    return stories


def _typical(central: Compiled, candidates: Paths, scenario: int) -> Story:
    found = typical_path(candidates.index, candidates.scenario, candidates.counts, scenario)
    path = int(candidates.numbers[found.path])
    storyline = tell(central, seed=central.experiment.seed, path=path)
    return Story(
        model=central.model, storyline=storyline, reason=_reason(found, central.model.scenarios[scenario].label)
    )


def _reason(found: Typical, label: str) -> str:
    return (
        f"The most typical of {found.candidates:,} futures that end in {label}: the one nearest "
        "to their average in levels, time of first entry and number of events."
    )
