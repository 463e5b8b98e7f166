"""`python -m benchmarks`: everything measured in one run, as one table."""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import version
from itertools import groupby
from pathlib import Path

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from benchmarks import (
    against_c,
    against_simpy,
    commands,
    coupling,
    ensemble,
    evidence,
    memory,
    rarely,
    scaling,
    startup,
    studies,
    variants,
    workshop,
)
from benchmarks.measure import Row
from benchmarks.reference import PATHS, reference
from frenemy.runtime.executors import cores

Question = Callable[[], Iterator[Row]]
PAGE = Path(__file__).parent.parent / "docs" / "benchmarks.md"
WIDTH = 118
MAX_LOAD = 0.8
"""Above this load other programs disturb the measurement."""


NAMES = (
    "ensemble", "c", "simpy", "variant", "scaling", "draws", "tornado", "coupling", "evidence", "rare", "workshop",
    "commands", "memory", "help", "compile",
)  # fmt: skip


def questions(*, rounds: int, long: bool) -> dict[str, Question]:
    """The questions by name."""
    compiled = reference()
    sizes = (10_000, 100_000, 1_000_000, *([10_000_000] if long else []))
    return {
        "ensemble": lambda: ensemble.measure(compiled, paths=PATHS, rounds=rounds),
        "c": lambda: against_c.measure(compiled, rounds=3 * rounds),
        "simpy": lambda: against_simpy.measure(compiled, paths=PATHS, stories=20, rounds=rounds),
        "variant": lambda: variants.measure(compiled, paths=PATHS, rounds=rounds),
        "scaling": lambda: scaling.measure(
            paths=(2048, 8192, 32_768), years=(2, 5, 10, 20), copies=(1, 2, 4), at=4096, rounds=rounds // 3
        ),
        "draws": lambda: studies.draws(sizes=(1024, 2048, 4096), paths=8192, rounds=rounds // 3),
        "tornado": lambda: studies.tornado(compiled, paths=PATHS, rounds=max(3, rounds // 5)),
        "coupling": lambda: coupling.measure(compiled, paths=4 * PATHS),
        "evidence": lambda: evidence.measure(draws=64, paths=2048, rounds=max(3, rounds // 5)),
        "rare": lambda: rarely.measure(paths=16_384, seeds=rounds),
        "workshop": lambda: workshop.measure(compiled, moves=8 * rounds),
        "commands": lambda: commands.measure(compiled),
        "memory": lambda: memory.measure(sizes),
        "help": lambda: startup.helping(rounds=rounds),
        "compile": startup.compiling,
    }


def print_table(console: Console, rows: list[Row]) -> None:
    """Print one table, with each question as a heading above its rows."""
    table = Table(box=None, pad_edge=False)
    table.add_column("Measured", overflow="fold")
    table.add_column("Result", overflow="fold")
    table.add_column("Target", no_wrap=True)
    table.add_column("Met", no_wrap=True)
    for question, group in groupby(rows, key=lambda row: row.question):
        table.add_row()
        table.add_row(f"[bold]{question}[/bold]")
        for row in group:
            kept = "" if row.kept is None else "yes" if row.kept else "[bold red]no[/bold red]"
            table.add_row(Padding(Text(row.what), (0, 0, 0, 2)), row.answer, row.bar, kept)
    console.print(table)


def main() -> None:
    """Measure, and print one table at the end."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("only", nargs="*", help=f"{', '.join(NAMES)} (all)")
    parser.add_argument("--rounds", type=int, default=15, help="number of measurements of each row (15)")
    parser.add_argument("--long", action="store_true", help="also ten million paths, which takes some minutes")
    parser.add_argument("--record", action="store_true", help="put the table into docs/benchmarks.md")
    arguments = parser.parse_args()
    available = questions(rounds=max(3, arguments.rounds), long=arguments.long)
    if unknown := set(arguments.only) - set(available):
        parser.error(f"no such question: {', '.join(sorted(unknown))}")
    console = Console(width=WIDTH, record=True)
    before = load()
    rows: list[Row] = []
    for name, question in available.items():
        if not arguments.only or name in arguments.only:
            print(f"measuring: {name} ...", file=sys.stderr, flush=True)
            rows.extend(question())
    print_table(console, rows)
    print_circumstances(console, before)
    if arguments.record:
        record(console.export_text())


def print_circumstances(console: Console, before: float) -> None:
    """Print what the numbers depend on."""
    console.print(
        f"\n{cores()} cores, {platform.machine()}, Python {platform.python_version()}, NumPy {version('numpy')}, "
        f"Numba {version('numba')}; load before: {before:.1f}. Ratios are medians over rounds of paired measurements, "
        "with quartiles in brackets.",
        highlight=False,
    )
    if before > MAX_LOAD:
        console.print("Other programs were running: measure again when the machine is idle.", style="bold red")


def record(text: str) -> None:
    """Replace the table in the page."""
    before, fence, rest = PAGE.read_text(encoding="utf-8").partition("```text\n")
    _, close, after = rest.partition("```\n")
    lines = "\n".join(line.rstrip() for line in text.strip("\n").splitlines())
    PAGE.write_text(f"{before}{fence}{lines}\n{close}{after}", encoding="utf-8")


def load() -> float:
    """Average number of runnable processes over the last minute; 0 where it is not known."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0


if __name__ == "__main__":
    main()
