"""The C twin of the kernel: compiled where there is a compiler, and called on the engine's own arrays."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from frenemy.simulation.ensemble.kernel.state import Law, Sums
from frenemy.simulation.noise.streams import Marks, Rows

__all__ = ["FLAGS", "Sizes", "Twin", "compiler"]

SOURCE = Path(__file__).with_name("twin.c")
FLAGS = ("-std=gnu11", "-O3", "-march=native", "-fno-math-errno", "-fno-trapping-math")
C_NAMES = {"float64": "double", "bool": "uint8_t"} | {
    f"{u}int{n}": f"{u}int{n}_t" for u in ("", "u") for n in (8, 16, 32, 64)
}


class Sizes(NamedTuple):
    """Sizes that an array has in Python but not in C."""

    drivers: int
    triggers: int
    links: int
    pairs: int
    calendar: int
    branches: int
    scenarios: int
    imposed: int
    running: int
    width: int
    block: int
    first: int
    paths: int
    full: int


class Twin:
    """The compiled twin, for tuples with arrays of the same types as those passed.

    Raises FileNotFoundError where there is no C compiler.
    """

    def __init__(self, law: Law, rows: Rows, marks: Marks, sums: Sums, *, source: Path = SOURCE) -> None:
        sizes = Sizes(*[0] * len(Sizes._fields))
        header = "\n".join(_structs(part) for part in (law, rows, marks, sums, sizes))
        self._simulate = _library(source, header).simulate

    def simulate_block(
        self,
        law: Law,
        rows: Rows,
        marks: Marks,
        noise: NDArray[np.float64],
        *,
        block: int,
        paths: int,
        sums: Sums,
    ) -> bool:
        """Add the first `paths` paths of a block to the sums; False: there is no room for a follow-up."""
        sizes = _sizes(law, noise, block, paths, sums)
        parts = [
            np.array([_word(leaf) for leaf in _leaves(part)], dtype=np.uint64)
            for part in (law, rows, marks, sizes, sums)
        ]
        pointers = [ctypes.c_void_p(part.ctypes.data) for part in (*parts[:4], noise, parts[4])]
        return int(self._simulate(*pointers)) == 0


def compiler() -> str | None:
    """The C compiler, if there is one."""
    return shutil.which("cc")


@cache
def _library(source: Path, header: str) -> ctypes.CDLL:
    if (cc := compiler()) is None:
        raise FileNotFoundError("there is no C compiler (cc) on this machine")
    with TemporaryDirectory() as folder:
        Path(folder, "joints.h").write_text(header, encoding="utf-8")
        library = Path(folder, "twin.so")
        subprocess.run([cc, *FLAGS, "-shared", "-fPIC", f"-I{folder}", source, "-o", library, "-lm"], check=True)
        return ctypes.CDLL(str(library))  # it stays mapped when the file is gone


def _sizes(law: Law, noise: NDArray[np.float64], block: int, paths: int, sums: Sums) -> Sizes:
    return Sizes(
        drivers=len(law.motion.level),
        triggers=len(law.triggers.intercept),
        links=len(law.links.target),
        pairs=len(law.pairs.target),
        calendar=len(law.calendar.tick),
        branches=law.calendar.cumulative.shape[1],
        scenarios=len(law.rules.enter),
        imposed=len(law.initial.imposed_time),
        running=len(law.initial.running_trigger),
        width=noise.shape[1],
        block=block,
        first=0,
        paths=paths,
        full=int(sums.histogram.size > 0),
    )


def _structs(part: Any) -> str:
    """The tuple as a C struct of the same name, preceded by its inner structs. Every member has eight bytes."""
    before, members = "", ""
    for name, value in zip(part._fields, part, strict=True):
        if isinstance(value, tuple):
            before += _structs(value)
            kind = type(value).__name__ + " "
        elif isinstance(value, np.ndarray):
            kind = C_NAMES[value.dtype.name] + " *"
        else:
            kind = "double " if isinstance(value, float) else "int64_t "
        members += f"    {kind}{name}{'_' if name == 'default' else ''};\n"
    title = type(part).__name__
    return f"{before}typedef struct {{\n{members}}} {title};\n"


def _leaves(part: Any) -> Iterator[Any]:
    for value in part:
        if isinstance(value, tuple):
            yield from _leaves(value)
        else:
            yield value


def _word(leaf: Any) -> int:
    """A member of a struct as eight bytes: an address, a double's bits, or a whole number."""
    if isinstance(leaf, np.ndarray):
        if not leaf.flags.c_contiguous:
            raise ValueError("the twin reads arrays in C order")
        return int(leaf.ctypes.data)
    return int(np.float64(leaf).view(np.uint64) if isinstance(leaf, float) else np.int64(leaf).view(np.uint64))
