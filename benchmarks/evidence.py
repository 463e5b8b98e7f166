"""What does evidence cost? An update on a year's ledger against the same draws and paths without it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from benchmarks.measure import Row, in_turns, ratio, spread
from benchmarks.reference import BASELINE, SEED
from frenemy.model.experiment import Uncertainty
from frenemy.runtime.progress import Silent
from frenemy.simulation.compile.compile import compile_model
from frenemy.simulation.ensemble.run import simulate
from frenemy.simulation.parameter_draws import outer_draws
from frenemy.studies.update.posterior import update
from frenemy.studies.update.study import prepare_update

__all__ = ["measure"]

QUESTION = "An update, with as many moves of the draws as needed, against the same paths without evidence"
BAR = 2.5


def measure(*, draws: int, paths: int, rounds: int) -> Iterator[Row]:
    """The shipped baseline with the ledger it names."""
    asked = prepare_update(BASELINE, progress=Silent())
    model = asked.case.model
    experiment = replace(asked.case.experiment, uncertainty=Uncertainty(draws=draws, paths=paths))
    ledger = asked.case.evidence.ledger("benchmark", asked.until)

    def without() -> None:
        for drawn in outer_draws(model, experiment):
            simulate(compile_model(*drawn), seed=SEED, paths=paths)

    moved = []

    def updating() -> None:
        found = update(model, experiment, ledger, draws=draws, paths=paths)
        moved.append(sum(news.moved == news.moved for news in found.news))

    plain, updated = in_turns([without, updating], rounds)
    found = ratio(updated, plain)
    entries = "1 entry" if len(ledger.entries) == 1 else f"{len(ledger.entries)} entries"
    what = f"{entries}, {draws} draws x {paths} paths, draws moved {moved[-1]} times"
    yield Row(
        question=QUESTION,
        what=f"{what}: {spread(updated).middle:.1f} s",
        answer=f"{found.middle:.2f} × ({found.low:.2f} to {found.high:.2f})",
        bar=f"at most {BAR:g} ×",
        kept=found.middle <= BAR,
    )
