"""What the commands of all studies share: where findings go, and what is said once they are there."""

from __future__ import annotations

import datetime as dt
import json as jsonlib
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from frenemy.cli.console import console, errors
from frenemy.cli.run import kept_result
from frenemy.errors import FrenemyError, InputError, Interrupted, Problem
from frenemy.model.files.toml_source import display_path
from frenemy.runtime.progress import Progress, Terminal

__all__ = ["Study", "beside", "deliver", "plain_date", "refuse_place", "saying_what_is_kept", "show"]


class Study(Protocol):
    """Findings that can be told and put into a folder."""

    def to_dict(self) -> dict[str, Any]:
        """The findings as plain data."""
        ...

    def save(
        self, folder: str | Path, *, plots: bool, inputs: Mapping[str, Path] | None, command: Sequence[str]
    ) -> Path:
        """Write a folder, whole or not at all."""
        ...


def beside(source: Path, what: str) -> Path:
    """Where findings about an experiment's file, or a run folder, go: runs/NAME.WHAT of the model."""
    from frenemy.model.files.load import find_root

    if source.is_dir():
        return source.absolute().with_name(f"{source.absolute().name}.{what}")
    return find_root(source) / "runs" / f"{source.stem or 'run'}.{what}"


def deliver(
    find: Callable[[Progress], Study],
    folder: Path,
    *,
    plots: bool,
    json: bool,
    inputs: Mapping[str, Path] | None = None,
    **further: str,
) -> None:
    """Find something out, save it into a folder, and say what was found and where it is.

    `further` are files written besides, by what JSON calls them. The folder is refused before anything is simulated if
    it holds something else.
    """
    from frenemy.storage.run_folder import guard

    guard(folder)
    with saying_what_is_kept(folder):
        found = find(Terminal(errors()))
        found.save(folder, plots=plots, inputs=inputs, command=["frenemy", *sys.argv[1:]])
    show(found, json=json, **further, folder=str(folder))
    if not json:
        places = {**further, "Tables and pictures" if plots else "Tables": display_path(folder)}
        lines = (f"{what.replace('_', ' ').capitalize()}: {place}" for what, place in places.items())
        console().print("\n" + "\n".join(lines), soft_wrap=True)


def refuse_place(file: Path) -> None:
    """Refuse, before anything is simulated, a file to write that is a folder or whose folder is not there."""
    if file.is_dir():
        raise InputError([Problem(message="is a folder, not a file", file=display_path(file), key="--out")])
    if not file.parent.is_dir():
        problem = Problem(
            message="there is no such folder", file=display_path(file), key="--out", found=display_path(file.parent)
        )
        raise InputError([problem])


@contextmanager
def saying_what_is_kept(folder: Path) -> Iterator[None]:
    """Turn Ctrl-C and a full disk into one line that says what the folder holds."""
    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted(kept_result(folder)) from None
    except OSError as error:
        raise FrenemyError(f"{error.strerror or error}; {kept_result(folder)}") from error


def show(found: Any, *, json: bool, **further: Any) -> None:
    """Print findings: as tables, or as JSON with `further` entries, for other programs."""
    if json:
        data = {**found.to_dict(), **further}
        sys.stdout.write(jsonlib.dumps(data, indent=2, ensure_ascii=False) + "\n")
    else:
        console().print(found)


def plain_date(text: str | None, key: str = "--date") -> dt.date | None:
    """The date that was typed. Raises InputError if it is none."""
    if text is None:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise InputError([Problem(message="not a date", key=key, found=text, allowed="such as 2027-12-31")]) from None
