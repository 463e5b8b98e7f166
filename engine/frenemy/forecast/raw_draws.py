"""The outer draws of a run one by one, so that bands, indices and regions can be computed again by anyone.

Draw m of n paths has the paths m n to m n + n - 1 of the seed (`simulation.ensemble.ensemble`): its odds are those of
the model with its numbers on these paths, to the last bit.
"""

from __future__ import annotations

import numpy as np

from frenemy.forecast.forecast import READINGS, RawDraws, report_ticks
from frenemy.forecast.odds import group_sums
from frenemy.model.experiment import Experiment
from frenemy.model.realise import uncertain
from frenemy.model.resolved import Model
from frenemy.simulation.ensemble.tally import Tally
from frenemy.simulation.parameter_draws import as_simulated

__all__ = ["raw_draws"]


def raw_draws(model: Model, experiment: Experiment, tally: Tally) -> RawDraws | None:
    """The draws of a tally, with their odds at the report dates; None at the medians or if nothing is uncertain."""
    values = tally.groups.values
    if values is None or not values.size:
        return None
    keys = uncertain(model) | uncertain(experiment)
    simulated = as_simulated(model, experiment, dict(zip(keys, values.T, strict=True)))
    ticks, sums = report_ticks(experiment), group_sums(tally)
    return RawDraws(
        numbers=tuple(simulated),
        values=np.stack([*simulated.values()], axis=1),
        ticks=ticks,
        odds={reading: tally.groups.rows(sums[reading][:, ticks]) for reading in READINGS},
    )
