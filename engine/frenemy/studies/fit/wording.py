"""The sentences and formats that a fit's TOML, tables and pictures share."""

from __future__ import annotations

import math
from collections.abc import Iterator

from frenemy.model.describe.wording import counted
from frenemy.model.durations import YEAR
from frenemy.present.table import Format
from frenemy.studies.fit.findings import Data, DriverFitFindings, RateFitFindings
from frenemy.studies.fit.index_map import IndexEstimate
from frenemy.studies.fit.series_fit import MAX_RECORDS, Fit
from frenemy.studies.fit.standard_errors import Spread

__all__ = [
    "FULL",
    "METHOD",
    "UNITS",
    "caveats",
    "column_of_file",
    "duration",
    "headline",
    "in_months",
    "map_words",
    "of_file",
    "parameter_words",
    "rate_words",
    "record_words",
    "value_with_error",
]  # fmt: skip

FULL: Format = lambda value: f"{value:.7g}" if math.isfinite(value) else ""  # noqa: E731
"""Seven digits, fewer than the rounding errors of different machines; nothing where not finite."""
METHOD = "Ornstein–Uhlenbeck level plus white noise, exact steps, maximum restricted likelihood by Kalman filter"
UNITS = {"none": "units of the series", "log": "natural logarithms", "logit": "logits"}
_SEEN = {"none": "", "log": ", natural logarithm", "logit": ", logit"}


def duration(years: float) -> str:
    """A duration as a file states it: in weeks, if short in days, if long in years."""
    weeks = years * YEAR / 7
    if weeks < 4:
        return f"{years * YEAR:.3g}d"
    if weeks < 1000:
        return f"{weeks:.3g}w"
    return f"{min(years, 9999.0):.4g}y"


def in_months(years: float) -> str:
    """`6.8 months`, `2.3 years`."""
    months = 12 * years
    if months >= 36:
        return f"{years:.3g} years"
    return f"{months:.2g} months" if months >= 2 else f"{years * YEAR:.2g} days"


def value_with_error(spread: Spread, digits: int = 3) -> str:
    """`0.395 ± 0.041`."""
    if math.isnan(spread.se):
        return f"{spread.value:.{digits}g}"
    return f"{spread.value:.{digits}g} ± {spread.se:.2g}"


def of_file(data: Data) -> str:
    """`pounds of seizures.csv`."""
    where = f" where {data.where}" if data.where else ""
    return f"{data.column} of {data.file}{where}"


def column_of_file(data: Data) -> str:
    """`Column “pounds” of seizures.csv`."""
    return f"Column “{data.column}”{of_file(data).removeprefix(data.column)}"


def record_words(found: DriverFitFindings) -> str:
    """`499 values from 1985-01-01 to 2026-07-01, natural logarithm`."""
    data = found.data
    return f"{data.count} values from {data.first} to {data.last}{_SEEN[found.transform]}"


def map_words(estimate: IndexEstimate, found: DriverFitFindings) -> str:
    """How values become an index."""
    first, second = estimate.index_map.anchors
    how = "a line in its logit" if estimate.index_map.shape == "logit" else "a line"
    return (
        f"{first.value:.4g} stands for an index of {first.index:g} and {second.value:.4g} for {second.index:g} "
        f"({UNITS[found.transform]}), with {how} through the two."
    )


def parameter_words(found: DriverFitFindings) -> Iterator[str]:
    """The estimates in the units of the series, and their map to the index."""
    spread = {name: value_with_error(one) for name, one in found.fit.spread.items()}
    if not found.fit.has_half_life:
        yield (
            f"In {UNITS[found.transform]}, ± one standard error: diffusion {spread['diffusion']} per √year, s.d. of "
            f"the noise {spread['noise_sd']}."
        )
        return
    yield (
        f"In {UNITS[found.transform]}, ± one standard error: reversion {spread['reversion']} a year, s.d. of the "
        f"level {spread['level_sd']}, s.d. of the noise {spread['noise_sd']}, reverts to {spread['mean']}."
    )
    if math.isfinite(found.fit.error_correlation):
        yield (
            "Half-life and s.d. of the level are uncertain together (correlation of their errors "
            f"{found.fit.error_correlation:+.2f})."
        )
    for estimate in found.index_estimates:
        yield f"Index: {map_words(estimate, found)}"
    if not found.index_estimates:
        yield "Volatility and long run need a map from the series to the index: two anchors."


def headline(fit: Fit) -> str:
    """The estimate of the half-life in one sentence."""
    low, best, high = (in_months(value) for value in (fit.interval.low, fit.best.half_life, fit.interval.high))
    if not fit.has_half_life:
        limit = f"at least {low}" if fit.interval.bounded_below else f"at most {high}"
        shown = f"; the data only show that it would be {limit} (95 %)" if _one_end(fit) else ""
        return f"No half-life: {_no_reversion(fit)}{shown}"
    if not fit.bounded:
        if not _one_end(fit):
            return f"Half of a shock is gone after {best}; the data do not bound this"
        limit = f"at least {low}" if fit.interval.bounded_below else f"at most {high}"
        return f"Half of a shock is gone after {best}; the data only show that this is {limit} (95 %)"
    return f"Half of a shock is gone after {best} (90 %: {low} to {high})"


def _one_end(fit: Fit) -> bool:
    return fit.interval.bounded_below or fit.interval.bounded_above


def _no_reversion(fit: Fit) -> str:
    slow = fit.best.half_life > fit.series.span
    return f"the series {'does not revert' if slow else 'is uncorrelated from one observation to the next'}"


def caveats(fit: Fit) -> Iterator[str]:
    """Reasons to doubt the fit."""
    interval, best = fit.interval, fit.best
    if not fit.has_half_life:
        yield f"by its likelihood {_no_reversion(fit)}, so it gives no half-life; the TOML has none."
    elif not fit.known:
        yield (
            f"half-lives beyond {in_months(MAX_RECORDS * fit.series.span)}, three times the record, are consistent "
            "with the data at 90 %, so half-life, long run and volatility are commented out in the TOML."
        )
    elif best.half_life > fit.series.span / 4:
        yield "the half-life is more than a quarter of the record, which holds few reversions."
    if not interval.bounded_below and fit.has_half_life:
        yield f"the data do not bound the half-life from below; values down to {in_months(interval.low)} are possible."
    leading = min(fit.candidates, key=lambda candidate: candidate.aic)
    if leading.name != "reversion and noise" and fit.candidates[0].aic - leading.aic > 2:
        yield f"{leading.name} describes the series better (AIC lower by {fit.candidates[0].aic - leading.aic:.1f})."
    if fit.residuals.p_value < 0.01:
        yield (
            f"the residuals are not white (Ljung–Box p = {fit.residuals.p_value:.2g}): there is more to the series "
            "than reversion and noise."
        )


def rate_words(found: RateFitFindings) -> Iterator[str]:
    """The estimate of the rate, and whether events come in clusters."""
    rate, spread = found.rate, found.rate.dispersion
    low, high = rate.exact
    yield (
        f"{rate.rate:.3g} a year; posterior median {rate.median:.3g}, 90 % between {rate.q05:.3g} and {rate.q95:.3g}; "
        f"exact 95 % interval of a Poisson rate {low:.3g} to {high:.3g}."
    )
    periods = len(spread.counts)
    if not spread.enough_events:
        yield f"Too few events ({rate.events} in {periods} periods) to tell whether they come in clusters."
    elif spread.clustered:
        yield (
            f"Events come in clusters: over {periods} periods the variance of their counts is {spread.index:.2g} times "
            f"their mean (p = {spread.p_clustered:.2g}), so {rate.events} events are as informative "
            f"as {rate.effective[0]:.3g} in {rate.effective[1]:.3g} years of a Poisson process."
        )
    else:
        test = f"not distinguishable from chance, p = {spread.p_clustered:.2g}"
        if spread.p_regular < 0.05:
            test = f"more regular than chance, p = {spread.p_regular:.2g}"
        yield f"Over {periods} periods the variance of their counts is {spread.index:.2g} times their mean ({test})."
    if found.same_day:
        share = "shares its date" if found.same_day == 1 else "share their date"
        yield f"{counted(found.same_day, 'event')} {share} with another; --once-a-day counts such dates once."
