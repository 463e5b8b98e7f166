"""Levels of the drivers: means, spreads and quantiles from sums and histograms.

Over outer draws the histograms are pooled, so that these fans include both judgement and chance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from frenemy.arrays import Floats
from frenemy.errors import Problem
from frenemy.forecast.forecast import QUANTILES, DriverFan, Forecast
from frenemy.model.resolved import central
from frenemy.simulation.ensemble.tally import Tally

__all__ = ["fan", "fans_by_scenario", "far_from_long_run", "histogram_quantiles"]

FAR = 25.0
"""Index points between a driver's mean at the end of a run and its long run of which a run warns."""
STILL = 1e-3
"""Index points: levels with a smaller spread than this are treated as one number, which a histogram would blur."""


def fan(tally: Tally) -> DriverFan:
    """All paths together: exact means and standard deviations, quantiles to within a bin."""
    mean, sd = _moments(tally)
    if tally.histogram.size == 0:
        quantiles = np.full((len(QUANTILES), *mean.shape), np.nan)
    else:
        quantiles = histogram_quantiles(tally.histogram.sum(axis=0))
    return DriverFan(paths=tally.paths, mean=mean, sd=sd, quantiles=np.where(sd < STILL, mean, quantiles))


def far_from_long_run(forecast: Forecast) -> list[Problem]:
    """A warning for each driver that the events of the run hold far from where it would settle without them."""
    warnings = []
    for i, driver in enumerate(forecast.model.drivers):
        first, last = (float(forecast.drivers.mean[tick, i]) for tick in (0, -1))
        home = central(driver.long_run)
        apart = abs(last - home)
        if apart >= FAR and apart >= abs(first - home):
            side = "above" if last > home else "below"
            message = (
                f"ends at {last:.0f} on average, {apart:.0f} points {side} its long run of {home:.0f}, where it would "
                "settle if nothing ever happened; frenemy check shows what moves it"
            )
            warnings.append(Problem(message=message, key=f"drivers.{driver.name}.long_run"))
    return warnings


def fans_by_scenario(tally: Tally, names: Sequence[str]) -> Mapping[str, DriverFan]:
    """A fan for the paths that end in each scenario; absent where no path does, empty without histograms.

    Means and standard deviations come from the middles of the bins: the means are within half a bin (0.05 points).
    """
    mean, sd = _moments(tally)
    fans = {}
    for name, histogram in zip(names, tally.histogram, strict=False):
        paths = int(histogram[-1, 0].sum())
        if paths > 0:
            fans[name] = _conditional(histogram, paths, np.where(sd < STILL, mean, np.nan))
    return fans


def histogram_quantiles(histogram: NDArray[np.int64]) -> Floats:
    """(7, ticks, drivers): quantiles of the 0-100 index from counts, (ticks, drivers, bins), by linear interpolation.

    The least value with at least the share q at or below it lies in the bin in which the cumulative count reaches q,
    and so does the interpolated one: they differ by less than a bin's width (0.1 points of the index).
    """
    ticks, drivers, bins = histogram.shape
    quantiles = np.empty((len(QUANTILES), ticks, drivers))
    for driver in range(drivers):
        counts = histogram[:, driver]
        below = np.cumsum(counts, axis=1)
        for position, share in enumerate(QUANTILES):
            target = share * below[:, -1:]
            bin_ = np.sum(below < target, axis=1, keepdims=True)
            inside = np.take_along_axis(counts, bin_, axis=1)
            missing = target - (np.take_along_axis(below, bin_, axis=1) - inside)
            quantiles[position, :, driver] = ((bin_ + missing / inside) * (100 / bins))[:, 0]
    return quantiles


def _moments(tally: Tally) -> tuple[Floats, Floats]:
    mean = tally.index_sum / tally.paths
    return mean, np.sqrt(np.maximum(tally.index_squares / tally.paths - mean**2, 0.0))


def _conditional(histogram: NDArray[np.int64], paths: int, still: Floats) -> DriverFan:
    """`still`, (ticks + 1, drivers), holds the levels that are one number for all paths, NaN elsewhere."""
    bins = histogram.shape[-1]
    middles = (np.arange(bins) + 0.5) * (100 / bins)
    mean = histogram @ middles / paths
    sd = np.sqrt(np.maximum(histogram @ middles**2 / paths - mean**2, 0.0))
    quantiles = histogram_quantiles(histogram)
    return DriverFan(
        paths=paths,
        mean=np.where(np.isnan(still), mean, still),
        sd=np.where(np.isnan(still), sd, 0.0),
        quantiles=np.where(np.isnan(still), quantiles, still),
    )
