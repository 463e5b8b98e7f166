"""Which whole paths a run keeps."""

from __future__ import annotations

from collections.abc import Sequence

from frenemy.errors import InputError, Problem
from frenemy.model.experiment import Experiment
from frenemy.model.resolved import Model
from frenemy.simulation.cost import free_memory, kept_problems

__all__ = ["Keep", "path_numbers"]

Keep = bool | int | Sequence[int]
"""True: all; a number: the first so many; or path numbers."""


def path_numbers(keep: Keep, model: Model, experiment: Experiment) -> Sequence[int]:
    """The path numbers to keep. Raises InputError for those that are not simulated, and for more than memory holds."""
    if isinstance(keep, bool):
        numbers: Sequence[int] = range(experiment.paths if keep else 0)
    else:
        numbers = range(keep) if isinstance(keep, int) else [int(number) for number in keep]
    if (isinstance(keep, int) and keep < 0) or (
        len(numbers) and not (min(numbers) >= 0 and max(numbers) < experiment.paths)
    ):
        allowed = f"0 to {experiment.paths}" if isinstance(keep, int) else f"0 to {experiment.paths - 1}"
        found = str(keep) if isinstance(keep, int) else str(next(n for n in numbers if not 0 <= n < experiment.paths))
        raise InputError([Problem(message="not among the paths simulated", key="keep", found=found, allowed=allowed)])
    problems = kept_problems(model, experiment, len(numbers), free_memory())
    if problems:
        raise InputError(problems)
    return numbers
