"""A fitted rate for a terminal, as files, as plain data and as a section of a report."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from frenemy.model.describe.wording import counted
from frenemy.present.section import Section
from frenemy.present.sheet import Picture
from frenemy.present.table import COUNT, TEXT, Columns, Grid
from frenemy.studies.fit.findings import RateFitFindings
from frenemy.studies.fit.plots.rate import fitted_rate
from frenemy.studies.fit.toml_text import trigger_toml
from frenemy.studies.fit.wording import FULL, column_of_file, rate_words

__all__ = ["as_data", "as_text", "footer", "pictures", "section", "tables"]

RATE = Columns(quantity=TEXT, value=FULL)
PERIODS = Columns({"from": TEXT}, events=COUNT)


def as_text(found: RateFitFindings) -> RenderableType:
    """The rate, its ranges, and whether events cluster."""
    rate = found.rate
    window = (
        f"{counted(rate.events, 'event')} from {found.since} to the day before {found.until} ({rate.years:.2f} years)"
    )
    return Group(
        Text(f"{found.trigger}: {rate.rate:.3g} a year", "bold"),
        Text(f"{column_of_file(found.data)}; {window}", "dim"),
        *(Text(sentence) for sentence in rate_words(found)),
    )


def _numbers(found: RateFitFindings) -> dict[str, float]:
    rate, spread = found.rate, found.rate.dispersion
    return {
        "events": rate.events, "years": rate.years, "rate": rate.rate, "q05": rate.q05, "median": rate.median,
        "q95": rate.q95, "exact_low": rate.exact[0], "exact_high": rate.exact[1], "periods": len(spread.counts),
        "dispersion": spread.index, "p_clustered": spread.p_clustered, "p_regular": spread.p_regular,
        "negative_binomial_size": spread.size, "likelihood_ratio": spread.gain, "p_likelihood_ratio": spread.p_gain,
        "effective_events": rate.effective[0], "effective_years": rate.effective[1],
    }  # fmt: skip


def tables(found: RateFitFindings) -> Mapping[str, str]:
    """rate.csv: the rate and its tests; periods.csv: counts of equal periods."""
    return {
        "rate.csv": RATE.csv(_numbers(found).items()),
        "periods.csv": PERIODS.csv(zip(found.starts, found.rate.dispersion.counts, strict=True)),
        "fitted.toml": trigger_toml(found),
    }


def as_data(found: RateFitFindings) -> dict[str, Any]:
    """Rate, intervals and dispersion, ready for JSON."""
    numbers = {name: value if math.isfinite(value) else None for name, value in _numbers(found).items()}
    return {
        "trigger": found.trigger, "file": found.data.file, "sha256": found.data.sha256, "since": str(found.since),
        "until": str(found.until), **numbers, "clustered": found.rate.dispersion.clustered,
        "telling": found.rate.dispersion.enough_events, "counts": found.rate.dispersion.counts.tolist(),
    }  # fmt: skip


def section(found: RateFitFindings) -> Section:
    """The section of a report."""
    rate = found.rate
    row = (
        found.trigger,
        str(rate.events),
        *(f"{value:.3g}" for value in (rate.years, rate.q05, rate.median, rate.q95)),
    )
    return Section(
        name=f"rate_{found.trigger}",
        title=f"How often {found.trigger} happens, from data",
        paragraphs=(f"{column_of_file(found.data)}.", " ".join(rate_words(found))),
        pictures=(fitted_rate.picture(found),),
        tables=(Grid(caption="Events a year", header=("", "events", "years", "5 %", "median", "95 %"), rows=(row,)),),
    )


def footer(found: RateFitFindings) -> str:
    """What was fitted, by hash."""
    return f"Frenemy · {counted(found.rate.events, 'event')} · sha256 {found.data.sha256[:12]}"


def pictures(found: RateFitFindings) -> tuple[Picture, ...]:
    """The one picture."""
    return (fitted_rate.picture(found),)
