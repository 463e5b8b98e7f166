"""The worlds to compare: experiments, run folders, variants and changed values, with one seed, size and end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from frenemy.errors import InputError, Problem
from frenemy.forecast.run import Source, prepare
from frenemy.model.describe.wording import counted
from frenemy.model.experiment import Experiment, Uncertainty
from frenemy.model.files.load import load_resolved, load_variants
from frenemy.model.files.toml_values import toml_value
from frenemy.model.resolved import Model
from frenemy.storage.run_folder import is_folder, read_manifest, read_unchanged
from frenemy.studies.save import RESOLVED

__all__ = ["Options", "World", "aligned", "worlds_of"]


@dataclass(frozen=True, slots=True)
class Options:
    """What the caller sets in place of the files' values."""

    paths: int | None
    draws: int | None
    seed: int | None

    def prepare(self, source: Source, changes: Mapping[str, Any] | None = None) -> tuple[Model, Experiment]:
        return prepare(source, paths=self.paths, draws=self.draws, seed=self.seed, set=changes)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A model and an experiment, with a name and a label."""

    name: str
    label: str
    model: Model
    experiment: Experiment


def worlds_of(
    base: Source, others: Sequence[Source], options: Options, changes: Mapping[str, Any] | None
) -> list[World]:
    """The base and its variants, each checked."""
    if others and changes:
        raise InputError([Problem(message="name other experiments or set values, one of the two", key="--set")])
    first = _read(base, options)
    if others:
        return _named([first, *(_read(other, options) for other in others)])
    if changes:
        label = ", ".join(f"{key} = {_short(value)}" for key, value in changes.items())
        return [first, _world("changed", label, _set(base, first, options, changes))]
    if isinstance(base, str | Path) and not is_folder(Path(base)):
        loaded = load_variants(Path(base), paths=options.paths, draws=options.draws, seed=options.seed)
        if loaded.variants:
            return [
                first,
                *(_world(v.name, v.label, options.prepare((v.model, v.experiment))) for v in loaded.variants),
            ]
    allowed = "[[variants]] in the experiment's file, another experiment, or values to set"
    file = str(base) if isinstance(base, str | Path) else ""
    raise InputError([Problem(message="there is nothing to compare with", file=file, allowed=allowed)])


def _short(value: Any) -> str:
    try:
        return toml_value(value)
    except TypeError:
        return str(value)


def _world(name: str, label: str, pair: tuple[Model, Experiment]) -> World:
    return World(name=name, label=label, model=pair[0], experiment=pair[1])


def _read(source: Source, options: Options) -> World:
    """A file, a run folder or a pair, checked."""
    if isinstance(source, str | Path):
        path = Path(source)
        if is_folder(path):
            pair = options.prepare(_of_run(path))
            return _world(path.name, pair[1].title, pair)
    pair = options.prepare(source)
    return _world(pair[1].name, pair[1].title, pair)


def _of_run(folder: Path) -> tuple[Model, Experiment]:
    """The model and experiment of a run folder. Raises InputError if it is not a complete run of one experiment."""
    if RESOLVED not in read_manifest(folder)["files"]:
        raise InputError([Problem(message="this is not the folder of a run", file=str(folder), allowed="made by run")])
    return load_resolved(read_unchanged(folder, RESOLVED), str(folder / RESOLVED))


def _set(source: Source, first: World, options: Options, changes: Mapping[str, Any]) -> tuple[Model, Experiment]:
    if isinstance(source, str | Path) and is_folder(Path(source)):
        return options.prepare((first.model, first.experiment), changes)
    return options.prepare(source, changes)


def _named(worlds: list[World]) -> list[World]:
    """The worlds with distinct names; `base` is taken."""
    taken, named = {"base"}, [worlds[0]]
    for world in worlds[1:]:
        name = next(n for n in (world.name, *(f"{world.name}_{k}" for k in range(2, 999))) if n not in taken)
        taken.add(name)
        named.append(replace(world, name=name))
    return named


def aligned(worlds: list[World]) -> list[World]:
    """The worlds with one seed, one size and one end. Raises InputError where they cannot be compared."""
    first = worlds[0]
    problems = [problem for world in worlds[1:] for problem in _misfits(first, world)]
    if problems:
        raise InputError(problems)
    run, end = first.experiment, min(world.experiment.end for world in worlds)
    draws = max(world.experiment.uncertainty.draws for world in worlds)
    common = replace(
        run,
        end=end,
        uncertainty=Uncertainty(draws=draws, paths=run.uncertainty.paths),
        report_at=tuple(sorted({*(date for date in run.report_at if date <= end), end})),
    )
    return [replace(world, experiment=_like(world.experiment, common)) for world in worlds]


def _like(run: Experiment, common: Experiment) -> Experiment:
    return replace(
        run, end=common.end, paths=common.paths, seed=common.seed, uncertainty=common.uncertainty,
        report_at=common.report_at,
    )  # fmt: skip


def _misfits(first: World, world: World) -> Iterator[Problem]:
    scenarios = [{scenario.name for scenario in one.model.scenarios} for one in (first, world)]
    pairs = {
        "start": (world.experiment.start, first.experiment.start),
        "tick": (counted(world.experiment.tick, "day"), counted(first.experiment.tick, "day")),
        "scenarios": tuple(", ".join(sorted(names)) for names in reversed(scenarios)),
    }
    for key, (found, expected) in pairs.items():
        if found != expected:
            message = f"{world.label} cannot be compared with {first.label}: it has another {key.removesuffix('s')}"
            yield Problem(message=message, key=key, found=str(found), allowed=str(expected))
