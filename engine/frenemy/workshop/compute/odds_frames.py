"""Odds as frames for the page: a head with the odds table for the focus, and arrays over time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from frenemy.workshop.compute.engine import Answer, Bands, table
from frenemy.workshop.compute.frames import pack
from frenemy.workshop.state.catalogue import Catalogue
from frenemy.workshop.state.state import Focus

__all__ = ["Caption", "Which", "bands_frame", "preview_frame", "rows", "settled_frame"]

Which = Literal["base", "now"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Caption:
    """What a frame is about."""

    catalogue: Catalogue
    which: Which
    version: int
    stamp: int
    focus: Focus

    def head(self, kind: str, table: list[dict[str, Any]], **further: Any) -> dict[str, Any]:
        """The head of a frame."""
        draws_of = self.catalogue.experiment.uncertainty.draws
        return {
            "type": "odds", "which": self.which, "kind": kind, "version": self.version, "stamp": self.stamp,
            "draws_of": draws_of, **further, "table": table,
        }  # fmt: skip


def rows(catalogue: Catalogue, focus: Focus, now: Answer, base: Answer, bands: Bands | None) -> list[dict[str, Any]]:
    """The odds table as plain data."""
    return [asdict(row) for row in table(catalogue, focus, now, base, bands)]


def preview_frame(caption: Caption, answer: Answer, base: Answer, held: Mapping[str, float]) -> bytes:
    """A preview while sliders are held; `base` has the same paths."""
    table_rows = rows(caption.catalogue, caption.focus, answer, base, None)
    head = caption.head("preview", table_rows, moving=dict(held), **_size(answer))
    return pack(head, _lines(answer))


def settled_frame(caption: Caption, answer: Answer, base: Answer, bands: Bands | None) -> bytes:
    """The settled answer, on all paths."""
    head = caption.head(
        "settled", rows(caption.catalogue, caption.focus, answer, base, bands), moving={}, **_size(answer)
    )
    errors = {f"{reading}_se": odds.mc_se for reading, odds in answer.odds.items()}
    return pack(head, {**_lines(answer), **errors, "level_q": answer.level_q})


def bands_frame(caption: Caption, bands: Bands, answer: Answer, base: Answer) -> bytes:
    """Bands over outer draws; `answer` is the settled answer that they belong to."""
    table_rows = rows(caption.catalogue, caption.focus, answer, base, bands)
    head = caption.head("bands", table_rows, moving={}, paths=bands.paths, draws=bands.draws)
    means = {f"{reading}_mean": odds.probability for reading, odds in bands.odds.items()}
    points = {f"{reading}_q": odds.quantiles for reading, odds in bands.odds.items()}
    return pack(head, means | points)


def _size(answer: Answer) -> dict[str, Any]:
    return {"paths": answer.paths, "draws": 0, "took_ms": round(1000 * answer.seconds, 1)}


def _lines(answer: Answer) -> dict[str, Any]:
    return {**{str(reading): odds.probability for reading, odds in answer.odds.items()}, "level": answer.level}
