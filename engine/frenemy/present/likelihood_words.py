"""Words of estimative probability: the word for a number, on a published scale.

A probability on the boundary of two words takes the one nearer to even, so that "A" and "not A" are always described
by mirrored words. Beyond the ends of a scale, which exclude certainty, the last word is qualified:
"almost no chance (below 1 %)".
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from frenemy.present.number_text import as_shown

__all__ = ["ICD203", "KENT", "Scale", "Term"]


@dataclass(frozen=True, slots=True)
class Term:
    """A word and the probabilities it stands for."""

    word: str
    low: float
    high: float
    synonyms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scale:
    """Words in ascending order; between two of them there may be a gap."""

    name: str
    source: str
    terms: tuple[Term, ...]

    def word(self, probability: float) -> str:
        """The word for a probability; in a gap of the scale the two words beside it, "A to B".

        Raises ValueError for a number outside 0-1.
        """
        first, last = self._around(probability)
        return f"{first.word}{self._beyond(probability)}" if first is last else f"{first.word} to {last.word}"

    def shown(self, probability: float, low: float = math.nan, high: float = math.nan) -> str:
        """The words for odds as they are shown, in whole per cents, so that equal numbers have equal words."""
        return self.words(as_shown(probability), as_shown(low), as_shown(high))

    def words(self, probability: float, low: float, high: float) -> str:
        """The word for a probability with a band; two words, "A to B", where the band crosses a boundary.

        NaN ends (judgement was not assessed) leave the probability alone. Raises ValueError outside 0-1.
        """
        if math.isnan(low) or math.isnan(high):
            return self.word(probability)
        ends = min(low, probability), max(high, probability)
        first, last = self._around(ends[0])[0], self._around(ends[1])[1]
        if first is not last:
            return f"{first.word} to {last.word}"
        qualified = {self._beyond(end) for end in ends}
        return first.word + (qualified.pop() if len(qualified) == 1 else "")

    def interval(self, word: str) -> tuple[float, float]:
        """The probabilities that a word of the scale, or a synonym, stands for. Raises KeyError for other words."""
        for term in self.terms:
            if word.lower() in (term.word, *term.synonyms):
                return term.low, term.high
        raise KeyError(word)

    def _around(self, probability: float) -> tuple[Term, Term]:
        """The term that holds the probability, twice; in a gap, the terms below and above it."""
        if not 0 <= probability <= 1:
            raise ValueError(f"a probability lies between 0 and 1, not {probability}")
        p = round(probability, 12)  # 1 - 0.8 is to be 0.2
        holding = [term for term in self.terms if term.low <= p <= term.high]
        if holding:
            chosen = min(holding, key=lambda term: abs(term.low + term.high - 1))
            return chosen, chosen
        below = [term for term in self.terms if term.high < p] or [self.terms[0]]
        above = [term for term in self.terms if term.low > p] or [self.terms[-1]]
        return (below[-1], above[0]) if p > self.terms[0].low else (above[0], above[0])

    def _beyond(self, probability: float) -> str:
        low, high = self.terms[0].low, self.terms[-1].high
        if round(probability, 12) < low:
            return f" (below {low * 100:g} %)"
        return f" (above {high * 100:g} %)" if round(probability, 12) > high else ""


ICD203 = Scale(
    name="ICD 203",
    source="U.S. Office of the Director of National Intelligence, Intelligence Community Directive 203, Analytic "
    "Standards (2015), D.6.e(2)(a)",
    terms=(
        Term("almost no chance", 0.01, 0.05, ("remote",)),
        Term("very unlikely", 0.05, 0.20, ("highly improbable",)),
        Term("unlikely", 0.20, 0.45, ("improbable",)),
        Term("roughly even chance", 0.45, 0.55, ("roughly even odds",)),
        Term("likely", 0.55, 0.80, ("probable",)),
        Term("very likely", 0.80, 0.95, ("highly probable",)),
        Term("almost certain", 0.95, 0.99, ("nearly certain",)),
    ),
)
KENT = Scale(
    name="Kent",
    source="Sherman Kent, Words of Estimative Probability, Studies in Intelligence 8(4), 1964",
    terms=(
        Term("almost certainly not", 0.02, 0.12),
        Term("probably not", 0.20, 0.40),
        Term("chances about even", 0.40, 0.60),
        Term("probable", 0.63, 0.87),
        Term("almost certain", 0.87, 0.99),
    ),
)
