"""As many futures as a precision needs: the run is repeated with further draws until its odds are known well enough.

Each repeat has draws and paths of its own, and all of them together are one ensemble: the additive part of the odds is
averaged within each repeat, and the stated error is that of all draws.
"""

from __future__ import annotations

from dataclasses import replace

from frenemy.check.check import check_draws, concerned_draws
from frenemy.errors import InputError
from frenemy.forecast.forecast import report_ticks
from frenemy.forecast.odds import odds_of
from frenemy.model.describe.wording import counted
from frenemy.model.experiment import Experiment
from frenemy.model.resolved import Model
from frenemy.runtime.progress import Progress
from frenemy.simulation.ensemble.tally import Tally, pooled
from frenemy.simulation.ensembles import simulate_experiment

__all__ = ["simulated", "widest_error"]

MOST_REPEATS = 256
"""A run ends at so many times the futures that the experiment states, however precise it is."""
POINTS = 196.0
"""From a standard error to half of a 95 % interval, in percentage points."""


def simulated(model: Model, experiment: Experiment, *, workers: int, progress: Progress) -> Tally:
    """The tally of a run: over all outer draws, or at the medians; repeated as `experiment.precision` asks.

    Raises InputError where the draws of a repeat cannot be simulated.
    """
    tally, repeats = _run(model, experiment, 0, workers=workers, progress=progress), 1
    wanted = experiment.precision
    if not wanted:
        return tally
    error = widest_error(tally, experiment)
    if not experiment.uncertainty.draws:
        times = min(-(-((error / wanted) ** 2) // 1), MOST_REPEATS)
        if times > 1:
            experiment = replace(experiment, paths=int(times) * experiment.paths)
            so_far = f"±{error:.2f} points, {wanted:g} asked for"
            tally = _run(model, experiment, 0, workers=workers, progress=progress, so_far=so_far)
            error = widest_error(tally, experiment)
    while experiment.uncertainty.draws and error > wanted and repeats < MOST_REPEATS:
        if problems := check_draws(concerned_draws(model, experiment, repeat=repeats)):
            raise InputError(problems)
        so_far = f"±{error:.2f} points, {wanted:g} asked for"
        more = _run(model, experiment, repeats, workers=workers, progress=progress, so_far=so_far)
        tally = pooled([tally, more])
        repeats += 1
        error = widest_error(tally, experiment)
    end = "" if error <= wanted else f"; {wanted:g} were asked for"
    progress.note(f"±{error:.2f} points with {counted(tally.paths, 'future')}{end}.")
    return tally


def widest_error(tally: Tally, experiment: Experiment) -> float:
    """Half the widest 95 % interval of the odds at the report's dates, percentage points: at each, and ever by then."""
    odds, ticks = odds_of(tally), list(report_ticks(experiment))
    return max(POINTS * float(odds[reading].mc_se[ticks].max()) for reading in ("at", "ever"))


def _run(
    model: Model, experiment: Experiment, repeat: int, *, workers: int, progress: Progress, so_far: str = ""
) -> Tally:
    """One repeat; `so_far`: the error that the bar shows."""
    outer = experiment.uncertainty
    futures = outer.draws * outer.paths or experiment.paths
    size = f"{outer.draws:,} × {counted(outer.paths, 'future')}" if outer.draws else counted(futures, "future")
    with progress.stage(f"{so_far}: {size} more" if so_far else f"Simulating {size}", futures) as step:
        return simulate_experiment(model, experiment, repeat=repeat, workers=workers, progress=step)
