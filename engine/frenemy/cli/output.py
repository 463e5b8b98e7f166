"""What the commands share: where results go, and what is printed about them."""

from __future__ import annotations

import errno
import json as jsonlib
import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, TypeVar

from frenemy.cli.console import console, errors
from frenemy.cli.options import OutputOptions
from frenemy.errors import FrenemyError, Interrupted
from frenemy.model.files.toml_source import display_path
from frenemy.runtime.progress import Progress, Terminal
from frenemy.runtime.visible import visible

__all__ = [
    "Study", "beside", "deliver", "naming_the_last_result", "print_json", "show",
]  # fmt: skip


class Study(Protocol):
    """Findings that can be shown and saved."""

    def to_dict(self) -> dict[str, Any]:
        """The findings as plain data."""
        ...

    def save(
        self, folder: str | Path, *, plots: bool, inputs: Mapping[str, Path] | None, command: Sequence[str]
    ) -> Path:
        """Write a folder, whole or not at all."""
        ...


Found = TypeVar("Found", bound=Study)


def beside(source: Path, command: str) -> Path:
    """The default folder for results about an experiment's file or a run folder: runs/NAME.COMMAND of the model."""
    from frenemy.model.files.load import find_root
    from frenemy.storage.run_folder import is_folder

    if is_folder(source) and source.absolute().name:
        return source.absolute().with_name(f"{source.absolute().name}.{command}")
    return find_root(source) / "runs" / f"{source.stem or 'run'}.{command}"


def deliver(
    find: Callable[[Progress], Found],
    folder: Path,
    output: OutputOptions,
    *,
    inputs: Mapping[str, Path] | None = None,
    files: Callable[[Found], Mapping[Path, str]] | None = None,
    **further: str,
) -> None:
    """Carry out a study, save it in a folder, and print the findings and where they are.

    `files` gives the files that --write asks for; they are there once the folder is, or not at all. `further` names
    them in JSON. A folder that holds something else is refused before anything is simulated.
    """
    from frenemy.storage.run_folder import guard
    from frenemy.storage.single_file import written_after

    guard(folder)
    with naming_the_last_result(folder):
        study = find(Terminal(errors()))
        with written_after({} if files is None else files(study), key="--write"):
            study.save(folder, plots=output.plots, inputs=inputs, command=["frenemy", *sys.argv[1:]])
    show(study, json=output.json, **further, folder=str(folder))
    if not output.json:
        places = {**further, "Tables and pictures" if output.plots else "Tables": display_path(folder)}
        lines = (f"{what.replace('_', ' ').capitalize()}: {place}" for what, place in places.items())
        console().print("\n" + "\n".join(lines), soft_wrap=True)


@contextmanager
def naming_the_last_result(folder: Path) -> Iterator[None]:
    """Turn Ctrl-C and a full disk into one line that says what the folder holds."""
    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted(_last_result(folder)) from None
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:  # a name that somebody gave, not the disk
            raise
        raise FrenemyError(f"{error.strerror or error}; {_last_result(folder)}") from error


def _last_result(folder: Path) -> str:
    """What a result's folder holds after a run that did not finish."""
    from frenemy.storage.run_folder import is_complete

    if is_complete(folder):
        return f"nothing new was written; {display_path(folder)} still holds the last complete result"
    return f"nothing was written to {display_path(folder)}"


def show(findings: Any, *, json: bool, **further: Any) -> None:
    """Print findings: as tables, or as JSON with `further` entries, for other programs."""
    if json:
        print_json({**findings.to_dict(), **further})
    else:
        console().print(findings)


def print_json(data: Any) -> None:
    """Print plain data as JSON, for other programs; a number that JSON does not have is null."""
    data = _finite(data)
    text = jsonlib.dumps(data, indent=2, ensure_ascii=False, allow_nan=False)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        text = jsonlib.dumps(data, indent=2)
    sys.stdout.write(text if text == visible(text) else jsonlib.dumps(data, indent=2))
    sys.stdout.write("\n")


def _finite(data: Any) -> Any:
    """The data with null for what is infinite or no number: errors that cannot be estimated, scores without bound."""
    match data:
        case Mapping():
            return {key: _finite(value) for key, value in data.items()}
        case list() | tuple():
            return [_finite(value) for value in data]
        case float() if not math.isfinite(data):
            return None
    return data
