"""Read the ledgers that an experiment names, and report all their problems at once."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from frenemy.errors import InputError, Problem
from frenemy.model.evidence.resolve import Evidence, resolve_evidence
from frenemy.model.experiment import Experiment
from frenemy.model.files.load import experiment_tree, validated
from frenemy.model.files.toml_source import Document, display_path, read_toml
from frenemy.model.files.tree import Tree
from frenemy.model.resolve import resolve_experiment, resolve_model
from frenemy.model.resolved import Model
from frenemy.model.specs.base import Finding, toml_text
from frenemy.model.specs.experiment import ExperimentSpec
from frenemy.model.specs.ledger import LedgerSpec
from frenemy.model.specs.run import EvidenceTree

__all__ = ["ExperimentWithLedgers", "load_case"]

LEDGERS = "ledgers"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentWithLedgers:
    """An experiment with its evidence."""

    model: Model
    experiment: Experiment
    evidence: Evidence
    asked: ExperimentSpec  # the experiment as written, with its blocks
    files: tuple[Path, ...]  # of the ledgers


def load_case(
    path: Path,
    *,
    ledgers: Sequence[Path] | None = None,
    paths: int | None = None,
    draws: int | None = None,
    seed: int | None = None,
    set: Mapping[str, Any] | None = None,  # noqa: A002 the key in the file
) -> ExperimentWithLedgers:
    """An experiment, its model and its ledgers; `ledgers` replaces those that the experiment names.

    Raises InputError with every problem of every file or, if there is none, with entries that contradict each other.
    """
    path = Path(path)
    tree, problems = experiment_tree(path, paths=paths, draws=draws, seed=seed, set=set)
    files: list[Path] = []
    for file, finding in _named(tree, path.parent) if ledgers is None else ((Path(f), None) for f in ledgers):
        try:
            tree.add(_ledger(file), (LEDGERS, display_path(file)))
        except InputError as error:
            problems += [tree.problem(finding)] if finding is not None and not file.exists() else error.problems
            tree.skip(Document(display_path(file), "", {}), (LEDGERS, display_path(file)))
        files.append(file)
    spec = validated(EvidenceTree, tree, problems)
    model = resolve_model(spec)
    experiment = resolve_experiment(spec.experiment, path.stem, spec.model.start)
    evidence = resolve_evidence(model, experiment, spec.ledgers)
    problems = [*_misdated(spec.ledgers, model, tree), *_contradictions(evidence, tree)]
    if problems:
        raise InputError(problems)
    return ExperimentWithLedgers(
        model=model, experiment=experiment, evidence=evidence, asked=spec.experiment, files=tuple(files)
    )


def _ledger(file: Path) -> Document:
    """A ledger as written. Raises InputError if the file is clearly something else."""
    document = read_toml(file)
    kinds = {"model": "a model", "drivers": "a model", "enter": "a scenario", "horizon": "an experiment"}
    what = next((kind for key, kind in kinds.items() if key in document.table), "")
    if what:
        raise InputError(
            [Problem(message=f"{what}, not a ledger", file=display_path(file), allowed="[[entries]], [[complete]]")]
        )
    return document


def _named(tree: Tree, folder: Path) -> Iterator[tuple[Path, Finding]]:
    """The files that the experiment names, each with the problem to report if it does not exist."""
    written = tree.table["experiment"].get("evidence")
    listed = isinstance(written, list)
    names = written if listed else written.get(LEDGERS) if isinstance(written, dict) else None
    for place, name in enumerate(names if isinstance(names, list) else []):
        if isinstance(name, str):
            file = folder / name
            close = difflib.get_close_matches(file.name, [other.name for other in file.parent.glob("*.toml")], n=1)
            meant = f'"{Path(name).parent.as_posix()}/{close[0]}"'.replace('"./', '"') if close else ""
            path = ("experiment", "evidence", *(() if listed else (LEDGERS,)), place)
            yield (
                file,
                Finding("no such file", path, f'"{name}"', "" if meant else "a path relative to this file", meant),
            )


def _misdated(ledgers: Mapping[str, LedgerSpec], model: Model, tree: Tree) -> Iterator[Problem]:
    """Outcomes of calendar events with a date other than the event's."""
    dates = {event.name: event.date for event in model.calendar}
    for file, ledger in ledgers.items():
        for place, item in enumerate(ledger.entries_):
            if item.calendar and item.date and item.date != dates[item.calendar]:
                path = (LEDGERS, file, "entries", place, "date")
                key = f"calendar.{item.calendar}.date"
                allowed = f"{dates[item.calendar]} as in the model, or no date; to change the model, set {key}"
                yield tree.problem(Finding(f"is not the date of {item.calendar}", path, toml_text(item.date), allowed))


def _contradictions(evidence: Evidence, tree: Tree) -> Iterator[Problem]:
    for conflict in evidence.conflicts:
        if not conflict.doubtful:
            first, second = (evidence.notes[name] for name in conflict.entries)
            where = f"{first.name} in {first.ledger}" if first.ledger != second.ledger else first.name
            finding = Finding(
                f"contradicts {where}: {conflict.why}",
                (LEDGERS, second.ledger, *second.place),
                "",
                "on = false for one of the two; --without shows what it would change",
            )
            yield tree.problem(finding)
