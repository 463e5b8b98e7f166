"""Does the user wait for the compiler once, and does everything run where nothing can be written?"""

import os
import shutil
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

from frenemy.runtime import kernel_cache

PROGRAM = """
import sys
from frenemy.runtime.kernel_cache import kernel_ready, numba_cache
ready = kernel_ready()
cache = numba_cache()
import numba

@numba.njit(cache=cache)
def twice(x):
    return 2 * x

assert twice(21) == 42
print(ready, cache, kernel_ready(), sum(twice.stats.cache_hits.values()))
"""
FOLDER = """
import os
from frenemy.runtime.kernel_cache import numba_cache
print(numba_cache(), os.environ.get("NUMBA_CACHE_DIR"))
"""
NO_TEMPORARY_FOLDER = """
import tempfile
def none():
    raise FileNotFoundError
tempfile.gettempdir = none
"""


def outcome(folder, program, **environment):
    """What the program, a script in `folder`, prints, word by word."""
    script = folder / f"program{zlib.crc32(program.encode())}.py"
    if not script.exists():  # older versions of Numba look at the time of the file
        script.write_text(program)
    clean = {key: value for key, value in os.environ.items() if key not in ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME")}
    done = subprocess.run(
        [sys.executable, script], env={**clean, **environment}, capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.split()


def test_a_kernel_is_compiled_once_and_then_read_from_the_users_cache(tmp_path):
    home = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "HOME": str(tmp_path)}
    assert outcome(tmp_path, PROGRAM, **home) == ["False", "True", "True", "0"]
    assert outcome(tmp_path, PROGRAM, **home) == ["True", "True", "True", "1"]


def scrambled(content):
    return bytes(255 - byte for byte in content)


@pytest.mark.parametrize("kind", ["nbi", "nbc"])
@pytest.mark.parametrize(
    "damage",
    [lambda content: b"", lambda content: content[: len(content) // 2], scrambled],
    ids=["empty", "cut", "odd"],
)
def test_a_damaged_cache_is_compiled_again(tmp_path, kind, damage):
    """Row B4: neither an UnpicklingError nor a crash, and the next process finds the kernel compiled."""
    home = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "HOME": str(tmp_path)}
    assert outcome(tmp_path, PROGRAM, **home) == ["False", "True", "True", "0"]
    (file,) = (tmp_path / "cache").rglob(f"*.{kind}")
    file.write_bytes(damage(file.read_bytes()))
    ready, *rest = outcome(tmp_path, PROGRAM, **home)
    assert rest == ["True", "True", "0"]
    assert ready == ("False" if kind == "nbc" else "True")
    assert outcome(tmp_path, PROGRAM, **home) == ["True", "True", "True", "1"]


def test_a_cache_whose_hashes_are_lost_is_compiled_again(tmp_path):
    """Row B4: a process that was killed between a kernel and its hash leaves a cache that nobody trusts."""
    home = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "HOME": str(tmp_path)}
    outcome(tmp_path, PROGRAM, **home)
    for file in (tmp_path / "cache").rglob(f"*{kernel_cache.HASH}"):
        file.unlink()
    assert outcome(tmp_path, PROGRAM, **home) == ["False", "True", "True", "0"]
    assert outcome(tmp_path, PROGRAM, **home) == ["True", "True", "True", "1"]


def test_a_folder_that_the_user_has_chosen_is_used(tmp_path):
    usable, folder = outcome(tmp_path, FOLDER, NUMBA_CACHE_DIR=str(tmp_path / "mine"))
    assert usable == "True"
    assert Path(folder).parent == tmp_path / "mine"
    # a child process inherits the folder itself and must not nest another in it
    assert outcome(tmp_path, FOLDER, NUMBA_CACHE_DIR=folder) == ["True", folder]


def test_without_a_home_the_temporary_folder_is_used(tmp_path):
    nowhere = {"HOME": "/dev/null", "XDG_CACHE_HOME": "/dev/null", "TMPDIR": str(tmp_path)}
    assert outcome(tmp_path, FOLDER, **nowhere)[0] == "True"
    (shared,) = tmp_path.glob("frenemy-*")
    assert shared.stat().st_mode & 0o077 == 0, "others could plant code in it"


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="there are no modes here")
def test_a_temporary_folder_that_others_can_write_is_refused(tmp_path):
    open_to_all = tmp_path / f"frenemy-{os.getuid()}"
    open_to_all.mkdir()
    open_to_all.chmod(0o777)
    nowhere = {"HOME": "/dev/null", "XDG_CACHE_HOME": "/dev/null", "TMPDIR": str(tmp_path)}
    assert outcome(tmp_path, FOLDER, **nowhere) == ["False", "None"]
    assert list(open_to_all.iterdir()) == []


def test_where_nothing_can_be_written_everything_still_runs(tmp_path):
    # a file instead of __pycache__ keeps even root from writing beside the source
    (tmp_path / "__pycache__").touch()
    nowhere = {"HOME": "/dev/null", "XDG_CACHE_HOME": "/dev/null"}
    assert outcome(tmp_path, NO_TEMPORARY_FOLDER + PROGRAM, **nowhere) == ["False", "False", "False", "0"]
    # the wrong twin: unless this is checked first, the same kernel cannot even be defined
    with pytest.raises(subprocess.CalledProcessError) as failed:
        outcome(tmp_path, PROGRAM.replace("= numba_cache()", "= True"), **nowhere)
    assert "no locator available" in failed.value.stderr


def test_a_read_only_install_without_a_home_can_be_imported(tmp_path):
    package = tmp_path / "frenemy"
    shutil.copytree(Path(kernel_cache.__file__).parents[1], package, ignore=shutil.ignore_patterns("__pycache__"))
    for folder in (package, *(entry for entry in package.rglob("*") if entry.is_dir())):
        (folder / "__pycache__").touch()  # a file instead of the folder: nothing can be written beside the source
    program = "import frenemy.simulation.ensemble.kernel.maths as k\nimport frenemy\nprint(frenemy.__file__, k.CACHE)"
    nowhere = {"HOME": "/dev/null", "XDG_CACHE_HOME": "/dev/null", "PYTHONPATH": str(tmp_path)}
    assert outcome(tmp_path, NO_TEMPORARY_FOLDER + program, **nowhere) == [str(package / "__init__.py"), "False"]


def test_the_cache_of_another_version_is_another_folder(monkeypatch):
    before = kernel_cache.kernel_fingerprint()
    assert kernel_cache.kernel_fingerprint() == before
    monkeypatch.setattr(Path, "read_bytes", lambda path: b"another kernel")
    assert kernel_cache.kernel_fingerprint() != before


def test_a_cache_that_nobody_uses_is_removed(tmp_path):
    names = ["kernel-now", "kernel-recent", "kernel-ancient", "other"]
    now, recent, ancient, other = (tmp_path / name for name in names)
    for folder in (now, recent, ancient, other):
        folder.mkdir()
    for folder in (ancient, other):
        os.utime(folder, (0, 0))
    kernel_cache._drop_stale(now)
    assert sorted(folder.name for folder in tmp_path.iterdir()) == ["kernel-now", "kernel-recent", "other"]
