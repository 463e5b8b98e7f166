"""An audit for a terminal, as plain data, and its pictures."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import numpy as np
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from frenemy.forecast.forecast import READINGS
from frenemy.model.describe.wording import plain, time
from frenemy.present.number_text import percent
from frenemy.present.percentage_points import with_error
from frenemy.present.section import Section, grid
from frenemy.present.sheet import Picture, run_footer
from frenemy.present.style import display_order
from frenemy.studies.audit.findings import AuditFindings, RuleFindings
from frenemy.studies.audit.plots import stays, thresholds
from frenemy.studies.audit.tables import tables
from frenemy.studies.audit.thresholds import OddsCurve

__all__ = ["as_data", "as_text", "footer", "pictures", "section", "tables"]


def as_text(found: AuditFindings) -> RenderableType:
    """What each rule does, and what its numbers do to the odds."""
    run = found.experiment
    head = f"{run.start} to {run.end}; {found.paths:,} futures at the medians; seed {run.seed}"
    parts: list[RenderableType] = [Text(f"{found.model.title}: {run.title}", "bold"), Text(head, "dim"), Text()]
    parts += [_readings(found), Text()]
    for j, scenario in display_order(found.model):
        rule = found.rules[j]
        parts.append(Text.assemble(("■ ", scenario.colour), (scenario.label, "bold")))
        parts += [_indented(line) for line in _lines(found, rule)]
    parts += [_indented(line) for line in _overlaps(found)]
    if found.curves:
        parts += [Text(), _curves(found)]
    note = (
        "Paths may hold a rule without being in its scenario: `for` asks for time, and paths leave where `leave` holds."
    )
    if found.curves:
        note += (
            " The last table varies one number on the same futures; ± is the Monte Carlo error (95 %) of the change."
        )
    return Group(*parts, Text(), Text(note, "dim"))


def _indented(line: str) -> Padding:
    return Padding(Text(line), (0, 0, 0, 2))


def pictures(found: AuditFindings) -> tuple[Picture, ...]:
    """What the numbers of the rules do to the odds, if there are any, and how long paths stay."""
    return (*((thresholds.picture(found),) if found.curves else ()), stays.picture(found))


def footer(found: AuditFindings) -> str:
    """Paths, seed and span."""
    return run_footer(found.experiment, f"{found.paths:,} paths")


def section(found: AuditFindings) -> Section:
    """The audit as a section of a report."""
    texts = []
    for j, scenario in display_order(found.model):
        texts.append(f"{scenario.label}. {' '.join(_lines(found, found.rules[j]))}")
    varied = "One number of one rule at a time, on the same futures; ± is the Monte Carlo error (95 %) of the change."
    tables = [grid(_readings(found), "The readings of the odds, of the same futures")]
    if found.curves:
        tables.append(grid(_curves(found), varied))
    return Section(
        name="audit",
        title="How much rests on the definitions?",
        paragraphs=(*texts, " ".join(_overlaps(found))),
        pictures=pictures(found),
        tables=tuple(tables),
    )


def as_data(found: AuditFindings) -> dict[str, Any]:
    """The findings as plain data, ready for JSON; what is not known is null. Times are days."""
    names = [scenario.name for scenario in found.model.scenarios]
    data = {
        "model": found.model.title,
        "experiment": found.experiment.name,
        "seed": found.experiment.seed,
        "paths": found.paths,
        "date": str(found.dates[found.tick]),
        "rules": [_rule_data(found, rule) for rule in found.rules],
        "overlaps": [{**asdict(o), "one": names[o.one], "other": names[o.other]} for o in found.overlaps],
        "definitions": [_curve_data(found, curve) for curve in found.curves],
    }
    known: dict[str, Any] = _known(data)
    return known


def _readings(found: AuditFindings) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("")
    columns = (f"in it {found.dates[found.tick]}", "ever", "of time", "still in it, of those ever in it")
    for column in columns:
        table.add_column(column, justify="right")
    for j, scenario in display_order(found.model):
        odds = (percent(float(found.odds[reading][0][found.tick, j])) for reading in READINGS)
        table.add_row(Text.assemble(("■ ", scenario.colour), scenario.label), *odds, _percent(found.rules[j].stayed))
    return table


def _lines(found: AuditFindings, rule: RuleFindings) -> Iterator[str]:
    wait, tick = rule.waiting, found.experiment.tick
    ended = [f"{share} after {time(float(q) * tick)}" for share, q in _ends(rule) if not math.isnan(q)]
    lasting = f"over are {', '.join(ended)}" if ended else "more than three quarters outlast the run"
    stay = f"Stays: {rule.dwell.spells:,}; {lasting}." if rule.dwell.spells else "No path is ever in it."
    if found.model.scenarios[rule.scenario].default:
        yield stay
        return
    yield (
        f"The rule holds at some time in {percent(rule.ever_held.value)} of futures and lets in "
        f"{percent(rule.ever_inside.value)}; "
        f"{_percent(wait.led)} of {wait.stretches:,} stretches that begin outside lead in."
    )
    yield (
        f"Of all time: rule holds {percent(rule.held.value)}, in it {percent(rule.inside.value)}; holds but elsewhere "
        f"{percent(rule.held_outside.value)}; in it though it no longer holds {percent(rule.inside_unheld.value)}."
    )
    if rule.dwell.spells == 0:
        return
    if len(rule.clauses) > 1:
        for clause in rule.clauses:
            yield f"{clause.text}: at {_percent(clause.entries)} of entries, alone at {_percent(clause.alone)}."
    yield (
        f"From the rule holding to entry: {time(wait.median)} (95 % by {time(wait.q95)}); from its first holding "
        f"to the first entry: {time(wait.first_median)} (95 % by {time(wait.first_q95)})."
    )
    shares = zip(("never", "once", "twice", "more often"), rule.entries, strict=True)
    yield f"Entries: {', '.join(f'{name} {percent(share)}' for name, share in shares if share > 0)} of futures."
    yield stay


def _ends(rule: RuleFindings) -> Iterator[tuple[str, float]]:
    return zip(("a quarter", "half", "three quarters"), rule.dwell.quantiles.tolist(), strict=True)


def _overlaps(found: AuditFindings) -> Iterator[str]:
    labels = [scenario.label for scenario in found.model.scenarios]
    for item in found.overlaps:
        if item.share.value == 0:
            yield f"The rules of {labels[item.one]} and {labels[item.other]} never hold at once."
            continue
        yield (
            f"The rules of {labels[item.one]} and {labels[item.other]} hold at once {percent(item.share.value)} "
            "of the time: "
            f"{percent(item.in_one)} of it in the first, {percent(item.in_other)} in the second."
        )


def _curves(found: AuditFindings) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("number")
    for column in ("from", "as it is", "to", f"odds {found.dates[found.tick]}", "change", "ever", "of time"):
        table.add_column(column, justify="right", no_wrap=True)
    for curve in found.curves:
        asked, j = curve.quantity, curve.quantity.scenario
        ends = curve.odds[[0, -1], :, j]
        odds = [f"{percent(low)} → {percent(high)}" for low, high in ends.T]
        change = curve.change[-1, 0, j] - curve.change[0, 0, j]
        error = math.hypot(curve.change_se[0, 0, j], curve.change_se[-1, 0, j])
        values = (_value(curve, value) for value in (asked.values[0], asked.value, asked.values[-1]))
        name = asked.key if asked.key.startswith("scenarios.") else f"{found.model.scenarios[j].name}: {asked.key}"
        short = name.removeprefix("scenarios.").replace(".thresholds.", ".")
        table.add_row(
            short, *values, odds[0], with_error(float(change), error), *odds[1:]
        )  # fmt: skip
    return table


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
        "odds": {reading: float(found.odds[reading][0][found.tick, rule.scenario]) for reading in READINGS},
    }


def _curve_data(found: AuditFindings, curve: OddsCurve) -> dict[str, Any]:
    asked, j = curve.quantity, curve.quantity.scenario
    odds: dict[str, Any] = {reading: curve.odds[:, r, j] for r, reading in enumerate(READINGS)}
    return {
        "scenario": found.model.scenarios[j].name,
        "key": asked.key,
        "unit": asked.unit,
        "as_it_is": asked.value,
        "values": asked.values,
        **odds,
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
