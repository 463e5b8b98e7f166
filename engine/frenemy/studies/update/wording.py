"""Words that the text and the pictures of an update share."""

from __future__ import annotations

from frenemy.present.time_axis import day
from frenemy.studies.update.findings import Posterior

__all__ = ["evidence_through"]


def evidence_through(after: Posterior) -> str:
    """`evidence through 15 Jan 2026`; without any entry `no evidence by 5 Jan 2026`."""
    ledger = after.ledger
    return f"evidence through {day(ledger.last_day)}" if ledger.entries else f"no evidence by {day(ledger.until)}"
