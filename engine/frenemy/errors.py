"""Every exception Frenemy raises on purpose, in one place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["FrenemyError", "InputError", "Interrupted", "Problem", "SimulationError"]


class FrenemyError(Exception):
    """Base of all errors that Frenemy raises on purpose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong with what the analyst wrote.

    `file` is empty and `line` is 0 where there is none (a command-line option, a Python call).
    `key` is the dotted key as in the file, `found` the value as written, `allowed` what would be valid.
    """

    message: str
    file: str = ""
    line: int = 0
    key: str = ""
    found: str = ""
    allowed: str = ""
    suggestion: str = ""

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}: " if self.file and self.line else f"{self.file}: " if self.file else ""
        key = f"{self.key}: " if self.key else ""
        found = f" (found {self.found})" if self.found else ""
        allowed = f"; allowed: {self.allowed}" if self.allowed else ""
        suggestion = f"; did you mean {self.suggestion}?" if self.suggestion else ""
        return f"{where}{key}{self.message}{found}{allowed}{suggestion}"


class InputError(FrenemyError):
    """Bad input: a list of problems that the analyst can fix. The command line exits with 2."""

    def __init__(self, problems: Iterable[Problem] | str) -> None:
        self.problems = (Problem(message=problems),) if isinstance(problems, str) else tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class SimulationError(FrenemyError):
    """The simulation could not continue (numbers out of range, memory). The command line exits with 1."""


class Interrupted(FrenemyError):
    """The user pressed Ctrl-C. The command line says what was kept and exits with 130."""
