"""The audit of scenarios: what their rules do, and how the odds depend on the numbers in them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from frenemy.errors import InputError, Problem
from frenemy.forecast.run import Source, announce, prepare
from frenemy.model.describe.wording import counted
from frenemy.model.experiment import Experiment
from frenemy.present.sheet import futures_text
from frenemy.runtime.progress import Progress, automatic
from frenemy.simulation.ensembles import ensemble_of, for_study
from frenemy.studies.audit.findings import AuditFindings, audit_rule, overlaps
from frenemy.studies.audit.path_means import odds_of_paths
from frenemy.studies.audit.reclassify import as_drawn, classify, gather, rules_of
from frenemy.studies.audit.thresholds import curves, quantities_of
from frenemy.studies.base import Study

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Audit", "assessment_at", "audit"]

MAX_LEVELS = 40_000_000
"""Levels kept in memory: paths × ticks × drivers, 8 bytes each."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Audit(Study[AuditFindings]):
    """What the rules of an experiment's scenarios do. A notebook and a terminal show its tables.

    Its folder: rules, clauses, overlaps, stays, readings and definitions as CSV, resolved.toml and the pictures.
    """

    def plot_definitions(self, axes: Sequence[Axes] | None = None) -> Sequence[Axes]:
        """The odds of each scenario against each number of its rule."""
        from frenemy.studies.audit.plots.thresholds import definitions

        return definitions.on(axes, self.findings)

    def plot_stays(self, ax: Axes | None = None) -> Axes:
        """How long paths stay in each scenario (Kaplan–Meier)."""
        from frenemy.studies.audit.plots.stays import stays

        return stays.on_one(ax, self.findings)

    def __repr__(self) -> str:
        found = self.findings
        return (
            f"<Audit {found.experiment.title}: {counted(len(found.curves), 'number')} in rules, "
            f"{counted(found.paths, 'path')}>"
        )


def audit(
    source: Source,
    *,
    date: dt.date | None = None,
    paths: int | None = None,
    draws: int | None = None,
    seed: int | None = None,
    set: Mapping[str, Any] | None = None,  # noqa: A002 the word of the file and of the command line
    workers: int = 0,
    progress: Progress | None = None,
) -> Audit:
    """What the rules of an experiment's scenarios do, over judgement and chance.

    The odds as a function of each threshold and duration are read at `date`, on the same paths; the default is the date
    in `[audit]`, or the end. In each outer draw the rules have the numbers of that draw.

    Other Parameters
    ----------------
    paths
        Futures over all draws; all are kept, so that memory grows with them.
    draws
        Draws of the uncertain numbers, at most; 0: all at their medians.
    seed, set, workers, progress
        As in `run`.

    Raises InputError with all problems of the files and options.
    """
    progress = progress or automatic()
    model, experiment = prepare(source, paths=paths, draws=draws, seed=seed, set=set)
    experiment = for_study(_bounded(experiment, len(model.drivers), progress))
    at = assessment_at(experiment, date or min(experiment.audit.date, experiment.end))
    announce(progress)
    ensemble = ensemble_of(model, experiment)
    with progress.stage(f"Simulating {futures_text(experiment)}", 1) as step:
        facts = gather(ensemble, seed=experiment.seed, workers=workers)
        step(1)
    scenarios = as_drawn(model, experiment, ensemble)
    rules = rules_of(scenarios, facts)
    reading = classify(rules)
    with progress.stage("Applying the rules to the paths", len(rules)) as step:
        found = []
        for j, scenario in enumerate(scenarios):
            found.append(audit_rule(j, scenario, facts, rules, reading))
            step(1)
    with progress.stage("Varying each number of the rules", len(quantities_of(model, facts.tick))) as step:
        odds_curves = curves(model, scenarios, facts, at, step)
    findings = AuditFindings(
        model=model,
        experiment=experiment,
        dates=np.datetime64(experiment.start)
        + np.arange(1, experiment.ticks + 1) * np.timedelta64(experiment.tick, "D"),
        tick=at,
        paths=ensemble.paths,
        odds=odds_of_paths(ensemble, reading.scenario, len(rules)),
        rules=tuple(found),
        overlaps=overlaps(rules, facts, reading),
        curves=odds_curves,
    )
    return Audit(findings=findings)


def assessment_at(experiment: Experiment, date: dt.date) -> int:
    """The position of the assessment on a date, or of the next one. Raises InputError for a date outside the run."""
    days = (date - experiment.start).days
    if not 0 < days <= (experiment.end - experiment.start).days:
        allowed = f"after {experiment.start}, not after {experiment.end}"
        raise InputError([Problem(message="outside the run", key="date", found=str(date), allowed=allowed)])
    return -(-days // experiment.tick) - 1


def _bounded(experiment: Experiment, drivers: int, progress: Progress) -> Experiment:
    """The experiment with no more paths than fit into memory."""
    most = max(MAX_LEVELS // ((experiment.ticks + 1) * drivers), 1)
    if experiment.paths <= most:
        return experiment
    progress.note(
        f"Only the first {most:,} of {counted(experiment.paths, 'path')} are audited, as they are kept in memory."
    )
    return replace(experiment, paths=most)
