"""What if? Variants of an experiment, or other experiments, against a base, path by path on the same noise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from frenemy.errors import InputError, Problem
from frenemy.forecast.forecast import report_ticks
from frenemy.forecast.paired.differences import difference
from frenemy.forecast.paired.draws import paired_contrasts
from frenemy.forecast.paired.paths import shared_noise
from frenemy.forecast.run import Source, announce
from frenemy.model.describe.wording import counted
from frenemy.model.experiment import Experiment
from frenemy.model.files.dump import dump_resolved
from frenemy.runtime.progress import Progress, automatic
from frenemy.simulation.ensembles import for_study
from frenemy.studies.base import Study
from frenemy.studies.compare.edits import Worlds, between
from frenemy.studies.compare.findings import ComparisonFindings, VariantFindings
from frenemy.studies.compare.shapley import Split, split_over
from frenemy.studies.compare.worlds import Options, aligned, worlds_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Comparison", "compare"]

MAX_SPLIT_PATHS = 10_000
"""Paths on which a change is split over the edits, in up to 64 worlds."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Comparison(Study[ComparisonFindings]):
    """A base and its variants: how the odds differ, which futures change scenario, and the effect of each edit.

    Its folder: the tables, every resolved world, and the pictures.
    """

    @property
    def comparison(self) -> ComparisonFindings:
        """The base, and each variant against it."""
        return self.findings

    def resolved(self) -> dict[str, str]:
        """Every world with all defaults filled in, as TOML, by name; the base is called `base`."""
        base = {"base": dump_resolved(self.comparison.model, self.comparison.experiment)}
        return base | {
            variant.name: dump_resolved(variant.model, variant.experiment) for variant in self.comparison.variants
        }

    def plot(self, axes: Sequence[Axes] | None = None) -> Sequence[Axes]:
        """The change in the odds over time: one panel for each scenario, one line for each variant."""
        from frenemy.studies.compare.plots.changes import changes

        return changes.on(axes, self.comparison)

    def plot_split(self, variant: str = "", axes: Sequence[Axes] | None = None) -> Sequence[Axes]:
        """The change at the end, split over the edits of a variant (the first if none is named).

        One panel for each scenario. Raises InputError if there is no such variant, or nothing to split.
        """
        from frenemy.studies.compare.plots.edits import parts

        chosen = [one for one in self.comparison.variants if one.name == variant or not variant][:1]
        if not chosen or chosen[0].split is None:
            names = [one.name for one in self.comparison.variants if one.split is not None]
            raise InputError([Problem(message="no split of that name", found=variant, allowed=", ".join(names))])
        return parts.on(axes, self.comparison, chosen[0])

    def _resolved(self) -> Mapping[str, str]:
        return {f"resolved/{name}.toml": text for name, text in self.resolved().items()}

    def _size(self) -> Mapping[str, int]:
        return {"paths": self.findings.paths, "draws": self.findings.draws}

    def __repr__(self) -> str:
        from frenemy.studies.compare.text import one_line

        return f"<Comparison {one_line(self.comparison)}>"


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
) -> Comparison:
    """Compare what-ifs with a base, path by path on the same noise.

    The variants are `others`; or the base with the values of `set`, by dotted key; or the `[[variants]]` of the base's
    file. A source is an experiment's file, a run folder, or a model with an experiment on it. All worlds run with the
    base's paths, draws and seed, up to the earliest horizon. Raises InputError for worlds that cannot be compared:
    another start, tick or other scenarios.

    Other Parameters
    ----------------
    paths, draws, seed
        In place of the base's.
    split
        Whether each change is split over the edits that make it.
    workers, progress
        Threads (0: one for each core), and where progress is shown.
    """
    progress = progress or automatic()
    options = Options(paths, draws, seed)
    worlds = aligned(worlds_of(base, others, options, set))
    announce(progress)
    first, *variants = worlds
    run = first.experiment
    count = run.uncertainty.draws
    found = [difference(one) for one in paired_contrasts([(w.model, w.experiment) for w in worlds], workers, progress)]
    edits = [between((first.model, run), (world.model, world.experiment)) for world in variants]
    size = for_study(replace(run, paths=min(run.paths, MAX_SPLIT_PATHS)))
    parts = _splits(edits, size, workers, progress) if split else [None] * len(edits)
    steps = np.arange(run.ticks + 1) * np.timedelta64(run.tick, "D")
    comparison = ComparisonFindings(
        label=first.label,
        model=first.model,
        experiment=run,
        dates=np.datetime64(run.start, "D") + steps,
        report_ticks=report_ticks(run),
        paths=run.uncertainty.paths if count else run.paths,
        draws=count,
        split_size=size,
        variants=tuple(
            VariantFindings(
                name=world.name, label=world.label, model=world.model, experiment=world.experiment, edits=made.edits,
                differences=of_readings, moves=moves, split=part,
            )
            for world, made, (of_readings, moves), part in zip(variants, edits, found, parts, strict=True)
        ),
    )  # fmt: skip
    return Comparison(findings=comparison)


def _splits(edits: Sequence[Worlds], size: Experiment, workers: int, progress: Progress) -> list[Split | None]:
    """The split of each variant's change; None without edits."""
    paths = size.uncertainty.draws * size.uncertainty.paths or size.paths
    noise = shared_noise(size.seed, paths)
    total = sum(len(made.worlds) for made in edits if made.edits)
    with progress.stage(
        f"Splitting over edits: {counted(paths, 'future')} in {counted(total, 'world')}", paths * total
    ) as step:
        return [
            split_over(_resized(made, size), report_ticks(size), noise=noise, workers=workers, progress=step)
            if made.edits
            else None
            for made in edits
        ]


def _resized(made: Worlds, size: Experiment) -> Worlds:
    """The worlds with as many paths and draws as this experiment."""
    return replace(
        made,
        worlds={
            edits: (model, replace(experiment, paths=size.paths, uncertainty=size.uncertainty))
            for edits, (model, experiment) in made.worlds.items()
        },
    )
