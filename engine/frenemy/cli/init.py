"""`frenemy init`: a small commented model to start from."""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib.resources import as_file, files
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter, Token

from frenemy.errors import InputError, Problem
from frenemy.model.describe.wording import counted

__all__ = ["init"]


def _folder(_: Any, tokens: Sequence[Token]) -> Path:
    """The folder that was named. Raises InputError for an empty name, which would be the current folder."""
    if not tokens[0].value.strip():
        raise InputError([Problem(message="an empty name of a folder", key="DIR", allowed="a name, or . for this one")])
    return Path(tokens[0].value)


def init(directory: Annotated[Path, Parameter(name="DIR", allow_leading_hyphen=False, converter=_folder)], /) -> None:
    """Write a small commented model to start from, ready to run.

    ```
    # A model to begin with, in a new folder
    frenemy init my_model
    ```

    Parameters
    ----------
    directory
        Where to write it: a new folder, or one without a model. Nothing is overwritten.
    """
    written = write_starter(directory)
    from frenemy.cli.console import console
    from frenemy.model.files.toml_source import display_path

    out = console()
    out.print(
        f"Wrote {counted(len(written), 'file')} to {display_path(directory)}. "
        f"Begin with {display_path(directory / 'drivers.toml')}, then:"
    )
    out.print(f"  frenemy check {display_path(directory)}")
    out.print(f"  frenemy run {display_path(directory / 'experiments' / 'first.toml')}")


def write_starter(directory: Path) -> list[Path]:
    """Write the starter model and the schemas that it names, and return the files.

    Raises InputError, before anything is written, if one of them exists or if the folder holds a model's scenarios.
    """
    from frenemy.model.documentation.json_schema import schemas
    from frenemy.model.files.load import DRIVERS, SCENARIOS
    from frenemy.model.files.toml_source import display_path
    from frenemy.storage.single_file import clear_leftovers, written_after

    texts: dict[Path, str] = {}
    with as_file(files("frenemy") / "starter") as starter:
        for source in sorted(starter.rglob("*.toml")):
            texts[directory / source.relative_to(starter)] = source.read_text(encoding="utf-8")
    for name, text in schemas().items():
        texts[directory / "schema" / name] = text
    for path in texts:
        clear_leftovers(path)
    begun = not os.path.lexists(directory / DRIVERS)  # which is written last: what a killed init left is completed
    already = {path: text for path, text in texts.items() if begun and _holds(path, text)}
    existing = [path for path in texts if os.path.lexists(path) and path not in already]
    if directory.exists() and not directory.is_dir():
        existing = [directory]
    root = directory.absolute().parent
    if directory.absolute().name == SCENARIOS and (root / DRIVERS).exists():
        message = f"holds the scenarios of {display_path(root / DRIVERS)}; a second model in it would break the first"
        raise InputError([Problem(message=message, file=str(directory), allowed="another folder")])
    if existing:
        raise InputError(
            [Problem(message="exists already; choose another folder", file=str(path)) for path in existing]
        )
    for path in texts:
        path.parent.mkdir(parents=True, exist_ok=True)
    texts[directory / DRIVERS] = texts.pop(directory / DRIVERS)
    new = {path: text for path, text in texts.items() if path not in already}
    with written_after(new, key="DIR"), written_after(already, replace=True, key="DIR"):
        pass
    return list(texts)


def _holds(path: Path, text: str) -> bool:
    """Whether a file is there and says just that."""
    return path.is_file() and path.read_bytes() == text.encode()
