"""Stacked odds: how the futures divide among the scenarios at each date. A cover picture; it carries no bands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from frenemy.forecast.forecast import Forecast
from frenemy.forecast.plots.fan import odds_axis
from frenemy.forecast.sentences import in_words, shares, source_line
from frenemy.model.resolved import Model
from frenemy.present.labels import end_labels, end_labels_height
from frenemy.present.number_text import and_list, brief, frequency, percent
from frenemy.present.sheet import WIDE, Layout, Picture, PictureText, panel_width, panels
from frenemy.present.style import PAPER, SMALL, legible, styled, text_width
from frenemy.present.time_axis import arrange, calendar_flags, day, draw_flags, flag_room, month, time_axis

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["layers", "picture", "stacked"]

BASE = 0.1


def layers(model: Model) -> tuple[int, ...]:
    """Scenario numbers from the bottom up: the one of highest priority, the default, then the others.

    Only the lowest and the highest layer have a straight edge, so the large default layer lies between.
    """
    others = [j for j, scenario in enumerate(model.scenarios) if not scenario.default]
    default = [j for j, scenario in enumerate(model.scenarios) if scenario.default]
    return (*others[:1], *default, *others[1:])


@styled()
def stacked(forecast: Forecast, ax: Axes | None = None) -> Axes:
    """One layer for each scenario; together they always make 100 %."""
    if ax is None:
        ax = panels(_layout(forecast, WIDE), WIDE)[0]
    order, odds = layers(forecast.model), forecast.odds["at"].probability
    chosen = [forecast.model.scenarios[j] for j in order]
    bounds = np.concatenate([np.zeros((len(odds), 1)), np.cumsum(odds[:, order], axis=1)], axis=1)
    for k, scenario in enumerate(chosen):
        opacity = 0.30 if scenario.default else 0.85
        ax.fill_between(
            forecast.dates[1:], bounds[:, k], bounds[:, k + 1], color=scenario.colour, alpha=opacity, lw=0, zorder=1
        )
    for k in range(1, len(chosen)):
        ax.plot(forecast.dates[1:], bounds[:, k], color=PAPER, lw=1.2, zorder=1.1)
    odds_axis(ax)
    ends = forecast.experiment.start, forecast.experiment.end
    time_axis(ax, ends)
    middles = (bounds[-1, :-1] + bounds[-1, 1:]) / 2
    end_labels(ax, list(middles), _labels(forecast))
    draw_flags([ax], calendar_flags(forecast.model, forecast.experiment), ends, base=BASE)
    return ax


def _labels(forecast: Forecast) -> list[tuple[str, str, str]]:
    odds = forecast.odds["at"]
    chosen = ((j, forecast.model.scenarios[j]) for j in layers(forecast.model))
    return [
        (f"{percent(odds.probability[-1, j])} {s.label}", in_words(odds, -1, j), legible(s.colour)) for j, s in chosen
    ]


def _layout(forecast: Forecast, width: float) -> Layout:
    labels = [f"100 % {scenario.label}" for scenario in forecast.model.scenarios]
    right = min(max(text_width(label, 9, "bold") for label in labels) + 0.25, 0.26 * width)
    right = max(right, 1.25, text_width("very unlikely to", SMALL) + 0.25)
    tall = max(3.2 if width > 6 else 2.8, end_labels_height(_labels(forecast), right))
    trial = Layout(heights=(tall,), right=right)
    ends = forecast.experiment.start, forecast.experiment.end
    flags = arrange(
        calendar_flags(forecast.model, forecast.experiment), ends, panel_width(trial, width), overhang=right, base=BASE
    )
    return Layout(heights=trial.heights, right=right, top=flag_room(flags))


def picture(forecast: Forecast) -> Picture:
    """The stacked odds as a picture."""
    return Picture(
        name="stacked",
        text=_picture_text(forecast),
        layout=lambda width: _layout(forecast, width),
        draw=lambda axes: stacked(forecast, axes[0]),
    )


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
        "how sure we are of each is shown in the fan, not here.",
        source=source_line(forecast),
        alt=f"Stacked areas from {day(forecast.dates[0])} to {day(end)}. At the end, from the bottom up: "
        + and_list(f"{model.scenarios[j].label} {percent(final[j])}" for j in order)
        + ".",
    )
