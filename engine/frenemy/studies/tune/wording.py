"""Words and rows that the text and the pictures of tuning share."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from frenemy.model.describe.wording import counted
from frenemy.model.experiment import Target
from frenemy.model.resolved import Model
from frenemy.present.key_labels import with_unit
from frenemy.present.number_text import and_list, percent
from frenemy.present.time_axis import day
from frenemy.studies.tune.findings import TuningFindings
from frenemy.studies.tune.prim import Box
from frenemy.studies.tune.region import Restriction, restrictions

__all__ = ["numbered_boxes", "region_note", "target_words", "targets_met", "targets_with_odds", "tenths", "within"]


def tenths(value: float) -> str:
    """`25.1 %`."""
    return f"{100 * value:.1f} %"


def _label_and_date(found: TuningFindings, target: Target) -> tuple[str, str]:
    label = next(s.label for s in found.model.scenarios if s.name == target.scenario)
    return label, day(min(target.date, found.experiment.end))


def target_words(found: TuningFindings, target: Target) -> str:
    """`Total rift on 22 Jan 2030`."""
    label, date = _label_and_date(found, target)
    words = {"at": f"{label} on {date}", "ever": f"{label} ever by {date}"}
    return words.get(target.reading, f"time share of {label} up to {date}")


def targets_with_odds(found: TuningFindings, solution: int = 0) -> Iterator[tuple[Target, float, float, float]]:
    """Each target with the odds before, the odds reached and their error."""
    one = found.solutions[solution]
    yield from zip(found.targets, found.before, one.reached, one.reached_se, strict=True)


def targets_met(found: TuningFindings) -> str:
    """`Total rift on 22 Jan 2030 at least 25 %`."""
    parts = []
    for target, at_least in zip(found.targets, found.region.at_least, strict=True):
        label, date = _label_and_date(found, target)
        when = {"at": f"on {date}", "ever": f"by {date}"}.get(target.reading, f"of the time up to {date}")
        parts.append(f"{label} {when} at {'least' if at_least else 'most'} {100 * target.probability:g} %")
    return and_list(parts)


def numbered_boxes(found: TuningFindings) -> Iterator[tuple[int, Box, tuple[Restriction, ...]]]:
    """Each box with its number and its restrictions."""
    for n, box in enumerate(found.region.boxes, 1):
        yield n, box, restrictions(box, found.region.knobs)


def within(one: Restriction, model: Model) -> str:
    """`at least 0.08`, `at most 3`, `0.1 to 0.2`."""
    low, high = (with_unit(one.knob.key, value, model) for value in (one.least, one.most))
    if np.isnan(one.most):
        return f"at least {low}"
    return f"at most {high}" if np.isnan(one.least) else f"{low} to {high}"


def region_note(found: TuningFindings) -> str:
    """How many draws there were, and how to read the boxes."""
    region = found.region
    share = percent(region.cases / region.draws)
    base = f"{region.cases:,} of {counted(region.draws, 'draw')} of all uncertain numbers meet it ({share})"
    if not region.boxes:
        return f"{base}. There is no region to report: {region.why_none}."
    return (
        f"{base}, {counted(region.paths, 'future')} each. Boxes were found on one half of the draws by peeling "
        "(PRIM) and "
        "measured on the other. Quasi-p: the probability that the box would be as dense if this restriction had no "
        "effect."
    )
