"""Where what was found in a loaded model is written: the file and the line of its key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from frenemy.errors import InputError, Problem
from frenemy.model.files.load import experiment_tree, model_tree

__all__ = ["locate"]


def locate(
    problems: Sequence[Problem],
    source: Path,
    *,
    paths: int | None = None,
    draws: int | None = None,
    seed: int | None = None,
    set: Mapping[str, Any] | None = None,  # noqa: A002
) -> tuple[Problem, ...]:
    """The problems with the file and line of their dotted keys: those of the file, of `[set]` or of an option.

    `source` is an experiment's file or a model's folder, and the rest are the options with which it was loaded. The
    files are read again, as a model keeps no lines; where there is nothing to tell, nothing is read.
    """
    if not problems:
        return ()
    try:
        if source.is_dir():
            tree, _ = model_tree(source, set)
        else:
            tree, _ = experiment_tree(source, paths=paths, draws=draws, seed=seed, set=set)
    except InputError:  # the files were changed in between
        return tuple(problems)
    return tuple(tree.located(problem) for problem in problems)
