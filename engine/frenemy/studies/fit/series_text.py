"""A fitted driver for a terminal, as files, as plain data and as a section of a report."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, astuple
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from frenemy.present.section import Section
from frenemy.present.sheet import Picture
from frenemy.present.table import COUNT, TEXT, Columns, Format, Grid
from frenemy.studies.fit.findings import DriverFitFindings
from frenemy.studies.fit.ornstein_uhlenbeck import LN2
from frenemy.studies.fit.plots.series import fitted_series
from frenemy.studies.fit.standard_errors import Spread
from frenemy.studies.fit.toml_text import driver_toml
from frenemy.studies.fit.wording import (
    FULL,
    METHOD,
    UNITS,
    caveats,
    column_of_file,
    headline,
    in_months,
    parameter_words,
    record_words,
)

__all__ = ["as_data", "as_text", "footer", "pictures", "section", "tables"]

NAMES = {
    "half_life": "half-life, years", "reversion": "reversion κ, a year", "diffusion": "diffusion σ, per √year",
    "level_sd": "s.d. of the level", "noise_sd": "s.d. of the noise", "mean": "reverts to",
    "long_run": "long run, index", "volatility": "volatility, index points",
}  # fmt: skip
SHORT: Format = lambda value: f"{value:.4f}" if abs(value) < 1e4 else f"{value:.4g}"  # noqa: E731
PARAMETERS = Columns(parameter=TEXT, estimate=FULL, se=FULL, q05=FULL, q95=FULL)
LEVEL = Columns(date=TEXT, value=FULL, level=FULL, level_se=FULL, residual=FULL)
PROFILE = Columns(half_life_years=SHORT, loglik_below_best=SHORT, noise_share=SHORT)
MODELS = Columns(model=TEXT, parameters=COUNT, restricted_loglik=FULL, aic=FULL)


def _rows(found: DriverFitFindings) -> Iterator[tuple[str, Spread]]:
    """All parameters; the ranges of half-life and reversion come from the profile.

    An end that the data do not bound is NaN, and so is each parameter of a stationary level where there is none.
    """
    fit, none = found.fit, math.nan
    low = fit.interval.low if fit.interval.bounded_below else none
    high = fit.interval.high if fit.interval.bounded_above else none
    for name, spread in fit.spread.items():
        ends = {"half_life": (low, high), "reversion": (LN2 / high, LN2 / low)}.get(name, (spread.q05, spread.q95))
        if fit.has_half_life or name in ("diffusion", "noise_sd"):
            yield name, Spread(value=spread.value, se=spread.se, q05=ends[0], q95=ends[1])
        else:
            ends = ends if name in ("half_life", "reversion") else (none, none)
            yield name, Spread(value=none, se=none, q05=ends[0], q95=ends[1])
    if not fit.has_half_life:
        return
    for estimate in found.index_estimates:
        yield "long_run", estimate.long_run
        yield "volatility", estimate.volatility


def _number(value: float) -> str:
    return f"{value:.4g}" if math.isfinite(value) else ""


def _grids(found: DriverFitFindings) -> tuple[Grid, Grid]:
    numbers = tuple(
        (NAMES[name], *(_number(value) for value in (spread.value, spread.se, spread.q05, spread.q95)))
        for name, spread in _rows(found)
    )
    least = min(candidate.aic for candidate in found.fit.candidates)
    candidates = tuple(
        (candidate.name, str(candidate.parameters), f"{candidate.loglik:.2f}", f"{candidate.aic - least:.1f}")
        for candidate in found.fit.candidates
    )
    return (
        Grid(caption=f"In {UNITS[found.transform]}", header=("", "estimate", "s.e.", "5 %", "95 %"), rows=numbers),
        Grid(
            caption="Alternative models",
            header=("model", "parameters", "log-likelihood", "AIC over the best"),
            rows=candidates,
        ),
    )


def as_text(found: DriverFitFindings) -> RenderableType:
    """Estimates with their ranges, alternative models, and caveats."""
    parts: list[RenderableType] = [
        Text(f"{found.driver}: {headline(found.fit)}", "bold"),
        Text(f"{column_of_file(found.data)}; {record_words(found)}", "dim"),
    ]
    for grid in _grids(found):
        parts += [Text(), grid.rich()]
    parts += [Text(), Text(" ".join(_sentences(found)), "dim")]
    parts += [Text.assemble(("careful: ", "bold yellow"), caveat) for caveat in caveats(found.fit)]
    return Group(*parts)


def _sentences(found: DriverFitFindings) -> Iterator[str]:
    fit = found.fit
    yield f"{METHOD}; the range of the half-life by profile likelihood, the others by curvature."
    yield (
        f"Noise: likelihood ratio {fit.gain_of_noise:.1f} over none (p = {fit.p_no_noise:.2g}). Residuals: first "
        f"autocorrelation {fit.residuals.autocorrelation[0]:+.2f} (noise: ±{fit.residuals.limit:.2f}), Ljung–Box "
        f"p = {fit.residuals.p_value:.2g}, skew {fit.residuals.skew:+.2f}, excess kurtosis "
        f"{fit.residuals.excess_kurtosis:+.2f}."
    )
    if fit.has_half_life:
        yield f"By full likelihood, which underestimates half-lives, it would be {in_months(fit.full.half_life)}."


def tables(found: DriverFitFindings) -> Mapping[str, str]:
    """fit.csv: parameters; level.csv: the series and its level; profile.csv; models.csv: alternative models."""
    fit, profile = found.fit, found.fit.profile
    level = zip(found.dates, fit.series.values, fit.level, fit.level_se, fit.residuals.values, strict=True)
    curve = zip(profile.half_life, profile.loglik - profile.loglik.max(), profile.share, strict=True)
    return {
        "fit.csv": PARAMETERS.csv((name, *astuple(spread)) for name, spread in _rows(found)),
        "level.csv": LEVEL.csv(level),
        "profile.csv": PROFILE.csv(curve),
        "models.csv": MODELS.csv((c.name, c.parameters, c.loglik, c.aic) for c in fit.candidates),
        "fitted.toml": driver_toml(found),
    }


def as_data(found: DriverFitFindings) -> dict[str, Any]:
    """Estimates, errors, alternative models and residuals, ready for JSON."""
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
            name: {key: value if math.isfinite(value) else None for key, value in asdict(spread).items()}
            for name, spread in _rows(found)
        },
        "half_life_bounded": {"below": fit.interval.bounded_below, "above": fit.interval.bounded_above},
        "half_life_by_full_likelihood": fit.full.half_life if fit.has_half_life else None,
        "loglik": fit.best.loglik,
        "likelihood_ratio_of_noise": fit.gain_of_noise,
        "p_no_noise": fit.p_no_noise,
        "models": [
            {"name": c.name, "parameters": c.parameters, "restricted_loglik": c.loglik, "aic": c.aic}
            for c in fit.candidates
        ],
        "residuals": {
            "autocorrelation": fit.residuals.autocorrelation.tolist(), "ljung_box_p": fit.residuals.p_value,
            "skew": fit.residuals.skew, "excess_kurtosis": fit.residuals.excess_kurtosis,
        },
        "doubts": [*caveats(fit)],
    }  # fmt: skip


def section(found: DriverFitFindings) -> Section:
    """The section of a report."""
    return Section(
        name=f"fit_{found.driver}",
        title=f"How {found.driver} reverts, from data",
        paragraphs=(
            f"{column_of_file(found.data)}; {record_words(found)}.", " ".join(_sentences(found)),
            " ".join(parameter_words(found)), *(f"Careful: {caveat}" for caveat in caveats(found.fit)),
        ),
        pictures=(fitted_series.picture(found),),
        tables=_grids(found),
    )  # fmt: skip


def footer(found: DriverFitFindings) -> str:
    """What was fitted, by hash."""
    return f"Frenemy · {found.data.count} values · sha256 {found.data.sha256[:12]}"


def pictures(found: DriverFitFindings) -> tuple[Picture, ...]:
    """The one picture."""
    return (fitted_series.picture(found),)
