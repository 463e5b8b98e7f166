"""[judgement]: how judgements of different numbers hang together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Annotated, Any

from pydantic import Field

from frenemy.model.specs.base import Finding, Names, Spec, entry, refusal, toml_text
from frenemy.model.specs.fields import Items, Reads

__all__ = ["CorrelatedSpec", "ModelJudgementSpec", "Pair", "Rho", "contradictions", "pair_findings"]

Correlations = Mapping[frozenset[str], float]
LEAST = 1e-9
"""The least variance that a number may have left, given those before it."""


def _pair(value: Any) -> tuple[str, str]:
    """The dotted keys of two numbers."""
    match value:
        case [str(first), str(second)]:
            return first, second
    raise refusal("expected the keys of two numbers", value=value, allowed='such as ["KEY", "KEY"]')


PAIR = {"type": "array", "items": {"type": "string"}, "minItems": 2, "maxItems": 2}
Pair = Annotated[tuple[str, ...], Reads(_pair, lambda: dict(PAIR))]
Rho = Annotated[float, Field(gt=-1, lt=1)]


class CorrelatedSpec(Spec):
    """`[[judgement.correlated]]`: two uncertain numbers whose judgements hang together (a Gaussian copula)."""

    between: Pair = entry(
        "The two numbers.",
        unit="dotted keys",
        example=["triggers.unilateral_strike.probability", "triggers.tariff_round.rate"],
    )
    rho: Rho = entry(
        "The correlation of their normal scores: above 0 where a high value of the one makes a high value of the other "
        "more likely. The rank correlation is 6/π · asin(rho/2).",
        unit="correlation",
        example=0.5,
    )
    source: str = entry("Where the correlation comes from.", example="judgment", default="")


class ModelJudgementSpec(Spec):
    """`[judgement]`: how judgements of different numbers hang together."""

    correlated: Items[CorrelatedSpec] = entry(
        "Pairs of uncertain numbers whose judgements are correlated. All other pairs are independent.",
        example=[{"between": ["drivers.trust.long_run", "drivers.trust.half_life"], "rho": 0.5}],
        default=(),
    )

    @classmethod
    def cross_checks(cls, table: Mapping[str, Any], names: Names) -> Iterator[Finding]:  # noqa: ARG003
        """Each pair once, of two numbers, and no contradiction among the pairs."""
        yield from pair_findings(table)


def pair_findings(table: Mapping[str, Any]) -> Iterator[Finding]:
    """Pairs under `correlated` that are stated twice, of one number with itself, or that contradict each other."""
    pairs: dict[frozenset[str], float] = {}
    for place, (between, rho) in enumerate(_stated(table)):
        at = ("correlated", place, "between")
        if len(set(between)) == 1:
            yield Finding("a number is not correlated with itself", at, toml_text(between[0]), "two numbers")
        elif between:
            if frozenset(between) in pairs:
                yield Finding("this pair is stated twice", at, toml_text([*between], 200))
            pairs[frozenset(between)] = rho
    yield from contradictions(pairs)


def contradictions(pairs: Correlations) -> Iterator[Finding]:
    """Correlations that no numbers can have together."""
    for keys in _groups(pairs):
        if not _consistent(keys, pairs):
            yield _contradiction(keys, pairs)


def _stated(table: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], float]]:
    """Keys and correlation of each pair as written; without keys where it cannot be read."""
    items = table.get("correlated")
    for item in items if isinstance(items, list | tuple) else ():
        between, rho = (item.get("between"), item.get("rho")) if isinstance(item, dict) else (None, None)
        keys = [key for key in between if isinstance(key, str)] if isinstance(between, list | tuple) else []
        readable = len(keys) == 2 and isinstance(rho, int | float) and -1 < rho < 1
        yield (tuple(keys), float(rho or 0)) if readable else ((), 0.0)


def _groups(pairs: Correlations) -> Iterator[tuple[str, ...]]:
    """The keys that hang together, directly or through others, in the order in which they are mentioned."""
    left = dict.fromkeys(key for pair in pairs for key in sorted(pair))
    while left:
        group = {next(iter(left))}
        while more := {key for pair in pairs if pair & group for key in pair} - group:
            group |= more
        yield tuple(key for key in left if key in group)
        left = {key: None for key in left if key not in group}


def _consistent(keys: tuple[str, ...], pairs: Correlations) -> bool:
    """Whether the matrix of the correlations is positive definite: its Cholesky factor exists."""
    rows: list[list[float]] = []
    for i, key in enumerate(keys):
        row: list[float] = []
        for j in range(i):
            rest = sum(a * b for a, b in zip(row, rows[j], strict=False))
            row.append((pairs.get(frozenset({key, keys[j]}), 0.0) - rest) / rows[j][j])
        variance = 1 - sum(entry * entry for entry in row)
        if variance < LEAST:
            return False
        rows.append([*row, variance**0.5])
    return True


def _contradiction(keys: tuple[str, ...], pairs: Correlations) -> Finding:
    """The finding for the fewest of these keys that contradict each other."""
    for size in (3, 4):
        few = next((some for some in combinations(keys, size) if not _consistent(some, pairs)), None)
        if few is not None:
            keys = few
            break
    unstated = [pair for pair in combinations(keys, 2) if frozenset(pair) not in pairs]
    remedy = f", or one stated for {' and '.join(unstated[0])}, which counts as 0" if unstated else ""
    return Finding(
        f"these correlations contradict each other: no numbers can vary together in this way: {', '.join(keys)}",
        ("correlated",),
        allowed=f"weaker correlations{remedy}",
    )
