"""All pictures of a run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from frenemy.forecast.forecast import Forecast
from frenemy.forecast.plots import event_counts, phase, variance
from frenemy.forecast.plots.drivers import driver_levels
from frenemy.forecast.plots.fan import odds_fan
from frenemy.forecast.plots.first_entry import first_entry
from frenemy.forecast.plots.stacked import stacked_odds
from frenemy.forecast.plots.storyline import storyline_strip
from frenemy.present.sheet import Picture, Plot
from frenemy.simulation.storyline.log import Storyline

__all__ = ["PLOTS", "pictures"]


def _always(_: Forecast) -> bool:
    return True


def _can_be_left(forecast: Forecast) -> bool:
    """Whether there is any scenario besides the default one."""
    return any(not scenario.default for scenario in forecast.model.scenarios)


PLOTS: tuple[tuple[Plot[[Forecast]], Callable[[Forecast], bool]], ...] = (
    (odds_fan, _always),
    (stacked_odds, _can_be_left),
    (first_entry, _can_be_left),
    (driver_levels, _always),
    (phase.phase_map, phase.can_draw),
    (event_counts.event_counts, event_counts.can_draw),
    (variance.variance_shares, variance.can_draw),
)
"""Pictures of a whole forecast in the order in which a reader wants them, and for which forecasts they make sense."""


def pictures(forecast: Forecast, storylines: Mapping[str, Storyline]) -> Iterator[Picture]:
    """Every picture that makes sense for the forecast, and a strip for each storyline (scenario name -> storyline)."""
    for kind, can_draw in PLOTS:
        if can_draw(forecast):
            yield kind.picture(forecast)
    for scenario, storyline in storylines.items():
        yield storyline_strip.picture(storyline, forecast.model, scenario)
