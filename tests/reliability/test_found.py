"""What the programme found, by kind, each with the cause mended."""

import errno
import json
import os
import sqlite3
import warnings

import pytest

from frenemy.cli.init import write_starter
from frenemy.cli.main import main
from frenemy.errors import InputError
from frenemy.storage import hash_chain, single_file
from frenemy.storage.checkpoint import open_checkpoint
from frenemy.storage.run_folder import guard
from frenemy.storage.single_file import check_places, write_file
from frenemy.workshop.state.command_log import CommandLog

FULL = OSError(errno.ENOSPC, "No space left on device")


@pytest.fixture
def model(tmp_path, monkeypatch):
    """The folder of a fresh starter model, which is the current one."""
    write_starter(tmp_path / "model")
    monkeypatch.chdir(tmp_path / "model")
    return tmp_path / "model"


def failing(monkeypatch, module, name, *, after=0):
    """Let a call fail as on a full disk, after so many that succeed."""
    real, calls = getattr(module, name), []

    def call(*args, **kwargs):
        calls.append(args)
        if len(calls) > after:
            raise FULL
        return real(*args, **kwargs)

    monkeypatch.setattr(module, name, call)


def files_in(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_json_holds_no_infinity(model, capsys):
    """An error that few paths cannot estimate was Infinity, which other programs do not read."""
    file = model / "experiments" / "first.toml"
    file.write_text(file.read_text().replace("draws = 512", "draws = 0"))
    words = ["sensitivity", "experiments/first.toml", "--paths", "8", "--samples", "0", "--no-plots", "--json"]
    assert main(words) == 0
    bars = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)["tornado"]
    assert any(bar["q10"]["mc_se"] is None for bar in bars)


def test_the_root_is_no_folder_for_results(model, capsys):
    for command in ("sweep", "map"):
        assert main([command, "experiments/first.toml", "--out", "/"]) == 2
        assert "--out" in capsys.readouterr().err
    with pytest.raises(InputError, match="not a folder for results"):
        guard(model / "/")


def test_a_label_may_hold_what_hdf5_cannot_store(model):
    file = model / "scenarios" / "open_dispute.toml"
    file.write_text(file.read_text().replace('label = "Open dispute"', 'label = "Open\\u0000dispute"'))
    assert main(["run", "experiments/first.toml", "--paths", "8", "--draws", "0", "--no-plots"]) == 0


def test_a_number_whose_square_is_none_is_refused(tmp_path, capsys):
    table = tmp_path / "forecasts.csv"
    table.write_text("q05,median,q95,outcome\n40,50,60,52\n45,55,65,-1e300\n")
    assert main(["score", str(table), "--no-plots", "--out", str(tmp_path / "out")]) == 2
    assert "too large" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["run", "sensitivity", "causes", "tune", "update", "watch", "map", "audit"])
def test_a_name_that_is_too_long_is_bad_input_with_any_folder_for_results(model, capsys, command):
    assert main([command, "x" * 300, "--out", "out"]) == 2
    assert "this name is too long" in capsys.readouterr().err
    assert not (model / "out").exists()


def test_a_series_far_below_its_anchors_is_refused(tmp_path, capsys):
    table = tmp_path / "levels.csv"
    months = [f"{2020 + n // 12}-{1 + n % 12:02}-01" for n in range(48)]
    rows = [f"{month},{50 + n % 7}" for n, month in enumerate(months)]
    rows[30] = f"{months[30]},-9223372036854775809"
    table.write_text("\n".join(["date,level", *rows]) + "\n")
    words = ["fit", str(table), "--driver", "trust", "--anchor", "40=20", "--anchor", "60=80", "--no-plots"]
    assert main([*words, "--out", str(tmp_path / "out")]) == 2
    assert "reverts to an index of 0 to" in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "out").exists()


def test_a_pull_of_any_size_is_one_message(model, capsys):
    file = model / "drivers.toml"
    text = file.read_text()
    assert "pulls = { water = 0.1 }" in text
    file.write_text(text.replace("pulls = { water = 0.1 }", "pulls = { water = -1e300 }"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert main(["check"]) == 2
    found = capsys.readouterr().err
    assert "pulls.water" in found
    assert "(found -1e+300)" in found


@pytest.mark.parametrize("column", ["date", "at_least_one", ""])
def test_tables_of_another_shape_are_refused(model, capsys, column):
    """Sealed, but not as this version writes them."""
    from frenemy.storage.run_folder import MANIFEST, sha256

    run = model / "runs" / "first"
    assert main(["run", "experiments/first.toml", "--paths", "8", "--draws", "0", "--no-plots"]) == 0
    for name in ("odds.csv", "events.csv"):
        table = run / name
        content = table.read_bytes().replace(column.encode(), b"x") if column else b"\xff\xfe,\n1\n"
        table.write_bytes(content)
        manifest = json.loads((run / MANIFEST).read_text())
        manifest["files"][name] = {"bytes": table.stat().st_size, "sha256": sha256(table)}
        (run / MANIFEST).write_text(json.dumps(manifest))
    capsys.readouterr()
    assert main(["freeze", str(run), "--as-of", "2026-01-05"]) == 2
    assert "tables are not those" in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize("outcome", [True, [], {"x": 1}, None])
def test_an_outcome_that_is_none_of_the_question_is_refused(tmp_path, capsys, outcome):
    journal = tmp_path / "journal.jsonl"
    asked = {
        "forecast": "a-1",
        "experiment": "a",
        "as_of": "2026-01-05",
        "questions": {"at/2026-03-30": {"x": 0.5, "y": 0.5}},
    }
    hash_chain.append(journal, "frozen", asked)
    hash_chain.append(journal, "resolved", {"question": "at/2026-03-30", "outcome": outcome, "date": "2026-03-31"})
    assert main(["score", str(journal), "--no-plots", "--out", str(tmp_path / "out")]) == 2
    assert "at/2026-03-30" in capsys.readouterr().err


def test_a_damaged_session_is_told_as_such(tmp_path):
    file = tmp_path / "small.workshop"
    CommandLog.begin(file, {"config": "1", "long": "x" * 20_000}).close()
    content = bytearray(file.read_bytes())
    content[4096 * 2 : 4096 * 4] = b"\xff" * 8192
    file.write_bytes(content)
    with pytest.raises(InputError, match="damaged"):
        CommandLog.resume(file)


def test_a_folder_is_no_session(tmp_path):
    with pytest.raises(InputError, match="a folder, not a session"):
        CommandLog.resume(tmp_path)
    assert files_in(tmp_path) == []


def test_a_session_that_is_not_begun_leaves_nothing(tmp_path, monkeypatch):
    failing(monkeypatch, os, "fsync")
    with pytest.raises(OSError, match="No space"):
        CommandLog.begin(tmp_path / "small.workshop", {"config": "1"})
    assert files_in(tmp_path) == []


def test_what_a_killed_server_left_goes_when_the_session_continues(tmp_path):
    """It had given the session its name but not removed the hidden one."""
    CommandLog.begin(tmp_path / "small.workshop", {"config": "1"}).close()
    (tmp_path / ".small.workshop.0123abcd.partial").write_bytes(b"x")
    CommandLog.resume(tmp_path / "small.workshop").close()
    assert not any(name.startswith(".") for name in files_in(tmp_path))


def test_a_full_disk_is_not_told_as_a_wrong_session(tmp_path, monkeypatch):
    CommandLog.begin(tmp_path / "small.workshop", {"config": "1"}).close()

    def full(*_):
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorname = "SQLITE_FULL"
        raise error

    monkeypatch.setattr("frenemy.workshop.state.command_log._lock", full)
    with pytest.raises(OSError, match="disk is full"):
        CommandLog.resume(tmp_path / "small.workshop")


def test_an_entry_that_was_not_forced_to_the_disk_is_not_on_record(tmp_path, monkeypatch):
    """The command said that it failed, but the entry stayed."""
    journal = tmp_path / "journal.jsonl"
    hash_chain.append(journal, "frozen", {"forecast": "a", "experiment": "a", "as_of": "2026-01-05", "questions": {}})
    before = journal.read_bytes()
    with monkeypatch.context() as broken:
        failing(broken, os, "fsync")
        with pytest.raises(OSError, match="No space"):
            hash_chain.append(journal, "resolved", {"question": "q", "outcome": True, "date": "2026-01-06"})
    assert journal.read_bytes() == before
    assert len(hash_chain.read_chain(journal).entries) == 1


def test_a_killed_init_is_completed_by_the_next(tmp_path):
    """Row B1: half of it stayed, and the next one was refused."""
    whole = tmp_path / "whole"
    names = [path.relative_to(whole) for path in write_starter(whole)]
    assert names[-1].name == "drivers.toml", "last, as what has none is no model"
    for done in range(len(names)):
        part = tmp_path / f"part{done}"
        for name in names[:done]:
            (part / name).parent.mkdir(parents=True, exist_ok=True)
            (part / name).write_bytes((whole / name).read_bytes())
        (part / "scenarios").mkdir(parents=True, exist_ok=True)
        (part / "scenarios" / ".open_dispute.toml.0123abcd.partial").write_text("label =")
        write_starter(part)
        assert files_in(part) == files_in(whole)


def test_an_init_on_a_full_disk_leaves_no_half_file(tmp_path, monkeypatch):
    failing(monkeypatch, os, "fsync", after=5)
    with pytest.raises(OSError, match="No space"):
        write_starter(tmp_path / "model")
    assert files_in(tmp_path) == []


@pytest.mark.parametrize("words", [("story", "--path", "0", "--out", "story.svg", "--force"), ("schema", "--out", ".")])
def test_what_was_there_stays_if_the_disk_is_full(model, monkeypatch, capsys, words):
    """Row B1: pictures of storylines and schemas were written in place."""
    old = dict.fromkeys(("story.svg", "model.schema.json"), "old")
    for name, text in old.items():
        (model / name).write_text(text)
    before = files_in(model)
    failing(monkeypatch, os, "fsync")
    first, *rest = words
    assert main([first, *([] if first == "schema" else ["experiments/first.toml"]), *rest]) == 1
    assert "No space" in capsys.readouterr().err
    assert files_in(model) == before
    assert {name: (model / name).read_text() for name in old} == old


def test_what_a_killed_writer_left_goes_though_the_next_is_refused(tmp_path):
    (tmp_path / "new.toml").write_text("a = 1")
    (tmp_path / ".new.toml.0123abcd.partial").write_text("a =")
    with pytest.raises(InputError, match="exists already"):
        check_places([tmp_path / "new.toml"])
    assert files_in(tmp_path) == ["new.toml"]


def test_a_hidden_file_that_cannot_be_removed_does_not_make_a_result_a_failure(tmp_path, monkeypatch):
    real = single_file.Path.unlink

    def unlink(path, **options):
        if path.name.startswith("."):
            raise OSError(errno.EIO, "Input/output error")
        real(path, **options)

    monkeypatch.setattr(single_file.Path, "unlink", unlink)
    write_file(tmp_path / "new.toml", "a = 1")
    assert (tmp_path / "new.toml").read_text() == "a = 1"


def test_a_checkpoint_that_cannot_be_removed_does_not_make_a_sweep_a_failure(model, monkeypatch):
    real = single_file.Path.unlink

    def unlink(path, **options):
        if path.name.endswith(".journal"):
            raise OSError(errno.EIO, "Input/output error")
        real(path, **options)

    monkeypatch.setattr(single_file.Path, "unlink", unlink)
    words = ["sweep", "experiments/first.toml", "--over", "drivers.trust.start=40,60", "--paths", "8", "--no-plots"]
    assert main(words) == 0


def test_a_pull_of_any_strength_without_a_loop_is_answered(model, capsys):
    """The matrix of the drivers only looked singular, and there was no loop to name."""
    file = model / "drivers.toml"
    file.write_text(file.read_text().replace("pulls = { water = 0.1 }", "pulls = { water = 4294967296 }"))
    assert main(["check", "experiments/first.toml"]) == 2
    assert "drivers.trust.pulls.water" in capsys.readouterr().err


def test_a_name_that_is_too_long_is_refused(model, capsys):
    assert main(["check", "x" * 300]) == 2
    assert "too long" in capsys.readouterr().err


def test_a_checkpoint_nested_without_end_is_begun_anew(tmp_path):
    file = tmp_path / "kept.journal"
    with open_checkpoint(file, "a") as kept:
        kept.add("one", 1)
    with file.open("ab") as torn:
        torn.write(b"[" * 100_000 + b"\n")
    with open_checkpoint(file, "a") as kept:
        assert kept.pieces == {"one": 1}


def test_a_count_of_events_that_cannot_be_meant_is_refused(model, capsys):
    """Row A14: ten events in a hundred-millionth of a year asked for more memory than there is."""
    file = model / "drivers.toml"
    file.write_text(
        file.read_text().replace("history = { events = 3, years = 10 }", "history = { events = 3, years = 1e-8 }")
    )
    assert main(["check", "experiments/first.toml"]) == 2
    assert "beyond what can be meant" in capsys.readouterr().err
