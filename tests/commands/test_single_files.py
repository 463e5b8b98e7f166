"""Are single files whole or absent, and is nothing of the user's ever replaced?"""

import os
from pathlib import Path

import pytest

from frenemy.errors import InputError
from frenemy.storage import single_file
from frenemy.storage.single_file import write_file


def test_a_file_is_written_and_nothing_is_left_beside_it(tmp_path):
    write_file(tmp_path / "new.toml", "a = 1\r\n")
    assert (tmp_path / "new.toml").read_bytes() == b"a = 1\r\n"
    assert [path.name for path in tmp_path.iterdir()] == ["new.toml"]


@pytest.mark.parametrize("taken", ["file", "link", "folder"])
def test_what_is_there_is_not_replaced(tmp_path, taken):
    """Row B2."""
    place = tmp_path / "drivers.toml"
    if taken == "file":
        place.write_text("mine")
    elif taken == "link":
        place.symlink_to(tmp_path / "nowhere")
    else:
        place.mkdir()
    with pytest.raises(InputError, match=r"exists already|is a folder"):
        write_file(place, "theirs")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["drivers.toml"]
    assert taken != "file" or place.read_text() == "mine"


def test_a_name_that_is_taken_in_the_meantime_is_not_replaced(tmp_path, monkeypatch):
    place = tmp_path / "new.toml"
    monkeypatch.setattr(single_file, "check_places", lambda paths, **_: paths[0].write_text("theirs"))
    with pytest.raises(InputError, match="exists already"):
        write_file(place, "mine")
    assert place.read_text() == "theirs"
    assert len([*tmp_path.iterdir()]) == 1


@pytest.mark.parametrize("step", ["write", "fsync", "link"])
def test_a_full_disk_leaves_nothing(tmp_path, monkeypatch, step):
    """Row B1: a file cut short may read as a valid one with numbers missing."""

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    if step == "write":
        monkeypatch.setattr(os, "fdopen", full)
    else:
        monkeypatch.setattr(os, step, full)
        monkeypatch.setattr(Path, "rename", full)
    with pytest.raises(OSError, match="No space"):
        write_file(tmp_path / "new.toml", "a = 1")
    assert [*tmp_path.iterdir()] == []


def test_what_a_killed_writer_left_is_cleared_away_by_the_next(tmp_path):
    (tmp_path / ".new.toml.0123abcd.partial").write_text("a =")
    (tmp_path / ".other.toml.0123abcd.partial").write_text("b =")
    write_file(tmp_path / "new.toml", "a = 1")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".other.toml.0123abcd.partial", "new.toml"]


def test_no_folder_is_said(tmp_path):
    """Row B6."""
    with pytest.raises(InputError, match="no such folder"):
        write_file(tmp_path / "nope" / "x.toml", "a = 1", key="--write")


def test_a_storyline_does_not_take_the_place_of_the_model(first, frenemy):
    """Row B2: the model was replaced by a table of events, with exit code 0."""
    model = first.parents[1] / "drivers.toml"
    kept = model.read_bytes()
    for command in ("causes", "story"):
        code, _, err = frenemy(command, first, "--path", "0", "--out", model)
        assert code == 2
        assert "exists already" in err
        assert model.read_bytes() == kept
    events = first.parent / "events.csv"
    for words in ((), ("--force",)):
        assert frenemy("causes", first, "--path", "0", "--out", events, *words)[0] == 0
    assert frenemy("causes", first, "--path", "0", "--out", events)[0] == 2
