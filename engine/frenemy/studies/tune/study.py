"""What would have to be true: from a file and target odds to the numbers that reach them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from frenemy.errors import InputError, Problem
from frenemy.forecast.run import Source, announce, prepare
from frenemy.model.experiment import Experiment, Reading, Target
from frenemy.model.files.rewrite import with_set
from frenemy.model.realise import quantities
from frenemy.model.specs.studies import MAX_SOLUTIONS, MIN_REGION_DRAWS
from frenemy.runtime.progress import Progress, Silent
from frenemy.studies.base import Study
from frenemy.studies.knobs import FARTHEST, Knob, OddsTarget, knobs_of, targets_of, with_siblings
from frenemy.studies.tune.findings import TuningFindings
from frenemy.studies.tune.least_change import Unreachable, search
from frenemy.studies.tune.objective import Objective

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Tuning", "tune"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tuning(Study[TuningFindings]):
    """Numbers that reach the target odds; a terminal and a notebook show them.

    Its folder: tune.csv, targets.csv, curve.csv (of one number), solutions.csv and solution_targets.csv (of several
    solutions), region.csv, boxes.csv and trajectory.csv (of a region), resolved.toml and the pictures.
    """

    given: frozenset[str] = frozenset()  # keys of values that replace those of the file

    @property
    def set(self) -> Mapping[str, float]:
        """The values for `[set]`, by dotted key: the numbers tuned, and branches that make room for them."""
        return self.sets[0]

    @property
    def sets(self) -> tuple[Mapping[str, float], ...]:
        """The same for each solution, the least change first."""
        found = self.findings
        each = (found.values, *(found.values_of(solution) for solution in found.further))
        named = (dict(zip((knob.key for knob in found.knobs), values, strict=True)) for values in each)
        return tuple(with_siblings(found.model, values) for values in named)

    def rewritten(self, text: str, solution: int = 0) -> str:
        """The text of the experiment's file with the numbers tuned, and the former values in comments."""
        from frenemy.studies.tune.text import head

        found, run = self.findings, self.findings.experiment
        before = quantities(found.model) | quantities(run)
        outer = run.uncertainty
        options = {"paths": run.paths, "seed": run.seed, "draws": outer.draws, "draw_paths": outer.paths}
        given = {key: value for key, value in run.set.items() if key in self.given}
        return with_set(
            text, self.sets[solution], before=before, head=head(found, solution), options=options, given=given
        )

    def plot(self, ax: Axes | None = None) -> Axes:
        """How far each number has to move within its elicited range."""
        from frenemy.studies.tune.plots.moves import moves

        return moves.on_one(ax, self.findings)

    def __repr__(self) -> str:
        pairs = ", ".join(f"{key} = {value:g}" for key, value in self.set.items())
        return f"<Tuning {pairs}>"


def tune(
    source: Source,
    targets: Mapping[str, float] | None = None,
    change: Sequence[str] | None = None,
    *,
    reading: Reading = "at",
    date: dt.date = dt.date.max,
    solutions: int | None = None,
    apart: float | None = None,
    region: int | None = None,
    paths: int | None = None,
    draws: int | None = None,
    seed: int | None = None,
    set: Mapping[str, Any] | None = None,  # noqa: A002 the word of the file and of the command line
    workers: int = 0,
    progress: Progress | None = None,
) -> Tuning:
    """What would have to be true for the odds to be as stated?

    The numbers at the keys `change` are moved within their elicited ranges, as little as possible. What is not given
    is as the file's `[[targets]]`, `tune` and `[tuning]` say.

    Parameters
    ----------
    source
        An experiment's file, or a model and an experiment.
    targets
        Probabilities of scenarios, by name.
    change
        Dotted keys of the numbers that may change.
    reading, date
        Which odds: `at`, `ever` or `time_share`, and when (by default at the end).

    Other Parameters
    ----------------
    solutions
        Of several numbers: how many solutions at most.
    apart
        Least distance between solutions, in elicited spreads.
    region
        Outer draws over which to search for boxes in which the targets are met; 0: no search.
    paths, draws, seed, set, workers, progress
        As in `run`.

    Raises
    ------
    InputError
        Where the targets cannot be met, or with all that is wrong with the files or the options.
    """
    progress = progress or Silent()
    model, experiment = prepare(source, paths=paths, draws=draws, seed=seed, set=set, progress=progress)
    experiment = _with_targets(experiment, targets, change, reading, date)
    knobs, by_position = knobs_of(model, experiment, experiment.tune), targets_of(model, experiment, experiment.targets)
    _check(knobs, by_position)
    experiment = _with_options(experiment, len(knobs), solutions=solutions, apart=apart, region=region)
    options = experiment.tuning
    announce(progress)
    objective = Objective(model, experiment, knobs, by_position, workers, progress)
    before = objective.before()
    try:
        least = search(objective.of_study, objective.of_run, objective.target_odds, len(knobs))
    except Unreachable as limit:
        raise InputError(_unreachable(limit, experiment.targets, knobs)) from None
    findings = TuningFindings(
        model=model, experiment=experiment, knobs=knobs, targets=experiment.targets, before=before, least_change=least,
        values=tuple(knob.value(float(z)) for knob, z in zip(knobs, least.z, strict=True)),
        further=objective.find_alternatives(least.z, options.solutions - 1, options.apart),
        max_solutions=options.solutions, apart=options.apart, region=objective.find_region(before, options.region),
    )  # fmt: skip
    return Tuning(findings=findings, given=frozenset(set or {}))


def _with_targets(
    experiment: Experiment,
    targets: Mapping[str, float] | None,
    change: Sequence[str] | None,
    reading: Reading,
    date: dt.date,
) -> Experiment:
    if targets is not None:
        date = experiment.end if date == dt.date.max else date
        given = tuple(Target(scenario=name, reading=reading, date=date, probability=p) for name, p in targets.items())
        experiment = replace(experiment, targets=given)
    if change is None:
        return experiment
    twice = [key for key in dict.fromkeys(change) if [*change].count(key) > 1]
    if twice:
        raise InputError([Problem(message="is given twice", key="change", found=key) for key in twice])
    return replace(experiment, tune=tuple(change))


def _check(knobs: Sequence[Knob], targets: Sequence[OddsTarget]) -> None:
    problems = []
    if not targets:
        problems.append(Problem(message="no target", key="targets", allowed="such as --target total_rift=0.4"))
    if not knobs:
        allowed = "such as --change triggers.unilateral_strike.probability"
        problems.append(Problem(message="no number that may change", key="tune", allowed=allowed))
    if problems:
        raise InputError(problems)
    if len(targets) > len(knobs):
        message, allowed = "more targets than numbers that may change", f"at least {len(targets)}"
        problems.append(Problem(message=message, key="tune", found=str(len(knobs)), allowed=allowed))
    problems += [
        Problem(
            message="not a target probability",
            key="targets",
            found=f"{target.probability:g}",
            allowed="above 0, below 1",
        )
        for target in targets
        if not 0 < target.probability < 1
    ]
    if problems:
        raise InputError(problems)


def _with_options(experiment: Experiment, knobs: int, **options: Any) -> Experiment:
    """The experiment with its `[tuning]` changed by the options that are given.

    The file's number of solutions applies where there is more than one number.
    """
    given = {name: value for name, value in options.items() if value is not None}
    tuning = replace(experiment.tuning, **given)
    if knobs < 2 and "solutions" not in given:
        tuning = replace(tuning, solutions=1)
    if "apart" in given and tuning.solutions < 2:
        message = "a distance between solutions needs more than one solution"
        raise InputError([Problem(message=message, key="apart", found=f"{tuning.apart:g}", allowed="with --solutions")])
    _check_options(knobs, tuning.solutions, tuning.apart, tuning.region)
    return replace(experiment, tuning=tuning)


def _check_options(knobs: int, solutions: int, apart: float, region: int) -> None:
    problems = []
    if solutions > 1 and knobs < 2:
        message = "one number has no further solutions at a distance; other roots, if any, are reported"
        problems.append(Problem(message=message, key="solutions", found=str(solutions), allowed="1, or more --change"))
    if not 1 <= solutions <= MAX_SOLUTIONS:
        allowed = f"1 to {MAX_SOLUTIONS}"
        problems.append(Problem(message="out of range", key="solutions", found=str(solutions), allowed=allowed))
    if not 0 < apart <= 2 * FARTHEST:
        allowed = f"above 0, up to {2 * FARTHEST:g} elicited spreads"
        problems.append(Problem(message="not a distance", key="apart", found=f"{apart:g}", allowed=allowed))
    if region and region < MIN_REGION_DRAWS:
        allowed = f"at least {MIN_REGION_DRAWS} draws, or 0 for no region"
        problems.append(Problem(message="too small", key="region", found=str(region), allowed=allowed))
    if problems:
        raise InputError(problems)


def _unreachable(limit: Unreachable, targets: Sequence[Target], knobs: Sequence[Knob]) -> list[Problem]:
    names = ", ".join(knob.key for knob in knobs)
    if np.isfinite(limit.reach).all():
        low, high = (f"{100 * value:.1f} %" for value in limit.reach)
        message = f"{names} alone cannot reach this within its range: it reaches from {low} to {high}"
        target = targets[0]
        return [Problem(message=message, key=target.scenario, found=f"{target.probability:g}")]
    return [
        Problem(
            message=f"{names} cannot reach all targets within their ranges",
            key=target.scenario,
            found=f"{target.probability:g}",
            allowed=f"the search reached {100 * value:.1f} %",
        )
        for target, value in zip(targets, limit.best, strict=True)
    ]
