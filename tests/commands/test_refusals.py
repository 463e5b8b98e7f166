"""Is what cannot be done refused at once, with one message, and is nothing written then?"""

import io
import json
import os
import sys
import threading

import pytest

from frenemy.cli.main import main
from frenemy.errors import InputError
from frenemy.storage import hash_chain, single_file
from frenemy.storage.run_folder import guard, is_complete
from frenemy.storage.single_file import write_file, written_after
from frenemy.workshop.server import launch


def tree(folder):
    return {path.relative_to(folder): path.stat().st_size for path in folder.rglob("*")}


def test_no_journal_is_made_by_a_refusal(first, frenemy, tmp_path):
    """Row B5: an empty journal was left."""
    book = tmp_path / "new" / "journal.jsonl"
    code, _, err = frenemy("resolve", "at/2026-01-01", "--outcome", "x", "--source", "s", "--journal", book)
    assert code == 2
    assert "there is no journal yet" in err
    assert tree(tmp_path) == {}
    with pytest.raises(InputError, match="no"):
        hash_chain.append_with(book, "frozen", lambda _: (_ for _ in ()).throw(InputError("no")))
    assert tree(tmp_path) == {}


@pytest.mark.parametrize("host", ["256.1.2.3", "x" * 230, "198.51.100.7"])
def test_no_session_is_made_for_an_address_that_cannot_be_had(own_model, tmp_path, host):
    """Row B5: an empty session was left."""
    session = tmp_path / "s.workshop"
    with pytest.raises(InputError, match="cannot listen"):
        launch.serve_workshop(own_model / "experiments" / "first.toml", session=session, host=host, port=1)
    assert not session.exists()


@pytest.mark.parametrize("name", ["compare", "tune", "elicit", "update", "hindcast", "sweep", "timeline"])
def test_a_section_without_its_block_is_refused_before_the_run(first, refused, name):
    """Row B6: refused after the run, whose results were lost."""
    text = first.read_text()
    wanted = {"compare": "[[variants]]", "tune": "[[targets]]", "elicit": "panel", "sweep": "[[sweep.over]]"}
    if (wanted.get(name) or "evidence") in text:
        pytest.skip("the starter has it")
    said = refused("run", first, "--with", name)
    assert f"--with: the experiment's file does not state what this needs (found {name})" in said


@pytest.mark.parametrize(
    ("command", "words", "key"),
    [
        ("map", ("--cells", "100000"), "cells"),
        ("sensitivity", ("--samples", "1000000000000"), "samples"),
        ("run", ("--draws", "1000000"), "draws"),
    ],
)
def test_too_much_is_refused_with_an_estimate(first, refused, command, words, key):
    """Row B6: found after hours, or never."""
    said = refused(command, first, *words)
    assert f"{key}: " in said
    assert f"(found {words[-1]})" in said
    assert "about" in said


@pytest.mark.parametrize("place", ["drivers.toml/x", "drivers.toml/x/y", "n" * 240, "x/" + "n" * 256 + "/y"])
def test_a_folder_that_cannot_be_is_refused_before_the_work(tmp_path, place):
    """Row B6."""
    (tmp_path / "drivers.toml").write_text("")
    with pytest.raises(InputError, match=r"a file, not a folder|name is too long"):
        guard(tmp_path / place)
    with pytest.raises(InputError, match=r"no such folder|name is too long"):
        write_file(tmp_path / place, "", key="--write")


@pytest.mark.parametrize("length", [200, 237])
def test_a_long_name_that_fits_is_used(tmp_path, length):
    write_file(tmp_path / ("n" * length), "x")
    assert guard(tmp_path / ("m" * length)).name == "m" * length


@pytest.mark.parametrize("folder", [False, True])
def test_links_in_a_circle(tmp_path, frenemy, monkeypatch, folder):
    """Row C8."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "drivers.toml").write_text("")
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    code, _, err = frenemy("run", "a/x.toml" if folder else "a")
    assert code == 2
    assert "bug" not in err
    with pytest.raises(InputError):
        guard(tmp_path / "a")


@pytest.mark.parametrize("words", [("sensitivity", "/"), ("tune", ""), ("run", " "), ("map", "."), ("tune", "..")])
def test_what_is_no_file_is_said(tmp_path, frenemy, monkeypatch, words):
    """Row C8: a fault in Frenemy, exit code 1."""
    monkeypatch.chdir(tmp_path)
    code, _, err = frenemy(*words)
    assert code == 2
    assert "bug" not in err


def test_a_name_that_is_not_utf_8_is_said(frenemy):
    """Row C8."""
    code, _, err = frenemy("run", os.fsdecode(b"caf\xe9.toml"))
    assert code == 2
    assert "not UTF-8" in err
    assert "caf\\udce9.toml" in err


def test_a_terminal_with_few_letters(first, monkeypatch):
    """Row C8: a UnicodeEncodeError after the work."""
    out = io.TextIOWrapper(io.BytesIO(), encoding="latin-1")
    monkeypatch.setattr(sys, "stdout", out)
    assert main(["check", str(first)]) == 0
    out.flush()
    assert b"?" in out.buffer.getvalue()


def test_a_key_a_thousand_deep(own_model, frenemy):
    """Row C8."""
    file = own_model / "drivers.toml"
    text = file.read_text()
    for deep in (".".join("a" * 1000) + " = 1\n", "a = " + "[" * 90 + "]" * 90 + "\n"):
        file.write_text(deep + text)
        code, _, err = frenemy("check", own_model)
        assert code == 2
        assert "nested too deeply" in err


@pytest.mark.parametrize("files", ["x", ["x"], {"a": 1}, {"a": {"bytes": "1", "sha256": ""}}, None])
def test_a_manifest_that_is_none(tmp_path, frenemy, files):
    """Row C8."""
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "manifest.json").write_text(json.dumps({"format": "frenemy run folder 1", "files": files}))
    assert not is_complete(folder)
    code, _, err = frenemy("compare", folder, folder)
    assert code == 2
    assert "not a complete run folder" in err


@pytest.mark.parametrize("entry", [{"question": "at/2026-01-01", "outcome": "a"}, {"question": 1, "date": "2026"}])
def test_a_journal_with_an_entry_that_lacks_something(tmp_path, frenemy, entry):
    """Row C8: KeyError."""
    book = tmp_path / "journal.jsonl"
    hash_chain.append(book, "resolved", entry)
    code, _, err = frenemy("score", book)
    assert code == 2
    assert "journal.jsonl:1: not an entry of a journal" in err


@pytest.mark.parametrize("what", ["scenario", "experiment", "table", "journal", "panel"])
@pytest.mark.parametrize("kind", ["pipe", "device"])
def test_a_pipe_or_a_device_is_not_read(own_model, frenemy, tmp_path, what, kind):
    """Row C10: it waited for ever."""
    places = {
        "scenario": (own_model / "scenarios" / "x.toml", ("check", own_model)),
        "experiment": (own_model / "experiments" / "x.toml", ("run", own_model / "experiments" / "x.toml")),
        "table": (tmp_path / "x.csv", ("score", tmp_path / "x.csv")),
        "journal": (tmp_path / "x.jsonl", ("score", tmp_path / "x.jsonl")),
        "panel": (
            tmp_path / "questions.toml",
            ("elicit", own_model / "experiments" / "first.toml", tmp_path),
        ),
    }
    place, words = places[what]
    if kind == "pipe":
        os.mkfifo(place)
    else:
        place.symlink_to("/dev/zero")
    done = threading.Event()
    threading.Thread(target=lambda: done.wait(20) or os._exit(1), daemon=True).start()
    code, _, err = frenemy(*words)
    done.set()
    assert code == 2
    assert "is a pipe or a device" in err


def test_a_file_of_a_result_is_there_with_it_or_not_at_all(tmp_path):
    """Row B1: a kill between the two left one without the other."""
    place = tmp_path / "new.toml"

    def interrupted() -> None:
        with written_after({place: "a = 1"}):
            assert not place.exists()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert tree(tmp_path) == {}
    with written_after({place: "a = 1"}):
        assert not place.exists()
    assert place.read_text() == "a = 1"


@pytest.mark.parametrize("command", ["fit", "tune"])
def test_write_comes_after_the_tables(first, frenemy, tmp_path, monkeypatch, command):
    """Row B1: the file was written first."""
    (tmp_path / "s.csv").write_text("date,value\n" + "".join(f"20{n}-01-01,{n % 7}\n" for n in range(10, 60)))
    words = {
        "fit": ("fit", tmp_path / "s.csv", "--driver", "d"),
        "tune": (
            "tune", first, "--target", "open_dispute=0.2", "--change", "triggers.diversion.probability",
            "--paths", "200",
        ),
    }[command]  # fmt: skip
    out, file = tmp_path / "out", tmp_path / "new.toml"

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("frenemy.storage.run_folder._put_in_place", full)
        assert frenemy(*words, "--no-plots", "--out", out, "--write", file)[0] == 1
        assert not file.exists()
        assert not out.exists()
    with monkeypatch.context() as patched:
        patched.setattr(single_file.os, "fsync", full)
        assert frenemy(*words, "--no-plots", "--out", out, "--write", file)[0] == 1
        assert not file.exists()
        assert not out.exists()
    assert frenemy(*words, "--no-plots", "--out", out, "--write", file)[0] == 0
    assert file.exists()
    assert is_complete(out)


def test_an_empty_name_is_not_this_folder(frenemy, tmp_path, monkeypatch):
    """An unset variable of a shell wrote twelve files into the current folder."""
    monkeypatch.chdir(tmp_path)
    code, _, err = frenemy("init", "")
    assert code == 2
    assert "an empty name of a folder" in err
    assert not [*tmp_path.iterdir()]
