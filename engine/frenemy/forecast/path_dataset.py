"""Whole paths as labelled arrays: an xarray Dataset, or the file paths.nc."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from frenemy.forecast.event_table import calendar_inside
from frenemy.forecast.forecast import Forecast
from frenemy.forecast.labelled_arrays import Variable, as_dataset, texts, write_variables
from frenemy.simulation.ensemble.paths import Paths

if TYPE_CHECKING:
    import xarray

__all__ = ["paths_dataset", "write_paths"]

KINDS = ("own rate", "follow-up", "imposed")


def paths_dataset(forecast: Forecast, paths: Paths) -> xarray.Dataset:
    """`index` and `latent` (time, driver, path), `scenario` (assessment, path), `counts` (trigger, path), `branch`
    (calendar, path), the events and the episodes.

    `scenario` holds positions along the coordinate `scenario_name`. Events are one-dimensional: path, trigger, kind and
    time of each, ordered by path and time; so are episodes, with begin and end. With these, all that a rule may ask of
    a path can be worked out again: an episode is active at an assessment if it began before and ends after it.
    """
    return as_dataset(_variables(forecast, paths), _attributes(forecast))


def write_paths(forecast: Forecast, paths: Paths, path: Path) -> None:
    """Write the same to a netCDF-4 file. Raises OSError where the file cannot be written."""
    write_variables(_variables(forecast, paths), {"Conventions": "CF-1.11", **_attributes(forecast)}, path)


def _attributes(forecast: Forecast) -> Mapping[str, Any]:
    experiment = forecast.experiment
    return {
        "title": f"{forecast.model.title}: {experiment.title}",
        "experiment": experiment.name,
        "seed": experiment.seed,
        "tick_days": experiment.tick,
        "comment": "Every uncertain number is at its median.",
    }


def _variables(forecast: Forecast, paths: Paths) -> list[Variable]:
    model, first = forecast.model, forecast.dates[0]
    since, points = f"days since {first} 00:00:00", "index points (0-100)"
    days = (forecast.dates - first).astype(np.int64)
    triggers, kinds = texts(trigger.name for trigger in model.triggers), texts(KINDS)
    calendar = calendar_inside(model, forecast.experiment)
    branches = np.empty(paths.branch.shape, dtype=object)
    for c, event in enumerate(calendar):
        branches[c] = texts(branch.name for branch in event.branches)[paths.branch[c]]
    episodes = paths.episodes()
    return [
        Variable("time", ("time",), days, "date of the tick, the start included", since),
        Variable("assessment", ("assessment",), days[1:], "date at which scenarios are assessed", since),
        Variable("driver", ("driver",), texts(driver.name for driver in model.drivers), "driver"),
        Variable("trigger", ("trigger",), triggers, "trigger"),
        Variable("calendar", ("calendar",), texts(event.name for event in calendar), "calendar event"),
        Variable("path", ("path",), paths.numbers, "number of the path, for replay"),
        Variable("scenario_name", ("scenario_name",), texts(s.name for s in model.scenarios), "scenario"),
        Variable("index", ("time", "driver", "path"), paths.index, "level", points),
        Variable("latent", ("time", "driver", "path"), paths.latent, "latent level", "latent"),
        Variable("scenario", ("assessment", "path"), paths.scenario, "position along scenario_name"),
        Variable("counts", ("trigger", "path"), paths.counts, "events by the end"),
        Variable("branch", ("calendar", "path"), branches, "branch taken"),
        Variable("event_path", ("event",), paths.numbers[paths.event_path], "path of the event"),
        Variable("event_trigger", ("event",), triggers[paths.event_trigger], "its trigger"),
        Variable("event_kind", ("event",), kinds[paths.event_kind], "why it happened"),
        Variable("event_time", ("event",), paths.event_time, "when it happened, in days since the start"),
        Variable("event_date", ("event",), np.floor(paths.event_time).astype(np.int64), "the day", since),
        Variable("episode_path", ("episode",), paths.numbers[episodes.path], "path of the episode"),
        Variable("episode_trigger", ("episode",), triggers[episodes.trigger], "its trigger"),
        Variable("episode_begin", ("episode",), episodes.begin, "days since the start; 0: it was running then"),
        Variable("episode_end", ("episode",), episodes.end, "days since the start, perhaps after the run"),
    ]
