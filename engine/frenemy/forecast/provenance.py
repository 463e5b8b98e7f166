"""The provenance of a result: inputs, versions, seed and sizes."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from frenemy.model.experiment import Experiment
from frenemy.storage.run_folder import sha256

__all__ = ["LIBRARIES", "origin"]


LIBRARIES = ("numpy", "scipy", "numba", "simpy", "matplotlib", "h5py")


def origin(
    run: Experiment, size: Mapping[str, int], digest: str, inputs: Mapping[str, Path], command: Sequence[str]
) -> dict[str, Any]:
    """Versions, command, seed, sizes, the hash of the configuration and those of its files."""
    from frenemy.version import __version__

    return {
        "frenemy": __version__,
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": list(command),
        "experiment": run.name,
        "seed": run.seed,
        **size,
        "config": digest,
        "inputs": {name: sha256(path) for name, path in inputs.items()},
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in LIBRARIES},
        },
        "platform": platform.platform(),
    }
