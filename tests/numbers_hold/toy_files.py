"""A toy model on disk: one rift, calm as the default scenario, and an experiment with a ledger."""

from __future__ import annotations

from pathlib import Path


def write_toy(root: Path, model: str, rift: str, experiment: str, ledger: str) -> Path:
    """Write these texts into a folder; returns the experiment's file."""
    toy = root / "experiments" / "toy.toml"
    files = {
        root / "drivers.toml": model,
        root / "scenarios" / "rift.toml": rift,
        root / "scenarios" / "calm.toml": 'label = "Calm"\n',
        toy: experiment,
        toy.with_name("log.toml"): ledger,
    }
    for file, text in files.items():
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return toy
