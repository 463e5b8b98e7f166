"""All pictures of a run by name, and their files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from frenemy.forecast.forecast import Forecast
from frenemy.forecast.plots import drivers, event_counts, fan, first_entry, phase, stacked, variance
from frenemy.forecast.plots import storyline as strip
from frenemy.forecast.sentences import footer
from frenemy.present.sheet import WIDE, Picture, sheet
from frenemy.present.style import save_png, save_svg
from frenemy.simulation.storyline.log import Storyline

__all__ = ["FIGURES", "Figure", "draw_all", "pictures"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A kind of picture of a forecast: how it is made, and for which forecasts it makes sense."""

    make: Callable[[Forecast], Picture]
    applies: Callable[[Forecast], bool]


def _always(_: Forecast) -> bool:
    return True


def _leavable(forecast: Forecast) -> bool:
    return any(not scenario.default for scenario in forecast.model.scenarios)


FIGURES: Mapping[str, Figure] = {
    "fan": Figure(make=fan.picture, applies=_always),
    "stacked": Figure(make=stacked.picture, applies=_leavable),
    "entry": Figure(make=first_entry.picture, applies=_leavable),
    "drivers": Figure(make=drivers.picture, applies=_always),
    "phase": Figure(make=phase.picture, applies=phase.can_draw),
    "triggers": Figure(make=event_counts.picture, applies=event_counts.can_draw),
    "uncertainty": Figure(make=variance.picture, applies=variance.can_draw),
}
"""Pictures of a whole forecast by name, in the order in which a reader wants them."""


def pictures(forecast: Forecast, storylines: Mapping[str, Storyline]) -> Iterator[Picture]:
    """Every picture that makes sense for the forecast, and a strip for each storyline (scenario name -> storyline)."""
    for figure in FIGURES.values():
        if figure.applies(forecast):
            yield figure.make(forecast)
    for scenario, storyline in storylines.items():
        yield strip.picture(storyline, forecast.model, scenario)


def draw_all(
    forecast: Forecast,
    storylines: Mapping[str, Storyline],
    folder: Path,
    *,
    digest: str = "",
    step: Callable[[int], object] = int,
) -> tuple[Path, ...]:
    """Write every picture as PNG and SVG into an existing folder; the same inputs give the same bytes.

    `digest` is the hash of the configuration for the footer; `step` is called with 1 after each picture. Returns the
    files in the order written.
    """
    files = []
    for picture in pictures(forecast, storylines):
        figure = sheet(picture, footer(forecast, digest), WIDE)
        for suffix, save in ((".png", save_png), (".svg", save_svg)):
            files.append(folder / f"{picture.name}{suffix}")
            save(figure, files[-1])
        step(1)
    return tuple(files)
