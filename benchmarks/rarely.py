"""How much do splitting and faster clocks save for a scenario that plain simulation seldom reaches?"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

from benchmarks.measure import Row, spread
from benchmarks.reference import BASELINE
from frenemy.model.realise import realise
from frenemy.simulation.compile.compile import compile_model
from frenemy.simulation.ensemble.run import simulate
from frenemy.studies.rare.study import Rare, rare

__all__ = ["CASES", "Case", "measure"]

QUESTION = (
    "A rare scenario: plain simulation with the same error against splitting and faster clocks, pilot run included"
)


@dataclass(frozen=True, slots=True)
class Case:
    """A question about the shipped model with the numbers in `set`."""

    scenario: str
    date: dt.date
    set: Mapping[str, Any]
    text: str


CASES = (
    Case("total_rift", dt.date(2025, 6, 30), {}, "total rift within half a year"),
    Case(
        "renewed_cooperation",
        dt.date(2026, 1, 21),
        {"scenarios.renewed_cooperation.thresholds.high_trust": 62},
        "renewal within a year, at a trust of 62",
    ),
    Case(
        "total_rift",
        dt.date(2026, 1, 21),
        {"triggers.unilateral_strike.probability": 0.00001, "scenarios.total_rift.thresholds.floor": 6,
         "scenarios.total_rift.thresholds.strained": 6},
        "total rift within a year, at a trust of 6, almost no strikes",
    ),
)  # fmt: skip


def measure(*, paths: int, seeds: int) -> Iterator[Row]:
    """One row a case: how rare, and the median over seeds of variance times work, and times processor time."""
    for case in CASES:
        work, seconds, odds = [], [], []
        for seed in range(1, seeds + 1):
            begun = time.process_time()
            found = rare(
                BASELINE, case.scenario, date=case.date, paths=paths, draws=0, seed=seed, set=case.set, workers=1
            )
            spent = time.process_time() - begun
            work.append(found.findings.work_saved)
            seconds.append(found.findings.estimate.plain_paths * _plain_seconds(found) / spent)
            odds.append(found.probability)
        chance, kept = median(odds), spread(work)
        rarity = f"1 in {1 / chance:,.0f}" if chance else "not reached"
        yield Row(
            question=QUESTION,
            what=f"{case.text}: {rarity}; in processor time {median(seconds):,.1f} ×",
            answer=f"{kept.middle:,.1f} × ({kept.low:,.1f} to {kept.high:,.1f})",
        )


def _plain_seconds(found: Rare, paths: int = 20_000) -> float:
    """Processor time of one plain path on one core."""
    run = found.findings
    compiled = compile_model(realise(run.model), realise(run.experiment))
    begun = time.process_time()
    simulate(compiled, seed=1, paths=paths, detail="odds", workers=1)
    return (time.process_time() - begun) / paths
