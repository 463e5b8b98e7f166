"""Whole paths as a labelled xarray Dataset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from frenemy.forecast.forecast import Forecast
from frenemy.simulation.ensemble.run import Paths

if TYPE_CHECKING:
    import xarray

__all__ = ["paths_dataset"]

KINDS = ("own rate", "follow-up", "imposed")


def paths_dataset(forecast: Forecast, paths: Paths) -> xarray.Dataset:
    """`index` and `latent` (time, driver, path), `scenario` (assessment, path), `counts` (trigger, path), and events.

    `scenario` holds positions along the coordinate `scenario_name`. Events are one-dimensional: path, trigger, kind and
    time of each, ordered by path and time.
    """
    import xarray

    model = forecast.model
    triggers = np.array([trigger.name for trigger in model.triggers], dtype=object)
    days = np.floor(paths.event_time).astype("timedelta64[D]")
    variables: dict[str, Any] = {
        "index": (("time", "driver", "path"), paths.index, {"units": "index points (0-100)"}),
        "latent": (("time", "driver", "path"), paths.latent, {"units": "latent"}),
        "scenario": (("assessment", "path"), paths.scenario, {"long_name": "position along scenario_name"}),
        "counts": (("trigger", "path"), paths.counts, {"long_name": "events by the end"}),
        "event_path": (("event",), paths.numbers[paths.event_path]),
        "event_trigger": (("event",), triggers[paths.event_trigger]),
        "event_kind": (("event",), np.array(KINDS, dtype=object)[paths.event_kind]),
        "event_time": (("event",), paths.event_time, {"long_name": "days since the start"}),
        "event_date": (("event",), forecast.dates[0] + days),
    }
    coordinates = {
        "time": forecast.dates.astype("datetime64[ns]"),
        "assessment": forecast.dates[1:].astype("datetime64[ns]"),
        "driver": [driver.name for driver in model.drivers],
        "trigger": triggers,
        "path": paths.numbers,
        "scenario_name": [scenario.name for scenario in model.scenarios],
    }
    attributes = {"title": model.title, "seed": forecast.experiment.seed}
    return xarray.Dataset(variables, coordinates, attributes)
