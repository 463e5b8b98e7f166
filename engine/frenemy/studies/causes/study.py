"""Why: which triggers drive a scenario, and which events decided one storyline."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from frenemy.errors import InputError, Problem
from frenemy.forecast.forecast import report_ticks
from frenemy.forecast.paired.paths import shared_noise
from frenemy.forecast.run import Source, announce, prepare, story
from frenemy.forecast.run_odds import run_odds
from frenemy.forecast.which_odds import scenario_place
from frenemy.model.describe.wording import counted
from frenemy.model.experiment import Experiment
from frenemy.model.files.dump import dump_resolved
from frenemy.model.files.load import load_variants
from frenemy.model.realise import realise
from frenemy.model.resolved import Model
from frenemy.runtime.progress import Progress, automatic
from frenemy.simulation.compile.compile import compile_model
from frenemy.simulation.ensembles import for_study
from frenemy.studies.base import Study
from frenemy.studies.causes.counterfactuals import CausesFindings, is_open, trace
from frenemy.studies.causes.storyline_causes import StoryCausesFindings
from frenemy.studies.causes.storyline_causes import but_for as find_causes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from rich.console import RenderableType

__all__ = ["StoryCauses", "TriggerCauses", "but_for", "causes"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TriggerCauses(Study[CausesFindings]):
    """The effect of each trigger on the odds of each scenario: necessity, removal, sufficiency, lift.

    Its folder: causes.csv, resolved.toml and the pictures.
    """

    @property
    def causes(self) -> CausesFindings:
        """The effect of each trigger on the odds."""
        return self.findings

    @property
    def resolved(self) -> str:
        """The model and the experiment with every default filled in, as TOML."""
        return dump_resolved(self.causes.model, self.causes.experiment)

    def plot(self, scenario: str = "", axes: Sequence[Axes] | None = None) -> Sequence[Axes]:
        """Necessity and lift of each trigger for one scenario; if not named, the likeliest one with a rule.

        Takes two axes. Raises InputError for a scenario that the model does not have.
        """
        from frenemy.studies.causes.plots import causes_of

        if scenario:
            scenario_place(self.causes.model, scenario)
        return causes_of.on(axes, self.causes, scenario)

    def to_csv(self) -> str:
        """The table, one row for each reading, date, scenario and trigger."""
        return self.tables()["causes.csv"]

    def _size(self) -> Mapping[str, int]:
        return {"paths": self.findings.paths, "draws": self.findings.experiment.uncertainty.draws}

    def __repr__(self) -> str:
        return f"<TriggerCauses {self.causes.experiment.title}: {counted(len(self.causes.triggers), 'trigger')}>"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StoryCauses:
    """One storyline, and which of its events were but-for causes of its end."""

    found: StoryCausesFindings
    chosen: str  # why this path; empty: its number was given

    def to_dict(self) -> dict[str, Any]:
        """Outcome and the verdict on each event as plain data."""
        from frenemy.studies.causes.storyline_text import as_data

        return as_data(self.found, self.chosen)

    def to_csv(self) -> str:
        """The verdicts as a table."""
        from frenemy.studies.causes.storyline_text import tables

        return tables(self.found)["events.csv"]

    def __rich__(self) -> RenderableType:
        from frenemy.studies.causes.storyline_text import as_text

        return as_text(self.found, self.chosen)

    def _repr_html_(self) -> str:
        from frenemy.studies.causes.storyline_text import as_html

        return as_html(self.found, self.chosen)

    def __repr__(self) -> str:
        path = self.found.storyline.path
        return f"<StoryCauses path {path}: {len(self.found.causes)} of {counted(len(self.found.verdicts), 'event')}>"


def causes(
    source: Source,
    *,
    triggers: Sequence[str] = (),
    force_on: dt.date | None = None,
    paths: int | None = None,
    draws: int | None = None,
    seed: int | None = None,
    set: Mapping[str, Any] | None = None,  # noqa: A002 the word of the file and of the command line
    workers: int = 0,
    progress: Progress | None = None,
) -> TriggerCauses:
    """The effect of each of these triggers (all, if none are named) on the odds of each scenario.

    Each trigger is made impossible, and forced once: on `force_on`, or at its first chance. Defaults are those of
    `[causes]` in the experiment's file. Raises InputError for an unknown trigger, or a date outside the run.

    Other Parameters
    ----------------
    paths, draws, seed, set
        In place of the experiment's: futures in each world, over all draws; draws of the uncertain numbers, at most (0:
        all at their medians); the seed; values by dotted key.
    workers, progress
        Threads (0: one for each core), and where progress is shown.
    """
    progress = progress or automatic()
    triggers = (triggers,) if isinstance(triggers, str) else triggers
    if isinstance(source, str | Path):
        block = load_variants(Path(source)).causes
        triggers, force_on = triggers or block.triggers, force_on or block.force_on
    model, experiment = prepare(source, paths=paths, draws=draws, seed=seed, set=set)
    _check(model, experiment, triggers, force_on)
    _remark(model, triggers, force_on, progress)
    announce(progress)
    names = tuple(dict.fromkeys(triggers)) or tuple(trigger.name for trigger in model.triggers)
    run, experiment = experiment, for_study(experiment)
    futures = experiment.uncertainty.draws * experiment.uncertainty.paths or experiment.paths
    noise = shared_noise(experiment.seed, futures)
    worlds = 1 + 2 * len(names)
    with progress.stage(
        f"Simulating {counted(futures, 'future')} in {counted(worlds, 'world')}", worlds * futures
    ) as step:
        found = trace(model, experiment, names, force_on, noise=noise, workers=workers, progress=step)
    if run.uncertainty.draws:
        level, at = run_odds(model, run, workers=workers, progress=progress), list(report_ticks(run))
        effects = {r: replace(of, probability=level[r].probability[at]) for r, of in found.effects.items()}
        found = replace(found, effects=effects)
    return TriggerCauses(findings=found)


def _check(model: Model, experiment: Experiment, triggers: Sequence[str], force_on: dt.date | None) -> None:
    from frenemy.model.specs.base import close_to

    known = [trigger.name for trigger in model.triggers]
    problems = [
        Problem(
            message=f"the model has no trigger {name}",
            key="trigger",
            allowed=", ".join(known),
            suggestion=close_to(name, known),
        )
        for name in triggers
        if name not in known
    ]
    if not known:
        problems.append(Problem(message="the model has no triggers: nothing can be a cause", key="triggers"))
    if force_on is not None and not experiment.start <= force_on < experiment.end:
        allowed = f"from {experiment.start}, before {experiment.end}"
        problems.append(Problem(message="is not within the run", key="force_on", found=str(force_on), allowed=allowed))
    if problems:
        raise InputError(problems)


def _remark(model: Model, triggers: Sequence[str], force_on: dt.date | None, progress: Progress) -> None:
    """Warn of triggers that cannot be forced on that day, as their window is closed."""
    for trigger in model.triggers:
        if force_on is not None and (trigger.name in triggers or not triggers) and not is_open(trigger, force_on):
            since = "" if trigger.from_ == dt.date.min else f" from {trigger.from_}"
            until = "" if trigger.until == dt.date.max else f" until {trigger.until}"
            progress.note(
                f"warning: {trigger.name} is closed on {force_on} and is not forced; its window is open{since}{until}"
            )


def but_for(
    source: Source,
    *,
    path: int | None = None,
    scenario: str | None = None,
    seed: int | None = None,
    set: Mapping[str, Any] | None = None,  # noqa: A002
    progress: Progress | None = None,
) -> StoryCauses:
    """Find the events of one storyline without which it would have ended in another scenario, and a few that suffice.

    The storyline is chosen as by `story`: path number `path`, or the most typical one of a scenario. Raises InputError
    where `story` does.
    """
    chosen = story(source, path=path, scenario=scenario, seed=seed, set=set)
    model, experiment = prepare(source, seed=seed, set=set)
    compiled = compile_model(realise(model), realise(experiment))
    events = len(chosen.storyline.events())
    with (progress or automatic()).stage(
        f"Simulating the storyline without each of its {counted(events, 'event')}", 2 * events
    ) as step:
        found = find_causes(compiled, seed=chosen.storyline.seed, path=chosen.storyline.path, progress=step)
    return StoryCauses(found=found, chosen=chosen.reason)
