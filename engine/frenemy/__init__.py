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

from frenemy.version import __version__

# The matrices of a model are small, and the work is already shared among our own threads. Threads inside the linear
# algebra library would mostly wait for each other: on busy cores, a call takes a thousand times as long.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

if TYPE_CHECKING:
    from frenemy.errors import FrenemyError, InputError, SimulationError
    from frenemy.forecast.result import Result, Story
    from frenemy.forecast.run import run, story
    from frenemy.forecast.simulate import Simulation, load, simulate
    from frenemy.studies.audit.study import Audit, audit
    from frenemy.studies.causes.study import StoryCauses, TriggerCauses, but_for, causes
    from frenemy.studies.compare.study import Comparison, compare
    from frenemy.studies.elicit.study import Elicitation, elicit
    from frenemy.studies.fit.study import DriverFit, RateFit, fit, fit_counts, fit_rate
    from frenemy.studies.hindcast.study import Hindcast, hindcast
    from frenemy.studies.rare.study import Rare, rare
    from frenemy.studies.risk_map.study import RiskMap, risk_map
    from frenemy.studies.score.record import freeze, resolve
    from frenemy.studies.score.study import ScoreCard, score
    from frenemy.studies.sensitivity.study import Sensitivity, sensitivity
    from frenemy.studies.sweep.study import Sweep, sweep
    from frenemy.studies.timeline.study import Timeline, timeline
    from frenemy.studies.tune.study import Tuning, tune
    from frenemy.studies.update.study import Update, update
    from frenemy.studies.watch.study import Watch, watch
    from frenemy.workshop.server.launch import serve_workshop

__all__ = [
    "Audit", "Comparison", "DriverFit", "Elicitation", "FrenemyError", "Hindcast", "InputError", "Rare", "RateFit",
    "Result", "RiskMap", "ScoreCard", "Sensitivity", "Simulation", "SimulationError", "Story", "StoryCauses",
    "Sweep", "Timeline", "TriggerCauses", "Tuning", "Update", "Watch", "__version__", "audit", "but_for", "causes",
    "compare", "elicit", "fit", "fit_counts", "fit_rate", "freeze", "hindcast", "load", "rare", "resolve",
    "risk_map", "run", "score", "sensitivity", "serve_workshop", "simulate", "story", "sweep", "timeline", "tune",
    "update", "watch",
]  # fmt: skip

_HOMES = {
    "studies.hindcast.study": ("Hindcast", "hindcast"),
    "forecast.simulate": ("Simulation", "load", "simulate"),
    "studies.causes.study": ("TriggerCauses", "StoryCauses", "but_for", "causes"),
    "studies.audit.study": ("Audit", "audit"),
    "studies.elicit.study": ("Elicitation", "elicit"),
    "errors": ("FrenemyError", "InputError", "SimulationError"),
    "forecast.run": ("run", "story"),
    "forecast.result": ("Result", "Story"),
    "studies.rare.study": ("Rare", "rare"),
    "studies.fit.study": ("DriverFit", "RateFit", "fit", "fit_counts", "fit_rate"),
    "studies.score.record": ("freeze", "resolve"),
    "studies.risk_map.study": ("RiskMap", "risk_map"),
    "studies.score.study": ("ScoreCard", "score"),
    "studies.sensitivity.study": ("Sensitivity", "sensitivity"),
    "studies.sweep.study": ("Sweep", "sweep"),
    "studies.tune.study": ("Tuning", "tune"),
    "studies.timeline.study": ("Timeline", "timeline"),
    "studies.update.study": ("Update", "update"),
    "studies.watch.study": ("Watch", "watch"),
    "studies.compare.study": ("Comparison", "compare"),
    "workshop.server.launch": ("serve_workshop",),
}


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            found = getattr(import_module(f"frenemy.{home}"), name)
            if not isinstance(found, type):
                found = import_module("frenemy.runtime.arguments").checked(found)
            globals()[name] = found
            return found
    raise AttributeError(f"module 'frenemy' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
