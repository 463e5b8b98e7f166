"""Stacked odds: how the futures divide among the scenarios at each date. A cover picture; it carries no bands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from frenemy.forecast.forecast import Forecast
from frenemy.forecast.plots.fan import odds_axis
from frenemy.forecast.sentences import in_words, shares
from frenemy.model.resolved import Model
from frenemy.present.labels import end_labels, end_labels_height
from frenemy.present.number_text import and_list, brief, frequency, percent
from frenemy.present.sheet import Layout, PictureText, panel_width, plot, source_line
from frenemy.present.style import PAPER, SMALL, legible, text_width
from frenemy.present.time_axis import calendar_room, day, draw_calendar, month, time_axis

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["layers", "stacked_odds"]

BASE = 0.1


def layers(model: Model) -> tuple[int, ...]:
    """Scenario numbers from the bottom up: the one of highest priority, the default, then the others.

    Only the lowest and the highest layer have a straight edge, so the large default layer lies between.
    """
    others = [j for j, scenario in enumerate(model.scenarios) if not scenario.default]
    default = [j for j, scenario in enumerate(model.scenarios) if scenario.default]
    return (*others[:1], *default, *others[1:])


def _labels(forecast: Forecast) -> list[tuple[str, str, str]]:
    odds = forecast.odds["at"]
    chosen = ((j, forecast.model.scenarios[j]) for j in layers(forecast.model))
    return [
        (f"{percent(odds.probability[-1, j])} {s.label}", in_words(odds, -1, j), legible(s.colour)) for j, s in chosen
    ]


def _layout(width: float, forecast: Forecast) -> Layout:
    labels = [f"100 % {scenario.label}" for scenario in forecast.model.scenarios]
    right = min(max(text_width(label, 9, "bold") for label in labels) + 0.25, 0.26 * width)
    right = max(right, 1.25, text_width("very unlikely to", SMALL) + 0.25)
    tall = max(3.2 if width > 6 else 2.8, end_labels_height(_labels(forecast), right))
    across = panel_width(Layout(heights=(tall,), right=right), width)
    top = calendar_room(forecast.model, forecast.experiment, across, overhang=right, base=BASE)
    return Layout(heights=(tall,), right=right, top=top)


def _picture_text(forecast: Forecast) -> PictureText:
    model, final, end = forecast.model, forecast.odds["at"].probability[-1], forecast.dates[-1]
    order = layers(model)
    leaving = sorted((j for j in order if not model.scenarios[j].default), key=lambda j: -final[j])
    left = float(sum(final[j] for j in leaving))
    to = (
        f", most of them in {brief(model.scenarios[leaving[0]].label)}"
        if len(leaving) > 1 and final[leaving[0]] > left / 2
        else ""
    )
    default = next((brief(s.label) for s in model.scenarios if s.default), "where they began")
    return PictureText(
        title=f"In {month(end)}, {frequency(left)} futures are outside {default}{to}",
        subtitle="Share of simulated futures in each scenario at each date, per cent",
        caption=f"Of 100 simulated futures, {shares(forecast)} on {day(end)}. Layers add up to 100 at every date; "
        "the fan shows how uncertain each is.",
        source=source_line(forecast.model, forecast.experiment),
        alt=f"Stacked areas from {day(forecast.dates[0])} to {day(end)}. At the end, from the bottom up: "
        + and_list(f"{model.scenarios[j].label} {percent(final[j])}" for j in order)
        + ".",
    )


@plot(name="stacked", layout=_layout, text=_picture_text)
def stacked_odds(axes: Sequence[Axes], forecast: Forecast) -> None:
    """One layer for each scenario; together they always make 100 %."""
    (ax,) = axes
    order, odds = layers(forecast.model), forecast.odds["at"].probability
    bounds = np.concatenate([np.zeros((len(odds), 1)), np.cumsum(odds[:, order], axis=1)], axis=1)
    for k, j in enumerate(order):
        scenario = forecast.model.scenarios[j]
        opacity = 0.30 if scenario.default else 0.85
        ax.fill_between(
            forecast.dates[1:], bounds[:, k], bounds[:, k + 1], color=scenario.colour, alpha=opacity, lw=0, zorder=1
        )
    for k in range(1, len(order)):
        ax.plot(forecast.dates[1:], bounds[:, k], color=PAPER, lw=1.2, zorder=1.1)
    odds_axis(ax)
    time_axis(ax, (forecast.experiment.start, forecast.experiment.end))
    middles = (bounds[-1, :-1] + bounds[-1, 1:]) / 2
    end_labels(ax, list(middles), _labels(forecast))
    draw_calendar(axes, forecast.model, forecast.experiment, base=BASE)
