"""The file and line at which a problem of a loaded model is written."""

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
    times: Mapping[str, Any] | None = None,
) -> tuple[Problem, ...]:
    """The problems with the file and line of their dotted keys: those of the file, of `[set]` or of an option.

    `source` is an experiment's file or a model's folder; the rest are the options with which it was loaded. The files
    are read again, as a model keeps no lines, but only if there are problems.
    """
    if not problems:
        return ()
    try:
        if source.is_dir():
            tree, _ = model_tree(source, set)
        else:
            tree, _ = experiment_tree(source, paths=paths, draws=draws, seed=seed, set=set, times=times)
    except InputError:  # the files have changed since
        return tuple(problems)
    return tuple(tree.located(problem) for problem in problems)
