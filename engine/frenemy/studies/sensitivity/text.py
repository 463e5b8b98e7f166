"""What moves the odds: for a terminal, as files, as plain data and as a section of a report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from rich.console import Group, RenderableType
from rich.text import Text

from frenemy.model.describe.parts import describe_judgement
from frenemy.model.describe.wording import counted
from frenemy.present.key_labels import key_label, with_unit
from frenemy.present.number_text import NBSP, percent
from frenemy.present.percentage_points import with_error
from frenemy.present.section import Section
from frenemy.present.sheet import Picture, run_footer
from frenemy.present.table import COUNT, PROBABILITY, SIGNIFICANT, TEXT, YES_NO, Columns, Grid, Row, decimals
from frenemy.studies.sensitivity.findings import OTHERS, SensitivityFindings
from frenemy.studies.sensitivity.plots.over_time import horizons
from frenemy.studies.sensitivity.plots.tornado import tornado_bars
from frenemy.studies.sensitivity.tornado import SIGNIFICANT_SE
from frenemy.studies.sensitivity.wording import odds_words

__all__ = ["NOT_FOUND", "as_data", "as_text", "footer", "one_line", "pictures", "section", "tables"]

NOT_FOUND = "not distinguishable from 0 at this budget"
CERTAIN = (
    "No number of this model is uncertain, so there is none to vary: give a range to those you are unsure of, such as "
    "{ q05 = 0.02, median = 0.06, q95 = 0.15 }."
)
AS_IF_INDEPENDENT = (
    "Some judgements are correlated, but here each number is varied as if they were independent: its bar and its "
    "indices say what it does by itself, not what its value would tell of the others."
)
ROWS = 12
"""Numbers listed on a terminal."""

WHICH = Columns(scenario=TEXT, reading=TEXT, date=TEXT)
CHANGES = ("odds", "change_q10", "change_q10_se", "change_q90", "change_q90_se", "swing", "swing_se")
TORNADO = (
    WHICH
    | Columns(key=TEXT, q10=SIGNIFICANT, median=SIGNIFICANT, q90=SIGNIFICANT)
    | Columns(dict.fromkeys(CHANGES, PROBABILITY))
    | Columns(futures=COUNT)
)
SHARE = decimals(4)
SOBOL = WHICH | Columns(
    key=TEXT, first=SHARE, first_error=SHARE, first_significant=YES_NO, total=SHARE, total_error=SHARE,
    total_significant=YES_NO, variance=SIGNIFICANT, noise_share=SHARE,
)  # fmt: skip
DERIVATIVES = Columns(trigger=TEXT, derivative=PROBABILITY, mc_se=PROBABILITY)


def one_line(found: SensitivityFindings) -> str:
    """`the odds of being in Total rift on 22 Jan 2030: 21 %, 68 numbers`."""
    odds = percent(float(found.tornado.odds[found.tick, found.scenario]))
    return f"{odds_words(found)}: {odds}, {counted(len(found.tornado.keys), 'number')}"


def tables(found: SensitivityFindings) -> Mapping[str, str]:
    """All tables by file name."""
    slopes = (
        (*which, *row) for which, tick, j in _assessments(found, found.report_ticks) for row in _slopes(found, tick, j)
    )
    written = {"tornado.csv": TORNADO.csv(_bars(found)), "derivatives.csv": (WHICH | DERIVATIVES).csv(slopes)}
    return written | ({"sobol.csv": SOBOL.csv(_indices(found))} if found.sobol.indices.groups else {})


def _assessments(
    found: SensitivityFindings, ticks: tuple[int, ...]
) -> Iterator[tuple[tuple[str, str, np.datetime64], int, int]]:
    """The first cells of a row, with tick and scenario, for the scenarios and some dates."""
    reading = found.experiment.sensitivity.reading
    for j, scenario in enumerate(found.model.scenarios):
        for tick in ticks:
            yield (scenario.name, reading, found.dates[tick]), tick, j


def _bars(found: SensitivityFindings) -> Iterator[Row]:
    bars = found.tornado
    for which, tick, j in _assessments(found, found.report_ticks):
        for n, key in enumerate(bars.keys):
            changes = (part[n, side, tick, j] for side in (0, 1) for part in (bars.change, bars.change_se))
            swing = bars.swing[n, tick, j], bars.swing_se[n, tick, j]
            yield *which, key, *bars.values[n], bars.odds[tick, j], *changes, *swing, int(bars.futures[n])


def _indices(found: SensitivityFindings) -> Iterator[Row]:
    at, horizon = found.sobol.indices, {tick: n for n, tick in enumerate(found.sobol.ticks)}
    for which, tick, j in _assessments(found, found.sobol.ticks):
        n = horizon[tick]
        for g, group in enumerate(at.groups):
            first = at.first[g, n, j], at.first_error[g, n, j], at.first_significant[g, n, j]
            total = at.total[g, n, j], at.total_error[g, n, j], at.total_significant[g, n, j]
            yield *which, group, *first, *total, at.variance[n, j], at.noise_share[n, j]


def _slopes(found: SensitivityFindings, tick: int, j: int) -> Iterator[Row]:
    slopes = found.derivatives
    for k, name in enumerate(slopes.triggers):
        yield name, slopes.value[k, tick, j], slopes.se[k, tick, j]


def as_data(found: SensitivityFindings) -> dict[str, Any]:
    """The sensitivities of the odds in question, as plain data."""
    bars, j, tick = found.tornado, found.scenario, found.tick
    return {
        "model": found.model.title,
        "experiment": found.experiment.name,
        "scenario": found.model.scenarios[j].name,
        "reading": found.experiment.sensitivity.reading,
        "date": str(found.dates[tick]),
        "seed": found.experiment.seed,
        "draws": found.experiment.uncertainty.draws,
        "paths": found.experiment.paths,
        "odds": float(bars.odds[tick, j]),
        "tornado": [_bar_data(found, place) for place in bars.order(tick, j)],
        "sobol": _sobol_data(found),
        "derivatives": DERIVATIVES.records(_slopes(found, tick, j)),
        **({"note": AS_IF_INDEPENDENT} if describe_judgement(found.model) else {}),
    }


def _bar_data(found: SensitivityFindings, place: int) -> dict[str, Any]:
    bars, j, tick = found.tornado, found.scenario, found.tick
    ends = {
        name: {
            "value": float(bars.values[place, 2 * side]),
            "change": float(bars.change[place, side, tick, j]),
            "mc_se": float(bars.change_se[place, side, tick, j]),
            "significant": bool(bars.significant[place, side, tick, j]),
        }
        for side, name in enumerate(("q10", "q90"))
    }
    key = bars.keys[place]
    numbers = {"median": float(bars.values[place, 1]), "futures": int(bars.futures[place])}
    return {"key": key, "label": key_label(key, found.model), **numbers, **ends}


def _sobol_data(found: SensitivityFindings) -> list[dict[str, Any]]:
    at, j = found.sobol.indices, found.scenario
    if not at.groups:
        return []
    n = found.sobol.ticks.index(found.tick)
    return [
        {
            "key": group,
            **{
                name: {"index": float(value[place, n, j]), "error": float(error[place, n, j])}
                if significant[place, n, j]
                else NOT_FOUND
                for name, value, error, significant in (
                    ("first", at.first, at.first_error, at.first_significant),
                    ("total", at.total, at.total_error, at.total_significant),
                )
            },
        }
        for place, group in enumerate(at.groups)
    ]


def pictures(found: SensitivityFindings) -> tuple[Picture, ...]:
    """The tornado, and which number matters at which horizon; none where no number is uncertain."""
    return (tornado_bars.picture(found), horizons.picture(found)) if found.tornado.keys else ()


def footer(found: SensitivityFindings) -> str:
    """Paths, seed and span."""
    return run_footer(found.experiment, _futures(found, "path"))


def _averaged(found: SensitivityFindings) -> str:
    """Over what the odds are averaged, as a sentence."""
    if not found.experiment.uncertainty.draws:
        return "Every uncertain number is at its median."
    return "Odds are means over draws of the uncertain numbers and over chance."


def _futures(found: SensitivityFindings, noun: str = "future") -> str:
    """`1,264 to 10,112 futures for each number, more where a long bar was not clear`."""
    each = found.tornado.futures
    least, most = (int(each.min()), int(each.max())) if len(each) else (found.experiment.paths,) * 2
    if least == most:
        return f"{counted(most, noun)} for each number"
    return f"{least:,} to {counted(most, noun)} for each number, more where a long bar was not clear"


def as_text(found: SensitivityFindings) -> RenderableType:
    """The odds in question: the longest bars, the indices, the derivatives."""
    odds = percent(float(found.tornado.odds[found.tick, found.scenario]))
    about = f"What moves {odds_words(found)}: {odds}. {_averaged(found)}"
    parts: list[RenderableType] = [Text(f"{found.model.title} · {found.experiment.title}", "bold"), Text(about), Text()]
    parts += [] if found.tornado.keys else [Text(CERTAIN), Text()]
    for grid in _grids(found):
        parts += [Text(grid.caption), grid.rich(), Text()]
    return Group(*parts, Text(_how_to_read(found), "dim"))


def section(found: SensitivityFindings) -> Section:
    """The sensitivities as a section of a report."""
    return Section(
        name="sensitivity",
        title="Which assumption matters?",
        paragraphs=(*(() if found.tornado.keys else (CERTAIN,)), _how_to_read(found)),
        pictures=pictures(found),
        tables=tuple(_grids(found)),
    )


def _grids(found: SensitivityFindings) -> Iterator[Grid]:
    if found.tornado.keys:
        yield _bar_grid(found)
    if found.sobol.indices.groups:
        yield _sobol_grid(found)
    if found.derivatives.triggers:
        yield _slope_grid(found)


def _marked(text: str, *, significant: bool) -> Text:
    """Grey where it is not distinguishable from noise."""
    return Text(text, "" if significant else "dim")


def _bar_grid(found: SensitivityFindings) -> Grid:
    bars, j, tick = found.tornado, found.scenario, found.tick

    def row(n: int) -> tuple[str | Text, ...]:
        ends = (
            _marked(
                with_error(float(bars.change[n, side, tick, j]), float(bars.change_se[n, side, tick, j])),
                significant=bool(bars.significant[n, side, tick, j]),
            )
            for side in (0, 1)
        )
        return (
            key_label(bars.keys[n], found.model),
            *(with_unit(bars.keys[n], float(bars.values[n, end]), found.model) for end in (0, 2)),
            *ends,
        )

    return Grid(
        caption="Each number alone: change of the odds in percentage points",
        header=("", f"10{NBSP}% point", f"90{NBSP}% point", f"change at 10{NBSP}%", f"change at 90{NBSP}%"),
        rows=tuple(row(n) for n in bars.order(tick, j)[:ROWS]),
    )


def _sobol_grid(found: SensitivityFindings) -> Grid:
    at, j = found.sobol.indices, found.scenario
    n = found.sobol.ticks.index(found.tick)

    def share(value: float, error: float, *, significant: bool) -> str:
        return f"{100 * value:.0f} ± {100 * error:.0f} %" if significant else "–"

    rows = tuple(
        (
            key_label(at.groups[g], found.model),
            share(at.first[g, n, j], at.first_error[g, n, j], significant=bool(at.first_significant[g, n, j])),
            share(at.total[g, n, j], at.total_error[g, n, j], significant=bool(at.total_significant[g, n, j])),
        )
        for g in np.argsort(-np.nan_to_num(at.total[:, n, j]), kind="stable")
    )
    return Grid(caption="All numbers varying: share of the variance", header=("", "first-order", "total"), rows=rows)


def _slope_grid(found: SensitivityFindings) -> Grid:
    slopes, j, tick = found.derivatives, found.scenario, found.tick
    labels = {trigger.name: trigger.label for trigger in found.model.triggers}

    def row(k: int) -> tuple[str | Text, ...]:
        value, error = (float(np.log(1.1) * part[k, tick, j]) for part in (slopes.value, slopes.se))
        text = f"{100 * value:+.2f} ± {196 * error:.2f}".replace("-", "−")
        return labels[slopes.triggers[k]], _marked(text, significant=abs(value) > SIGNIFICANT_SE * error)

    return Grid(
        caption="Each trigger's own rate a tenth higher: change of the odds in percentage points",
        header=("", "change"),
        rows=tuple(row(k) for k in np.argsort(-np.abs(slopes.value[:, tick, j]), kind="stable")[:ROWS]),
    )


def _how_to_read(found: SensitivityFindings) -> str:
    text = (
        f"{_futures(found)}, all on the same noise; ±: 95 % Monte Carlo error of the "
        "difference; grey: within Monte Carlo error, at three standard errors."
    )
    if found.sobol.indices.groups:
        n, j = found.sobol.ticks.index(found.tick), found.scenario
        noise = percent(float(found.sobol.indices.noise_share[n, j]))
        text += (
            " First-order: the share of the variance from the number alone; total: with its interactions (Sobol "
            f"indices from {counted(found.sobol.samples, 'row')} of a design, "
            f"{counted(found.sobol.paths, 'future')} each); –: "
            f"{NOT_FOUND}; “{OTHERS}” is one group. Monte Carlo error, subtracted: {noise} of the raw variance."
        )
    return f"{text} {AS_IF_INDEPENDENT}" if describe_judgement(found.model) else text
