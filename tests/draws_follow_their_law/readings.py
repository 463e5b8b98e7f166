"""How to read whole paths, and the evidence of an update."""

from __future__ import annotations

import numpy as np
from proof import Estimate

from frenemy.simulation.ensemble.paths import Paths
from frenemy.studies.update.findings import News, Posterior


def numbered(paths: Paths) -> np.ndarray:
    """For each event of a model with one trigger: how many came before it on its path."""
    first = np.searchsorted(paths.event_path, np.arange(len(paths.numbers)))
    return np.arange(len(paths.event_path)) - first[paths.event_path]


def by_tick(paths: Paths, trigger: int, ticks: int, tick: float) -> np.ndarray:
    """Events of a trigger, (ticks, paths)."""
    mine = paths.event_trigger == trigger
    n = np.minimum(paths.event_time[mine] / tick, ticks - 1).astype(int)
    flat = np.bincount(n * len(paths.numbers) + paths.event_path[mine], minlength=ticks * len(paths.numbers))
    return flat.reshape(ticks, -1)


def log_evidence_of(updated: Posterior | News) -> Estimate:
    """Log probability of the evidence of an update, or of one of its stops."""
    return Estimate(np.array(updated.log_evidence), np.array(updated.log_evidence_se))
