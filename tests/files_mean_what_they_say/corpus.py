"""The corpus of files, and models on disk with one file exchanged."""

from __future__ import annotations

import shutil
from pathlib import Path

FILES = Path(__file__).parents[1] / "files"
ROOT = FILES.parents[1]
SMALL = FILES / "valid" / "small"
PLACES = {
    "drivers": "drivers.toml",
    "scenarios": "scenarios/rift.toml",
    "experiments": "experiments/baseline.toml",
    "ledgers": "experiments/evidence/log.toml",
}
"""Which file of the small model a file of each folder under invalid/ stands in for."""
EXPECT = "# expect: "
WARNING = "# warning: "

VALID = sorted((FILES / "valid").glob("*/experiments/*.toml"))
SHIPPED = sorted(
    [*(ROOT / "experiments").glob("*.toml"), *(ROOT / "engine/frenemy/starter/experiments").glob("*.toml")]
)
INVALID = sorted((FILES / "invalid").glob("*/*.toml"))
UNSOUND = sorted((FILES / "unsound").glob("*/*.toml"))
"""Files of a model that loads, but cannot work."""


def small_model(folder: Path, **exchanged: str) -> Path:
    """A copy of the small model with other texts in the files named (a key of PLACES); returns its root."""
    root = folder / "model"
    shutil.copytree(SMALL, root, dirs_exist_ok=True)
    for place, text in exchanged.items():
        (root / PLACES[place]).write_text(text, encoding="utf-8")
    return root


def written(place: str, *changes: tuple[str, str]) -> str:
    """The text of a file of the small model, with changes."""
    text = (SMALL / PLACES[place]).read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text, f"{old!r} is not in {place}"
        text = text.replace(old, new, 1)
    return text
