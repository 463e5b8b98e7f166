"""How fast does it start? The command line, and the kernel compiled or from its cache.

`python -m benchmarks.startup` is a process that simulates one path twice and prints both times.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from tempfile import TemporaryDirectory

from benchmarks.measure import Row, in_turns, ratio, spread

__all__ = ["compiling", "helping"]

QUESTION = "Start-up"
BAR = 0.3
"""Seconds for `frenemy --help`."""


def helping(*, rounds: int) -> Iterator[Row]:
    """`frenemy --help` against a bare interpreter."""

    def process(*arguments: str) -> None:
        subprocess.run([sys.executable, *arguments], check=True, capture_output=True)

    bare, helped = in_turns([lambda: process("-c", "pass"), lambda: process("-m", "frenemy", "--help")], rounds)
    seconds, against = spread(helped), ratio(helped, bare)
    yield Row(
        question=QUESTION,
        what=f"frenemy --help: {against.middle:.1f} × a bare interpreter ({spread(bare).middle * 1e3:.0f} ms)",
        answer=f"{seconds.middle * 1e3:.0f} ms ({seconds.low * 1e3:.0f} to {seconds.high * 1e3:.0f})",
        bar=f"below {BAR * 1e3:.0f} ms",
        kept=seconds.middle < BAR,
    )


def compiling() -> Iterator[Row]:
    """The first simulation with an empty cache of compiled code, and then in a new process."""
    with TemporaryDirectory() as folder:
        for what in ("first simulation ever: the kernel is compiled", "first simulation of a later process: cached"):
            environment = {**os.environ, "NUMBA_CACHE_DIR": folder}
            command = [sys.executable, "-m", "benchmarks.startup"]
            out = subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout
            first, again = (float(word) for word in out.split())
            yield Row(question=QUESTION, what=f"{what} (then {again * 1e3:.0f} ms each)", answer=f"{first:.2f} s")


def _run() -> None:
    from benchmarks.reference import SEED, reference

    compiled = reference()
    begun = time.perf_counter()
    from frenemy.simulation.ensemble.run import simulate

    simulate(compiled, seed=SEED, paths=1)
    first = time.perf_counter()
    simulate(compiled, seed=SEED, paths=1)
    print(first - begun, time.perf_counter() - first)


if __name__ == "__main__":
    _run()
