"""What all studies share: announcing what takes long, and putting findings into a folder, whole or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from frenemy.model.experiment import Experiment
from frenemy.result import origin
from frenemy.store import replacing, seal

if TYPE_CHECKING:
    from frenemy.present.sheet import Picture

__all__ = ["RESOLVED", "digest_of", "save_study"]

RESOLVED = "resolved.toml"


def digest_of(resolved: Mapping[str, str]) -> str:
    """The SHA-256 of all that went in, which stands in the footer of every picture."""
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

    `size` says how much was simulated, if it is not as the experiment says; `inputs` are files to name by their hashes.
    The folder is written whole or not at all. Raises InputError if it holds something other than a result, OSError if
    the disk is full.
    """
    from frenemy.present.annex import draw_pictures

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
