"""Odds as frames for the page: a head with the odds table for the focus, and arrays over time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from frenemy.workshop.compute.engine import READINGS, Answer, Comparison, table
from frenemy.workshop.compute.frames import pack
from frenemy.workshop.state.catalogue import Catalogue
from frenemy.workshop.state.state import Focus

__all__ = ["Caption", "Which", "preview_frame", "rows", "settled_frame"]

Which = Literal["base", "now"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Caption:
    """What a frame is about."""

    catalogue: Catalogue
    which: Which
    version: int
    stamp: int
    focus: Focus
    run_paths: int

    def head(self, kind: str, table: list[dict[str, Any]], **further: Any) -> dict[str, Any]:
        """The head of a frame."""
        return {
            "type": "odds", "which": self.which, "kind": kind, "version": self.version, "stamp": self.stamp,
            "paths_of": self.run_paths, **further, "table": table,
        }  # fmt: skip


def rows(catalogue: Catalogue, focus: Focus, compared: Comparison) -> list[dict[str, Any]]:
    """The odds table as plain data."""
    return [asdict(row) for row in table(catalogue, focus, compared)]


def preview_frame(caption: Caption, compared: Comparison, held: Mapping[str, float]) -> bytes:
    """A preview while sliders are held."""
    table_rows = rows(caption.catalogue, caption.focus, compared)
    head = caption.head("preview", table_rows, moving=dict(held), **_size(compared.now))
    return pack(head, _lines(compared))


def settled_frame(caption: Caption, compared: Comparison) -> bytes:
    """The settled answer, or the refined one."""
    head = caption.head("settled", rows(caption.catalogue, caption.focus, compared), moving={}, **_size(compared.now))
    errors = {f"{reading}_se": compared.errors(reading) for reading in READINGS}
    points = {f"{reading}_q": compared.quantiles(reading) for reading in READINGS} if compared.now.groups.drawn else {}
    return pack(head, {**_lines(compared), **errors, **points, "level_q": compared.now.level_q})


def _size(answer: Answer) -> dict[str, Any]:
    return {"paths": answer.paths, "took_ms": round(1000 * answer.seconds, 1)}


def _lines(compared: Comparison) -> dict[str, Any]:
    return {**{str(reading): compared.odds(reading) for reading in READINGS}, "level": compared.now.level}
