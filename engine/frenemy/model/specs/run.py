"""All files of a run as one table: a model, an experiment on it, and its ledgers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from frenemy.model.specs.base import Finding, Names, entry
from frenemy.model.specs.checks import (
    tables,
)
from frenemy.model.specs.experiment import ExperimentSpec, ResolvedExperimentSpec
from frenemy.model.specs.ledger import LedgerSpec, named_twice
from frenemy.model.specs.model import ModelTree

__all__ = ["EvidenceTree", "ResolvedTree", "RunTree"]


class RunTree(ModelTree):
    """A model and an experiment on it."""

    experiment: ExperimentSpec = entry("The experiment.", example={})


class EvidenceTree(RunTree):
    """A model, an experiment on it, and its ledgers."""

    ledgers: dict[str, LedgerSpec] = entry("The ledgers, by file.", example={}, default={})

    @classmethod
    def cross_checks(cls, table: Mapping[str, Any], names: Names) -> Iterator[Finding]:
        """No two entries of all ledgers have the same name."""
        yield from super().cross_checks(table, names)
        yield from named_twice(tables(table, "ledgers"))


class ResolvedTree(RunTree):
    """A model and an experiment as saved with the results of a run."""

    experiment: ResolvedExperimentSpec = entry("The experiment.", example={})
