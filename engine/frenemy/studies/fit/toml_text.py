"""Fitted numbers as written in drivers.toml: quantiles with their source, the method in comments."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Sequence

from frenemy.model.describe.wording import counted
from frenemy.present.number_text import and_list
from frenemy.studies.fit.findings import DriverFitFindings, RateFitFindings
from frenemy.studies.fit.standard_errors import Spread
from frenemy.studies.fit.wording import METHOD, caveats, duration, of_file, parameter_words, rate_words, record_words

__all__ = ["driver_toml", "trigger_toml"]

WIDTH = 118
EXAMPLES = {"start": "40", "long_run": "40", "half_life": '"26w"', "volatility": "10"}
"""The keys that every driver needs."""


def driver_toml(found: DriverFitFindings) -> str:
    """The keys of `[drivers.NAME]` that the series informs.

    Numbers that the data leave open are commented out: all if the half-life may exceed three times the record, and a
    volatility that is uncertain by more than a factor of a hundred. A last comment names the keys that are missing.
    """
    fit, name = found.fit, found.driver
    source = f"fit: {of_file(found.data)}, {record_words(found)}"
    rows = [*_rows(found)]
    lines = [
        *_comment(f"Fitted to {of_file(found.data)} (sha256 {found.data.sha256[:16]}): {record_words(found)}."),
        *_comment(f"Method: {METHOD}. Ranges are of 90 %: the half-life's by profile likelihood, others by curvature."),
        *_comment(" ".join(parameter_words(found))),
        *(line for caveat in caveats(fit) for line in _comment(f"Careful: {caveat}")),
        f"[drivers.{name}]",
        *_comment(_missing(rows)),
        *(f"{'' if known else '# '}{key} = {value}" for key, value, known in rows),
        "",
        f"[drivers.{name}.sources]",
        *(f"{'' if known else '# '}{key} = {_string(source)}" for key, _, known in rows),
    ]
    return "\n".join(lines) + "\n"


def _rows(found: DriverFitFindings) -> Iterator[tuple[str, str, bool]]:
    """Key, value, and whether the data inform it enough."""
    fit = found.fit
    for estimate in found.index_estimates:
        start = estimate.index_map.index(float(fit.level[-1]))
        yield "start", _plain(start), 0 < start < 100
        yield "long_run", _numbers(_rising(estimate.long_run)), fit.known
    if fit.has_half_life:
        ends = (fit.interval.low, fit.best.half_life, fit.interval.high)
        yield "half_life", _table([json.dumps(duration(value)) for value in _apart(ends)]), fit.known
    for estimate in found.index_estimates:
        spread = estimate.volatility
        yield "volatility", _numbers(_rising(spread)), fit.known and spread.q95 < min(100 * spread.q05, 100)


def _missing(rows: Sequence[tuple[str, str, bool]]) -> str:
    """Which keys are to be added before the table is a whole driver; empty if none."""
    missing = [key for key in EXAMPLES if key not in {key for key, _, known in rows if known}]
    if not missing:
        return ""
    lines = and_list(f"{key} (such as {EXAMPLES[key]})" for key in missing)
    anchors = "" if any(key == "start" for key, _, _ in rows) else " Two anchors give a start and a long run."
    return f"Not a whole driver yet: add {lines}, from your own judgement.{anchors}"


def trigger_toml(found: RateFitFindings) -> str:
    """`[triggers.NAME]` with its history: n events in y years, fewer of both where events come in clusters."""
    events, years = found.rate.effective
    source = f"fit: {of_file(found.data)}, {counted(found.rate.events, 'event')} from {found.since} to {found.until}"
    lines = [
        *_comment(
            f"Fitted to {of_file(found.data)} (sha256 {found.data.sha256[:16]}): "
            f"{counted(found.rate.events, 'event')} from "
            f"{found.since} to the day before {found.until}, {found.rate.years:.4g} years in which each would have "
            "been seen."
        ),
        *_comment("Method: Gamma posterior of a Poisson rate with Jeffreys' prior, events + 1/2 in so many years."),
        *_comment(" ".join(rate_words(found))),
        f"[triggers.{found.trigger}]",
        f"history = {{ events = {_plain(events)}, years = {_plain(years)}, source = {_string(source)} }}",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _rising(spread: Spread) -> tuple[float, float, float]:
    return _apart((spread.q05, spread.value, spread.q95))


def _apart(values: Sequence[float]) -> tuple[float, float, float]:
    """Three values that rise even when written with three digits."""
    low, middle, high = values
    return min(low, middle * 0.99), middle, max(high, middle * 1.01)


def _numbers(values: Sequence[float]) -> str:
    return _table([_plain(value) for value in values])


def _table(texts: Sequence[str]) -> str:
    return "{ " + ", ".join(f"{key} = {text}" for key, text in zip(("q05", "median", "q95"), texts, strict=True)) + " }"


def _plain(value: float) -> str:
    """A number of four digits as TOML."""
    return f"{float(f'{value:.4g}'):.10g}"


def _string(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _comment(text: str) -> Iterator[str]:
    yield from textwrap.wrap(text, WIDTH, initial_indent="# ", subsequent_indent="# ") if text else ()
