"""Write findings into a folder, whole or not at all."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from frenemy.forecast.provenance import origin
from frenemy.model.experiment import Experiment
from frenemy.storage.run_folder import replacing, seal, sha256

if TYPE_CHECKING:
    from frenemy.present.sheet import Picture

__all__ = ["RESOLVED", "digest_of", "save_study", "save_tables"]

RESOLVED = "resolved.toml"
LIBRARIES = ("numpy", "scipy", "matplotlib")


def digest_of(resolved: Mapping[str, str]) -> str:
    """The SHA-256 of the resolved inputs, for the footer of every picture."""
    return hashlib.sha256("".join(resolved.values()).encode()).hexdigest()


def save_study(
    folder: str | Path,
    experiment: Experiment,
    *,
    resolved: Mapping[str, str],
    tables: Mapping[str, str],
    pictures: Sequence[Picture],
    footer: str,
    size: Mapping[str, int] | None = None,
    inputs: Mapping[str, Path] | None = None,
    command: Sequence[str] = (),
) -> Path:
    """Write `resolved` (TOML) and `tables` (CSV) by file name, `pictures` as PNG and SVG, and a manifest.

    The folder is written whole or not at all. Raises InputError if it holds something other than a result, OSError if
    the disk is full.

    Other Parameters
    ----------------
    footer
        The foot of each picture.
    size
        How much was simulated, if not as in the experiment.
    inputs, command
        For the manifest: input files, recorded by their hashes, and the command line.
    """
    from frenemy.present.section import draw_pictures

    folder, digest = Path(folder), digest_of(resolved)
    size = size or {"paths": experiment.paths, "draws": experiment.uncertainty.draws}
    with replacing(folder) as new:
        for name, text in {**tables, **resolved}.items():
            (new / name).parent.mkdir(exist_ok=True)
            (new / name).write_text(text, encoding="utf-8", newline="")
        if pictures:
            draw_pictures(pictures, new / "pictures", f"{footer} · config {digest[:12]}")
        seal(new, origin(experiment, size, digest, inputs or {}, command))
    return folder


def save_tables(
    folder: str | Path,
    *,
    tables: Mapping[str, str],
    pictures: Sequence[Picture],
    footer: str,
    inputs: Mapping[str, Path] | None = None,
    command: Sequence[str] = (),
) -> Path:
    """The same for findings from data, without a model: tables by file name, pictures, and a manifest."""
    from frenemy.present.section import draw_pictures
    from frenemy.version import __version__

    folder = Path(folder)
    record = {
        "frenemy": __version__,
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": list(command),
        "inputs": {name: sha256(path) for name, path in (inputs or {}).items()},
        "versions": {"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}},
        "platform": platform.platform(),
    }
    with replacing(folder) as new:
        for name, text in tables.items():
            (new / name).write_text(text, encoding="utf-8", newline="")
        if pictures:
            draw_pictures(pictures, new / "pictures", footer)
        seal(new, record)
    return folder
