"""A fitted driver in a few lines, as tables, as plain data and as a section of a report."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from frenemy.present.csv_text import csv_text
from frenemy.present.section import Grid, Section
from frenemy.present.sheet import Picture
from frenemy.studies.fit.findings import DriverFitFindings
from frenemy.studies.fit.ornstein_uhlenbeck import LN2
from frenemy.studies.fit.plots.series import picture
from frenemy.studies.fit.standard_errors import Spread
from frenemy.studies.fit.toml_text import driver_toml
from frenemy.studies.fit.wording import (
    METHOD,
    UNITS,
    doubts,
    headline,
    in_months,
    of_file,
    parameter_words,
    record_words,
)

__all__ = ["as_data", "as_text", "footer", "pictures", "section", "tables"]

NAMES = {
    "half_life": "half-life, years", "reversion": "reversion κ, a year", "diffusion": "diffusion σ, per √year",
    "level_sd": "s.d. of the level", "noise_sd": "s.d. of the noise", "mean": "reverts to",
    "long_run": "long run, index", "volatility": "volatility, index points",
}  # fmt: skip


def _rows(found: DriverFitFindings) -> Iterator[tuple[str, Spread]]:
    """All parameters; the half-life's range, and with it the reversion's, is the profile's."""
    for name, spread in found.fit.spread.items():
        low, high = found.fit.interval.low, found.fit.interval.high
        ends = {"half_life": (low, high), "reversion": (LN2 / high, LN2 / low)}.get(name, (spread.q05, spread.q95))
        yield name, Spread(value=spread.value, se=spread.se, q05=ends[0], q95=ends[1])
    for chart in found.indexed:
        yield "long_run", chart.long_run
        yield "volatility", chart.volatility


def _number(value: float) -> str:
    return f"{value:.4g}" if math.isfinite(value) else ""


def _grids(found: DriverFitFindings) -> tuple[Grid, Grid]:
    numbers = tuple(
        (NAMES[name], *(_number(value) for value in (spread.value, spread.se, spread.q05, spread.q95)))
        for name, spread in _rows(found)
    )
    least = min(rival.aic for rival in found.fit.rivals)
    rivals = tuple(
        (rival.name, str(rival.parameters), f"{rival.loglik:.2f}", f"{rival.aic - least:.1f}")
        for rival in found.fit.rivals
    )
    return (
        Grid(caption=f"In {UNITS[found.transform]}", header=("", "estimate", "s.e.", "5 %", "95 %"), rows=numbers),
        Grid(caption="Rivals", header=("model", "parameters", "log-likelihood", "AIC over the best"), rows=rivals),
    )


def as_text(found: DriverFitFindings) -> RenderableType:
    """Estimates with their ranges, rivals, and what is doubtful."""
    parts: list[RenderableType] = [
        Text(f"{found.driver}: {headline(found.fit)}", "bold"),
        Text(f"{of_file(found.data)}; {record_words(found)}", "dim"),
    ]
    for grid in _grids(found):
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
        for n, head in enumerate(grid.header):
            table.add_column(head, justify="left" if n == 0 else "right")
        for row in grid.rows:
            table.add_row(*row)
        parts += [Text(), table]
    parts += [Text(), Text(" ".join(_sentences(found)), "dim")]
    parts += [Text.assemble(("careful: ", "bold yellow"), doubt) for doubt in doubts(found.fit)]
    return Group(*parts)


def _sentences(found: DriverFitFindings) -> Iterator[str]:
    fit = found.fit
    yield f"{METHOD}; range of the half-life by profile likelihood, of the rest by curvature."
    yield (
        f"Noise: likelihood ratio {fit.gain_of_noise:.1f} over none (p = {fit.p_no_noise:.2g}). Left over: first "
        f"autocorrelation {fit.residuals.autocorrelation[0]:+.2f} (chance: ±{fit.residuals.limit:.2f}), Ljung–Box "
        f"p = {fit.residuals.p_value:.2g}, skew {fit.residuals.skew:+.2f}, excess kurtosis "
        f"{fit.residuals.excess_kurtosis:+.2f}."
    )
    yield (f"By full likelihood, whose half-lives come out short, it would be {in_months(fit.full.half_life)}.")


def tables(found: DriverFitFindings) -> Mapping[str, str]:
    """fit.csv: parameters; level.csv: the series and its level; profile.csv; models.csv: rivals."""
    fit = found.fit
    numbers = (
        (name, *(_full(value) for value in (spread.value, spread.se, spread.q05, spread.q95)))
        for name, spread in _rows(found)
    )
    level = (
        (str(date), *(_full(float(value)) for value in row))
        for date, *row in zip(
            found.dates, fit.series.values, fit.level, fit.level_se, fit.residuals.values, strict=True
        )
    )
    curve = fit.profile
    steps = zip(curve.half_life, curve.loglik - curve.loglik.max(), curve.share, strict=True)
    rivals = ((rival.name, str(rival.parameters), _full(rival.loglik), _full(rival.aic)) for rival in fit.rivals)
    return {
        "fit.csv": csv_text(("parameter", "estimate", "se", "q05", "q95"), numbers),
        "level.csv": csv_text(("date", "value", "level", "level_se", "residual"), level),
        "profile.csv": csv_text(
            ("half_life_years", "loglik_below_best", "noise_share"), (_all(step) for step in steps)
        ),
        "models.csv": csv_text(("model", "parameters", "restricted_loglik", "aic"), rivals),
        "fitted.toml": driver_toml(found),
    }


def _full(value: float) -> str:
    """Seven digits: rounding of other machines stays below them."""
    return f"{value:.7g}" if math.isfinite(value) else ""


def _all(values: Sequence[float]) -> Sequence[str]:
    return [f"{value:.4f}" if abs(value) < 1e4 else f"{value:.4g}" for value in map(float, values)]


def as_data(found: DriverFitFindings) -> dict[str, Any]:
    """Estimates, errors, rivals and residuals, ready for JSON."""
    fit = found.fit
    return {
        "driver": found.driver,
        "file": found.data.file,
        "sha256": found.data.sha256,
        "column": found.data.column,
        "transform": found.transform,
        "values": found.data.count,
        "first": str(found.data.first),
        "last": str(found.data.last),
        "parameters": {
            name: {key: _or_none(getattr(spread, key)) for key in ("value", "se", "q05", "q95")}
            for name, spread in _rows(found)
        },
        "half_life_bounded": {"below": fit.interval.bounded_below, "above": fit.interval.bounded_above},
        "half_life_by_full_likelihood": fit.full.half_life,
        "loglik": fit.best.loglik,
        "likelihood_ratio_of_noise": fit.gain_of_noise,
        "p_no_noise": fit.p_no_noise,
        "models": [
            {"name": rival.name, "parameters": rival.parameters, "restricted_loglik": rival.loglik, "aic": rival.aic}
            for rival in fit.rivals
        ],
        "residuals": {
            "autocorrelation": fit.residuals.autocorrelation.tolist(), "ljung_box_p": fit.residuals.p_value,
            "skew": fit.residuals.skew, "excess_kurtosis": fit.residuals.excess_kurtosis,
        },
        "doubts": [*doubts(fit)],
    }  # fmt: skip


def _or_none(value: float) -> float | None:
    return value if math.isfinite(value) else None


def section(found: DriverFitFindings) -> Section:
    """The section of a report."""
    return Section(
        name=f"fit_{found.driver}",
        title=f"How {found.driver} reverts, from data",
        paragraphs=(
            f"{of_file(found.data)}; {record_words(found)}.", " ".join(_sentences(found)),
            " ".join(parameter_words(found)), *(f"Careful: {doubt}" for doubt in doubts(found.fit)),
        ),
        pictures=(picture(found),),
        tables=_grids(found),
    )  # fmt: skip


def footer(found: DriverFitFindings) -> str:
    """What was fitted, by hash."""
    return f"Frenemy · {found.data.count} values · sha256 {found.data.sha256[:12]}"


def pictures(found: DriverFitFindings) -> tuple[Picture, ...]:
    """The one picture."""
    return (picture(found),)
