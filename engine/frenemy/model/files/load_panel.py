"""Read the folder of a panel: questions.toml, a file for each expert, and tables (CSV) with the judgements of many."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from frenemy.errors import InputError, Problem
from frenemy.model.files.csv_input import EMPTY, THOUSANDS, a_number, read_table
from frenemy.model.files.toml_source import Document, display_path, read_toml
from frenemy.model.files.tree import Tree
from frenemy.model.panel import ALL_POINTS, Cooke, Expert, Judgement, Panel, Question
from frenemy.model.resolve import label_of
from frenemy.model.resolved import Correlated
from frenemy.model.specs.base import Spec, close_to, findings_of, toml_text
from frenemy.model.specs.panel import ExpertSpec, JudgementSpec, QuestionSpec, QuestionsSpec

__all__ = ["COLUMNS", "QUESTIONS", "load_panel", "panel_files"]

QUESTIONS = "questions.toml"
COLUMNS = ("expert", "round", "question", *ALL_POINTS, "counts", "rationale")
"""Columns of a table of judgements; `expert` and `question` must be there."""
WORDS = ("expert", "question", "rationale")
"""Columns of text, in which nothing stands for an empty cell."""
WHOLE = re.compile(r"[+-]?[0-9]{1,9}")
AnySpec = TypeVar("AnySpec", bound=Spec)


def panel_files(folder: Path) -> tuple[Path, ...]:
    """The files of a panel, its questions first."""
    others = sorted([*folder.glob("*.toml"), *folder.glob("*.csv")])
    return (folder / QUESTIONS, *(f for f in others if f.name != QUESTIONS and not f.name.startswith(".")))


def load_panel(folder: Path) -> Panel:
    """The panel in a folder. Raises InputError with every problem of every file."""
    folder = Path(folder)
    if not folder.is_dir():
        allowed = f"a folder with {QUESTIONS} and the judgements of each expert (TOML or CSV)"
        message = "not a folder" if folder.exists() else "no such folder"
        raise InputError([Problem(message=message, file=display_path(folder), allowed=allowed)])
    document = read_toml(folder / QUESTIONS)
    spec = _read(QuestionsSpec, document)
    questions = {
        item.name: _question(item, document, place) for place, item in enumerate(spec.questions)
    }  # fmt: skip
    experts, judgements, problems = dict[str, Expert](), list[Judgement](), list[Problem]()
    for file in panel_files(folder)[1:]:
        try:
            for expert, answers in _csv(file) if file.suffix == ".csv" else [_expert(file)]:
                experts.setdefault(expert.name, expert)
                judgements += answers
        except InputError as error:
            problems += error.problems
    problems += _misfits(judgements, questions)
    if not problems and not judgements:
        allowed = "a file for each expert, or a table (CSV)"
        problems.append(Problem(message="no judgements", file=display_path(folder), allowed=allowed))
    spelt: dict[str, str] = {}
    for name in sorted(experts):
        if (other := spelt.setdefault(name.casefold(), name)) != name:
            message = "one expert spelt in two ways, or two who need other names"
            problems.append(Problem(message=message, file=display_path(folder), key=name, suggestion=other))
    if problems:
        raise InputError(problems)
    order = {name: place for place, name in enumerate(questions)}
    return Panel(
        name=folder.resolve().name, title=spec.title or label_of(folder.resolve().name), description=spec.description,
        source=spec.source, pool=spec.pool, exponent=spec.exponent or 1.0, anonymous=spec.anonymous,
        cooke=Cooke(weights=spec.cooke.weights, alpha=spec.cooke.alpha, overshoot=spec.cooke.overshoot),
        questions=tuple(questions.values()), experts=tuple(experts[name] for name in sorted(experts)),
        judgements=tuple(sorted(judgements, key=lambda it: (it.round, it.expert, order[it.question]))),
        correlated=tuple(
            Correlated(
                between=tuple(questions[name].key for name in pair.between), rho=pair.rho, source=pair.source
            )
            for pair in spec.correlated
        ),
        file=document.label,
    )  # fmt: skip


def _read(cls: type[AnySpec], document: Document) -> AnySpec:
    """The file as its spec. Raises InputError with all its problems."""
    tree = Tree()
    tree.add(document)
    try:
        return cls.model_validate(document.table)
    except ValidationError as error:
        problems = [tree.problem(finding) for finding in findings_of(error)]
        raise InputError(sorted(problems, key=lambda problem: problem.line)) from None


def _question(spec: QuestionSpec, document: Document, place: int) -> Question:
    return Question(
        name=spec.name, label=spec.label or label_of(spec.name), text=spec.text, key=spec.key,
        answer=float("nan") if spec.answer is None else float(spec.answer), log=spec.scale == "log", bins=spec.bins,
        source=spec.source, file=document.label, line=document.line(("questions", place)),
    )  # fmt: skip


def _expert(file: Path) -> tuple[Expert, list[Judgement]]:
    document = read_toml(file)
    spec = _read(ExpertSpec, document)
    expert = Expert(name=file.stem, label=spec.label or label_of(file.stem), description=spec.description)
    answers = [
        _judgement(item, expert.name, document.label, document.line(("judgements", place)))
        for place, item in enumerate(spec.judgements)
    ]
    return expert, answers


def _judgement(spec: JudgementSpec, expert: str, file: str, line: int) -> Judgement:
    stated = {name: value for name in ALL_POINTS if (value := getattr(spec, name)) is not None}
    return Judgement(
        expert=expert, question=spec.question, round=spec.round, quantiles={} if spec.counts else stated,
        counts=spec.counts, rationale=spec.rationale, file=file, line=line,
    )  # fmt: skip


def _csv(file: Path) -> Iterator[tuple[Expert, list[Judgement]]]:
    """Each row of a table as an expert with one judgement. Raises InputError with all problems of the table."""
    table = read_table(file)
    label, names, problems = table.label, table.header, list[Problem]()
    for name in names:
        if name not in COLUMNS:
            meant = close_to(name, [column for column in COLUMNS if column not in names])
            allowed = "" if meant else ", ".join(COLUMNS)
            problems.append(
                Problem(message="unknown column", file=label, line=1, key=name, allowed=allowed, suggestion=meant)
            )
    problems += [
        Problem(message="missing column", file=label, line=1, key=column, allowed=", ".join(COLUMNS))
        for column in ("expert", "question")
        if column not in names
    ]
    if problems:
        raise InputError(problems)
    found = []
    for row, line in zip(table.rows, table.lines, strict=True):
        try:
            found.append(_row(dict(zip(names, row, strict=True)), label, line))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    yield from found


def _row(row: dict[str, str], file: str, line: int) -> tuple[Expert, list[Judgement]]:
    cells = {name: text for name, text in row.items() if text and (name in WORDS or text.lower() not in EMPTY)}
    name = cells.pop("expert", "")
    problems = list[Problem]()
    table = dict[str, Any]()
    for key, text in cells.items():
        try:
            table[key] = _cell(key, text)
        except ValueError as error:
            message, allowed = error.args
            problems.append(Problem(message=message, file=file, line=line, key=key, found=text, allowed=allowed))
    if problems:
        raise InputError(problems)
    try:
        if not name:
            raise InputError([Problem(message="missing", file=file, line=line, key="expert")])
        spec = JudgementSpec.model_validate(table)
    except ValidationError as error:
        tree = Tree(table=table)
        problems = [replace(tree.problem(finding), file=file, line=line) for finding in findings_of(error)]
        raise InputError(problems) from None
    expert = Expert(name=name, label=label_of(name), description="")
    return expert, [_judgement(spec, name, file, line)]


def _cell(key: str, text: str) -> Any:
    """The value of a cell; chips are separated by blanks. Raises ValueError, with what is allowed, if it is unclear."""
    if key in WORDS:
        return text
    if key == "counts":
        return [_number(part) for part in text.replace(";", " ").split()]
    return _number(text)


def _number(text: str) -> Any:
    """A number with a decimal point or comma, or the text as it is, for the checks of its question."""
    if WHOLE.fullmatch(text):
        return int(text)
    try:
        return a_number(text)
    except ValueError:
        if THOUSANDS.fullmatch(text):
            raise
    return text


def _misfits(judgements: Sequence[Judgement], questions: dict[str, Question]) -> Iterator[Problem]:
    """Judgements that answer no question, answer a question twice, or place chips without bins."""
    taken = set[tuple[str, str, int]]()
    for it in judgements:
        at = Problem(message="", file=it.file, line=it.line, key="question", found=toml_text(it.question))
        if it.question not in questions:
            meant = close_to(it.question, questions)
            allowed = "" if meant else ", ".join(questions)
            yield replace(at, message="no question of that name", allowed=allowed, suggestion=meant)
        elif (it.expert, it.question, it.round) in taken:
            yield replace(at, message=f"{it.expert} has already answered this in round {it.round}")
        elif it.counts and not questions[it.question].bins:
            message = f"the question {it.question} has no bins to place chips on"
            yield replace(at, message=message, key="counts", found="", allowed="q05, median, q95")
        taken.add((it.expert, it.question, it.round))
