"""The tables of an update, and the same as plain data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from frenemy.forecast.forecast import Reading, report_ticks
from frenemy.forecast.tables import BANDS
from frenemy.model.evidence.entries import EpisodeEnd
from frenemy.model.evidence.resolve import EntryStatus
from frenemy.present.csv_text import csv_text, fixed
from frenemy.studies.update.findings import Posterior, PosteriorNumber, UpdateFindings

__all__ = ["GOES_ON", "as_data", "odds_csv", "state_of", "tables"]

GOES_ON = "not over yet"
"""Of the end of an episode that is still ahead: what counts is that it has not come."""

READINGS: tuple[Reading, ...] = ("at", "ever")
Cells = Sequence[str]


def tables(found: UpdateFindings) -> Mapping[str, str]:
    """All tables by file name."""
    return {
        "odds.csv": odds_csv(found),
        "fan.csv": _fan_csv(found.after),
        "drivers.csv": _drivers_csv(found.after),
        "numbers.csv": _numbers_csv(found),
        "news.csv": _news_csv(found.after),
        "ledger.csv": _ledger_csv(found),
    }


def odds_csv(found: UpdateFindings) -> str:
    """Odds before and after the evidence at the dates of the report; and without what was left out, if anything was."""
    header = ["scenario", "reading", "date", "before", "before_se", "after", "after_se", *BANDS]
    if found.left_out:
        header += ["without", "without_se"]
    return csv_text(header, _odds(found))


def _odds(found: UpdateFindings) -> Iterator[Cells]:
    after = found.after
    for j, scenario in enumerate(after.model.scenarios):
        for reading in READINGS:
            for tick in report_ticks(after.experiment):
                pairs = [found.before, after, *([found.without] if found.left_out else [])]
                odds = [each.odds[reading] for each in pairs]
                both = [fixed(float(x[tick, j]), 6) for each in odds for x in (each.probability, each.mc_se)]
                bands = [fixed(float(q), 6) for q in odds[1].quantiles[:, tick, j]]
                yield (scenario.name, reading, str(after.dates[tick + 1]), *both[:4], *bands, *both[4:])


def _fan_csv(after: Posterior) -> str:
    """Odds at each assessment: of the past as it looks now, of the past as it looked then, of the future."""
    header = ("date", "scenario", "part", "probability", "mc_se", *BANDS, "known_then", "known_then_se")
    odds = after.odds["at"]
    rows = (
        (
            str(after.dates[tick + 1]),
            scenario.name,
            "past" if tick < after.now else "future",
            fixed(float(odds.probability[tick, j]), 6),
            fixed(float(odds.mc_se[tick, j]), 6),
            *(fixed(float(q), 6) for q in odds.quantiles[:, tick, j]),
            *(fixed(float(x[tick, j]), 6) if tick < after.now else "" for x in (after.filtered, after.filtered_se)),
        )
        for tick in range(after.experiment.ticks)
        for j, scenario in enumerate(after.model.scenarios)
    )
    return csv_text(header, rows)


def _drivers_csv(after: Posterior) -> str:
    """Levels at each tick: of the past as it looks now, of the past as it looked then, of the future."""
    header = ("date", "driver", "part", "mean", "sd", *BANDS, "known_then", "known_then_sd")
    fan, then = after.drivers, after.drivers_filtered
    rows = (
        (
            str(after.dates[tick]),
            driver.name,
            "past" if tick <= after.now else "future",
            fixed(float(fan.mean[tick, i]), 3),
            fixed(float(fan.sd[tick, i]), 3),
            *(fixed(float(q), 3) for q in fan.quantiles[:, tick, i]),
            *(fixed(float(x[tick, i]), 3) if tick <= after.now else "" for x in (then.mean, then.sd)),
        )
        for tick in range(after.experiment.ticks + 1)
        for i, driver in enumerate(after.model.drivers)
    )
    return csv_text(header, rows)


def _numbers_csv(found: UpdateFindings) -> str:
    """Each uncertain number before and after, those of which most was learnt first."""
    header = (
        "key",
        *(f"before_{q}" for q in BANDS),
        *(f"after_{q}" for q in BANDS),
        "after_mean",
        "shift",
        "narrowing",
    )
    rows = (
        (
            of.key,
            *(f"{float(q):.6g}" for q in (*of.prior_quantiles, *of.posterior_quantiles, of.posterior_mean)),
            fixed(of.shift, 3),
            fixed(of.narrowing, 3),
        )
        for of in found.learnt
    )
    return csv_text(header, rows)


def _news_csv(after: Posterior) -> str:
    """What the entries of each date weighed, and how many particles bear them out."""
    header = (
        "date", "entries", "log_evidence", "log_evidence_se", "effective_particles", "effective_draws", "moved",
    )  # fmt: skip
    rows = (
        (
            str(news.date),
            " ".join(news.entries),
            fixed(news.log_evidence, 4),
            fixed(news.log_evidence_se, 4),
            fixed(news.effective, 1),
            fixed(news.effective_draws, 1),
            fixed(news.moved, 3),
        )
        for news in after.news
    )
    return csv_text(header, rows)


def state_of(note: EntryStatus, found: UpdateFindings) -> str:
    """Whether an entry counts, and if not, why."""
    if not note.on:
        return "off"
    if note.name in found.evidence.outside:
        return "outside the run"
    known = {entry.entry: entry for entry in found.after.ledger.entries}
    if note.name not in known:
        return "not yet known"
    if note.name in found.left_out:
        return "left out"
    entry = known[note.name]
    return GOES_ON if isinstance(entry, EpisodeEnd) and entry.last < note.last else "counts"


def _ledger_csv(found: UpdateFindings) -> str:
    """Every entry of every ledger, and whether it counts."""
    header = ("name", "kind", "about", "label", "first", "last", "state", "source", "note", "ledger")
    rows = (
        (
            note.name, note.kind, note.about, note.label, str(note.first), str(note.last), state_of(note, found),
            note.source, note.note, note.ledger,
        )
        for note in found.evidence.notes.values()
    )  # fmt: skip
    return csv_text(header, rows)


def as_data(found: UpdateFindings) -> dict[str, Any]:
    """Odds before and after, numbers, drivers now and the ledger, ready for JSON."""
    after, run = found.after, found.after.experiment
    return {
        "model": after.model.title,
        "experiment": run.name,
        "start": str(run.start),
        "end": str(run.end),
        "known_until": str(after.ledger.until),
        "seed": run.seed,
        "draws": after.draws,
        "paths": after.paths,
        "log_evidence": after.log_evidence,
        "log_evidence_se": after.log_evidence_se,
        "left_out": list(found.left_out),
        "odds": [_odds_data(found, *place) for place in _places(found)],
        "drivers": [
            {"driver": driver.name, "date": str(after.dates[after.now]),
             "mean": float(after.drivers.mean[after.now, i]), "sd": float(after.drivers.sd[after.now, i])}
            for i, driver in enumerate(after.model.drivers)
        ],
        "numbers": [_number_data(of) for of in found.learnt],
        "news": [
            {"date": str(news.date), "entries": list(news.entries), "log_evidence": news.log_evidence,
             "effective_particles": news.effective, "effective_draws": news.effective_draws}
            for news in after.news
        ],
        "ledger": [
            {"name": note.name, "kind": note.kind, "about": note.about, "label": note.label, "first": str(note.first),
             "last": str(note.last), "state": state_of(note, found), "source": note.source}
            for note in found.evidence.notes.values()
        ],
        "remarks": [
            {"entries": list(conflict.entries), "why": conflict.why} for conflict in found.evidence.conflicts
        ],
    }  # fmt: skip


def _places(found: UpdateFindings) -> Iterator[tuple[int, Reading, int]]:
    for j in range(len(found.after.model.scenarios)):
        for reading in READINGS:
            for tick in report_ticks(found.after.experiment):
                yield j, reading, tick


def _odds_data(found: UpdateFindings, j: int, reading: Reading, tick: int) -> dict[str, Any]:
    after = found.after
    parts = {"before": found.before, "after": after} | ({"without": found.without} if found.left_out else {})
    said: dict[str, Any] = {
        "scenario": after.model.scenarios[j].name, "reading": reading, "date": str(after.dates[tick + 1]),
    }  # fmt: skip
    for name, each in parts.items():
        odds = each.odds[reading]
        said |= {name: float(odds.probability[tick, j]), f"{name}_se": float(odds.mc_se[tick, j])}
    bands = after.odds[reading].quantiles[:, tick, j]
    return said | {name: float(q) for name, q in zip(BANDS, bands, strict=True) if np.isfinite(q)}


def _number_data(of: PosteriorNumber) -> dict[str, Any]:
    def points(values: np.ndarray) -> dict[str, float]:
        return {"q05": float(values[0]), "median": float(values[3]), "q95": float(values[-1])}

    return {
        "key": of.key, "before": points(of.prior_quantiles), "after": points(of.posterior_quantiles),
        "shift": of.shift, "narrowing": of.narrowing,
    }  # fmt: skip
