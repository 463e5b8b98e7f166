"""Printing: results on standard output, everything else on standard error."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

from frenemy.errors import Problem
from frenemy.model.files.toml_source import display_path
from frenemy.runtime.terminal import PlainConsole

__all__ = ["complain", "console", "errors", "list_problems", "list_remarks"]


PIPED_WIDTH = 120
"""Columns where the output is not a terminal."""


def console() -> Console:
    """Standard output."""
    terminal = PlainConsole(highlight=False)
    return terminal if terminal.is_terminal else PlainConsole(highlight=False, width=PIPED_WIDTH)


def errors() -> Console:
    """Standard error."""
    return PlainConsole(stderr=True, highlight=False, soft_wrap=True)


def complain(message: str, label: str = "error") -> None:
    """Print one message on standard error."""
    text = Text.assemble((f"{label}: ", "bold red"), message) if label else Text(message)
    errors().print(text)


def list_problems(problems: Sequence[Problem]) -> None:
    """Print every problem, grouped by file, on standard error."""
    out = errors()
    by_file: dict[str, list[Problem]] = defaultdict(list)
    for problem in problems:
        by_file[problem.file].append(problem)
    for file, group in by_file.items():
        for problem in sorted(group, key=lambda p: p.line):
            out.print(_problem(problem, display_path(Path(file)) if file else ""))
    if len(problems) > 1:
        out.print(f"{len(problems)} problems; nothing was written.", style="dim")


def list_remarks(remarks: Sequence[Problem], label: str, out: Console) -> None:
    """Print warnings or notes, in grey."""
    for remark in remarks:
        out.print(Text.assemble((f"{label}: ", "bold yellow"), str(remark)), style="dim")


def _problem(problem: Problem, file: str) -> Text:
    where = f"{file}:{problem.line}" if file and problem.line else file
    text = Text()
    text.append("error: ", "bold red")
    if where:
        text.append(f"{where}: ", "bold")
    if problem.key:
        text.append(f"{problem.key}: ", "cyan")
    text.append(problem.message)
    if problem.found:
        text.append(f" (found {problem.found})")
    if problem.allowed:
        text.append(f"\n       allowed: {problem.allowed}")
    if problem.suggestion:
        text.append("\n       did you mean ")
        text.append(problem.suggestion, "bold green")
        text.append("?")
    return text
