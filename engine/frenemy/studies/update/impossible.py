"""Evidence that no path bears out: which entry it is, in words."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence

import numpy as np

from frenemy.errors import InputError, Problem
from frenemy.model.evidence.entries import BranchTaken, Occurrence
from frenemy.simulation.resampling.observations import ordered_occurrences
from frenemy.studies.update.likelihood import Stop, log_likelihood
from frenemy.studies.update.parameter_space import ParameterSpace
from frenemy.studies.update.particle_filter import Particles

__all__ = ["impossible"]


def impossible(space: ParameterSpace, particles: Sequence[Particles], stop: Stop) -> InputError:
    """The error that says which entry no path bears out."""
    paths = sum(len(each.weights) for each in particles)
    entry, what = _culprit(space, particles, stop)
    message = (
        f"{what}: of {paths:,} paths that bore out the evidence before, none bears this out. Under the model it is "
        "impossible, or as good as impossible. Correct the entry, switch it off, or give the model a way to it"
    )
    return InputError([Problem(message=message, key=entry)])


def _culprit(space: ParameterSpace, particles: Sequence[Particles], stop: Stop) -> tuple[str, str]:
    failed = Counter(int(cause) for each in particles for cause in each.population.failures() if cause != -1)
    compiled = particles[0].compiled
    for entry in stop.seen:
        hopeless = True
        for each in particles:
            now = each.population.read()
            chance = log_likelihood(compiled, entry, now.latent, now.index, now.scenario)
            hopeless = hopeless and bool(np.all(chance == -np.inf))
        if hopeless and isinstance(entry, BranchTaken):
            return entry.entry, f"{entry.event} cannot take {entry.branch}: the branch has probability 0"
        if hopeless:
            return entry.entry, f"what {entry.entry} says of {entry.date} has no probability"
    if not failed:
        return ", ".join(stop.entries), "the evidence of this date has no probability"
    cause = failed.most_common(1)[0][0]
    if cause >= 0:
        occurrences = ordered_occurrences(compiled, space.ledger)
        occurrence = occurrences[cause % len(occurrences)]
        return (occurrence.entry, _closed(occurrence)) if cause < len(occurrences) else _endless(space, occurrence)
    trigger = compiled.trigger_names[-2 - cause]
    covering = [c.entry for c in space.ledger.coverage if c.trigger == trigger]
    name = covering[0] if covering else trigger
    return name, f"{trigger} was certain to follow from what happened, but the ledger says that it did not happen"


def _endless(space: ParameterSpace, occurrence: Occurrence) -> tuple[str, str]:
    end = next(end for end in space.ledger.ends if end.began == occurrence.entry)
    told = f"was still going on at the end of {end.still}" if end.ended == dt.date.max else f"ended on {end.ended}"
    words = (
        f"the episode of {end.trigger} that began {_when(occurrence)} cannot be one that {told}: so says its duration"
    )
    return end.entry, words


def _when(occurrence: Occurrence) -> str:
    if occurrence.last != occurrence.first:
        return f"between {occurrence.first} and {occurrence.last}"
    return f"on {occurrence.first}"


def _closed(occurrence: Occurrence) -> str:
    return (
        f"{occurrence.trigger} cannot happen {_when(occurrence)}: its rate is 0 then, its gate is closed (window, "
        "cooldown, max_count, requires, an episode of its own that still runs), and nothing leads to it"
    )
