"""What if: variants of an experiment, or experiments, against a base, path by path on the same noise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from frenemy.analyse.comparison import Comparison, Versus, differences
from frenemy.analyse.contrast import Contrast
from frenemy.analyse.forecast import report_ticks
from frenemy.analyse.split import Split, split_over
from frenemy.analyse.together import shared_noise
from frenemy.errors import InputError, Problem
from frenemy.experiment import Source, announce, prepare
from frenemy.model.dump import dump_resolved, toml_value
from frenemy.model.edits import Worlds, between
from frenemy.model.experiment import Experiment, Uncertainty
from frenemy.model.load import load_resolved, load_variants
from frenemy.model.resolved import Model
from frenemy.progress import Progress, automatic
from frenemy.store import read_manifest
from frenemy.studies.saving import RESOLVED
from frenemy.studies.side_by_side import abreast
from frenemy.studies.study import Study, View

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Compared", "compare"]

MOST_SPLIT = 10_000
"""Paths on which a change is split over the edits, in up to 64 worlds."""


@dataclass(frozen=True, slots=True)
class _Options:
    """What the caller says over the files."""

    paths: int | None
    draws: int | None
    seed: int | None

    def prepare(self, source: Source, changes: Mapping[str, Any] | None = None) -> tuple[Model, Experiment]:
        return prepare(source, paths=self.paths, draws=self.draws, seed=self.seed, set=changes)


@dataclass(frozen=True, slots=True, kw_only=True)
class _World:
    name: str
    label: str
    model: Model
    experiment: Experiment


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Compared(Study[Comparison]):
    """A base and its variants: how the odds differ, which futures moved where, and which edit did it.

    Its folder: the tables, every world as it was resolved, and the pictures.
    """

    @property
    def comparison(self) -> Comparison:
        """The base, and each variant against it."""
        return self.findings

    def resolved(self) -> dict[str, str]:
        """Every world with all defaults filled in, as TOML, by name; the base is called `base`."""
        base = {"base": dump_resolved(self.comparison.model, self.comparison.experiment)}
        return base | {versus.name: dump_resolved(versus.model, versus.experiment) for versus in self.comparison.versus}

    def plot(self, axes: Sequence[Axes] | None = None) -> Sequence[Axes]:
        """The change in the odds of each scenario over time, one panel each, one line a variant."""
        from frenemy.present.versus import changes

        return changes(self.comparison, axes)

    def plot_split(self, variant: str = "", axes: Sequence[Axes] | None = None) -> Sequence[Axes]:
        """The change at the end split over the edits of a variant (the first if none is named), one panel a scenario.

        Raises InputError if there is no such variant, or nothing to split.
        """
        from frenemy.present.splitting import parts

        found = [versus for versus in self.comparison.versus if versus.name == variant or not variant][:1]
        if not found or found[0].split is None:
            names = [versus.name for versus in self.comparison.versus if versus.split is not None]
            raise InputError([Problem(message="no split of that name", found=variant, allowed=", ".join(names))])
        return parts(self.comparison, found[0], axes)

    def _view(self) -> View[Comparison]:
        from frenemy.present import comparing

        return View(
            text=comparing.as_text,
            data=comparing.as_data,
            annex=comparing.annex,
            tables=comparing.tables,
            pictures=comparing.pictures,
            footer=comparing.footer,
        )

    def _resolved(self) -> Mapping[str, str]:
        return {f"resolved/{name}.toml": text for name, text in self.resolved().items()}

    def _size(self) -> Mapping[str, int]:
        return {"paths": self.findings.paths, "draws": self.findings.draws}

    def __repr__(self) -> str:
        from frenemy.present.comparing import one_line

        return f"<Compared {one_line(self.comparison)}>"


def compare(
    base: Source,
    *others: Source,
    paths: int | None = None,
    draws: int | None = None,
    seed: int | None = None,
    set: Mapping[str, Any] | None = None,  # noqa: A002 the word of the file and of the command line
    split: bool = True,
    workers: int = 0,
    progress: Progress | None = None,
) -> Compared:
    """Compare what-ifs with a base, path by path on the same noise.

    With `others`, each of these is compared with `base`; with `set`, the base with other values by dotted key; with
    neither, the `[[variants]]` of the base's file. A source is an experiment's file, a run folder, or a model with an
    experiment on it. All are run with the base's paths, draws and seed, up to the earliest horizon. Unless `split` is
    False, each change is split over the edits that make it, at the medians of the uncertain numbers.

    Raises InputError for worlds that cannot be compared: another start, tick or other scenarios.
    """
    progress = progress or automatic()
    options = _Options(paths, draws, seed)
    worlds = _aligned(_worlds(base, others, options, set))
    announce(progress)
    first, *variants = worlds
    run = first.experiment
    count = run.uncertainty.draws
    found = differences(_contrasts(worlds, workers, progress), count)
    edits = [between((first.model, run), (world.model, world.experiment)) for world in variants]
    parts = _splits(edits, run, workers, progress) if split else [None] * len(edits)
    steps = np.arange(run.ticks + 1) * np.timedelta64(run.tick, "D")
    comparison = Comparison(
        label=first.label,
        model=first.model,
        experiment=run,
        dates=np.datetime64(run.start, "D") + steps,
        report_ticks=report_ticks(run),
        paths=run.uncertainty.paths if count else run.paths,
        draws=count,
        split_paths=min(run.paths, MOST_SPLIT),
        versus=tuple(
            Versus(
                name=world.name, label=world.label, model=world.model, experiment=world.experiment, edits=made.edits,
                differences=of_readings, moves=moves, split=part,
            )
            for world, made, (of_readings, moves), part in zip(variants, edits, found, parts, strict=True)
        ),
    )  # fmt: skip
    return Compared(findings=comparison)


def _worlds(
    base: Source, others: Sequence[Source], options: _Options, changes: Mapping[str, Any] | None
) -> list[_World]:
    """The base and its variants, each checked."""
    if others and changes:
        raise InputError([Problem(message="name other experiments or set values, one of the two", key="--set")])
    first = _read(base, options)
    if others:
        return _named([first, *(_read(other, options) for other in others)])
    if changes:
        label = ", ".join(f"{key} = {_short(value)}" for key, value in changes.items())
        return [first, _world("changed", label, _set(base, first, options, changes))]
    if isinstance(base, str | Path) and not Path(base).is_dir():
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


def _world(name: str, label: str, pair: tuple[Model, Experiment]) -> _World:
    return _World(name=name, label=label, model=pair[0], experiment=pair[1])


def _read(source: Source, options: _Options) -> _World:
    """A file, a run folder or a pair, checked."""
    if isinstance(source, str | Path):
        path = Path(source)
        if path.is_dir():
            pair = options.prepare(_of_run(path))
            return _world(path.name, pair[1].title, pair)
    pair = options.prepare(source)
    return _world(pair[1].name, pair[1].title, pair)


def _of_run(folder: Path) -> tuple[Model, Experiment]:
    """What a run folder was made from. Raises InputError if it is not a complete run of one experiment."""
    if RESOLVED not in read_manifest(folder)["files"]:
        raise InputError([Problem(message="this is not the folder of a run", file=str(folder), allowed="made by run")])
    file = folder / RESOLVED
    return load_resolved(file.read_text(encoding="utf-8"), str(file))


def _set(source: Source, first: _World, options: _Options, changes: Mapping[str, Any]) -> tuple[Model, Experiment]:
    if isinstance(source, str | Path) and Path(source).is_dir():
        return options.prepare((first.model, first.experiment), changes)
    return options.prepare(source, changes)


def _named(worlds: list[_World]) -> list[_World]:
    """Names that are told apart; `base` is taken."""
    taken, named = {"base"}, [worlds[0]]
    for world in worlds[1:]:
        name = next(n for n in (world.name, *(f"{world.name}_{k}" for k in range(2, 999))) if n not in taken)
        taken.add(name)
        named.append(replace(world, name=name))
    return named


def _aligned(worlds: list[_World]) -> list[_World]:
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


def _misfits(first: _World, world: _World) -> Iterator[Problem]:
    scenarios = [{scenario.name for scenario in one.model.scenarios} for one in (first, world)]
    pairs = {
        "start": (world.experiment.start, first.experiment.start),
        "tick": (f"{world.experiment.tick} days", f"{first.experiment.tick} days"),
        "scenarios": tuple(", ".join(sorted(names)) for names in reversed(scenarios)),
    }
    for key, (found, wanted) in pairs.items():
        if found != wanted:
            message = f"{world.label} cannot be compared with {first.label}: it has another {key.removesuffix('s')}"
            yield Problem(message=message, key=key, found=str(found), allowed=str(wanted))


def _contrasts(worlds: Sequence[_World], workers: int, progress: Progress) -> Iterator[list[Contrast]]:
    """The contrasts of the run at the medians, or of each outer draw."""
    return abreast([(world.model, world.experiment) for world in worlds], workers, progress)


def _splits(edits: Sequence[Worlds], run: Experiment, workers: int, progress: Progress) -> list[Split | None]:
    """The split of each variant's change; none where nothing was edited."""
    paths = min(run.paths, MOST_SPLIT)
    noise = shared_noise(run.seed, paths)
    total = sum(len(made.worlds) for made in edits if made.edits)
    with progress.stage(f"Splitting over edits: {paths:,} futures in {total} worlds", paths * total) as step:
        return [
            split_over(made, report_ticks(run), noise=noise, paths=paths, workers=workers, progress=step)
            if made.edits
            else None
            for made in edits
        ]
