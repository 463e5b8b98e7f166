"""What to watch: from a file to the questions whose answers would move the odds, to look at, to plot and to save."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from frenemy.analyse.looking import Look, look
from frenemy.analyse.watching import WatchFindings, find_watch
from frenemy.errors import InputError, Problem
from frenemy.experiment import Source, announce, prepare
from frenemy.model.dump import dump_resolved
from frenemy.model.experiment import Experiment, Reading
from frenemy.model.ledgers import load_case
from frenemy.model.resolved import Model
from frenemy.model.specs_experiment_blocks import WatchSpec
from frenemy.model.units import later
from frenemy.progress import Progress, automatic
from frenemy.simulate.noise import BLOCK
from frenemy.studies.saving import RESOLVED, save_study

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from rich.console import RenderableType

    from frenemy.present.annex import Annex

__all__ = ["Watch", "watch"]

SOON = "6m"
"""How far ahead the answers are, if not said otherwise; at most half the way to the date of the odds."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Watch:
    """What would tell most, in order, and what the coming dates would do."""

    findings: WatchFindings

    def plot(self, scenario: str = "", axes: Sequence[Axes] | None = None) -> Sequence[Axes]:
        """What would tell most about one scenario (the first with a rule, if not named). Takes two axes.

        Raises InputError for a scenario that the model does not have.
        """
        from frenemy.present.telling_most import telling_most

        return telling_most(self.findings, self._place(scenario), axes)

    def plot_dates(self, scenario: str = "", ax: Axes | None = None) -> Axes:
        """What each outcome of the coming dates would do to one scenario (the first with a rule, if not named)."""
        from frenemy.present.coming import coming

        return coming(self.findings, self._place(scenario), ax)

    def _place(self, scenario: str) -> int:
        from frenemy.present.questions import ruled

        names = [item.name for item in self.findings.model.scenarios]
        if not scenario:
            return ruled(self.findings)[0]
        if scenario not in names:
            message = f"the model has no scenario {scenario}"
            raise InputError([Problem(message=message, key="scenario", allowed=", ".join(names))])
        return names.index(scenario)

    def to_csv(self) -> str:
        """What each question would tell about each scenario."""
        from frenemy.present.watching import questions_csv

        return questions_csv(self.findings)

    def annex(self) -> Annex:
        """A section for the report of a run: pass it to `Result.save`."""
        from frenemy.present.watching import annex

        return annex(self.findings)

    def to_dict(self) -> dict[str, Any]:
        """Questions, answers and what they would tell, as plain data."""
        from frenemy.present.watching import as_data

        return as_data(self.findings)

    def save(
        self,
        folder: str | Path,
        *,
        plots: bool = True,
        inputs: Mapping[str, Path] | None = None,
        command: Sequence[str] = (),
    ) -> Path:
        """Write a folder with questions.csv, answers.csv, resolved.toml and, with `plots`, the pictures.

        It is written whole or not at all. Raises InputError if the folder holds something other than a result.
        """
        from frenemy.present.watching import answers_csv, footer, pictures, questions_csv

        found = self.findings
        return save_study(
            folder, found.experiment, resolved={RESOLVED: dump_resolved(found.model, found.experiment)},
            tables={"questions.csv": questions_csv(found), "answers.csv": answers_csv(found)},
            pictures=pictures(found) if plots else (), footer=footer(found),
            size={"paths": found.paths, "draws": found.draws}, inputs=inputs, command=command,
        )  # fmt: skip

    def __rich__(self) -> RenderableType:
        from frenemy.present.watching import as_text

        return as_text(self.findings)

    def __repr__(self) -> str:
        found = self.findings
        return f"<Watch {found.experiment.title}: {len(found.questions)} questions by {found.by}>"

    def _repr_html_(self) -> str:
        from frenemy.present.annex import as_html

        return as_html(self.annex())


def watch(
    source: Source,
    *,
    by: dt.date | None = None,
    at: dt.date | None = None,
    reading: Reading | None = None,
    paths: int | None = None,
    draws: int | None = None,
    seed: int | None = None,
    set: Mapping[str, Any] | None = None,  # noqa: A002 the word of the file and of the command line
    workers: int = 0,
    progress: Progress | None = None,
) -> Watch:
    """Rank triggers and signposts by how much learning of them by a day would move the odds.

    `by`: the day by whose end the answers are known; half a year on if not said. `at`: when the scenarios hold whose
    odds are asked for; the end of the run if not said. `reading`: "at" that date, or "ever" by then. What is not given
    is as `[watch]` of the experiment's file says. With outer draws, `paths` futures are simulated for each (at most
    1,024 if not given). Raises InputError with all that is wrong with the files or the options.
    """
    progress = progress or automatic()
    model, experiment = prepare(source, paths=paths, draws=draws, seed=seed, set=set, progress=progress)
    asked = WatchSpec()
    if isinstance(source, str | Path):
        asked = load_case(Path(source), ledgers=(), set=set).asked.watch
    wanted = _wanted(experiment, by or asked.by, at or asked.at, reading or asked.reading)
    outer = experiment.uncertainty
    if outer.draws and paths is None:
        experiment = replace(experiment, uncertainty=replace(outer, paths=min(outer.paths, BLOCK)))
    _check(model)
    announce(progress)
    outer = experiment.uncertainty
    number = outer.draws * outer.paths or experiment.paths
    told = f"{outer.draws:,} × {outer.paths:,}" if outer.draws else f"{number:,}"
    with progress.stage(f"Simulating {told} futures", number) as step:
        seen = look(model, experiment, wanted, workers=workers, progress=step)
    return Watch(findings=find_watch(model, experiment, wanted, seen))


def _check(model: Model) -> None:
    if not (model.triggers or model.signposts or model.calendar):
        message = "the model has no triggers, no dates and no signposts with a likelihood: there is nothing to watch"
        raise InputError([Problem(message=message, key="triggers")])


def _wanted(experiment: Experiment, by: dt.date | None, at: dt.date | None, reading: Reading) -> Look:
    """The look with every default filled in. Raises InputError for dates that are not within the run, or in order."""
    start, end = experiment.start, experiment.end
    problems = [
        Problem(message="is not within the run", key=key, found=str(date), allowed=f"after {start}, up to {end}")
        for key, date in (("by", by), ("at", at))
        if date is not None and not start < date <= end
    ]
    if reading not in ("at", "ever"):
        problems.append(Problem(message="not a reading", key="reading", found=str(reading), allowed="at, ever"))
    if problems:
        raise InputError(problems)
    tick = -(-((at or end) - start).days // experiment.tick) - 1
    horizon = start + dt.timedelta(days=experiment.tick * (tick + 1))
    by = by or min(later(start, SOON), start + (horizon - start) // 2)
    if by >= horizon:
        message = "must be before the date of the odds"
        raise InputError([Problem(message=message, key="by", found=str(by), allowed=f"a date before {horizon}")])
    return Look(by=by, at=tick, reading=reading)
