"""What would have to be true: from a file and the odds wanted to the numbers that bring them about."""

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
    """Numbers that bring the odds wanted about; in a notebook it shows its table.

    Its folder: tune.csv, targets.csv, curve.csv (of one number), region.csv and trajectory.csv (with a region),
    resolved.toml and the pictures.
    """

    given: frozenset[str] = frozenset()  # keys of values that were put in the place of the file's

    @property
    def set(self) -> Mapping[str, float]:
        """What `[set]` has to say, by dotted key: the numbers turned, and branches that made room."""
        return self.sets[0]

    @property
    def sets(self) -> tuple[Mapping[str, float], ...]:
        """The same for each solution, that of the least change first."""
        found = self.findings
        each = (found.values, *(found.values_of(solution) for solution in found.further))
        named = (dict(zip((knob.key for knob in found.knobs), values, strict=True)) for values in each)
        return tuple(with_siblings(found.model, values) for values in named)

    def rewritten(self, text: str, solution: int = 0) -> str:
        """The text of the experiment's file with the numbers tuned, and what they were in comments."""
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
        """How far each number had to be turned within its elicited range."""
        from frenemy.studies.tune.plots.moves import tuned

        return tuned(self.findings, ax)

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
    """What would have to be true for the odds to be as stated? `targets` maps scenarios to probabilities.

    The numbers at the keys `change` are turned within their elicited ranges, as little as will do; `reading` and
    `date` (the end if not given) say which odds are meant. Without `targets` or `change` those of the file's
    `[[targets]]` and `tune` are taken. `set` puts other values in the model, by dotted key.

    Of several numbers, up to so many `solutions` are sought, each at least `apart` from the others, in elicited
    spreads. `region`: outer draws over which boxes are sought in which the targets are met (0: none). Raises
    InputError where that cannot be, or for what is wrong with the files.
    """
    progress = progress or Silent()
    model, experiment = prepare(source, paths=paths, draws=draws, seed=seed, set=set, progress=progress)
    experiment = _asked(experiment, targets, change, reading, date)
    knobs, aims = knobs_of(model, experiment, experiment.tune), targets_of(model, experiment, experiment.targets)
    _check(knobs, aims)
    experiment = _further(experiment, len(knobs), solutions=solutions, apart=apart, region=region)
    more = experiment.tuning
    announce(progress)
    bench = Objective(model, experiment, knobs, aims, workers, progress)
    before, _ = bench.full(None)
    try:
        found = search(bench.quick, bench.full, np.array([aim.probability for aim in aims]), len(knobs))
    except Unreachable as limit:
        raise InputError(_refusal(limit, experiment.targets, knobs)) from None
    values = tuple(knob.value(float(z)) for knob, z in zip(knobs, found.z, strict=True))
    tuned = TuningFindings(
        model=model, experiment=experiment, knobs=knobs, values=values, targets=experiment.targets, before=before,
        found=found, further=bench.further(found.z, more.solutions - 1, more.apart), asked=more.solutions,
        apart=more.apart, region=bench.region(before, more.region),
    )  # fmt: skip
    return Tuning(findings=tuned, given=frozenset(set or {}))


def _asked(
    experiment: Experiment,
    targets: Mapping[str, float] | None,
    change: Sequence[str] | None,
    reading: Reading,
    date: dt.date,
) -> Experiment:
    wanted = experiment.targets
    if targets is not None:
        wanted = tuple(
            Target(scenario=scenario, reading=reading, date=min(date, experiment.end), probability=probability)
            for scenario, probability in targets.items()
        )
    keys = experiment.tune if change is None else tuple(change)
    return replace(experiment, targets=wanted, tune=keys)


def _check(knobs: Sequence[Knob], aims: Sequence[OddsTarget]) -> None:
    problems = []
    if not aims:
        problems.append(Problem(message="no target", key="targets", allowed="such as --target total_rift=0.4"))
    if not knobs:
        allowed = "such as --change triggers.unilateral_strike.probability"
        problems.append(Problem(message="no number that may change", key="tune", allowed=allowed))
    if problems:
        raise InputError(problems)
    if len(aims) > len(knobs):
        message = "more targets than numbers that may change"
        problems.append(Problem(message=message, key="tune", found=str(len(knobs)), allowed=f"at least {len(aims)}"))
    problems += [
        Problem(message="not a probability to aim at", key="targets", found=f"{aim.probability:g}", allowed="0 to 1")
        for aim in aims
        if not 0 < aim.probability < 1
    ]
    if problems:
        raise InputError(problems)


def _further(experiment: Experiment, knobs: int, **options: Any) -> Experiment:
    """The experiment with what it asks beyond the least change; the options take the place of what the file says.

    A file that asks for several solutions means them where there is more than one number.
    """
    given = {name: value for name, value in options.items() if value is not None}
    asked = replace(experiment.tuning, **given)
    if knobs < 2 and "solutions" not in given:
        asked = replace(asked, solutions=1)
    if "apart" in given and asked.solutions < 2:
        message = "a distance between solutions, and only one is asked for"
        raise InputError([Problem(message=message, key="apart", found=f"{asked.apart:g}", allowed="with --solutions")])
    _check_further(knobs, asked.solutions, asked.apart, asked.region)
    return replace(experiment, tuning=asked)


def _check_further(knobs: int, solutions: int, apart: float, region: int) -> None:
    problems = []
    if solutions > 1 and knobs < 2:
        message = "one number has no further solutions at a distance; if there are some, they are named"
        problems.append(Problem(message=message, key="solutions", found=str(solutions), allowed="1, or more --change"))
    if not 1 <= solutions <= MAX_SOLUTIONS:
        allowed = f"1 to {MAX_SOLUTIONS}"
        problems.append(Problem(message="out of range", key="solutions", found=str(solutions), allowed=allowed))
    if not 0 < apart <= 2 * FARTHEST:
        allowed = f"above 0, up to {2 * FARTHEST:g} elicited spreads"
        problems.append(Problem(message="no distance to keep", key="apart", found=f"{apart:g}", allowed=allowed))
    if region and region < MIN_REGION_DRAWS:
        allowed = f"at least {MIN_REGION_DRAWS} draws, or 0 for no region"
        problems.append(Problem(message="too small", key="region", found=str(region), allowed=allowed))
    if problems:
        raise InputError(problems)


def _refusal(limit: Unreachable, targets: Sequence[Target], knobs: Sequence[Knob]) -> list[Problem]:
    names = ", ".join(knob.key for knob in knobs)
    if np.isfinite(limit.reach).all():
        low, high = (f"{100 * value:.1f} %" for value in limit.reach)
        message = f"{names} alone cannot bring this about within its range: it reaches from {low} to {high}"
        target = targets[0]
        return [Problem(message=message, key=target.scenario, found=f"{target.probability:g}")]
    return [
        Problem(
            message=f"{names} cannot bring all targets about within their ranges",
            key=target.scenario,
            found=f"{target.probability:g}",
            allowed=f"the search came to {100 * value:.1f} %",
        )
        for target, value in zip(targets, limit.best, strict=True)
    ]
