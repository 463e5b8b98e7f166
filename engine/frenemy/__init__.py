"""Frenemy: how likely is each future, what would move the odds, and what should we watch?

    import frenemy as fr

    result = fr.run("experiments/baseline.toml")
    result.plot_fan()

Each name is loaded when it is first used.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

# The matrices of a model have a few rows, and the work is shared among threads of our own. To a team of threads in the
# linear algebra beneath, such a matrix is a long wait for each other: where cores are busy, a thousand times as long.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

if TYPE_CHECKING:
    from frenemy.api import Simulation, load, simulate
    from frenemy.errors import FrenemyError, InputError, SimulationError
    from frenemy.experiment import run, story
    from frenemy.result import Result, Told
    from frenemy.studies.attribution import Explained, TurningPoints, but_for, causes
    from frenemy.studies.audits import Audit, audit
    from frenemy.studies.elicitation import Elicitation, elicit
    from frenemy.studies.fitting import Fitted, FittedRate, fit, fit_counts, fit_rate
    from frenemy.studies.freezing import freeze, resolve
    from frenemy.studies.hindcasting import Hindcast, hindcast
    from frenemy.studies.rare_scenarios import Rare, rare
    from frenemy.studies.risk_maps import RiskMap, risk_map
    from frenemy.studies.scoring import ScoreCard, score
    from frenemy.studies.sensitivities import Sensitivity, sensitivity
    from frenemy.studies.sweeps import Sweep, sweep
    from frenemy.studies.tuning import Tuning, tune
    from frenemy.studies.unfolding import Timeline, timeline
    from frenemy.studies.updating import Update, update
    from frenemy.studies.watching import Watch, watch
    from frenemy.studies.whatif import Compared, compare
    from frenemy.workshop.session import serve_workshop

__all__ = [
    "Audit", "Compared", "Elicitation", "Explained", "Fitted", "FittedRate", "FrenemyError", "Hindcast", "InputError",
    "Rare", "Result", "RiskMap", "ScoreCard", "Sensitivity", "Simulation", "SimulationError", "Sweep", "Timeline",
    "Told", "Tuning", "TurningPoints", "Update", "Watch", "audit", "but_for", "causes", "compare", "elicit", "fit",
    "fit_counts", "fit_rate", "freeze", "hindcast", "load", "rare", "resolve", "risk_map", "run", "score",
    "sensitivity", "serve_workshop", "simulate", "story", "sweep", "timeline", "tune", "update", "watch",
]  # fmt: skip

__version__ = "0.1.0"

_HOMES = {
    "studies.hindcasting": ("Hindcast", "hindcast"),
    "api": ("Simulation", "load"),
    "studies.attribution": ("Explained", "TurningPoints", "but_for", "causes"),
    "studies.audits": ("Audit", "audit"),
    "studies.elicitation": ("Elicitation", "elicit"),
    "errors": ("FrenemyError", "InputError", "SimulationError"),
    "experiment": ("run", "story"),
    "result": ("Result", "Told"),
    "studies.rare_scenarios": ("Rare", "rare"),
    "studies.fitting": ("Fitted", "FittedRate", "fit", "fit_counts", "fit_rate"),
    "studies.freezing": ("freeze", "resolve"),
    "studies.risk_maps": ("RiskMap", "risk_map"),
    "studies.scoring": ("ScoreCard", "score"),
    "studies.sensitivities": ("Sensitivity", "sensitivity"),
    "studies.sweeps": ("Sweep", "sweep"),
    "studies.tuning": ("Tuning", "tune"),
    "studies.unfolding": ("Timeline", "timeline"),
    "studies.updating": ("Update", "update"),
    "studies.watching": ("Watch", "watch"),
    "studies.whatif": ("Compared", "compare"),
    "workshop.session": ("serve_workshop",),
}


def __getattr__(name: str) -> Any:
    if name == "simulate":  # the package of that name answers calls, so that it is one thing whoever imports it first
        return import_module("frenemy.simulate")
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"frenemy.{home}"), name)
    raise AttributeError(f"module 'frenemy' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
