"""What does a question cost from the command line? Whole commands, in the time of fresh runs of the ensemble."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.measure import Row, in_turns, spread
from benchmarks.reference import BASELINE, PATHS, SEED
from frenemy.simulation.compile.compile import Compiled
from frenemy.simulation.ensemble.run import simulate

__all__ = ["COMMANDS", "measure"]

QUESTION = "Whole commands on the baseline, start, pictures and tables included, in fresh runs"
RUN, TWO_RUNS = 40, 2
"""Fresh runs that `frenemy run` may take, and runs that any other command may."""
STRIKE = "triggers.unilateral_strike.probability"
COMMANDS = {
    "run": ("run",),
    "run --no-plots": ("run", "--no-plots"),
    "compare --set": ("compare", "--set", f"{STRIKE}=0.1"),
    "causes": ("causes",),
    "sensitivity": ("sensitivity",),
    "sweep": ("sweep", "--over", f"{STRIKE}=0.01..0.3:9:own"),
    "tune": ("tune", "--target", "total_rift=0.25", "--change", "triggers.official_arrest.rate"),
    "audit": ("audit",),
    "map": ("map",),
    "elicit": ("elicit",),
    "update": ("update",),
    "watch": ("watch",),
    "timeline": ("timeline",),
}
"""Each command with its arguments, except for the experiment."""


def measure(compiled: Compiled, *, names: Sequence[str] = tuple(COMMANDS)) -> Iterator[Row]:
    """Each command once, after a run that fills the caches; `frenemy run` is the measure of the others."""
    fresh = spread(in_turns([lambda: simulate(compiled, seed=SEED, paths=PATHS)], 15)[0]).middle
    run = 0.0
    with TemporaryDirectory() as folder:
        _seconds(("run", "--no-plots"), Path(folder, "first"))
        for place, name in enumerate(names):
            seconds = _seconds(COMMANDS[name], Path(folder, str(place)))
            run = run or seconds
            bar = RUN * fresh if name == "run" else TWO_RUNS * run
            yield Row(
                question=QUESTION,
                what=f"{name}: {seconds:.1f} s",
                answer=f"{seconds / fresh:.0f} fresh runs" + (f", {seconds / run:.1f} runs" if place else ""),
                bar=f"at most {RUN} fresh runs" if name == "run" else f"at most {TWO_RUNS} runs",
                kept=seconds <= bar,
            )


def _seconds(arguments: Sequence[str], out: Path) -> float:
    name, *options = arguments
    files = [str(BASELINE)]
    if name == "elicit":
        files.append(str(BASELINE.parent.parent / "experts" / "invented"))
    if name in {"tune", "elicit"}:
        options += ["--write", str(out.with_suffix(".toml"))]
    begun = time.perf_counter()
    command = [sys.executable, "-m", "frenemy", name, *files, *options, "--out", str(out)]
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - begun
