"""What a run returns: a forecast and its storylines, to look at, to plot and to save."""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from frenemy.errors import InputError, Problem
from frenemy.forecast.forecast import Forecast
from frenemy.forecast.provenance import origin
from frenemy.model.files.dump import dump_resolved
from frenemy.model.resolved import Model
from frenemy.runtime.progress import Progress, Silent
from frenemy.simulation.ensemble.paths import Paths
from frenemy.simulation.storyline.log import Entry, Storyline
from frenemy.storage.run_folder import replacing, seal

if TYPE_CHECKING:
    import xarray
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from rich.console import RenderableType

    from frenemy.forecast.story_text import Line
    from frenemy.present.section import Section

__all__ = ["Result", "Story", "provenance"]

REPORT_STEPS = 6
"""How long the report takes, in pictures."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Story:
    """One simulated future: what happened in it, when and why."""

    model: Model
    storyline: Storyline
    reason: str  # why this path was chosen; empty: it was requested by its number

    @property
    def path(self) -> int:
        """The number of the path."""
        return self.storyline.path

    @property
    def title(self) -> str:
        """What kind of future it is: `A future that ends in Total rift, which begins in Mar 2027`."""
        from frenemy.forecast.story_text import storyline_title

        return storyline_title(self.storyline, self.model)

    @property
    def events(self) -> tuple[Entry, ...]:
        """The events of triggers, with their causes and effects."""
        return self.storyline.events()

    @property
    def log(self) -> tuple[Line, ...]:
        """Everything that happened, as dated sentences."""
        from frenemy.forecast.story_text import log

        return log(self.storyline, self.model)

    def plot(self, axes: Sequence[Axes] | None = None) -> Sequence[Axes]:
        """The storyline strip: drivers, scenario and events on three axes."""
        from frenemy.forecast.plots.storyline import storyline_strip

        return storyline_strip.on(axes, self.storyline, self.model)

    def save_picture(self, path: str | Path, *, replace: bool = True) -> None:
        """Write the strip as a picture, .png or .svg, whole or not at all.

        Raises InputError for another kind of file and, without `replace`, if the file is there.
        """
        from frenemy.forecast.plots.storyline import storyline_strip
        from frenemy.present.sheet import sheet
        from frenemy.present.style import png_bytes, svg_text
        from frenemy.storage.single_file import write_file

        kinds: Mapping[str, Callable[[Figure], str | bytes]] = {".png": png_bytes, ".svg": svg_text}
        render = kinds.get(Path(path).suffix.lower())
        if render is None:
            raise InputError([Problem(message="not a kind of picture", file=str(path), allowed=".png or .svg")])
        picture = storyline_strip.picture(self.storyline, self.model)
        figure = sheet(picture, f"Frenemy · path {self.path} of seed {self.storyline.seed}").figure
        write_file(Path(path), render(figure), replace=replace)

    def to_dict(self) -> dict[str, Any]:
        """The storyline as plain data: log with causes, time spans in each scenario, levels by tick."""
        from frenemy.forecast.story_text import story_data

        return story_data(self.storyline, self.model, self.reason)

    def __rich__(self) -> RenderableType:
        from frenemy.forecast.story_text import story_text

        return story_text(self.storyline, self.model, self.reason)

    def _repr_html_(self) -> str:
        from frenemy.forecast.story_text import story_html

        return story_html(self.storyline, self.model, self.reason)

    def __repr__(self) -> str:
        return f"<Story path {self.path}: {self.title}>"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Result:
    """One run: the forecast, and the most typical storyline of each scenario that occurs.

    In a notebook it shows its odds; each `plot_…` draws one picture, on your axes or on new ones.
    """

    forecast: Forecast
    storylines: Mapping[str, Story]
    kept: Paths | None = None

    @property
    def paths(self) -> xarray.Dataset:
        """The kept paths, labelled: levels, scenario, counts and branch by path, and lists of events and episodes.

        Every uncertain number is at its median in them. Raises InputError if none were kept.
        """
        from frenemy.forecast.path_dataset import paths_dataset

        if self.kept is None:
            raise InputError([Problem(message="no paths were kept", key="keep", allowed="keep=True, or how many")])
        return paths_dataset(self.forecast, self.kept)

    @property
    def resolved(self) -> str:
        """The model and the experiment with every default filled in, as TOML; it reproduces the result."""
        return dump_resolved(self.forecast.model, self.forecast.experiment)

    @property
    def digest(self) -> str:
        """The SHA-256 of `resolved`, shown in the footer of every picture."""
        return hashlib.sha256(self.resolved.encode()).hexdigest()

    def to_xarray(self) -> xarray.Dataset:
        """Every array of the forecast, labelled."""
        from frenemy.forecast.netcdf import to_xarray

        return to_xarray(self.forecast)

    def to_dict(self) -> dict[str, Any]:
        """The odds at the report dates as plain data."""
        from frenemy.forecast.text import as_data

        return as_data(self.forecast)

    def plot_fan(self, axes: Sequence[Axes] | None = None) -> Sequence[Axes]:
        """The odds of each scenario over time with their bands, one panel each."""
        from frenemy.forecast.plots.fan import odds_fan

        return odds_fan.on(axes, self.forecast)

    def plot_stacked(self, ax: Axes | None = None) -> Axes:
        """The odds of all scenarios over time, stacked to 100 %."""
        from frenemy.forecast.plots.stacked import stacked_odds

        return stacked_odds.on_one(ax, self.forecast)

    def plot_entry(self, ax: Axes | None = None) -> Axes:
        """The odds that each scenario has occurred at all by a date."""
        from frenemy.forecast.plots.first_entry import first_entry

        return first_entry.on_one(ax, self.forecast)

    def plot_drivers(self, axes: Sequence[Axes] | None = None) -> Sequence[Axes]:
        """A fan of each driver over all futures."""
        from frenemy.forecast.plots.drivers import driver_levels

        return driver_levels.on(axes, self.forecast)

    def plot_phase(self, ax: Axes | None = None) -> Axes:
        """The plane of the first two drivers: where futures end, and a few paths."""
        from frenemy.forecast.plots.phase import phase_map

        return phase_map.on_one(ax, self.forecast)

    def save(
        self,
        folder: str | Path,
        *,
        plots: bool = True,
        inputs: Mapping[str, Path] | None = None,
        command: Sequence[str] = (),
        sections: Sequence[Section] = (),
        progress: Progress | None = None,
    ) -> Path:
        """Write the run folder, whole or not at all, and return it.

        Tables, arrays, kept paths, the resolved model, with `plots` the pictures and the report, and a manifest that
        names the `inputs` by their hashes. `sections` are further sections of the report, such as
        `compare(...).section()`; their tables are in a folder of their name. Raises InputError if the folder holds
        something other than a run, OSError if the disk is full.
        """
        folder = Path(folder)
        record = provenance(self, inputs or {}, command)
        with replacing(folder) as new:
            _write_tables(self, new)
            for section in sections:
                _write_section(section, new / section.name)
            if plots:
                _draw(self, new, record, sections, progress or Silent())
            seal(new, record)
        return folder

    def __rich__(self) -> RenderableType:
        from frenemy.forecast.text import as_text

        return as_text(self.forecast)

    def __repr__(self) -> str:
        from frenemy.forecast.text import one_line

        return f"<{type(self).__name__} {one_line(self.forecast)}>"

    def _repr_html_(self) -> str:
        from frenemy.forecast.text import as_html

        return as_html(self.forecast)


def provenance(result: Result, inputs: Mapping[str, Path], command: Sequence[str]) -> dict[str, Any]:
    """The provenance of a result, for its manifest."""
    size = {"paths": result.forecast.paths, "draws": result.forecast.draws}
    return origin(result.forecast.experiment, size, result.digest, inputs, command)


def _write_tables(result: Result, folder: Path) -> None:
    from frenemy.forecast.netcdf import write_netcdf
    from frenemy.forecast.path_dataset import write_paths
    from frenemy.forecast.tables import tables

    for name, text in tables(result.forecast).items():
        (folder / name).write_text(text, encoding="utf-8", newline="")
    (folder / "resolved.toml").write_text(result.resolved, encoding="utf-8", newline="")
    write_netcdf(result.forecast, folder / "forecast.nc")
    if result.kept is not None:
        write_paths(result.forecast, result.kept, folder / "paths.nc")


def _write_section(section: Section, folder: Path) -> None:
    """The tables of a section, in a folder of its name."""
    folder.mkdir()
    for name, text in section.files.items():
        (folder / name).write_text(text, encoding="utf-8", newline="")


def _draw(
    result: Result, folder: Path, record: Mapping[str, Any], sections: Sequence[Section], progress: Progress
) -> None:
    from frenemy.forecast.plots.every import PLOTS, pictures
    from frenemy.forecast.report.report import Background, write_report
    from frenemy.forecast.sentences import footer
    from frenemy.present.section import draw_pictures

    forecast, digest = result.forecast, result.digest
    storylines = {name: story.storyline for name, story in result.storylines.items()}
    background = Background(
        digest=digest,
        command=shlex.join(record["command"]),
        versions=record["versions"],
        reasons={name: story.reason for name, story in result.storylines.items()},
        sections=sections,
    )
    with progress.stage("Drawing pictures and the report", len(PLOTS) + len(storylines) + REPORT_STEPS) as step:
        panels = draw_pictures(
            pictures(forecast, storylines), folder / "pictures", footer(forecast, digest), step, narrow=True
        )
        write_report(folder / "report.html", forecast, storylines, background, panels)
        step(REPORT_STEPS)
