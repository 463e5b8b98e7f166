"""The tables of an audit: times are days, shares 0-1, `…_se` Monte Carlo standard errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from frenemy.forecast.forecast import READINGS
from frenemy.present.table import COUNT, DAYS, PROBABILITY, SIGNIFICANT, TEXT, Columns, Format
from frenemy.studies.audit.findings import AuditFindings, Share

__all__ = ["tables"]

Rows = Iterator[Sequence[Any]]
SHARES = {
    "paths_in": "ever_inside", "paths_held": "ever_held", "held": "held", "inside": "inside",
    "held_outside": "held_outside", "inside_unheld": "inside_unheld",
}  # fmt: skip
"""Columns of shares, and the field of the findings for each."""


def _with_errors(*names: str) -> dict[str, Format]:
    return {f"{name}{error}": PROBABILITY for name in names for error in ("", "_se")}


RULES = Columns(
    {"scenario": TEXT, **_with_errors(*SHARES), "stayed": PROBABILITY, **_with_errors("entries")},
    never=PROBABILITY, once=PROBABILITY, twice=PROBABILITY, three_or_more=PROBABILITY, wait_median=DAYS, wait_q95=DAYS,
    held_back=PROBABILITY, first_wait_median=DAYS, first_wait_q95=DAYS, stretches=COUNT, stretches_led=PROBABILITY,
)  # fmt: skip
CLAUSES = Columns(scenario=TEXT, clause=TEXT, held=PROBABILITY, at_entry=PROBABILITY, alone_at_entry=PROBABILITY)
OVERLAPS = Columns(
    {"scenario": TEXT, "other": TEXT, **_with_errors("share")}, in_scenario=PROBABILITY, in_other=PROBABILITY
)
STAYS = Columns({"scenario": TEXT, "days": COUNT, **_with_errors("survival")})
ODDS = Columns(scenario=TEXT, reading=TEXT, date=TEXT, probability=PROBABILITY, mc_se=PROBABILITY)
DEFINITIONS = (
    Columns(key=TEXT, value=SIGNIFICANT, unit=TEXT, current=SIGNIFICANT) | ODDS | Columns(_with_errors("change"))
)


def tables(found: AuditFindings) -> Mapping[str, str]:
    """All tables by file name."""
    return {
        "rules.csv": RULES.csv(_rules(found)),
        "clauses.csv": CLAUSES.csv(_clauses(found)),
        "overlaps.csv": OVERLAPS.csv(_overlaps(found)),
        "stays.csv": STAYS.csv(_stays(found)),
        "readings.csv": ODDS.csv(_odds(found)),
        "definitions.csv": DEFINITIONS.csv(_definitions(found)),
    }


def _pair(share: Share) -> tuple[float, float]:
    return share.value, share.mc_se


def _rules(found: AuditFindings) -> Rows:
    for rule in found.rules:
        wait = rule.waiting
        shares = (number for field in SHARES.values() for number in _pair(getattr(rule, field)))
        yield (
            found.model.scenarios[rule.scenario].name, *shares, rule.stayed, *_pair(rule.mean_entries), *rule.entries,
            wait.median, wait.q95, wait.held_back, wait.first_median, wait.first_q95, wait.stretches, wait.led,
        )  # fmt: skip


def _clauses(found: AuditFindings) -> Rows:
    for rule in found.rules:
        for clause in rule.clauses:
            name = found.model.scenarios[rule.scenario].name
            yield name, clause.text, clause.held, clause.entries, clause.alone


def _overlaps(found: AuditFindings) -> Rows:
    names = [scenario.name for scenario in found.model.scenarios]
    for item in found.overlaps:
        yield names[item.one], names[item.other], *_pair(item.share), item.in_one, item.in_other


def _stays(found: AuditFindings) -> Rows:
    for rule in found.rules:
        stay, name = rule.dwell, found.model.scenarios[rule.scenario].name
        for time, share, error in zip(stay.times, stay.survival, stay.survival_se, strict=True):
            yield name, int(time) * found.experiment.tick, share, error


def _odds(found: AuditFindings) -> Rows:
    for j, scenario in enumerate(found.model.scenarios):
        for reading in READINGS:
            probability, mc_se = found.odds[reading].probability, found.odds[reading].mc_se
            for n, date in enumerate(found.dates):
                yield scenario.name, reading, date, probability[n, j], mc_se[n, j]


def _definitions(found: AuditFindings) -> Rows:
    date = found.dates[found.tick]
    for curve in found.curves:
        number = curve.quantity
        for v, value in enumerate(number.values):
            head = (number.key, value, number.unit, number.value)
            for j, scenario in enumerate(found.model.scenarios):
                for r, reading in enumerate(READINGS):
                    odds = (part[v, r, j] for part in (curve.odds, curve.mc_se, curve.change, curve.change_se))
                    yield *head, scenario.name, reading, date, *odds
