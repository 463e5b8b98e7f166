"""Is the journal truly append-only, and does it give a track record?"""

import datetime as dt
import json
import math
import multiprocessing
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

import frenemy as fr
from frenemy.errors import InputError
from frenemy.model.experiment import Imposed
from frenemy.model.files.load import load_resolved
from frenemy.storage.hash_chain import FIRST, append, read_chain
from frenemy.studies.score.certain_answers import certain_answers
from frenemy.studies.score.record import _still_open

YEARS = (("2026-01-05", "2027-01-05"), ("2027-01-05", "2028-01-05"))


def write_many(path, name):
    for n in range(15):
        append(path, "note", {"by": name, "n": n, "padding": "x" * 3000})


def lines(path):
    return path.read_bytes().split(b"\n")


@pytest.fixture
def book(tmp_path):
    path = tmp_path / "journal.jsonl"
    for n in range(4):
        append(path, "note", {"n": n})
    return path


def test_each_entry_is_chained_to_the_one_before(book):
    journal = read_chain(book)
    assert [entry["n"] for entry in journal.entries] == [0, 1, 2, 3]
    assert journal.entries[0]["before"] == FIRST
    assert [entry["before"] for entry in journal.entries[1:]] == [entry["hash"] for entry in journal.entries[:-1]]
    assert journal.head == journal.entries[-1]["hash"]


@pytest.mark.parametrize(
    ("tamper", "line", "says"),
    [
        (lambda rows: [rows[0], rows[1].replace(b'"n": 1', b'"n": 7'), *rows[2:]], 2, "changed after it was written"),
        (lambda rows: [rows[0], *rows[2:]], 2, "removed or inserted"),
        (lambda rows: [rows[0], rows[2], rows[1], *rows[3:]], 2, "removed or inserted"),
        (lambda rows: [rows[0], b"nonsense", *rows[1:]], 2, "not an entry"),
        (lambda rows: [rows[0], b'{"a": 1}', *rows[1:]], 2, "not an entry of a journal"),
        (lambda rows: [*rows[:3], rows[3].replace(b'"n": 3', b'"n": 9'), *rows[4:]], 4, "changed after it was written"),
    ],
    ids=["changed", "removed", "swapped", "nonsense", "foreign", "last"],
)
def test_tampering_is_detected(book, tamper, line, says):
    before = tamper(lines(book))
    book.write_bytes(b"\n".join(before))
    with pytest.raises(InputError, match=f"{line}: .*{says}"):
        read_chain(book)
    with pytest.raises(InputError, match=says):  # nothing is appended to a broken chain
        append(book, "note", {"n": 4})
    assert book.read_bytes() == b"\n".join(before)


@pytest.mark.parametrize("cut", [1, 10, 60])
def test_a_torn_last_line_is_kept_aside(book, cut):
    whole = book.read_bytes()
    last = whole.rstrip(b"\n").rpartition(b"\n")[2]
    book.write_bytes(whole[: -cut - 1])
    assert len(read_chain(book).entries) == 3
    assert read_chain(book).torn == last[:-cut]
    append(book, "note", {"n": 99})
    assert [entry["n"] for entry in read_chain(book).entries] == [0, 1, 2, 99]
    assert book.with_name("journal.jsonl.torn").read_bytes() == last[:-cut] + b"\n"


def test_a_line_that_lacks_only_its_end_is_whole(book):
    book.write_bytes(book.read_bytes()[:-1])
    append(book, "note", {"n": 4})
    assert [entry["n"] for entry in read_chain(book).entries] == [0, 1, 2, 3, 4]
    assert not book.with_name("journal.jsonl.torn").exists()


def test_many_writers_take_turns(tmp_path):
    path = tmp_path / "journal.jsonl"
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=write_many, args=(path, name)) for name in "abc"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    entries = read_chain(path).entries
    assert [entry["entry"] for entry in entries] == [*range(1, 46)]
    for name in "abc":
        assert [entry["n"] for entry in entries if entry["by"] == name] == [*range(15)]


@pytest.fixture(scope="module")
def ran(starter, tmp_path_factory):
    """The folder of a run."""
    folder = tmp_path_factory.mktemp("ran") / "run"
    fr.run(starter / "experiments" / "first.toml", draws=2, paths=256).save(folder, plots=False)
    return folder


@pytest.fixture
def record(frenemy, ran, tmp_path, monkeypatch):
    """A journal with one forecast, frozen a year before the first questions are due."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "journal.jsonl"
    shutil.copytree(ran, "run")
    code, output, err = frenemy("freeze", "run", "--journal", path, "--as-of", "2026-01-05", "--json")
    assert code == 0, err
    return path, json.loads(output)


def test_a_forecast_is_frozen_resolved_and_scored(frenemy, record, tmp_path):
    path, entry = record
    assert entry["forecast"] == "first-1"
    assert {"config", "inputs", "seed", "as_of", "questions", "tables"} <= entry.keys()
    questions = entry["questions"]
    at, ever, trigger, level = (
        next(name for name in questions if name.startswith(kind)) for kind in ("at/", "ever/", "trigger/", "level/")
    )
    assert sum(questions[at].values()) == pytest.approx(1, abs=1e-5)
    assert "no forecast has an outcome yet" in frenemy("score", path)[2]
    scenario = next(iter(questions[at]))
    for question, outcome in ((at, scenario), (ever, "yes"), (trigger, "no"), (level, "41.5")):
        date = max("2027-02-01", question.rpartition("/")[2])
        words = ["--outcome", outcome, "--date", date, "--source", "a newspaper", "--journal", path]
        code, _, err = frenemy("resolve", question, *words)
        assert code == 0, err
    code, output, err = frenemy(
        "score", path, "--json", "--out", tmp_path / "score", "--order", *reversed(questions[at])
    )
    assert code == 0, err
    card = {one["kind"]: one["figures"] for one in json.loads(output)["scored"]}
    p, q = questions[ever]["yes"], questions[trigger]["yes"]
    assert card["probability"]["brier"]["value"] == pytest.approx(((1 - p) ** 2 + q**2) / 2)
    assert card["categories"]["log"]["value"] == pytest.approx(-math.log(questions[at][scenario]))
    assert {"ranked_probability", "brier"} <= card["categories"].keys()
    assert card["quantiles"]["crps"]["value"] > 0
    names = {file.name for file in (tmp_path / "score").rglob("*") if file.is_file()}
    assert {"scores.csv", "forecasts.csv", "reliability.csv", "reliability.png"} <= names
    assert "Score card" in frenemy("score", path, "--no-plots", "--out", tmp_path / "again")[1]
    assert fr.score(path).section().pictures


def test_odds_after_the_evidence_are_frozen(frenemy, starter, tmp_path):
    """Frozen as of the ledger's end, with its hash; the wrong twin would be the odds without the ledger."""
    found = fr.update(starter / "experiments" / "first.toml", draws=4, paths=32)
    inputs = {"evidence/first.toml": starter / "experiments" / "evidence" / "first.toml"}
    folder = found.save(tmp_path / "updated", plots=False, inputs=inputs)
    entry = fr.freeze(folder, journal=tmp_path / "journal.jsonl")
    after = found.findings.after
    assert entry["as_of"] == entry["evidence_until"] == str(after.dates[after.now])
    assert [*entry["inputs"]] == ["evidence/first.toml"]
    questions = entry["questions"]
    assert {name.split("/")[0] for name in questions} == {"at", "ever", "level"}
    assert min(name.rpartition("/")[2] for name in questions) > entry["as_of"]
    end = str(after.dates[-1])
    odds = {scenario.name: after.odds["at"].probability[-1, j] for j, scenario in enumerate(after.model.scenarios)}
    assert questions[f"at/{end}"] == pytest.approx(odds, abs=1e-6)
    before = {name: found.findings.before.odds["at"].probability[-1, j] for j, name in enumerate(odds)}
    assert questions[f"at/{end}"] != pytest.approx(before, abs=1e-4)
    book = tmp_path / "journal.jsonl"
    kept = book.read_bytes()
    code, _, err = frenemy("freeze", folder, "--journal", book, "--as-of", "2026-03-01")
    assert code == 2
    assert "is before the evidence ends" in err
    assert book.read_bytes() == kept
    code, _, err = frenemy("freeze", folder, "--journal", book)
    assert code == 0, err


def test_what_was_known_already_is_no_forecast(frenemy, record):
    path, entry = record
    trigger = next(name for name in entry["questions"] if name.startswith("trigger/"))
    words = ["--outcome", "yes", "--date", "2026-01-05", "--source", "a newspaper", "--journal", path]
    assert frenemy("resolve", trigger, *words)[0] == 0
    assert f"so none is scored: first-1/{trigger}, its outcome was known on 2026-01-05" in frenemy("score", path)[2]
    other = next(name for name in entry["questions"] if name.startswith("ever/"))
    words[3] = "2028-01-05"
    assert frenemy("resolve", other, *words)[0] == 0
    card = fr.score(path)
    assert [one.question for one in card.findings.groups[0].forecasts] == [f"first-1/{other}"]
    (excluded,) = card.to_dict()["excluded"]
    assert (excluded["question"], excluded["known"], excluded["made"]) == (
        f"first-1/{trigger}", "2026-01-05", "2026-01-05"
    )  # fmt: skip
    assert card.tables()["excluded.csv"].splitlines()[1].startswith(f"first-1/{trigger},2026-01-05,2026-01-05,its")
    assert card.section().paragraphs[-1].startswith(f"Not scored: 1 forecast. first-1/{trigger}: its outcome was known")


def test_what_is_certain_is_no_forecast(frenemy, starter, record, tmp_path):
    """Every future starts in the default scenario, and an imposed event happens: neither is on record as a forecast."""
    path, entry = record
    assert not [name for name in entry["questions"] if name.startswith("ever/muddling_through/")]
    assert {why for name, why in entry["left_out"].items() if name.startswith("ever/muddling_through/")} == {
        "every future starts in the default scenario"
    }
    # The wrong twin judges by the odds: a scenario that every path happened to reach is a forecast, and stays.
    model, run = load_resolved(Path("run/resolved.toml").read_text(encoding="utf-8"))
    assert certain_answers({"ever/open_dispute/2030-01-07": {"yes": 1.0}}, model, run) == {}
    past = [{"scenario": "open_dispute", "probability": "1.000000"}]
    assert certain_answers({"ever/open_dispute/2030-01-07": {"yes": 1.0}}, model, run, past)
    run = replace(run, impose=(Imposed(trigger="diversion", date=dt.date(2027, 3, 1)),))
    asked = {f"trigger/diversion/{since}/{until}": {"yes": 1.0} for since, until in YEARS}
    assert [*certain_answers(asked, model, run)] == ["trigger/diversion/2027-01-05/2028-01-05"]
    closed = replace(model.triggers[0], until=dt.date(2027, 1, 5))
    asked = {f"trigger/{closed.name}/{since}/{until}": {"yes": 0.0} for since, until in YEARS}
    model = replace(model, triggers=(closed, *model.triggers[1:]))
    assert certain_answers(asked, model, run) == {
        f"trigger/{closed.name}/2027-01-05/2028-01-05": "the trigger cannot happen then"
    }
    out = frenemy("freeze", "run", "--journal", path, "--as-of", "2026-01-05")[1]
    assert "Left out, as every future starts in the default scenario: ever/muddling_through\n" in out


@pytest.mark.parametrize(
    ("question", "outcome", "says"),
    [
        ("trigger/diverson", "yes", "did you mean"),
        ("at", "open_disputes", "did you mean"),
        ("ever", "perhaps", "yes or no"),
        ("level", "140", "0 to 100"),
    ],
)
def test_wrong_outcomes_are_refused(frenemy, record, question, outcome, says):
    path, entry = record
    if question in {"at", "ever", "level"}:
        question = next(name for name in entry["questions"] if name.startswith(question + "/"))
    before = path.read_bytes()
    code, _, message = frenemy("resolve", question, "--outcome", outcome, "--source", "x", "--journal", path)
    assert code == 2
    assert says in message
    assert path.read_bytes() == before


def test_an_outcome_is_corrected_only_on_purpose(frenemy, record):
    path, entry = record
    ever = next(name for name in entry["questions"] if name.startswith("ever/"))
    words = ["--source", "x", "--journal", path, "--date", "2027-03-01"]
    assert frenemy("resolve", ever, "--outcome", "yes", *words)[0] == 0
    assert "resolved already" in frenemy("resolve", ever, "--outcome", "no", *words)[2]
    assert frenemy("resolve", ever, "--outcome", "no", "--correct", *words)[0] == 0
    (scored,) = fr.score(path).findings.groups
    assert scored.forecasts[0].outcome == 0.0
    assert len(read_chain(path).of("resolved")) == 2


def test_a_run_that_was_changed_is_not_frozen(frenemy, record, tmp_path):
    path, _ = record
    odds = Path("run/odds.csv")
    odds.write_text(odds.read_text(encoding="utf-8").replace("0.9", "0.8"), encoding="utf-8")
    code, _, message = frenemy("freeze", "run", "--journal", path)
    assert code == 2
    assert "changed after the run" in message


def test_a_question_already_due_is_not_forecast(frenemy, record, monkeypatch):
    path, entry = record
    monkeypatch.setattr("frenemy.studies.score.record._today", lambda: dt.date(2030, 1, 1))
    dates = sorted({question.rpartition("/")[2] for question in entry["questions"]})
    code, output, _ = frenemy("freeze", "run", "--journal", path, "--as-of", dates[0], "--json")
    assert code == 0
    left = json.loads(output)["questions"]
    assert left == {q: odds for q, odds in entry["questions"].items() if q.rpartition("/")[2] > dates[0]}
    assert 0 < len(left) < len(entry["questions"])
    before = path.read_bytes()
    code, _, message = frenemy("freeze", "run", "--journal", path, "--as-of", "9999-01-01")
    assert (code, path.read_bytes()) == (2, before)
    assert "is in the future" in message
    with pytest.raises(fr.InputError, match="every question is due"):
        _still_open({"at/2025-01-07": {}}, dt.date(2025, 1, 7))


def test_any_csv_can_be_scored(frenemy, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("said.csv").write_text(
        "question,date,probability,outcome\na,2026-01-01,80%,yes\nb,2026-01-01,0.3,1\nc,2026-02-01,0.1,no\nd,2026-03-01,0.5,\n",
        encoding="utf-8",
    )
    code, output, err = frenemy("score", "said.csv", "--cluster", "date", "--json")
    assert code == 0, err
    (scored,) = json.loads(output)["scored"]
    assert scored["clusters"] == 2
    assert scored["figures"]["brier"]["value"] == pytest.approx((0.04 + 0.49 + 0.01) / 3)
    Path("ranked.csv").write_text("p_low,p_mid,p_high,outcome\n0.2,0.5,0.3,high\n", encoding="utf-8")
    found = {figure.name: figure.value for figure in fr.score("ranked.csv").findings.groups[0].figures}
    assert found["ranked_probability"] == pytest.approx(0.53)
    Path("levels.csv").write_text("q25,q50,q75,outcome\n2,4,7,5\n", encoding="utf-8")
    assert fr.score("levels.csv").findings.groups[0].figures[0].value == pytest.approx(3.5 / 3)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a,outcome\n1,yes\n", "which columns are forecasts"),
        ("probability,outcome\n1.2,yes\n", "said.csv:2: probability: not a probability"),
        ("probability,outcome\n0.2,maybe\n", "yes or no"),
        ("probability,outcome\n,yes\n", "a forecast is missing"),
        ("probability,outcome\n0.2,\n", "no forecast has an outcome"),
        ("p_a,p_b,outcome\n0.2,0.5,a\n", "add up to 0.7"),
        ("p_a,p_b,outcome\n0.2,0.8,c\n", "not one of the categories"),
        ("q05,q50,outcome\n3,2,1\n", "must not fall"),
        ("probability,p_a,outcome\n0.2,0.5,a\n", "which columns are forecasts"),
    ],
)
def test_wrong_files_are_reported(frenemy, tmp_path, monkeypatch, text, says):
    monkeypatch.chdir(tmp_path)
    Path("said.csv").write_text(text, encoding="utf-8")
    code, _, message = frenemy("score", "said.csv")
    assert code == 2
    assert says in message
    assert not Path("runs").exists()


@pytest.mark.parametrize(
    "change",
    [
        lambda line: line.replace(b'"outcome": 1', b'"outcome": 0, "outcome": 1'),
        lambda line: line.replace(b'"kind": ', b'"kind":'),
        lambda line: line + b"\r",
        lambda line: b"\xef\xbb\xbf" + line,
        lambda line: b" " + line,
    ],
    ids=["a key twice", "other blanks", "other line ends", "a byte order mark", "a blank before"],
)
def test_an_entry_has_one_form(tmp_path, change):
    """Row A17: what is hashed is what stands there, byte by byte."""
    book = tmp_path / "journal.jsonl"
    append(book, "resolved", {"question": "a", "outcome": 1, "date": "2026-01-01"})
    append(book, "resolved", {"question": "b", "outcome": 1, "date": "2026-01-01"})
    first, second, _ = book.read_bytes().split(b"\n")
    assert len(read_chain(book).entries) == 2
    book.write_bytes(change(first) + b"\n" + second + b"\n")
    with pytest.raises(InputError, match=r"entry"):
        read_chain(book)


def test_an_outcome_cannot_be_known_too_early(frenemy, record):
    """What has not happened is known when the question is due, what has happened not before its window."""
    path, entry = record
    trigger = next(name for name in entry["questions"] if name.startswith("trigger/"))
    at = next(name for name in entry["questions"] if name.startswith("at/"))
    since, scenario = trigger.split("/")[2], next(iter(entry["questions"][at]))
    for question, outcome, date in ((trigger, "no", since), (trigger, "yes", "2020-01-01"), (at, scenario, since)):
        words = ("--outcome", outcome, "--date", date, "--source", "x", "--journal", path)
        code, _, err = frenemy("resolve", question, *words)
        assert code == 2
        assert f"--date: the outcome cannot be known by then (found {date})" in err
    assert not read_chain(path).of("resolved")


def test_an_unfinished_last_line_is_told(frenemy, record):
    path, entry = record
    ever = next(name for name in entry["questions"] if name.startswith("ever/"))
    assert frenemy("resolve", ever, "--outcome", "yes", "--source", "x", "--journal", path)[0] == 0
    with path.open("ab") as file:
        file.write(b'{"entry": 3, "kind": "resol')
    assert "the last line is unfinished and not read" in " ".join(frenemy("score", path, "--no-plots")[1].split())
