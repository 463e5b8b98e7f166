"""What a run gives: a forecast and its storylines, to look at, to plot and to save."""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from frenemy.errors import InputError, Problem
from frenemy.forecast.forecast import Forecast
from frenemy.model.experiment import Experiment
from frenemy.model.files.dump import dump_resolved
from frenemy.model.resolved import Model
from frenemy.runtime.progress import Progress, Silent
from frenemy.simulation.storyline.log import Storyline
from frenemy.storage.run_folder import replacing, seal

if TYPE_CHECKING:
    import xarray
    from matplotlib.axes import Axes
    from rich.console import RenderableType

    from frenemy.present.section import Section
from frenemy.forecast.provenance import origin

__all__ = ["Result", "Story", "provenance", "record_of"]

REPORT = 6
"""What the report takes, in pictures."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Story:
    """A storyline, and why this path was chosen (empty: it was asked for by its number)."""

    model: Model
    storyline: Storyline
    chosen: str

    def plot(self, axes: Sequence[Axes] | None = None) -> Sequence[Axes]:
        """The storyline strip: drivers, scenario and events on three axes."""
        from frenemy.forecast.plots.storyline import strip

        return strip(self.storyline, self.model, axes)

    def save_picture(self, path: str | Path) -> None:
        """Write the strip as a picture, .png or .svg. Raises InputError for another kind of file."""
        from frenemy.forecast.plots.storyline import picture
        from frenemy.present.sheet import sheet
        from frenemy.present.style import save_png, save_svg

        save = {".png": save_png, ".svg": save_svg}.get(Path(path).suffix.lower())
        if save is None:
            raise InputError([Problem(message="not a kind of picture", file=str(path), allowed=".png or .svg")])
        told = self.storyline
        save(sheet(picture(told, self.model), f"Frenemy · path {told.path} of seed {told.seed}"), Path(path))

    def to_dict(self) -> dict[str, Any]:
        """The storyline as plain data: log with causes, spells in each scenario, levels by tick."""
        from frenemy.forecast.story_text import story_data

        return story_data(self.storyline, self.model, self.chosen)

    def __rich__(self) -> RenderableType:
        from frenemy.forecast.story_text import story_text

        return story_text(self.storyline, self.model, self.chosen)

    def __repr__(self) -> str:
        from frenemy.forecast.story_text import storyline_title

        return f"<Story path {self.storyline.path}: {storyline_title(self.storyline, self.model)}>"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Result:
    """One run: the forecast, and the most typical storyline of each scenario that comes about.

    In a notebook it shows its odds; `plot_…` draw one picture each, on axes of yours or on new ones.
    """

    forecast: Forecast
    storylines: Mapping[str, Story]

    @property
    def resolved(self) -> str:
        """The model and the experiment with every default filled in, as TOML; it reproduces the result."""
        return dump_resolved(self.forecast.model, self.forecast.experiment)

    @property
    def digest(self) -> str:
        """The SHA-256 of `resolved`, which stands in the footer of every picture."""
        return hashlib.sha256(self.resolved.encode()).hexdigest()

    def to_xarray(self) -> xarray.Dataset:
        """Every array of the forecast, labelled."""
        from frenemy.forecast.netcdf import to_xarray

        return to_xarray(self.forecast)

    def to_dict(self) -> dict[str, Any]:
        """The odds at the report's dates as plain data."""
        from frenemy.forecast.text import as_data

        return as_data(self.forecast)

    def plot_fan(self, axes: Sequence[Axes] | None = None) -> Sequence[Axes]:
        """The odds of each scenario over time with their bands, one panel each."""
        from frenemy.forecast.plots.fan import fan

        return fan(self.forecast, axes)

    def plot_stacked(self, ax: Axes | None = None) -> Axes:
        """The odds of all scenarios over time, stacked to 100 %."""
        from frenemy.forecast.plots.stacked import stacked

        return stacked(self.forecast, ax)

    def plot_entry(self, ax: Axes | None = None) -> Axes:
        """The odds that each scenario has occurred at all by a date."""
        from frenemy.forecast.plots.first_entry import entry

        return entry(self.forecast, ax)

    def plot_drivers(self, axes: Sequence[Axes] | None = None) -> Sequence[Axes]:
        """A fan of each driver over all futures."""
        from frenemy.forecast.plots.drivers import levels

        return levels(self.forecast, axes)

    def plot_phase(self, ax: Axes | None = None) -> Axes:
        """The plane of the first two drivers: where futures end, and a few on their way."""
        from frenemy.forecast.plots.phase import phase

        return phase(self.forecast, ax)

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

        Tables, arrays, the resolved model, with `plots` the pictures and the report, and a manifest that names the
        `inputs` by their hashes. `sections` are further sections of the report, such as `compare(...).section()`.
        Raises InputError if the folder holds something other than a run, OSError if the disk is full.
        """
        folder = Path(folder)
        record = provenance(self, inputs or {}, command)
        with replacing(folder) as new:
            _write_tables(self, new)
            if plots:
                _draw(self, new, record, sections, progress or Silent())
            seal(new, record)
        return folder

    def __rich__(self) -> RenderableType:
        from frenemy.forecast.text import as_text

        return as_text(self.forecast)

    def __repr__(self) -> str:
        from frenemy.forecast.text import one_line

        return f"<Result {one_line(self.forecast)}>"

    def _repr_html_(self) -> str:
        from frenemy.forecast.text import as_html

        return as_html(self.forecast)


def provenance(result: Result, inputs: Mapping[str, Path], command: Sequence[str]) -> dict[str, Any]:
    """What the manifest says of where a result comes from."""
    size = {"paths": result.forecast.paths, "draws": result.forecast.draws}
    return origin(result.forecast.experiment, size, result.digest, inputs, command)


def record_of(
    experiment: Experiment, resolved: str, inputs: Mapping[str, Path], command: Sequence[str]
) -> dict[str, Any]:
    """What the manifest says of a result at the medians: its configuration is the resolved experiment."""
    size = {"paths": experiment.paths, "draws": experiment.uncertainty.draws}
    return origin(experiment, size, hashlib.sha256(resolved.encode()).hexdigest(), inputs, command)


def _write_tables(result: Result, folder: Path) -> None:
    from frenemy.forecast.netcdf import write_netcdf
    from frenemy.forecast.tables import tables

    for name, text in tables(result.forecast).items():
        (folder / name).write_text(text, encoding="utf-8", newline="")
    (folder / "resolved.toml").write_text(result.resolved, encoding="utf-8", newline="")
    write_netcdf(result.forecast, folder / "forecast.nc")


def _draw(
    result: Result, folder: Path, record: Mapping[str, Any], sections: Sequence[Section], progress: Progress
) -> None:
    from frenemy.forecast.plots.every import FIGURES, draw_all
    from frenemy.forecast.report.report import Background, write_report

    (folder / "pictures").mkdir()
    storylines = {name: told.storyline for name, told in result.storylines.items()}
    background = Background(
        digest=result.digest,
        command=shlex.join(record["command"]),
        versions=record["versions"],
        chosen={name: told.chosen for name, told in result.storylines.items()},
        sections=sections,
    )
    with progress.stage("Drawing pictures and the report", len(FIGURES) + len(storylines) + REPORT) as step:
        draw_all(result.forecast, storylines, folder / "pictures", digest=result.digest, step=step)
        write_report(folder / "report.html", result.forecast, storylines, background)
        step(REPORT)
