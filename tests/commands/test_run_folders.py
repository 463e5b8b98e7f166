"""Is a run folder complete at every moment, whatever happens to the process that writes it?"""

import contextlib
import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from frenemy.errors import InputError
from frenemy.storage import run_folder

FILES = 6


def write(folder, generation):
    with run_folder.replacing(folder) as new:
        for number in range(FILES):
            (new / f"table{number}.csv").write_text(f"{generation}\n" * 2000)
        run_folder.seal(new, {"generation": generation})


def generation(folder):
    """The generation of a whole result; fails if the folder mixes two or lacks a byte."""
    manifest = run_folder.read_manifest(folder)
    for name, file in manifest["files"].items():
        assert run_folder.sha256(folder / name) == file["sha256"]
    texts = {(folder / f"table{number}.csv").read_text() for number in range(FILES)}
    assert texts == {f"{manifest['generation']}\n" * 2000}
    return manifest["generation"]


def hidden(folder):
    return [entry.name for entry in folder.parent.iterdir() if entry.name.startswith(".")]


@pytest.fixture(params=["exchange", "aside"])
def way(request, monkeypatch):
    """Both ways to put a result in place: the system's exchange of two folders, and two renames."""
    if request.param == "aside":
        monkeypatch.setattr(run_folder, "swap", lambda one, other: False)
    return request.param


@pytest.mark.usefixtures("way")
def test_a_new_result_replaces_the_old_one(tmp_path):
    for number in range(3):
        write(tmp_path / "runs" / "baseline", number)
        assert generation(tmp_path / "runs" / "baseline") == number
    assert hidden(tmp_path / "runs" / "baseline") == []


class Killed(BaseException):
    """The process dies at this call: whatever would clean up does not happen."""


def dying(monkeypatch, after):
    """Let the process die at the n-th call of anything that changes the disk; return the locks it then loses."""
    calls = [0]

    def mortal(function):
        def call(*args, **kwargs):
            calls[0] += 1
            if calls[0] > after:
                raise Killed
            return function(*args, **kwargs)

        return call

    for owner, name in [
        (run_folder, "swap"),
        (run_folder.shutil, "rmtree"),
        (os, "fsync"),
        (Path, "rename"),
        (Path, "write_text"),
        (Path, "mkdir"),
    ]:
        monkeypatch.setattr(owner, name, mortal(getattr(owner, name)))
    locks = []
    monkeypatch.setattr(
        run_folder, "lock", lambda folder, lock=run_folder.lock: locks.append(lock(folder)) or locks[-1]
    )
    return locks


@pytest.mark.parametrize("earlier", [True, False], ids=["over an earlier result", "the first"])
def test_death_at_each_step_leaves_the_old_or_the_new(tmp_path, monkeypatch, way, earlier):
    folder = tmp_path / "baseline"
    seen, step = set(), 0
    while True:
        shutil.rmtree(tmp_path)
        tmp_path.mkdir()
        if earlier:
            write(folder, 1)
        with monkeypatch.context() as patch:
            if way == "aside":
                patch.setattr(run_folder, "swap", lambda one, other: False)
            locks = dying(patch, step)
            try:
                write(folder, 2)
                break
            except Killed:
                for lock in locks:
                    with contextlib.suppress(OSError):  # closed in good time
                        os.close(lock)
        try:
            seen.add(generation(folder))
        except InputError:
            assert not folder.exists()
            seen.add(0)
        write(folder, 3)
        assert generation(folder) == 3
        assert hidden(folder) == [], f"killed at step {step}"
        step += 1
    assert step > 2 * FILES
    assert seen <= ({1, 2} if earlier else {0, 2})
    assert len(seen) == 2


@pytest.mark.parametrize("read", [run_folder.is_folder, run_folder.is_complete, run_folder.read_manifest])
def test_a_reader_finds_what_a_killed_writer_set_aside(tmp_path, monkeypatch, read):
    """Row B7: where folders cannot be swapped, death between the two renames hides the result from no reader."""
    folder = tmp_path / "baseline"
    write(folder, 1)
    (folder / "notes.txt").write_text("mine")
    monkeypatch.setattr(run_folder, "swap", lambda one, other: False)
    renamed = Path.rename

    def rename(self, target):
        if self.name.endswith(run_folder.PARTIAL) and not folder.exists():
            raise Killed
        return renamed(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", rename)
        with pytest.raises(Killed):
            write(folder, 2)
    assert not folder.exists()
    assert read(folder)
    assert generation(folder) == 1
    assert (folder / "notes.txt").read_text() == "mine"
    assert hidden(folder) == []


WRITER = f"""
import sys
from pathlib import Path
from frenemy.storage import run_folder
number = 0
while True:
    number += 1
    with run_folder.replacing(Path(sys.argv[1])) as new:
        for table in range({FILES}):
            (new / f"table{{table}}.csv").write_text(f"{{number}}\\n" * 2000)
        run_folder.seal(new, {{"generation": number}})
    if number == 1:
        print("ready", flush=True)
"""


def writer(folder):
    return subprocess.Popen([sys.executable, "-c", WRITER, folder], stdout=subprocess.PIPE)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no kill -9 here")
def test_kill_9_at_any_moment_leaves_a_whole_result(tmp_path):
    folder = tmp_path / "baseline"
    end = time.monotonic() + 8
    kills = 0
    while time.monotonic() < end and kills < 40:
        with writer(folder) as process:
            assert process.stdout.readline() == b"ready\n"
            time.sleep(0.0007 * (kills % 25))
            process.kill()
        kills += 1
        assert generation(folder) >= 1
        assert len(hidden(folder)) <= 1
    assert kills >= 10
    write(folder, 0)
    assert hidden(folder) == []


def test_two_writers_at_once_leave_one_whole_result(tmp_path):
    folder = tmp_path / "baseline"
    writers = [writer(folder), writer(folder)]
    try:
        for process in writers:
            assert process.stdout.readline() == b"ready\n"
        time.sleep(0.5)
        assert all(process.poll() is None for process in writers), "a writer was hurt by the other"
    finally:
        for process in writers:
            process.kill()
            process.communicate()
    assert generation(folder) >= 1
    write(folder, 7)
    assert generation(folder) == 7
    assert hidden(folder) == []


def test_a_full_disk_leaves_the_old_result(tmp_path, monkeypatch):
    folder = tmp_path / "baseline"
    write(folder, 1)
    room = [FILES // 2]
    plain = Path.write_text

    def full(path, *args, **kwargs):
        room[0] -= 1
        if room[0] < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        return plain(path, *args, **kwargs)

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OSError, match="No space left"):
        write(folder, 2)
    assert generation(folder) == 1
    assert hidden(folder) == []


def test_an_interrupted_result_is_not_treated_as_complete(tmp_path):
    folder = tmp_path / "baseline"
    write(folder, 1)
    assert run_folder.is_complete(folder)
    (folder / "table3.csv").write_text("1\n")
    assert not run_folder.is_complete(folder)
    with pytest.raises(InputError, match="not a complete run folder"):
        run_folder.read_manifest(folder)


def test_an_unsealed_result_is_never_put_in_place(tmp_path):
    write(tmp_path / "baseline", 1)
    with pytest.raises(ValueError, match="not sealed"), run_folder.replacing(tmp_path / "baseline") as new:
        (new / "table.csv").write_text("half")
    assert generation(tmp_path / "baseline") == 1


def test_a_folder_of_the_users_is_never_replaced(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match="something other than a run"):
        write(tmp_path, 1)
    assert [entry.name for entry in tmp_path.iterdir()] == ["thesis.txt"]


def test_what_the_user_puts_into_a_run_folder_stays(tmp_path):
    folder = tmp_path / "baseline"
    write(folder, 1)
    (folder / "notes.txt").write_text("mine")
    (folder / "slides").mkdir()
    (folder / "slides" / "one.txt").write_text("mine too")
    write(folder, 2)
    assert generation(folder) == 2
    assert (folder / "notes.txt").read_text() == "mine"
    assert (folder / "slides" / "one.txt").read_text() == "mine too"
    assert "notes.txt" not in json.loads((folder / "manifest.json").read_text())["files"]


def test_a_link_to_a_run_folder_is_followed(tmp_path):
    write(tmp_path / "elsewhere", 1)
    (tmp_path / "baseline").symlink_to("elsewhere")
    write(tmp_path / "baseline", 2)
    assert (tmp_path / "baseline").is_symlink()
    assert generation(tmp_path / "elsewhere") == 2
