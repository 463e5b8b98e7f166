"""Does memory stay flat as paths grow? Each ensemble runs in its own process, which prints its peak.

`python -m benchmarks.memory PATHS` is such a process.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.measure import Row

__all__ = ["measure"]

QUESTION = "Memory against paths, peak of the whole process"
BAR = 1000.0
"""Megabytes, for ten million paths."""


def measure(sizes: Sequence[int]) -> Iterator[Row]:
    """Peak memory and time of one ensemble of each size, all sums, fresh noise, all cores."""
    for paths in sizes:
        command = [sys.executable, "-m", "benchmarks.memory", str(paths)]
        out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        peak, seconds = (float(word) for word in out.split())
        yield Row(
            question=QUESTION,
            what=f"{paths:,} paths, in {seconds:.1f} s",
            answer=f"{peak:.0f} MB",
            bar=f"below {BAR:,.0f} MB",
            kept=peak < BAR,
        )


def _peak_megabytes() -> float:
    """Peak resident memory of this process.

    Linux's own count is read first, as `getrusage` there includes the process that started this one.
    """
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text(encoding="utf-8").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024 / 1e6
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6


def _run(paths: int) -> None:
    import time

    from benchmarks.reference import SEED, reference
    from frenemy.simulation.ensemble.run import simulate

    compiled = reference()
    begun = time.perf_counter()
    simulate(compiled, seed=SEED, paths=paths)
    print(_peak_megabytes(), time.perf_counter() - begun)


if __name__ == "__main__":
    _run(int(sys.argv[1]))
