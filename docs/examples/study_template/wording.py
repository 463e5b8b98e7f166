"""Sentences and the order of rows that text and pictures share."""

from __future__ import annotations

from frenemy.studies.frequency.findings import FrequencyFindings

__all__ = ["by_rate", "rate_text"]


def by_rate(found: FrequencyFindings) -> list[int]:
    """Positions among `found.triggers`, the most frequent trigger first."""
    return sorted(range(len(found.triggers)), key=lambda n: -float(found.rate[n]))


def rate_text(rate: float) -> str:
    """A rate in words: `2.4 a year`, `once in 8 years`."""
    if rate >= 1:
        return f"{rate:.1f} a year"
    return f"once in {1 / rate:.{0 if rate < 0.2 else 1}f} years" if rate > 0 else "never"
