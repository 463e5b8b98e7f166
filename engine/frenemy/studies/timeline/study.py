"""The odds as evidence came in: from a file with its ledgers to the effect of each entry."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from frenemy.errors import InputError, Problem
from frenemy.forecast.run import announce
from frenemy.forecast.which_odds import scenario_place
from frenemy.model.describe.wording import counted
from frenemy.runtime.executors import cores
from frenemy.runtime.progress import Progress, automatic
from frenemy.simulation.cost import check_memory, shared_filter_memory
from frenemy.studies.base import Study
from frenemy.studies.timeline.findings import TimelineFindings, plan, run_timeline
from frenemy.studies.update.study import prepare_update

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Timeline", "timeline"]

DRAWS, PATHS_OF_DRAW, PATHS, REPEATS = 96, 16, 4096, 8
"""Defaults: draws of a pass and particles of each, particles of a pass at the medians, and passes."""
FEW_DRAWS = 30.0
"""With fewer effective draws the errors are rough, and the odds may be off by more than they say."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Timeline(Study[TimelineFindings]):
    """The odds at the horizon after each entry of the ledgers, and the effect of each entry.

    Its folder: timeline.csv, entries.csv, resolved.toml and the pictures.
    """

    def plot(self, axes: Sequence[Axes] | None = None) -> Sequence[Axes]:
        """The odds of each scenario as evidence came in, with flags at the most influential entries. One axes each."""
        from frenemy.studies.timeline.plots.odds import odds_over_time

        return odds_over_time.on(axes, self.findings)

    def plot_entries(self, scenario: str = "", axes: Sequence[Axes] | None = None) -> Sequence[Axes]:
        """The effect of each entry on the odds of a scenario (the first with a rule, if not named). Takes two axes.

        Raises InputError for a scenario that the model does not have.
        """
        from frenemy.studies.timeline.plots.bits import entry_effects

        model = self.findings.model
        place = scenario_place(model, scenario) if scenario else model.ruled_scenarios[0]
        return entry_effects.on(axes, self.findings, place)

    def to_csv(self) -> str:
        """The effect of each entry on the odds of each scenario, in bits."""
        return self.tables()["entries.csv"]

    def _size(self) -> Mapping[str, int]:
        found = self.findings
        return {"paths": found.paths, "draws": found.draws, "repeats": found.repeats}

    def __repr__(self) -> str:
        return f"<Timeline {self.findings.experiment.title}: {counted(len(self.findings.steps), 'step')}>"


def timeline(
    source: str | Path,
    *,
    ledgers: Sequence[str | Path] | None = None,
    until: dt.date | None = None,
    leave_out: bool = True,
    paths: int | None = None,
    draws: int | None = None,
    repeats: int = REPEATS,
    seed: int | None = None,
    set: Mapping[str, Any] | None = None,  # noqa: A002 the word of the file and of the command line
    workers: int = 0,
    progress: Progress | None = None,
) -> Timeline:
    """The odds at the horizon as evidence came in, and the effect of each entry on arrival and given all the rest.

    Every step is repeated `repeats` times, over `draws` of the uncertain numbers with `paths` particles each; errors
    come from the spread between repeats. `leave_out`: whether to leave out each entry in turn, which takes about as
    long again.

    Other Parameters
    ----------------
    draws
        Draws of each repeat, or those of the experiment if fewer; 0: every number is at its median. Each is weighed by
        how likely it makes the evidence, so that the steps include what is learned of the numbers.
    paths
        By default 16 for each draw, and 4,096 at the medians.
    ledgers, until, seed, set, workers, progress
        As for `update`.

    Raises InputError as `update` does.
    """
    progress = progress or automatic()
    if repeats < 2:
        raise InputError([Problem(message="too small", key="repeats", found=str(repeats), allowed="at least 2")])
    request = prepare_update(
        source, ledgers=ledgers, until=until, paths=paths, draws=draws, seed=seed, set=set, progress=progress
    )
    case = request.case
    name, start = Path(source).stem, case.experiment.start
    whole = plan(case.evidence, name, start, request.until, leave_out=leave_out)
    if not whole.steps:
        raise InputError([Problem(message="nothing is known yet: no entry counts", key="evidence")])
    number = (min(request.draws, DRAWS) if draws is None else draws) if request.draws else 0
    particles = paths or (PATHS_OF_DRAW if number else PATHS)
    at_once, of_draw = min(workers or cores(), repeats), max(number, 1)
    check_memory(
        lambda paths: at_once
        * shared_filter_memory(case.model, case.experiment, ledgers=whole.passes, paths=of_draw * paths),
        particles, key="paths", unit="paths",
    )  # fmt: skip
    announce(progress)
    size = repeats * whole.passes
    with progress.stage(f"Updating on {counted(whole.passes, 'ledger')}, {counted(repeats, 'time')}", size) as step:
        found = run_timeline(
            case.model, case.experiment, case.evidence, whole, draws=number, paths=particles, repeats=repeats,
            workers=workers, progress=step,
        )  # fmt: skip
    if number and found.effective_draws < FEW_DRAWS:
        progress.note(
            f"warning: the evidence leaves about {found.effective_draws:.0f} of {number * repeats:,} draws effective, "
            "so that errors are rough; more draws help"
        )
    return Timeline(findings=found)
