"""Evidence that no path is consistent with: which entry it is, in words."""

from __future__ import annotations

import datetime as dt
from collections import Counter

import numpy as np

from frenemy.errors import InputError, Problem
from frenemy.model.describe.wording import counted
from frenemy.model.evidence.entries import BranchTaken, Occurrence
from frenemy.simulation.resampling.observations import ordered_occurrences
from frenemy.studies.update.likelihood import Stop, log_branches, log_likelihood
from frenemy.studies.update.parameter_space import ParameterSpace
from frenemy.studies.update.particle_filter import Particles

__all__ = ["impossible"]


def impossible(space: ParameterSpace, particles: Particles, stop: Stop) -> InputError:
    """The error that names the entry that no path is consistent with."""
    paths = particles.population.size
    entry, what = _find_entry(space, particles, stop)
    message = (
        f"{what}: of {counted(paths, 'path')} consistent with the evidence before, none is consistent with this "
        "entry. Under "
        "the model it is impossible, or as good as impossible. Correct the entry, switch it off, or make it possible "
        "in the model"
    )
    return InputError([Problem(message=message, key=entry)])


def _find_entry(space: ParameterSpace, particles: Particles, stop: Stop) -> tuple[str, str]:
    population = particles.population
    compiled, now = population.model, population.read()
    for entry in stop.seen:
        if isinstance(entry, BranchTaken):
            if np.all(log_branches(population.ensemble, [entry]) == -np.inf):
                return entry.entry, f"{entry.event} cannot take {entry.branch}: the branch has probability 0"
        elif np.all(log_likelihood(compiled, entry, now.latent, now.index, now.scenario) == -np.inf):
            return entry.entry, f"what {entry.entry} says of {entry.date} has no probability"
    failed = Counter(cause for cause in population.failures().tolist() if cause != -1)
    if not failed:
        return ", ".join(stop.entries), "the evidence of this date has no probability"
    cause = failed.most_common(1)[0][0]
    if cause >= 0:
        occurrences = ordered_occurrences(compiled, space.ledger)
        occurrence = occurrences[cause % len(occurrences)]
        return (
            (occurrence.entry, _closed(occurrence)) if cause < len(occurrences) else _wrong_duration(space, occurrence)
        )
    trigger = compiled.trigger_names[-2 - cause]
    covering = [c.entry for c in space.ledger.coverage if c.trigger == trigger]
    name = covering[0] if covering else trigger
    return name, f"{trigger} was certain to follow from what happened, but the ledger says that it did not happen"


def _wrong_duration(space: ParameterSpace, occurrence: Occurrence) -> tuple[str, str]:
    end = next(end for end in space.ledger.ends if end.began == occurrence.entry)
    end_text = f"was still running at the end of {end.still}" if end.ended == dt.date.max else f"ended on {end.ended}"
    began = f"the episode of {end.trigger} that began {_when(occurrence)}"
    return end.entry, f"{began} cannot be one that {end_text}: its duration rules it out"


def _when(occurrence: Occurrence) -> str:
    if occurrence.last != occurrence.first:
        return f"between {occurrence.first} and {occurrence.last}"
    return f"on {occurrence.first}"


def _closed(occurrence: Occurrence) -> str:
    return (
        f"{occurrence.trigger} cannot happen {_when(occurrence)}: its rate is 0 then, its gate is closed (window, "
        "cooldown, max_count, requires, an episode of its own still running), and no event leads to it"
    )
