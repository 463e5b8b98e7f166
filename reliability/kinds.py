"""The kinds of file that the product reads, and the commands that read each."""

from __future__ import annotations

import contextlib
import hashlib
import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from frenemy.storage.hash_chain import FIRST
from reliability.mutation import damaged
from reliability.playground import EXPERIMENT

__all__ = ["COMMANDS", "KINDS", "Kind"]

FEW = ("--paths", "8", "--no-plots", "--json", "--out", "out")
RUN = ("run", EXPERIMENT, "--draws", "2", *FEW)
CHECK = ("check", EXPERIMENT)
UPDATE = ("update", EXPERIMENT, *FEW)
ELICIT = ("elicit", EXPERIMENT, "--draws", "2", "--write", "pooled.toml", *FEW)
SCORE = ("--no-plots", "--json", "--out", "out")
STUDIES: Sequence[Sequence[str]] = (
    ("compare", EXPERIMENT, "--draws", "2", *FEW), ("causes", EXPERIMENT, *FEW), ("sensitivity", EXPERIMENT, *FEW),
    ("sweep", EXPERIMENT, *FEW), ("tune", EXPERIMENT, *FEW), ("map", EXPERIMENT, *FEW), ("audit", EXPERIMENT, *FEW),
    ("rare", EXPERIMENT, *FEW), ("watch", EXPERIMENT, *FEW), ("timeline", EXPERIMENT, *FEW, "--repeats", "2"),
    ("hindcast", EXPERIMENT, "--months", "1", *FEW), ("story", EXPERIMENT, "--path", "3", "--json"),
    ("causes", EXPERIMENT, "--path", "3", "--json"), ("freeze", EXPERIMENT, "--as-of", "2026-01-05", "--json"),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of file: examples, the commands that read it, and how often it is tried."""

    files: Sequence[str]
    commands: Sequence[Sequence[str]]
    weight: int
    damage: Callable[[Path, Random], None] | None = None
    """How an example is damaged; if not given, as a text."""


def spoil(file: Path, chance: Random) -> None:
    """Damage a text."""
    file.write_bytes(damaged(file.read_bytes(), chance))


def _rechained(file: Path, chance: Random) -> None:
    """Damage a journal; in two cases of three, one whose hashes are right again, so that its contents are read."""
    if chance.randrange(3) == 0:
        return spoil(file, chance)
    entries = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    _spoil_values(entries[chance.randrange(len(entries))], chance)
    before, lines = FIRST, []
    for entry in entries:
        body = {key: value for key, value in entry.items() if key != "hash"} | {"before": before}
        text = json.dumps(body, sort_keys=True, ensure_ascii=False)
        body["hash"] = before = hashlib.sha256(text.encode(errors="replace")).hexdigest()
        lines.append(json.dumps(body, ensure_ascii=False) + "\n")
    file.write_text("".join(lines), encoding="utf-8", errors="replace")
    return None


def _resealed(file: Path, chance: Random) -> None:
    """Damage a file of a run folder; in one case of two, one whose hash in the manifest is right again."""
    spoil(file, chance)
    manifest = file.with_name("manifest.json")
    if file == manifest or chance.randrange(2):
        return
    record = json.loads(manifest.read_bytes())
    content = file.read_bytes()
    record["files"][file.name] = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    manifest.write_text(json.dumps(record), encoding="utf-8")


def _session(file: Path, chance: Random) -> None:
    """Damage a session: its bytes, or one text within it."""
    if chance.randrange(2):
        return spoil(file, chance)
    with contextlib.closing(sqlite3.connect(file)) as connection, connection:
        table, column = chance.choice(
            (("about", "value"), *[("commands", name) for name in ("command", "who", "made")])
        )
        rows = connection.execute(f"SELECT rowid, {column} FROM {table}").fetchall()
        row, text = chance.choice(rows)
        new = damaged(text.encode(), chance).decode(errors="replace")
        with contextlib.suppress(sqlite3.Error):
            connection.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (new, row))
    return None


def _spoil_values(table: dict[str, Any], chance: Random) -> None:
    """Put another value, or none, in some place of a tree of plain data."""
    place: Any = table
    values: Sequence[Any] = (
        None, True, "", "x", -1, 0.5, 1e308, float("nan"), 10**30, [], {}, [1], {"a": 1}, "2026-02-30", "9999-12-31",
    )  # fmt: skip
    while True:
        key = chance.choice([*place]) if isinstance(place, dict) else chance.randrange(len(place))
        inner = place[key]
        if isinstance(inner, dict | list) and inner and chance.randrange(4):
            place = inner
            continue
        if chance.randrange(5) == 0:
            del place[key]
        else:
            place[key] = chance.choice(values)
        return


KINDS: Mapping[str, Kind] = {
    "model": Kind(
        files=("drivers.toml",), commands=(*2 * [CHECK], *6 * [RUN], ("check", "."), *STUDIES), weight=26
    ),
    "scenario": Kind(files=("scenarios/dispute.toml", "scenarios/calm.toml"), commands=(CHECK, *5 * [RUN]), weight=10),
    "experiment": Kind(
        files=(EXPERIMENT,), commands=(*2 * [CHECK], *10 * [RUN], UPDATE, ELICIT, *2 * [*STUDIES]), weight=24
    ),
    "ledger": Kind(
        files=("experiments/evidence/log.toml",), commands=(CHECK, *4 * [UPDATE], *STUDIES[-6:-3]), weight=10
    ),
    "panel": Kind(
        files=("experts/questions.toml", "experts/ana.toml", "experts/others.csv"), commands=(ELICIT,), weight=8
    ),
    "series": Kind(
        files=("data/levels.csv",), weight=4, commands=(
            ("fit", "data/levels.csv", "--driver", "trust", *SCORE),
            ("fit", "data/levels.csv", "--driver", "trust", "--transform", "log", *SCORE),
            ("fit", "data/levels.csv", "--driver", "trust", "--anchor", "40=20", "--anchor", "60=80", *SCORE),
        ),
    ),
    "events": Kind(
        files=("data/events.csv",), weight=3, commands=(
            ("fit", "data/events.csv", "--trigger", "protest", "--from", "2021-01-01", "--until", "2026-01-01", *SCORE),
            ("fit", "data/events.csv", "--trigger", "protest", "--from", "2021-01-01", "--until", "2026-01-01",
             "--where", "place=north", "--once-a-day", "--period", "1y", *SCORE),
        ),
    ),
    "counts": Kind(
        files=("data/counts.csv",), weight=3,
        commands=(("fit", "data/counts.csv", "--trigger", "protest", "--column", "events", "--period", "1y", *SCORE),),
    ),
    "forecasts": Kind(files=("data/forecasts.csv",), commands=(("score", "data/forecasts.csv", *SCORE),), weight=4),
    "quantiles": Kind(
        files=("data/levels_forecast.csv",), commands=(("score", "data/levels_forecast.csv", *SCORE),), weight=3
    ),
    "choices": Kind(
        files=("data/choices.csv",), weight=3, commands=(
            ("score", "data/choices.csv", *SCORE), ("score", "data/choices.csv", "--order", "calm", "dispute", *SCORE),
        ),
    ),
    "journal": Kind(
        files=("journal.jsonl",), damage=_rechained, weight=5, commands=(
            ("score", "journal.jsonl", *SCORE), ("freeze", "runs/first", "--as-of", "2026-01-05", "--json"),
            ("resolve", "ever/dispute/2026-07-06", "--outcome", "no", "--source", "seen", "--json"),
        ),
    ),
    "run folder": Kind(
        files=("runs/first/manifest.json", "runs/first/resolved.toml", "runs/first/odds.csv", "runs/first/events.csv",
               "runs/first/drivers.csv"),
        damage=_resealed, weight=5, commands=(
            ("freeze", "runs/first", "--as-of", "2026-01-05", "--json"),
            ("compare", "runs/first", "runs/second", "--draws", "2", *FEW),
            ("run", EXPERIMENT, "--draws", "2", "--paths", "8", "--no-plots", "--json", "--out", "runs/first"),
        ),
    ),
    "update folder": Kind(
        files=("runs/update/manifest.json", "runs/update/odds.csv", "runs/update/drivers.csv", "runs/update/fan.csv"),
        damage=_resealed, weight=2, commands=(("freeze", "runs/update", "--as-of", "2026-05-04", "--json"),),
    ),
    "checkpoint": Kind(
        files=("runs/.swept.journal",), weight=3,
        commands=(("sweep", EXPERIMENT, "--paths", "8", "--no-plots", "--json", "--out", "runs/swept"),),
    ),
    "session": Kind(
        files=("runs/small.workshop",), damage=_session, weight=3,
        commands=(("workshop", EXPERIMENT, "--session", "runs/small.workshop", "--no-browser"),),
    ),
}  # fmt: skip
"""Every kind of file, by its name."""

COMMANDS: Sequence[Sequence[str]] = (
    RUN, (*RUN, "--keep", "2", "--set", "drivers.trust.start=40"), CHECK, ("check", "."), UPDATE, ELICIT,
    (*ELICIT[:2], "experts", *ELICIT[2:]), *STUDIES,
    ("compare", "runs/first", "runs/second", "--draws", "2", *FEW),
    ("compare", EXPERIMENT, EXPERIMENT, "--no-split", *FEW),
    ("causes", EXPERIMENT, "--trigger", "protest", "--force-on", "2026-03-02", "--seed", "3", *FEW),
    ("story", EXPERIMENT, "--scenario", "dispute", "--seed", "3"),
    ("sensitivity", EXPERIMENT, "--scenario", "dispute", "--samples", "4", "--strongest", "2", *FEW),
    ("sweep", EXPERIMENT, "--over", "drivers.trust.start=30,50", "--contour", "0.2", "--reading", "ever", *FEW),
    ("tune", EXPERIMENT, "--target", "dispute=0.6", "--change", "drivers.trust.start", "--region", "2", *FEW),
    ("map", EXPERIMENT, "--drivers", "trust", "water", "--within", "4w", "--cells", "3", *FEW),
    ("rare", EXPERIMENT, "--scenario", "dispute", "--date", "2026-05-04", "--draws", "2", *FEW),
    ("update", EXPERIMENT, "--ledger", "experiments/evidence/log.toml", "--until", "2026-03-31", *FEW),
    ("update", EXPERIMENT, "--without", "blocked", *FEW),
    ("watch", EXPERIMENT, "--by", "2026-06-01", "--at", "2026-07-01", "--no-evidence", "--reading", "ever", *FEW),
    ("timeline", EXPERIMENT, "--until", "2026-03-31", "--no-leave-out", "--repeats", "2", *FEW),
    ("hindcast", EXPERIMENT, "--months", "1", "2", "--until", "2026-03-31", *FEW),
    ("freeze", "runs/first", "--journal", "other.jsonl", "--as-of", "2026-01-05", "--note", "x", "--json"),
    ("resolve", "at/2026-03-30", "--outcome", "calm", "--source", "seen", "--date", "2026-03-31", "--correct"),
    *(command for name in ("series", "events", "counts", "forecasts", "choices") for command in KINDS[name].commands),
    ("score", "journal.jsonl", "--cluster", "question", *SCORE), ("init", "fresh"), ("schema", "model"),
    ("schema", "--out", "schemas"),
    ("workshop", EXPERIMENT, "--session", "other.workshop", "--host", "127.0.0.1", "--port", "0", "--no-browser"),
)  # fmt: skip
"""Every command with its options, for damage to the words themselves."""
