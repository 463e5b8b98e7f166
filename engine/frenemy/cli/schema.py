"""`frenemy schema`: JSON Schemas for editors."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from frenemy.cli.options import Out

__all__ = ["schema"]


def schema(
    kind: Annotated[
        Literal["model", "scenario", "experiment", "ledger", "questions", "expert"] | None, Parameter(name="KIND")
    ] = None,
    /,
    *,
    out: Annotated[
        Out | None, Parameter(help="The folder to write to. If not given: schema; a single KIND is printed instead.")
    ] = None,
) -> None:
    """Write JSON Schemas, with which editors complete and check keys.

    An editor with a TOML language server finds them through the first line of each file, such as
    "#:schema ./schema/model.schema.json".

    ```
    # The schemas of all kinds of file, into schema/
    frenemy schema
    # That of experiments alone
    frenemy schema experiment --out schema
    ```

    Parameters
    ----------
    kind
        Kind of file: drivers.toml (model), scenario, experiment, ledger, questions or expert. If not given: all.
    """
    from frenemy.cli.console import console
    from frenemy.errors import InputError, Problem
    from frenemy.model.documentation.json_schema import schemas
    from frenemy.model.files.toml_source import display_path
    from frenemy.storage.single_file import written_after

    texts = schemas()
    if kind is not None:
        texts = {f"{kind}.schema.json": texts[f"{kind}.schema.json"]}
        if out is None:
            sys.stdout.write(*texts.values())
            return
    folder = out or Path("schema")
    if folder.exists() and not folder.is_dir():
        raise InputError([Problem(message="is a file, not a folder", file=display_path(folder), key="--out")])
    folder.mkdir(parents=True, exist_ok=True)
    with written_after({folder / name: text for name, text in texts.items()}, replace=True):
        pass
    for name in texts:
        console().print(f"Wrote {display_path(folder / name)}")
