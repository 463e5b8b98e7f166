"""The tables of an update, and the same as plain data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from frenemy.forecast.forecast import Reading, report_ticks
from frenemy.forecast.tables import BANDS
from frenemy.model.evidence.entries import EpisodeEnd
from frenemy.model.evidence.resolve import EntryStatus
from frenemy.present.table import INDEX, PROBABILITY, SIGNIFICANT, TEXT, Columns, Format, decimals
from frenemy.studies.update.findings import Posterior, PosteriorNumber, UpdateFindings

__all__ = ["GOES_ON", "as_data", "state_of", "tables"]

GOES_ON = "not over yet"
"""State of the end of an episode that is still running: what counts is that it has not ended."""

READINGS: tuple[Reading, ...] = ("at", "ever")
Row = Sequence[Any]


def _bands(write: Format, prefix: str = "") -> Columns:
    return Columns({f"{prefix}{name}": write for name in BANDS})


ODDS = Columns(
    scenario=TEXT, reading=TEXT, date=TEXT, before=PROBABILITY, before_se=PROBABILITY, after=PROBABILITY,
    after_se=PROBABILITY,
) | _bands(PROBABILITY)  # fmt: skip
WITHOUT = Columns(without=PROBABILITY, without_se=PROBABILITY)
FAN = (
    Columns(date=TEXT, scenario=TEXT, part=TEXT, probability=PROBABILITY, mc_se=PROBABILITY)
    | _bands(PROBABILITY)
    | Columns(filtered=PROBABILITY, filtered_se=PROBABILITY)
)
DRIVERS = (
    Columns(date=TEXT, driver=TEXT, part=TEXT, mean=INDEX, sd=INDEX)
    | _bands(INDEX)
    | Columns(filtered=INDEX, filtered_sd=INDEX)
)
NUMBERS = (
    Columns(key=TEXT)
    | _bands(SIGNIFICANT, "before_")
    | _bands(SIGNIFICANT, "after_")
    | Columns(after_mean=SIGNIFICANT, shift=decimals(3), narrowing=decimals(3))
)
NEWS = Columns(
    date=TEXT, entries=TEXT, log_evidence=decimals(4), log_evidence_se=decimals(4), effective_particles=decimals(1),
    effective_draws=decimals(1), moved=decimals(3),
)  # fmt: skip
LEDGER = Columns(
    dict.fromkeys(("name", "kind", "about", "label", "first", "last", "state", "source", "note", "ledger"), TEXT)
)


def tables(found: UpdateFindings) -> Mapping[str, str]:
    """All tables by file name."""
    return {
        "odds.csv": _odds_columns(found).csv(_odds(found)),
        "fan.csv": FAN.csv(_fan(found.after)),
        "drivers.csv": DRIVERS.csv(_drivers(found.after)),
        "numbers.csv": NUMBERS.csv(_numbers(found)),
        "news.csv": NEWS.csv(_news(found.after)),
        "ledger.csv": LEDGER.csv(_ledger(found)),
    }


def _odds_columns(found: UpdateFindings) -> Columns:
    return ODDS | WITHOUT if found.left_out else ODDS


def _odds(found: UpdateFindings) -> Iterator[Row]:
    """Odds before and after the evidence at the report dates, and without the entries left out, if there are any."""
    after = found.after
    for j, scenario in enumerate(after.model.scenarios):
        for reading in READINGS:
            for tick in report_ticks(after.experiment):
                odds = [each.odds[reading] for each in (found.before, after, found.without)]
                values = [x[tick, j] for each in odds for x in (each.probability, each.mc_se)]
                without = values[4:] if found.left_out else ()
                date = after.dates[tick + 1]
                yield scenario.name, reading, date, *values[:4], *odds[1].quantiles[:, tick, j], *without


def _fan(after: Posterior) -> Iterator[Row]:
    """Odds at each assessment: the past smoothed (given all evidence) and filtered (as known then), and the future."""
    odds = after.odds["at"]
    for tick in range(after.experiment.ticks):
        past = tick < after.now
        for j, scenario in enumerate(after.model.scenarios):
            filtered = (after.filtered[tick, j], after.filtered_se[tick, j]) if past else (None, None)
            yield (
                after.dates[tick + 1], scenario.name, "past" if past else "future", odds.probability[tick, j],
                odds.mc_se[tick, j], *odds.quantiles[:, tick, j], *filtered,
            )  # fmt: skip


def _drivers(after: Posterior) -> Iterator[Row]:
    """Levels at each tick: the past smoothed and filtered, and the future."""
    fan, then = after.drivers, after.drivers_filtered
    for tick in range(after.experiment.ticks + 1):
        past = tick <= after.now
        for i, driver in enumerate(after.model.drivers):
            filtered = (then.mean[tick, i], then.sd[tick, i]) if past else (None, None)
            yield (
                after.dates[tick], driver.name, "past" if past else "future", fan.mean[tick, i], fan.sd[tick, i],
                *fan.quantiles[:, tick, i], *filtered,
            )  # fmt: skip


def _numbers(found: UpdateFindings) -> Iterator[Row]:
    """Each uncertain number before and after, the most changed first."""
    for of in found.numbers:
        yield of.key, *of.prior_quantiles, *of.posterior_quantiles, of.posterior_mean, of.shift, of.narrowing


def _news(after: Posterior) -> Iterator[Row]:
    """The log evidence after the entries of each date, and how many particles are consistent with them."""
    for news in after.news:
        yield (
            news.date, " ".join(news.entries), news.log_evidence, news.log_evidence_se, news.effective,
            news.effective_draws, news.moved,
        )  # fmt: skip


def _ledger(found: UpdateFindings) -> Iterator[Row]:
    """Every entry of every ledger, and whether it counts."""
    for note in found.evidence.notes.values():
        yield (
            note.name, note.kind, note.about, note.label, note.first, note.last, state_of(note, found), note.source,
            note.note, note.ledger,
        )  # fmt: skip


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


def as_data(found: UpdateFindings) -> dict[str, Any]:
    """Odds before and after, numbers, drivers now and the ledger, ready for JSON; what was not assessed is absent."""
    after, run = found.after, found.after.experiment
    ledger = LEDGER.records(_ledger(found))
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
        "odds": _odds_columns(found).records(_odds(found)),
        "drivers": [
            {"driver": driver.name, "date": str(after.dates[after.now]),
             "mean": float(after.drivers.mean[after.now, i]), "sd": float(after.drivers.sd[after.now, i])}
            for i, driver in enumerate(after.model.drivers)
        ],
        "numbers": [_number_data(of) for of in found.numbers],
        "news": [
            {"date": str(news.date), "entries": list(news.entries), "log_evidence": news.log_evidence,
             "effective_particles": news.effective, "effective_draws": news.effective_draws}
            for news in after.news
        ],
        "ledger": [{key: value for key, value in row.items() if key not in ("note", "ledger")} for row in ledger],
        "remarks": [
            {"entries": list(conflict.entries), "why": conflict.why} for conflict in found.evidence.conflicts
        ],
    }  # fmt: skip


def _number_data(of: PosteriorNumber) -> dict[str, Any]:
    before, after = (
        {"q05": float(values[0]), "median": float(values[3]), "q95": float(values[-1])}
        for values in (of.prior_quantiles, of.posterior_quantiles)
    )
    return {"key": of.key, "before": before, "after": after, "shift": of.shift, "narrowing": of.narrowing}
