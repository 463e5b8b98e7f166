"""An audit for a terminal, as plain data, as a section of a report, and its pictures."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import numpy as np
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from frenemy.forecast.forecast import READINGS
from frenemy.model.describe.wording import counted, plain, time
from frenemy.present.number_text import percent
from frenemy.present.percentage_points import with_error
from frenemy.present.section import Section
from frenemy.present.sheet import Picture, averaged, futures_text, run_footer
from frenemy.present.style import display_order
from frenemy.present.table import Grid
from frenemy.present.time_axis import day
from frenemy.studies.audit.findings import AuditFindings, RuleFindings
from frenemy.studies.audit.plots.stays import stays
from frenemy.studies.audit.plots.thresholds import definitions
from frenemy.studies.audit.tables import tables
from frenemy.studies.audit.thresholds import OddsCurve

__all__ = ["as_data", "as_text", "footer", "pictures", "section", "tables"]


def as_text(found: AuditFindings) -> RenderableType:
    """What each rule does, and how its numbers change the odds."""
    run = found.experiment
    head = f"{run.start} to {run.end}; {futures_text(run)}; seed {run.seed}. {averaged(run)}"
    parts: list[RenderableType] = [Text(f"{found.model.title} · {run.title}", "bold"), Text(head, "dim"), Text()]
    parts += [_odds_grid(found).rich(), Text()]
    for j, scenario in display_order(found.model):
        parts.append(Text.assemble(("■ ", scenario.colour), (scenario.label, "bold")))
        parts += [_indented(line) for line in _lines(found, found.rules[j])]
    parts += [_indented(line) for line in _overlaps(found)]
    note = (
        "A future can meet a rule without being in its scenario: `for` requires time, and a future leaves where "
        "`leave` holds."
    )
    if found.curves:
        grid = _curves_grid(found)
        parts += [Text(), grid.rich()]
        note += f" Last table: {grid.caption[0].lower()}{grid.caption[1:]}"
    return Group(*parts, Text(), Text(note, "dim"))


def _indented(line: str) -> Padding:
    return Padding(Text(line), (0, 0, 0, 2))


def pictures(found: AuditFindings) -> tuple[Picture, ...]:
    """The odds against the numbers of the rules, if there are any, and how long paths stay."""
    return (*((definitions.picture(found),) if found.curves else ()), stays.picture(found))


def footer(found: AuditFindings) -> str:
    """Draws and paths, seed and span."""
    return run_footer(found.experiment, futures_text(found.experiment, "path"))


def section(found: AuditFindings) -> Section:
    """The audit as a section of a report."""
    texts = (
        f"{scenario.label}. {' '.join(_lines(found, found.rules[j]))}" for j, scenario in display_order(found.model)
    )
    return Section(
        name="audit",
        title="How much do the odds depend on the definitions?",
        paragraphs=(averaged(found.experiment), *texts, " ".join(_overlaps(found))),
        pictures=pictures(found),
        tables=(_odds_grid(found), *((_curves_grid(found),) if found.curves else ())),
    )


def as_data(found: AuditFindings) -> dict[str, Any]:
    """The findings as plain data, ready for JSON; what is not known is null. Times are days."""
    names = [scenario.name for scenario in found.model.scenarios]
    data = {
        "model": found.model.title,
        "experiment": found.experiment.name,
        "seed": found.experiment.seed,
        "draws": found.experiment.uncertainty.draws,
        "paths": found.paths,
        "date": str(found.dates[found.tick]),
        "rules": [_rule_data(found, rule) for rule in found.rules],
        "overlaps": [{**asdict(o), "one": names[o.one], "other": names[o.other]} for o in found.overlaps],
        "definitions": [_curve_data(found, curve) for curve in found.curves],
    }
    known: dict[str, Any] = _known(data)
    return known


def _odds_grid(found: AuditFindings) -> Grid:
    rows = []
    for j, scenario in display_order(found.model):
        at, ever, share = (percent(float(found.odds[reading].probability[found.tick, j])) for reading in READINGS)
        name = Text.assemble(("■ ", scenario.colour), scenario.label)
        rows.append((name, at, share, ever, _percent(found.rules[j].stayed)))
    header = ("", f"on {day(found.dates[found.tick])}", "time share", "ever", "of these, still in it at the end")
    return Grid(caption="Odds, all readings of the same futures", header=header, rows=tuple(rows))


def _lines(found: AuditFindings, rule: RuleFindings) -> Iterator[str]:
    wait, tick = rule.waiting, found.experiment.tick
    ended = [f"{share} within {time(float(q) * tick)}" for share, q in _ends(rule) if not math.isnan(q)]
    lasting = f"A{', '.join(ended)[1:]}" if ended else "More than three quarters outlast the run"
    stay = f"{counted(rule.dwell.spells, 'stay')}. {lasting}." if rule.dwell.spells else "No future is ever in it."
    if found.model.scenarios[rule.scenario].default:
        yield stay
        return
    yield (
        f"The rule holds at some time in {percent(rule.ever_held.value)} of futures, and "
        f"{percent(rule.ever_inside.value)} enter. Of {wait.stretches:,} stretches in which it holds and that begin "
        f"outside, {_percent(wait.led)} lead to an entry."
    )
    yield (
        f"Time shares: rule holds {percent(rule.held.value)}; in the scenario {percent(rule.inside.value)}; outside "
        f"although the rule holds {percent(rule.held_outside.value)}; inside although it no longer holds "
        f"{percent(rule.inside_unheld.value)}."
    )
    if rule.dwell.spells == 0:
        return
    if len(rule.clauses) > 1:
        for clause in rule.clauses:
            yield f"“{clause.text}” holds at {_percent(clause.entries)} of entries, alone at {_percent(clause.alone)}."
    yield (
        f"Median time from the rule beginning to hold to entry: {time(wait.median)} (95 % within {time(wait.q95)}); "
        f"from the first day it holds to the first entry: {time(wait.first_median)} (95 % within "
        f"{time(wait.first_q95)})."
    )
    shares = zip(("never", "once", "twice", "more often"), rule.entries, strict=True)
    yield f"Entries: {', '.join(f'{name} {percent(share)}' for name, share in shares if share > 0)} of futures."
    yield stay


def _ends(rule: RuleFindings) -> Iterator[tuple[str, float]]:
    return zip(("a quarter ended", "half", "three quarters"), rule.dwell.quantiles.tolist(), strict=True)


def _overlaps(found: AuditFindings) -> Iterator[str]:
    labels = [scenario.label for scenario in found.model.scenarios]
    for item in found.overlaps:
        rules = f"The rules of {labels[item.one]} and {labels[item.other]}"
        if item.share.value == 0:
            yield f"{rules} never hold at once."
            continue
        yield (
            f"{rules} hold at once {percent(item.share.value)} of the time; futures are then in the first scenario "
            f"{percent(item.in_one)} of the time, in the second {percent(item.in_other)}."
        )


def _curves_grid(found: AuditFindings) -> Grid:
    rows = []
    for curve in found.curves:
        number, j = curve.quantity, curve.quantity.scenario
        odds = [f"{percent(low)} → {percent(high)}" for low, high in curve.odds[[0, -1], :, j].T]
        change = curve.change[-1, 0, j] - curve.change[0, 0, j]
        error = math.hypot(curve.change_se[0, 0, j], curve.change_se[-1, 0, j])
        values = (_value(curve, value) for value in (number.values[0], number.value, number.values[-1]))
        name = number.key if number.key.startswith("scenarios.") else f"{found.model.scenarios[j].name}: {number.key}"
        short = name.removeprefix("scenarios.").replace(".thresholds.", ".")
        rows.append((short, *values, odds[0], with_error(float(change), error), *odds[1:]))
    header = ("number", "from", "current", "to", day(found.dates[found.tick]), "change", "ever", "time share")
    others = "all others as drawn" if found.experiment.uncertainty.draws else "all others at their medians"
    caption = (
        f"One number of one rule at a time, as if known; {others}; on the same futures; ± is the Monte Carlo error "
        "(95 %) of the change."
    )
    return Grid(caption=caption, header=header, rows=tuple(rows))


def _value(curve: OddsCurve, value: float) -> str:
    return time(float(value)) if curve.quantity.unit == "days" else plain(float(value))


def _rule_data(found: AuditFindings, rule: RuleFindings) -> dict[str, Any]:
    shares = ("held", "inside", "held_outside", "inside_unheld", "ever_held", "ever_inside", "mean_entries")
    tick, stay = found.experiment.tick, rule.dwell
    return {
        "scenario": found.model.scenarios[rule.scenario].name,
        **{name: asdict(getattr(rule, name)) for name in shares},
        "stayed": rule.stayed,
        "clauses": [asdict(clause) for clause in rule.clauses],
        "waiting": asdict(rule.waiting),
        "entries": rule.entries,
        "stays": {
            "spells": stay.spells,
            "censored": stay.censored,
            "quartiles": stay.quantiles * tick,
            "quartiles_se": stay.quantiles_se * tick,
        },
        "odds": {reading: float(found.odds[reading].probability[found.tick, rule.scenario]) for reading in READINGS},
    }


def _curve_data(found: AuditFindings, curve: OddsCurve) -> dict[str, Any]:
    number, j = curve.quantity, curve.quantity.scenario
    return {
        "scenario": found.model.scenarios[j].name,
        "key": number.key,
        "unit": number.unit,
        "current": number.value,
        "values": number.values,
        **{reading: curve.odds[:, r, j] for r, reading in enumerate(READINGS)},
        "change_in_at": curve.change[:, 0, j],
        "change_in_at_se": curve.change_se[:, 0, j],
    }


def _known(value: Any) -> Any:
    """The same with lists for arrays and None for NaN."""
    match value:
        case dict():
            return {key: _known(item) for key, item in value.items()}
        case list() | tuple():
            return [_known(item) for item in value]
        case np.ndarray():
            return [_known(item) for item in value.tolist()]
        case float():
            return None if math.isnan(value) else value
        case _:
            return value


def _percent(share: float) -> str:
    return "–" if math.isnan(share) else percent(share)
