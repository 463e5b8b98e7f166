"""The exports of a session: the agreed experiment, the judgements, the minutes, pictures and the report."""

from __future__ import annotations

import csv
import hashlib
import io
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from frenemy.forecast.run import input_files
from frenemy.forecast.run import run as run_experiment
from frenemy.model.describe.wording import counted
from frenemy.model.experiment import Experiment
from frenemy.model.files.rewrite import with_set
from frenemy.model.files.toml_values import toml_value
from frenemy.model.realise import quantities
from frenemy.model.resolved import Model
from frenemy.present.section import Grid, Section
from frenemy.present.table import spreadsheet_text
from frenemy.runtime.progress import Progress
from frenemy.workshop.state.catalogue import Catalogue
from frenemy.workshop.state.minutes import Minute, value_text
from frenemy.workshop.state.state import Question, State

__all__ = [
    "Record",
    "agreed_toml",
    "bundle",
    "judgements_csv",
    "minutes_csv",
    "panel_files",
    "report_files",
    "section",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Everything that is exported, at one moment."""

    catalogue: Catalogue
    state: State
    minutes: Sequence[Minute]
    effects: Mapping[int, str]  # by the number of the minute
    experiment: Path
    session_id: str


def agreed_toml(record: Record) -> str:
    """The experiment's file with the agreed numbers under [set]; its comments are kept."""
    run = record.catalogue.experiment
    options = {
        "paths": run.paths, "seed": run.seed, "draws": run.uncertainty.draws, "draw_paths": run.uncertainty.paths,
    }  # fmt: skip
    before = quantities(record.catalogue.model) | quantities(run)
    text = record.experiment.read_bytes().decode("utf-8-sig")
    return with_set(text, record.state.numbers, before=before, head=_head(record), options=options)


def _head(record: Record) -> list[str]:
    changed = [
        f"  {slider.label}: {value_text(slider, slider.number)} → {value_text(slider, record.state.numbers[key])}"
        for key, slider in record.catalogue.sliders.items()
        if key in record.state.settings
    ]
    people = sum(member.role != "wall" for member in record.state.members.values())
    day = record.state.changed[:10]
    first = f"Agreed in a workshop of {people}{f' on {day}' if day else ''}, version {record.state.version}:"
    return [first, *(changed or ["  nothing was changed"])]


def judgements_csv(record: Record, questions: Sequence[Question] | None = None) -> str:
    """Every revealed estimate (of some `questions`), one row each, under pseudonyms, in the file's units."""
    names, rows = _pseudonyms(record), []
    for question in record.state.questions if questions is None else questions:
        slider = record.catalogue.sliders.get(question.key)
        for number, round_ in enumerate(question.rounds, 1):
            if round_.state != "revealed":
                continue
            for member in sorted(round_.entries, key=lambda member: names[member]):
                entry = round_.entries[member]
                points = (entry.q05, entry.median, entry.q95)
                in_file_unit = [slider.to_file(point) if slider else point for point in points]
                written = [f"{point:.6g}" for point in in_file_unit]
                rows.append([names[member], number, question.id, *written, spreadsheet_text(entry.why)])
    return _csv(("expert", "round", "question", "q05", "median", "q95", "rationale"), rows)


def _pseudonyms(record: Record) -> dict[str, str]:
    """A random pseudonym for each member, the same throughout."""
    order = sorted(
        record.state.members,
        key=lambda who: hashlib.sha256(f"{record.session_id} {record.state.members[who].token}".encode()).digest(),
    )
    return {who: f"expert_{number:02d}" for number, who in enumerate(order, 1)}


def panel_files(record: Record) -> dict[str, str]:
    """The questions and judgements as `frenemy elicit` reads them from a folder.

    A panel has one question per number, and only about numbers of the model or those whose answer is known. Of several
    questions about one slider, the last counts.
    """
    revealed = [q for q in record.state.questions if any(round_.state == "revealed" for round_ in q.rounds)]
    last = {question.key or question.id: question for question in revealed if question.key or question.seed}
    if not last:
        return {}
    lines = [f"title = {toml_value('Workshop: ' + record.catalogue.experiment.title)}"]
    methods = {(question.method, question.exponent) for question in last.values()}
    if len(methods) == 1:
        ((method, exponent),) = methods
        lines.append(f'pool = "{method}"')
        lines += [f"exponent = {exponent!r}"] if method == "extremised" else []
        lines += ["", "[cooke]", 'weights = "item"'] if method == "cooke" else []
    for question in last.values():
        about = {"key": question.key} if question.key else {"answer": question.answer}
        table = {"name": question.id, "text": question.text, **about}
        lines += ["", "[[questions]]", *(f"{key} = {toml_value(value)}" for key, value in table.items())]
    judgements = judgements_csv(record, [*last.values()])
    return {"experts/questions.toml": "\n".join(lines) + "\n", "experts/judgements.csv": judgements}


def minutes_csv(record: Record) -> str:
    """The minutes as a table."""
    rows = [
        [
            entry.n,
            entry.at,
            *(spreadsheet_text(text) for text in (entry.who, entry.text, entry.why)),
            record.effects.get(entry.n, ""),
        ]
        for entry in record.minutes
    ]
    return _csv(("n", "at", "who", "what", "why", "effect"), rows)


def _csv(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()


def section(record: Record) -> Section:
    """The minutes as a section of the report."""
    state, catalogue = record.state, record.catalogue
    people = [member.name for member in state.members.values() if member.role != "wall"]
    settings = Grid(
        caption="Agreed numbers",
        header=("Number", "In the file", "Agreed"),
        rows=tuple(
            (slider.label, value_text(slider, slider.number), value_text(slider, state.numbers[key]))
            for key, slider in catalogue.sliders.items()
            if key in state.settings
        ),
    )
    days = sorted({entry.at[:10] for entry in record.minutes})
    when = f"on {days[0]}" if len(days) == 1 else "and when"
    minutes = Grid(
        caption=f"What was done {when} (times in UTC), by whom and why, and its effect on the odds",
        header=("What was done", "Odds"),
        rows=tuple((_minute_line(entry, days), record.effects.get(entry.n, "")) for entry in record.minutes),
    )
    present = f"Present: {', '.join(people)}." if people else "Nobody was present."
    what = f"{len(settings.rows)} of {counted(len(catalogue.sliders), 'number')} differ from the file."
    return Section(
        name="minutes", title="Minutes of the workshop", paragraphs=(present, what), pictures=(),
        tables=tuple(grid for grid in (settings, minutes) if grid.rows),
    )  # fmt: skip


def _minute_line(entry: Minute, days: Sequence[str]) -> str:
    """One entry in a line."""
    time = entry.at[11:16] if len(days) == 1 else entry.at[:16].replace("T", " ")
    return f"{time} {entry.who}: {entry.text}{f' (“{entry.why}”)' if entry.why else ''}"


def report_files(record: Record, run: tuple[Model, Experiment], progress: Progress, workers: int) -> dict[str, bytes]:
    """Report and pictures of the agreed run, by name."""
    result = run_experiment(run, workers=workers, progress=progress)
    with tempfile.TemporaryDirectory(prefix="frenemy-") as temporary:
        folder = result.save(
            Path(temporary) / "run", inputs=input_files(record.experiment), command=["frenemy", "workshop"],
            sections=[section(record)], progress=progress,
        )  # fmt: skip
        return {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }


def bundle(files: Mapping[str, bytes] | Mapping[str, bytes | str]) -> bytes:
    """Files as one ZIP; the same files give the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2000, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def exported(record: Record, what: str, files: Callable[[], Mapping[str, bytes]]) -> tuple[str, str, bytes]:
    """Name, MIME type and content of an export; `files` runs the experiment where that is needed."""
    name = record.catalogue.experiment.name
    tables: dict[str, str] = {}
    if what in {"toml", "all"}:
        tables[f"{name}_agreed.toml"] = agreed_toml(record)
    if what in {"judgements", "all"}:
        tables["judgements.csv"] = judgements_csv(record)
    if what in {"minutes", "all"}:
        tables["minutes.csv"] = minutes_csv(record)
    if what in {"toml", "judgements", "minutes"}:
        ((file, text),) = tables.items()
        mime = "application/toml" if file.endswith(".toml") else "text/csv"
        return (file if what == "toml" else f"{name}_{file}"), mime, text.encode()
    run_files = files()
    if what == "report":
        return f"{name}_report.html", "text/html", run_files["report.html"]
    pictures = {path: content for path, content in run_files.items() if path.startswith("pictures/")}
    if what == "pictures":
        return f"{name}_pictures.zip", "application/zip", bundle(pictures)
    run = {f"run/{path}": content for path, content in run_files.items()}
    everything: dict[str, bytes | str] = {**tables, **panel_files(record), **run}
    return f"{name}_workshop.zip", "application/zip", bundle(everything)
