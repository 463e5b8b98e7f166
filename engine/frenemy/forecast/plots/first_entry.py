"""First-entry curves: the odds that a scenario has occurred at all by a date (cumulative incidence)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from frenemy.forecast.forecast import Forecast
from frenemy.forecast.plots.fan import odds_axis
from frenemy.forecast.sentences import has_bands, in_words, monte_carlo
from frenemy.model.resolved import Scenario
from frenemy.present.labels import end_labels, end_labels_height
from frenemy.present.number_text import and_list, brief, frequency, percent
from frenemy.present.sheet import Layout, PictureText, panel_width, plot, source_line
from frenemy.present.style import DASHES, legible, text_width
from frenemy.present.time_axis import calendar_room, day, draw_calendar, month, time_axis

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["first_entry"]

BASE = 0.1


def _entered(forecast: Forecast) -> list[tuple[int, Scenario]]:
    """The scenarios that a path can enter: every path begins in the default one."""
    return [(j, scenario) for j, scenario in enumerate(forecast.model.scenarios) if not scenario.default]


def _labels(forecast: Forecast) -> list[tuple[str, str, str]]:
    ever, at, end = forecast.odds["ever"], forecast.odds["at"].probability[-1], month(forecast.dates[-1])
    return [
        (
            f"{percent(ever.probability[-1, j])} {scenario.label}",
            f"ever by {end}: {in_words(ever, -1, j)}; {percent(at[j])} on that date",
            legible(scenario.colour),
        )
        for j, scenario in _entered(forecast)
    ]


def _layout(width: float, forecast: Forecast) -> Layout:
    right = max(0.22 * width, text_width("very unlikely to", 8.0) + 0.3)
    tall = max(3.0 if width > 6 else 2.8, end_labels_height(_labels(forecast), right))
    across = panel_width(Layout(heights=(tall,), right=right), width)
    top = calendar_room(forecast.model, forecast.experiment, across, overhang=right, base=BASE)
    return Layout(heights=(tall,), right=right, top=top)


def _picture_text(forecast: Forecast) -> PictureText:
    ever, at = forecast.odds["ever"].probability[-1], forecast.odds["at"].probability[-1]
    chosen, end = _entered(forecast), day(forecast.dates[-1])
    top, scenario = max(chosen, key=lambda pair: float(ever[pair[0]]))
    until = month(forecast.dates[-1])
    band = "Pale band: plausible range given the uncertain numbers (90 %). " if has_bands(forecast) else ""
    ends = and_list(f"{s.label} {percent(ever[j])} (at the end: {percent(at[j])})" for j, s in chosen)
    return PictureText(
        title=f"By {until}, {frequency(ever[top])} futures enter {brief(scenario.label)} at least once",
        subtitle="Odds that each scenario has occurred at least once by a date, per cent of simulated futures",
        caption="A future counts from the day on which it first enters the scenario, whether or not it stays: the "
        f"dotted lines show how many are in the scenario on that date. {band}"
        f"Monte Carlo error (95 %): at most {monte_carlo(forecast.odds['ever'])}.",
        source=source_line(forecast.model, forecast.experiment),
        alt=f"Rising curves of the odds that each scenario has ever occurred. By {end}: {ends}.",
    )


@plot(name="entry", layout=_layout, text=_picture_text)
def first_entry(axes: Sequence[Axes], forecast: Forecast) -> None:
    """Odds of having entered each scenario by a date, with the 90 % band; dotted: of being in it at that date."""
    (ax,) = axes
    ever, at, dates = forecast.odds["ever"], forecast.odds["at"], forecast.dates[1:]
    entered = _entered(forecast)
    for n, (j, scenario) in enumerate(entered):
        colour, dash = legible(scenario.colour), DASHES[n % len(DASHES)]
        low, high = ever.quantiles[0, :, j], ever.quantiles[-1, :, j]
        if np.isfinite(low).all():
            ax.fill_between(dates, low, high, color=scenario.colour, alpha=0.16, lw=0, zorder=2)
        ax.plot(dates, ever.probability[:, j], color=colour, lw=1.8, ls=dash, zorder=3)
        ax.plot(dates, at.probability[:, j], color=colour, lw=0.9, ls=(0, (1, 1.6)), zorder=2.5)
    odds_axis(ax)
    time_axis(ax, (forecast.experiment.start, forecast.experiment.end))
    end_labels(ax, [float(ever.probability[-1, j]) for j, _ in entered], _labels(forecast))
    draw_calendar(axes, forecast.model, forecast.experiment, base=BASE)
