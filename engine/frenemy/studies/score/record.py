"""Forecasts on record: frozen at a date, resolved once the outcome is known, never changed."""

from __future__ import annotations

import csv
import datetime as dt
import difflib
import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from frenemy.errors import InputError, Problem
from frenemy.forecast.result import Result, provenance
from frenemy.forecast.run import Source, input_files, run
from frenemy.model.experiment import Experiment
from frenemy.model.files.load import find_root, load_resolved
from frenemy.model.resolved import Model
from frenemy.runtime.progress import Progress
from frenemy.storage import hash_chain
from frenemy.storage.hash_chain import HashChain
from frenemy.storage.run_folder import is_folder, read_manifest, read_unchanged, sha256
from frenemy.studies.save import RESOLVED
from frenemy.studies.score.certain_answers import certain_answers

__all__ = ["JOURNAL", "freeze", "home_of", "journal_of", "questions", "resolve"]

JOURNAL = "journal.jsonl"
TABLES = ("odds.csv", "events.csv", "drivers.csv")
"""Of a run."""
UPDATE_TABLES = ("odds.csv", "drivers.csv", "fan.csv")
"""Of an update, which has no odds of triggers."""
YES, NO = frozenset({"yes", "true", "1"}), frozenset({"no", "false", "0"})


def freeze(
    source: Source | Result,
    *,
    journal: str | Path | None = None,
    as_of: dt.date | None = None,
    note: str = "",
    progress: Progress | None = None,
) -> Mapping[str, Any]:
    """Put a forecast on record: the folder of a run or an update, an experiment's file (which is run), or a result.

    Returns the entry. It holds the odds of every question that can be resolved (scenario at a date, ever by a date,
    triggers by a date, drivers' levels), the hash of the configuration and of every input, ledgers included, seed and
    sizes; of an update, the odds after its evidence, without triggers. Questions whose answer is certain from the start
    are left out (`left_out` of the entry says why). `journal`: by default journal.jsonl of the
    model. `as_of`: the day up to which the forecast knows; by default the end of the evidence, or today. Questions due
    by then are left out. Raises InputError for files that are wrong, for a journal that was tampered with, and where
    every question is due.
    """
    if isinstance(source, Result):
        (record, tables, home), pair = _of_result(source, {}), (source.forecast.model, source.forecast.experiment)
    elif isinstance(source, str | Path) and is_folder(Path(source)):
        (record, tables, home), pair = _of_folder(Path(source)), _model_of(Path(source))
    else:
        inputs = input_files(source) if isinstance(source, str | Path) else {}
        result = run(source, progress=progress)
        (record, tables, home), pair = _of_result(result, inputs), (result.forecast.model, result.forecast.experiment)
        if isinstance(source, str | Path):
            home = find_root(Path(source).parent)
    if journal is None and home is None:
        raise InputError([Problem(message="which journal?", key="journal", allowed=f"such as {JOURNAL}")])
    path = Path(journal) if journal is not None else (home or Path()) / JOURNAL
    until = _evidence_until(tables)
    if as_of and until and as_of < until:
        problem = Problem(
            message="is before the evidence ends: the forecast would claim not to know it", key="as_of",
            found=str(as_of), allowed=f"{until} or after; or an update with --until",
        )  # fmt: skip
        raise InputError([problem])
    known = as_of or until or _today()
    forecasts = _still_open(questions(tables), known)
    certain = _certain(forecasts, pair, tables)
    forecasts = {question: odds for question, odds in forecasts.items() if question not in certain}
    if not forecasts:
        raise InputError([Problem(message="the answer of every question is certain from the start", key="questions")])

    def contents(so_far: HashChain) -> Mapping[str, Any]:
        number = 1 + sum(entry["experiment"] == record["experiment"] for entry in so_far.of("frozen"))
        return {
            "forecast": f"{record['experiment']}-{number}", "as_of": str(known),
            "note": note, **({"evidence_until": str(until)} if until else {}), **record, "questions": forecasts,
            **({"left_out": dict(certain)} if certain else {}),
        }  # fmt: skip

    return hash_chain.append_with(path, "frozen", contents)


def resolve(
    journal: str | Path, question: str, outcome: object, *, date: dt.date, source: str, correct: bool = False
) -> Mapping[str, Any]:
    """Record the outcome of a question, for every forecast of it. Returns the entry.

    `outcome`: True or False, the scenario's name, or a number, as the question asks. A second outcome of the same
    question is refused unless `correct`; then it replaces the first, and both stay on record. Raises InputError.
    """

    def contents(so_far: HashChain) -> Mapping[str, Any]:
        forecast = _forecast_of(so_far, question)
        earlier = [entry for entry in so_far.of("resolved") if entry["question"] == question]
        if earlier and not correct:
            told = {True: "yes", False: "no"}.get(earlier[-1]["outcome"], earlier[-1]["outcome"])
            message = f"resolved already, on {earlier[-1]['date']}: {told}"
            raise InputError([Problem(message=message, key=question, allowed="--correct to replace it")])
        if not source.strip():
            raise InputError([Problem(message="an outcome needs a source", key="--source")])
        known = _outcome(forecast, outcome)
        _check_known(question, known, date)
        return {"question": question, "outcome": known, "date": str(date), "source": source}

    hash_chain.read_chain(Path(journal))
    return hash_chain.append_with(Path(journal), "resolved", contents)


def _check_known(question: str, outcome: object, date: dt.date) -> None:
    """Raise InputError for a day on which the outcome cannot be known: what happened is, the rest when it is due."""
    *_, since, due = question.split("/")
    kind = question.partition("/")[0]
    earliest = due if outcome is not True else since if kind == "trigger" else ""
    if str(date) < earliest:
        message, allowed = "the outcome cannot be known by then", f"from {earliest} on"
        raise InputError([Problem(message=message, key="--date", found=str(date), allowed=allowed)])


def journal_of(place: str | Path) -> Path:
    """The journal's file: itself, or that of the model in a folder or above it."""
    path = Path(place)
    return path if path.suffix == ".jsonl" else find_root(path) / JOURNAL


def home_of(source: str | Path) -> Path:
    """The journal of the model that a run folder or an experiment's file belongs to."""
    return find_root(Path(source).absolute().parent) / JOURNAL


def _of_result(result: Result, inputs: Mapping[str, Path]) -> tuple[dict[str, Any], dict[str, str], Path | None]:
    from frenemy.forecast.tables import tables

    texts = tables(result.forecast)
    record = provenance(result, inputs, ())
    kept = {name: hashlib.sha256(texts[name].encode()).hexdigest() for name in TABLES}
    return _record(record, kept), {name: texts[name] for name in TABLES}, None


def _of_folder(folder: Path) -> tuple[dict[str, Any], dict[str, str], Path | None]:
    manifest = read_manifest(folder)
    names = UPDATE_TABLES if "news.csv" in manifest["files"] else TABLES
    missing = [name for name in names if name not in manifest["files"]]
    if missing:
        message = f"has no {missing[0]}: not the folder of a run or an update"
        raise InputError([Problem(message=message, file=str(folder))])
    changed = [name for name in names if sha256(folder / name) != manifest["files"][name]["sha256"]]
    if changed:
        message = "was changed after the run; run it again"
        raise InputError([Problem(message=message, file=str(folder / name)) for name in changed])
    kept = {name: manifest["files"][name]["sha256"] for name in names}
    try:
        tables = {name: (folder / name).read_text(encoding="utf-8") for name in names}
        _evidence_until(tables), _certain(questions(tables), _model_of(folder), tables)
    except (AttributeError, KeyError, TypeError, ValueError, csv.Error):  # sealed, but by another version or by hand
        message = "its tables are not those that this version writes; run it again"
        raise InputError([Problem(message=message, file=str(folder))]) from None
    try:
        home: Path | None = find_root(folder.absolute().parent)
    except InputError:
        home = None
    return _record(manifest, kept), tables, home


def _certain(
    forecasts: Mapping[str, Mapping[str, float]], pair: tuple[Model, Experiment], tables: Mapping[str, str]
) -> Mapping[str, str]:
    past = [row for row in _rows(tables.get("fan.csv", "")) if row["part"] == "past"]
    return certain_answers(forecasts, *pair, past)


def _model_of(folder: Path) -> tuple[Model, Experiment]:
    return load_resolved(read_unchanged(folder, RESOLVED), str(folder / RESOLVED))


def _record(manifest: Mapping[str, Any], tables: Mapping[str, str]) -> dict[str, Any]:
    kept = ("experiment", "seed", "paths", "draws", "config", "inputs", "frenemy")
    missing = [name for name in kept if name not in manifest]
    if missing:
        raise InputError([Problem(message=f"the manifest has no {missing[0]}: not the folder of a run or an update")])
    return {**{name: manifest[name] for name in kept}, "tables": dict(tables)}


def questions(tables: Mapping[str, str]) -> dict[str, dict[str, float]]:
    """The questions that can be resolved, with their forecasts, from the tables of a run or an update.

    `at/DATE` has a probability for each scenario; `ever/SCENARIO/DATE` and `trigger/NAME/FROM/UNTIL` have one of "yes";
    `level/DRIVER/DATE` has quantiles.
    """
    found: dict[str, dict[str, float]] = {}
    odds, events = _rows(tables["odds.csv"]), _rows(tables.get("events.csv", ""))
    start = min((row["period"] for row in events if row["period"] != "all"), default="")
    now = "after" if "fan.csv" in tables else "probability"
    for row in odds:
        probability = float(row[now])
        if row["reading"] == "at":
            found.setdefault(f"at/{row['date']}", {})[row["scenario"]] = probability
        elif row["reading"] == "ever":
            found[f"ever/{row['scenario']}/{row['date']}"] = {"yes": probability}
    end = max(row["date"] for row in odds)
    if events:
        found |= dict(_of_triggers(events, start, end))
    reported = {row["date"] for row in odds}
    for row in _rows(tables["drivers.csv"]):
        if row["date"] in reported:
            found[f"level/{row['driver']}/{row['date']}"] = {
                name: float(row[name]) for name in row if name.startswith("q") and name[1:].isdigit()
            }
    return found


def _evidence_until(tables: Mapping[str, str]) -> dt.date | None:
    """The day up to which an update knows; None for a run."""
    past = [row["date"] for row in _rows(tables.get("fan.csv", "")) if row["part"] == "past"]
    return dt.date.fromisoformat(max(past)) if past else None


def _today() -> dt.date:
    return dt.datetime.now(dt.UTC).date()


def _still_open(forecasts: Mapping[str, dict[str, float]], as_of: dt.date) -> dict[str, dict[str, float]]:
    """The questions due after that day. Raises InputError if there is none, and for a day in the future."""
    if as_of > _today() + dt.timedelta(days=1):  # somewhere it is tomorrow already
        problem = Problem(message="is in the future", key="as_of", found=str(as_of), allowed="today or before")
        raise InputError([problem])
    still = {question: odds for question, odds in forecasts.items() if question.rpartition("/")[2] > str(as_of)}
    if forecasts and not still:
        last = max(question.rpartition("/")[2] for question in forecasts)
        message = "every question is due by then"
        raise InputError([Problem(message=message, key="as_of", found=str(as_of), allowed=f"before {last}")])
    return still


def _rows(text: str) -> Sequence[dict[str, str]]:
    return [*csv.DictReader(io.StringIO(text))]


def _of_triggers(rows: Sequence[Mapping[str, str]], start: str, end: str) -> Iterator[tuple[str, dict[str, float]]]:
    """At least one event in each year of the run, and by its end."""
    years = sorted({row["period"] for row in rows if row["period"] != "all"})
    after = dict(zip(years, [*years[1:], end], strict=True))
    for row in rows:
        first, last = (start, end) if row["period"] == "all" else (row["period"], after[row["period"]])
        if first < last:
            yield f"trigger/{row['trigger']}/{first}/{last}", {"yes": float(row["at_least_one"])}


def _forecast_of(journal: HashChain, question: str) -> Mapping[str, float]:
    known: dict[str, Mapping[str, float]] = {}
    for entry in journal.of("frozen"):
        known |= entry["questions"]
    if question not in known:
        close = difflib.get_close_matches(question, known, n=1, cutoff=0.4)
        message = "no forecast of this question is on record"
        raise InputError([Problem(message=message, key=question, suggestion="".join(close))])
    return known[question]


def _outcome(forecast: Mapping[str, float], outcome: object) -> bool | str | float:
    text = str(outcome).strip()
    if [*forecast] == ["yes"]:
        if text.lower() in YES | NO:
            return text.lower() in YES
        raise InputError([Problem(message="not an outcome", key="--outcome", found=text, allowed="yes or no")])
    if all(name.startswith("q") and name[1:].isdigit() for name in forecast):
        try:
            level = float(text)
        except ValueError:
            level = float("nan")
        if not 0 <= level <= 100:
            allowed = "an index from 0 to 100"
            raise InputError([Problem(message="not a level", key="--outcome", found=text, allowed=allowed)])
        return level
    if text in forecast:
        return text
    close = "".join(difflib.get_close_matches(text, forecast, n=1))
    allowed = ", ".join(forecast)
    raise InputError(
        [Problem(message="no such scenario", key="--outcome", found=text, allowed=allowed, suggestion=close)]
    )
