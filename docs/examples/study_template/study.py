"""How often does each trigger happen? From an experiment's file to findings that can be shown and saved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from frenemy.errors import InputError, Problem
from frenemy.forecast.run import Source, announce, prepare
from frenemy.model.realise import realise
from frenemy.model.resolved import Model
from frenemy.runtime.progress import Progress, automatic
from frenemy.studies.base import Study
from frenemy.studies.frequency.findings import FrequencyFindings, find_frequencies

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Frequency", "frequency"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Frequency(Study[FrequencyFindings]):
    """How often each trigger happens.

    Its folder: frequency.csv, resolved.toml and the picture.
    """

    def plot(self, axes: Sequence[Axes] | None = None) -> Sequence[Axes]:
        """The frequency of each trigger. Takes one axis."""
        from frenemy.studies.frequency.plots import frequencies

        return frequencies.on(axes, self.findings)

    def _size(self) -> Mapping[str, int]:
        return {"paths": self.findings.experiment.paths, "draws": 0}

    def __repr__(self) -> str:
        return f"<Frequency {self.findings.experiment.title}: {len(self.findings.triggers)} triggers>"


def frequency(
    source: Source,
    *,
    triggers: Sequence[str] = (),
    paths: int | None = None,
    seed: int | None = None,
    set: Mapping[str, Any] | None = None,  # noqa: A002 the word of the file and of the command line
    workers: int = 0,
    progress: Progress | None = None,
) -> Frequency:
    """Count how often triggers (all, if none are named) happen, every uncertain number at its median.

    Raises InputError for files with mistakes and for a trigger that the model does not have.
    """
    progress = progress or automatic()
    model, experiment = prepare(source, paths=paths, seed=seed, set=set)
    names = tuple(dict.fromkeys(triggers)) or tuple(trigger.name for trigger in model.triggers)
    _check(model, names)
    announce(progress)
    with progress.stage(f"Simulating {experiment.paths:,} futures", experiment.paths) as step:
        found = find_frequencies(realise(model), realise(experiment), names, workers=workers, progress=step)
    return Frequency(findings=found)


def _check(model: Model, names: Sequence[str]) -> None:
    from frenemy.model.specs.base import close_to

    known = [trigger.name for trigger in model.triggers]
    problems = [
        Problem(
            message="the model has no such trigger",
            key="trigger",
            found=name,
            allowed=", ".join(known),
            suggestion=close_to(name, known),
        )
        for name in names
        if name not in known
    ]
    if not known:
        problems.append(Problem(message="the model has no triggers", key="triggers"))
    if problems:
        raise InputError(problems)
