"""Where compiled kernels are cached, so that a user waits for the compiler only once.

Numba looks for its cache folder when a function is decorated, and fails if no folder can be written. So a module with
kernels calls `numba_cache` before it imports Numba:

    from frenemy.runtime.kernel_cache import numba_cache

    CACHE = numba_cache()

    import numba

    @numba.njit(cache=CACHE, nogil=True)
    def kernel(...): ...

Numba runs what it finds in the cache, and crashes where a full disk or a power cut has left half a file. So each file
has its hash beside it, written once the kernel is compiled; a process first removes every file that does not have its
own hash, and its kernel is compiled again.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

__all__ = ["kernel_fingerprint", "kernel_ready", "numba_cache"]

VARIABLE = "NUMBA_CACHE_DIR"
PREFIX = "kernel-"
HASH = ".sha256"
STALE_AFTER = 90 * 86_400.0
"""Seconds after which an unused cache of another version is removed."""


def numba_cache() -> bool:
    """Point Numba at our own cache folder; return whether `cache=True` may be used.

    The folder is the first of these that can be written: one inside `NUMBA_CACHE_DIR` if the user has set it, one in
    the user's cache folder, one in the temporary folder. If none can, kernels are compiled in each process.
    """
    folder = _cache_folder()
    if folder is None:
        return False
    os.environ[VARIABLE] = str(folder)
    if "numba" in sys.modules:  # it has read the variable already
        from numba.core import config

        config.CACHE_DIR = str(folder)  # type: ignore[attr-defined]
    _seal_what_is_compiled(folder)
    return True


def kernel_ready() -> bool:
    """Whether kernels of exactly this version, for this kind of processor, are in the cache."""
    folder = _cache_folder()
    return folder is not None and next(folder.rglob("*.nbc"), None) is not None


@cache
def _cache_folder() -> Path | None:
    name = PREFIX + kernel_fingerprint()
    for base, private in _bases():
        folder = base if base.name == name else base / name  # a child process inherits the variable
        if _usable(folder, private=private):
            _drop_stale(folder)
            _drop_damaged(folder)
            return folder
    return None


def _kernel_files(folder: Path) -> Iterator[Path]:
    return (file for file in folder.rglob("*.nb[ci]") if file.is_file())


def _drop_damaged(folder: Path) -> None:
    """Remove the files that are not what was written."""
    for file in [*_kernel_files(folder)]:
        with suppress(OSError):
            if not _sealed(file):
                file.unlink()


def _sealed(file: Path) -> bool:
    with suppress(OSError, UnicodeDecodeError):
        return _hash_file(file).read_text(encoding="ascii") == _sha256(file)
    return False


def _hash_file(file: Path) -> Path:
    return file.with_name(file.name + HASH)


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


@cache
def _seal_what_is_compiled(folder: Path) -> None:
    """From now on, write the hash of each file of the cache as soon as its kernel is compiled."""
    from numba.core import event

    seen = {file: file.stat().st_mtime_ns for file in _kernel_files(folder)}
    compiled = [False]

    class Sealing(event.Listener):
        """Numba writes a kernel between two events: when it is compiled, and when the compiler is free again."""

        def on_start(self, event: event.Event) -> None:
            pass

        def on_end(self, event: event.Event) -> None:
            if event.kind == "numba:compile":
                compiled[0] = True
            elif compiled[0]:
                compiled[0] = False
                with suppress(OSError):  # a full disk: the kernel is compiled again next time
                    for file in [*_kernel_files(folder)]:
                        written = file.stat().st_mtime_ns
                        if seen.get(file) != written:
                            _seal(file)
                            seen[file] = written

    for kind in ("numba:compile", "numba:compiler_lock"):
        event.register(kind, Sealing())  # type: ignore[no-untyped-call]


def _seal(file: Path) -> None:
    """Write the hash of a file beside it, at once, as other processes may do the same."""
    with tempfile.NamedTemporaryFile("w", dir=file.parent, prefix=".", suffix=HASH, delete=False) as new:
        new.write(_sha256(file))
    Path(new.name).replace(_hash_file(file))


def _bases() -> Iterator[tuple[Path, bool]]:
    """Folders to try, and for each whether others can write beside it, so that its owner must be checked."""
    if chosen := os.environ.get(VARIABLE):
        yield Path(chosen), False
    with suppress(RuntimeError):  # no home folder
        import platformdirs

        yield platformdirs.user_cache_path("frenemy", appauthor=False), False
    with suppress(FileNotFoundError):  # no temporary folder either
        user = os.getuid() if hasattr(os, "getuid") else os.environ.get("USERNAME", "user")
        yield Path(tempfile.gettempdir()) / f"frenemy-{user}", True


def _usable(folder: Path, *, private: bool) -> bool:
    """Create the folder and try to write in it. A cache is code, so in a shared place only we may write in it."""
    try:
        if private:
            folder.parent.mkdir(mode=0o700, exist_ok=True)
            state = folder.parent.lstat()
            if hasattr(os, "getuid") and (state.st_uid != os.getuid() or state.st_mode & 0o022):
                return False
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            os.utime(folder)
    except OSError:
        return False
    return True


def _drop_stale(folder: Path) -> None:
    """Remove the caches of versions that have not been used for a season."""
    limit = time.time() - STALE_AFTER
    with suppress(OSError):
        for sibling in folder.parent.glob(f"{PREFIX}*"):
            if sibling != folder and sibling.stat().st_mtime < limit:
                shutil.rmtree(sibling, ignore_errors=True)


def kernel_fingerprint() -> str:
    """A hash of everything that the machine code depends on.

    Numba sees changes in the file of a kernel but not in the files of the functions it calls, so all of `simulation` is
    hashed.
    """
    from importlib.metadata import version

    here = Path(__file__).resolve().parents[1]
    digest = hashlib.sha256()
    for part in (str(here), sys.version, version("numba"), version("numpy"), _processor()):
        digest.update(part.encode() + b"\0")
    for source in sorted((here / "simulation").rglob("*.py")):
        digest.update(source.read_bytes() + b"\0")
    return digest.hexdigest()[:20]


def _processor() -> str:
    """A description of the processor, as machines of different kinds may share a home folder."""
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(errors="replace").splitlines():
            if line.startswith(("flags", "Features")):
                return platform.machine() + line
    return platform.machine() + platform.processor()
