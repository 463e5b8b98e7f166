"""The tables of an audit as CSV text: the same findings give the same bytes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from frenemy.forecast.forecast import READINGS
from frenemy.present.csv_text import csv_text, fixed
from frenemy.studies.audit.findings import AuditFindings, RuleFindings, Share

__all__ = ["tables"]

Cells = Sequence[str]
RULES = (
    "scenario", "paths_in", "paths_in_se", "paths_held", "paths_held_se", "held", "held_se", "inside", "inside_se",
    "held_outside", "held_outside_se", "inside_unheld", "inside_unheld_se", "stayed", "entries", "entries_se",
    "never", "once", "twice", "three_or_more", "wait_median", "wait_q95", "held_back", "first_wait_median",
    "first_wait_q95", "stretches", "stretches_led",
)  # fmt: skip
CLAUSES = ("scenario", "clause", "held", "at_entry", "alone_at_entry")
OVERLAPS = ("scenario", "other", "share", "share_se", "in_scenario", "in_other")
STAYS = ("scenario", "days", "survival", "survival_se")
READ = ("scenario", "reading", "date", "probability", "mc_se")
DEFINITIONS = (
    "key", "value", "unit", "as_it_is", "scenario", "reading", "date", "probability", "mc_se", "change", "change_se",
)  # fmt: skip


def tables(found: AuditFindings) -> Mapping[str, str]:
    """All tables by file name. Times are days, shares 0-1, `…_se` Monte Carlo standard errors."""
    return {
        "rules.csv": csv_text(RULES, (_rule(found, rule) for rule in found.rules)),
        "clauses.csv": csv_text(CLAUSES, _clauses(found)),
        "overlaps.csv": csv_text(OVERLAPS, _overlaps(found)),
        "stays.csv": csv_text(STAYS, _stays(found)),
        "readings.csv": csv_text(READ, _readings(found)),
        "definitions.csv": csv_text(DEFINITIONS, _definitions(found)),
    }


def _share(share: Share) -> Cells:
    return fixed(share.value, 6), fixed(share.mc_se, 6)


def _rule(found: AuditFindings, rule: RuleFindings) -> Cells:
    wait = rule.waiting
    return (
        found.model.scenarios[rule.scenario].name,
        *_share(rule.ever_inside),
        *_share(rule.ever_held),
        *_share(rule.held),
        *_share(rule.inside),
        *_share(rule.held_outside),
        *_share(rule.inside_unheld),
        fixed(rule.stayed, 6),
        *_share(rule.mean_entries),
        *(fixed(float(share), 6) for share in rule.entries),
        fixed(wait.median, 0),
        fixed(wait.q95, 0),
        fixed(wait.held_back, 6),
        fixed(wait.first_median, 0),
        fixed(wait.first_q95, 0),
        str(wait.stretches),
        fixed(wait.led, 6),
    )


def _clauses(found: AuditFindings) -> Iterator[Cells]:
    for rule in found.rules:
        for clause in rule.clauses:
            shares = (fixed(value, 6) for value in (clause.held, clause.entries, clause.alone))
            yield found.model.scenarios[rule.scenario].name, clause.text, *shares


def _overlaps(found: AuditFindings) -> Iterator[Cells]:
    names = [scenario.name for scenario in found.model.scenarios]
    for item in found.overlaps:
        where = fixed(item.in_one, 6), fixed(item.in_other, 6)
        yield names[item.one], names[item.other], *_share(item.share), *where


def _stays(found: AuditFindings) -> Iterator[Cells]:
    for rule in found.rules:
        stay = rule.dwell
        for time, share, error in zip(stay.times, stay.survival, stay.survival_se, strict=True):
            days = str(int(time) * found.experiment.tick)
            yield found.model.scenarios[rule.scenario].name, days, fixed(float(share), 6), fixed(float(error), 6)


def _readings(found: AuditFindings) -> Iterator[Cells]:
    for j, scenario in enumerate(found.model.scenarios):
        for reading in READINGS:
            probability, mc_se = found.odds[reading]
            for n, date in enumerate(found.dates):
                yield scenario.name, reading, str(date), fixed(probability[n, j], 6), fixed(mc_se[n, j], 6)


def _definitions(found: AuditFindings) -> Iterator[Cells]:
    date = str(found.dates[found.tick])
    for curve in found.curves:
        asked = curve.quantity
        for v, value in enumerate(asked.values):
            head = (asked.key, f"{value:g}", asked.unit, f"{asked.value:g}")
            for j, scenario in enumerate(found.model.scenarios):
                for r, reading in enumerate(READINGS):
                    numbers = (part[v, r, j] for part in (curve.odds, curve.mc_se, curve.change, curve.change_se))
                    yield *head, scenario.name, reading, date, *(fixed(float(number), 6) for number in numbers)
