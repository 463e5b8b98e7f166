"""A table whose numbers have a source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from frenemy.model.specs.base import Finding, Names, Spec, close_to, entry
from frenemy.model.specs.fields import (
    Sources,
)

__all__ = ["Section"]


class Section(Spec):
    """A table whose numbers have a source."""

    source: str = entry("Where the numbers of this table come from.", example="judgment", default="")
    sources: Sources = entry(
        "Where single numbers come from, by their key in this table.", example={"half_life": "fit"}, default={}
    )

    @classmethod
    def cross_checks(cls, table: Mapping[str, Any], names: Names) -> Iterator[Finding]:  # noqa: ARG003
        """Sources name keys of the table."""
        sources = table.get("sources")
        for key in sources if isinstance(sources, dict) else ():
            first = key.split(".")[0]
            if first not in cls.entries():
                meant = close_to(first, cls.entries())
                allowed = "" if meant else ", ".join(cls.entries())
                yield Finding("is not a key of this table", ("sources", key), "", allowed, meant)
