"""The odds as news came in: from a file with its ledgers to what each entry did, to look at, to plot and to save."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from frenemy.errors import InputError, Problem
from frenemy.forecast.run import announce
from frenemy.runtime.progress import Progress, automatic
from frenemy.studies.base import Study
from frenemy.studies.timeline.findings import TimelineFindings, plan, unfold
from frenemy.studies.update.study import given

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Timeline", "timeline"]

PATHS, PATHS_OF_DRAW, REPEATS = 4096, 256, 8
"""Particles of a pass at the medians, or of each draw, and passes, if not said otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Timeline(Study[TimelineFindings]):
    """The odds at the horizon after each piece of news, and what each entry counts for.

    Its folder: timeline.csv, entries.csv, resolved.toml and the pictures.
    """

    def plot(self, axes: Sequence[Axes] | None = None) -> Sequence[Axes]:
        """The odds of each scenario as news came in, with flags at the entries that did most. An axes for each."""
        from frenemy.studies.timeline.plots.odds import news_line

        return news_line(self.findings, axes)

    def plot_entries(self, scenario: str = "", axes: Sequence[Axes] | None = None) -> Sequence[Axes]:
        """What each entry did to the odds of a scenario (the first with a rule, if not named). Takes two axes.

        Raises InputError for a scenario that the model does not have.
        """
        from frenemy.studies.timeline.plots.bits import news_bars

        names = [item.name for item in self.findings.model.scenarios]
        if scenario and scenario not in names:
            message = f"the model has no scenario {scenario}"
            raise InputError([Problem(message=message, key="scenario", allowed=", ".join(names))])
        place = names.index(scenario) if scenario else self.findings.model.ruled_scenarios[0]
        return news_bars(self.findings, place, axes)

    def to_csv(self) -> str:
        """What each entry did to the odds of each scenario, in bits."""
        from frenemy.studies.timeline.text import entries_csv

        return entries_csv(self.findings)

    def _size(self) -> Mapping[str, int]:
        found = self.findings
        return {"paths": found.paths, "draws": found.draws, "repeats": found.repeats}

    def __repr__(self) -> str:
        return f"<Timeline {self.findings.experiment.title}: {len(self.findings.steps)} steps>"


def timeline(
    source: str | Path,
    *,
    ledgers: Sequence[str | Path] | None = None,
    until: dt.date | None = None,
    leave_out: bool = True,
    paths: int | None = None,
    draws: int = 0,
    repeats: int = REPEATS,
    seed: int | None = None,
    set: Mapping[str, Any] | None = None,  # noqa: A002 the word of the file and of the command line
    workers: int = 0,
    progress: Progress | None = None,
) -> Timeline:
    """The odds at the horizon as news came in, entry by entry, and what each entry counts for by all that is known.

    `leave_out`: whether to leave out each entry in turn, which takes about as long again. Every step is taken
    `repeats` times with `paths` particles, every uncertain number at its median; errors come from the spread between
    them. With `draws` of the uncertain numbers, each has `paths` particles: then what is learnt of the numbers is in
    the steps too, but hundreds of draws are needed to tell small steps from luck. The rest is as for `update`. Raises
    InputError as that does.
    """
    progress = progress or automatic()
    if repeats < 2:
        raise InputError([Problem(message="too small", key="repeats", found=str(repeats), allowed="at least 2")])
    asked = given(source, ledgers=ledgers, until=until, paths=paths, draws=draws, seed=seed, set=set, progress=progress)
    case = asked.case
    name, start = Path(source).stem, case.experiment.start
    whole = plan(case.evidence, name, start, asked.until, leave_out=leave_out)
    if not whole.steps:
        raise InputError([Problem(message="nothing is known yet: no entry counts", key="evidence")])
    announce(progress)
    draws = asked.draws or 0
    size = repeats * whole.passes
    with progress.stage(f"Taking in {whole.passes} ledgers, {repeats} times", size) as step:
        found = unfold(
            case.model, case.experiment, case.evidence, whole, draws=draws,
            paths=paths or (PATHS_OF_DRAW if draws else PATHS), repeats=repeats, workers=workers, progress=step,
        )  # fmt: skip
    return Timeline(findings=found)
