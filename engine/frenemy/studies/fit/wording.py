"""What a fit means, in sentences: shared by its TOML, its tables and its pictures."""

from __future__ import annotations

import math
from collections.abc import Iterator

from frenemy.model.durations import YEAR
from frenemy.studies.fit.findings import Data, DriverFitFindings, RateFitFindings
from frenemy.studies.fit.index_map import IndexEstimate
from frenemy.studies.fit.series_fit import Fit
from frenemy.studies.fit.standard_errors import Spread

__all__ = [
    "METHOD",
    "UNITS",
    "doubts",
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

METHOD = "Ornstein–Uhlenbeck level plus white noise, exact steps, maximum restricted likelihood by Kalman filter"
UNITS = {"none": "units of the series", "log": "natural logarithms", "logit": "logits"}
_SEEN = {"none": "", "log": ", natural logarithm", "logit": ", logit"}


def duration(years: float) -> str:
    """As it stands in a file: weeks, days where it is short, years where it is long."""
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


def record_words(found: DriverFitFindings) -> str:
    """`499 values from 1985-01-01 to 2026-07-01, natural logarithm`."""
    data = found.data
    return f"{data.count} values from {data.first} to {data.last}{_SEEN[found.transform]}"


def map_words(chart: IndexEstimate, found: DriverFitFindings) -> str:
    """How values become an index."""
    first, second = chart.chart.anchors
    how = "a line in its logit" if chart.chart.shape == "logit" else "a line"
    return (
        f"{first.value:.4g} stands for an index of {first.index:g} and {second.value:.4g} for {second.index:g} "
        f"({UNITS[found.transform]}), with {how} through the two."
    )


def parameter_words(found: DriverFitFindings) -> Iterator[str]:
    """What the series says, in its own units."""
    spread = {name: value_with_error(one) for name, one in found.fit.spread.items()}
    yield (
        f"In {UNITS[found.transform]}, ± one standard error: reversion {spread['reversion']} a year, s.d. of the "
        f"level {spread['level_sd']}, s.d. of the noise {spread['noise_sd']}, reverts to {spread['mean']}."
    )
    if math.isfinite(found.fit.together):
        yield (
            "Half-life and s.d. of the level are uncertain together (correlation of their errors "
            f"{found.fit.together:+.2f})."
        )
    for chart in found.indexed:
        yield f"Index: {map_words(chart, found)}"
    if not found.indexed:
        yield "Volatility and long run need a map from the series to the index: two anchors."


def headline(fit: Fit) -> str:
    """What the data say of the half-life, in one sentence."""
    low, best, high = (in_months(value) for value in (fit.interval.low, fit.best.half_life, fit.interval.high))
    if fit.lost and not fit.interval.bounded_above:
        return f"No half-life is to be had from these data, only that it is not below {low} (95 %)"
    if not fit.bounded:
        known = f"at least {low}" if fit.interval.bounded_below else f"at most {high}"
        return f"Half of a shock is gone after {best}; the data only say {known} (95 %)"
    return f"Half of a shock is gone after {best} (90 %: {low} to {high})"


def doubts(fit: Fit) -> Iterator[str]:
    """What speaks against taking the fit at its word."""
    interval, best = fit.interval, fit.best
    if fit.lost:
        what = "never reverts" if best.half_life > fit.series.span else "has forgotten itself by the next observation"
        yield f"by its likelihood the series {what}: there is no half-life to be had from it."
    elif not interval.bounded_above:
        yield (
            f"the data do not bound the half-life from above; up to {in_months(interval.high)}, twenty times the "
            "record, nothing speaks against it at 90 %."
        )
    elif best.half_life > fit.series.span / 4:
        yield "the half-life is more than a quarter of the record, which has seen few reversions."
    if not interval.bounded_below and not fit.lost:
        yield f"the data do not bound the half-life from below; down to {in_months(interval.low)} all is possible."
    leading = min(fit.rivals, key=lambda rival: rival.aic)
    if leading.name != "reversion and noise" and fit.rivals[0].aic - leading.aic > 2:
        yield f"{leading.name} describes the series better (AIC lower by {fit.rivals[0].aic - leading.aic:.1f})."
    if fit.residuals.p_value < 0.01:
        yield (
            f"what is left over is not white (Ljung–Box p = {fit.residuals.p_value:.2g}): there is more to the series "
            "than reversion and noise."
        )


def rate_words(found: RateFitFindings) -> Iterator[str]:
    """What the events say."""
    rate, spread = found.rate, found.rate.dispersion
    low, high = rate.exact
    yield (
        f"{rate.rate:.3g} a year; posterior median {rate.median:.3g}, 90 % between {rate.q05:.3g} and {rate.q95:.3g}; "
        f"exact 95 % interval of a Poisson rate {low:.3g} to {high:.3g}."
    )
    periods = len(spread.counts)
    if not spread.telling:
        yield f"Too few events ({rate.events} in {periods} periods) to tell whether they come in clusters."
    elif spread.clustered:
        yield (
            f"Events come in clusters: over {periods} periods the variance of their counts is {spread.index:.2g} times "
            f"their mean (p = {spread.p_clustered:.2g}), so {rate.events} events tell as much as "
            f"{rate.effective[0]:.3g} in {rate.effective[1]:.3g} years would of a Poisson process."
        )
    else:
        regular = spread.p_regular < 0.05
        yield (
            f"Over {periods} periods the variance of their counts is {spread.index:.2g} times their mean "
            f"({'more regular than chance, p = ' + format(spread.p_regular, '.2g') if regular else 'as chance would'}"
            f"{'' if regular else f' have it, p = {spread.p_clustered:.2g}'})."
        )
    if found.same_day:
        yield f"{found.same_day} events share their date with another; --once-a-day counts such dates once."
