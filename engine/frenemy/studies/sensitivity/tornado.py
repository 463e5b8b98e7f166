"""The tornado: how far each uncertain number alone moves the odds, from its 10 % to its 90 % point.

All others keep their distributions, so the bars are differences from the odds that a run reports: the mean over
judgement and chance if the number were known to be there. Every run has the same draws of the others and the same
noise, so that a difference of odds is a difference draw by draw and path by path. Its Monte Carlo error is that of the
difference, over the outer draws or, at the medians, over batches of paths. Where nothing changed for any path the
difference is 0 and so is its error.

Futures go where they are needed. A long bar is clear after few, and a short one is not shown. So all numbers begin with
an eighth of the futures, and those that may be among the longest and are not yet clear go on with twice, four times and
eight times as many. Each eighth has draws of its own, a Latin hypercube of all numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from frenemy.arrays import Floats, Ints
from frenemy.forecast.odds import group_sums
from frenemy.forecast.which_odds import assessment, scenario_place
from frenemy.model.experiment import Experiment, Reading
from frenemy.model.realise import uncertain
from frenemy.model.resolved import Model
from frenemy.simulation.ensemble.ensemble import Ensemble
from frenemy.simulation.ensemble.groups import Groups, joined
from frenemy.simulation.ensemble.tally import Tally
from frenemy.simulation.ensembles import ensemble_of
from frenemy.studies.knobs import changed

__all__ = ["END_QUANTILES", "LONGEST", "SIGNIFICANT_SE", "Tornado", "tornado"]

Run = Callable[[Ensemble, Iterable[Ensemble]], Iterator[Tally]]
"""Simulates an ensemble and others that differ from it, on the same noise, and gives their tallies in order."""

END_QUANTILES = (0.1, 0.9)
"""Points of its distribution to which each number is moved."""
SIGNIFICANT_SE = 3.0
"""Standard errors beyond which a difference is significant: more than 2, as many are compared at once."""
LONGEST = 18
"""So many bars are shown, and made clear."""
CLEAR, ROUGHLY_CLEAR = 1 / 15, 1 / 12
"""A bar is clear if the standard error of its ends is at most this share of its length."""
PARTS, LEAST_DRAWS = 8, 64
"""Parts of the futures, if there are at least so many draws."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tornado:
    """What each number does to the odds of every scenario at every assessment; the first axis is the number."""

    keys: tuple[str, ...]  # dotted keys, in the order of the files
    values: Floats  # (numbers, 3) its value at the 10 % point, the median and the 90 % point
    odds: Floats  # (ticks, scenarios) with no number moved
    change: Floats  # (numbers, 2, ticks, scenarios) odds with the number at its low and high end, less `odds`
    change_se: Floats  # (numbers, 2, ticks, scenarios)
    swing: Floats  # (numbers, ticks, scenarios) odds at the high end less odds at the low end
    swing_se: Floats  # (numbers, ticks, scenarios)
    futures: Ints  # (numbers,) simulated with the number at each of its ends

    @property
    def significant(self) -> NDArray[np.bool_]:
        """(numbers, 2, ticks, scenarios): whether the change is distinguishable from Monte Carlo error."""
        return np.asarray(np.abs(self.change) > SIGNIFICANT_SE * self.change_se)

    def order(self, tick: int, scenario: int) -> list[int]:
        """The numbers, the one with the widest range of odds first; ties in the order of the files."""
        return [int(place) for place in np.argsort(-_spans(self.change[..., tick, scenario]), kind="stable")]

    def rivals(self, tick: int, scenario: int) -> int:
        """How many numbers may have a wider range of odds than the first: within three errors of the difference."""
        spans, errors = _spans(self.change[..., tick, scenario]), self.swing_se[:, tick, scenario]
        first, *others = self.order(tick, scenario)
        apart = SIGNIFICANT_SE * np.hypot(errors[first], errors[others])
        return int((spans[first] - spans[others] < apart).sum())


def tornado(
    model: Model, experiment: Experiment, run: Run, *, clear: float = CLEAR, step: Callable[[int, int], object] = max
) -> Tornado:
    """Move each uncertain number to its two ends; `run` simulates ensembles, always on the same noise.

    The bars to be made clear are those of the odds that `experiment.sensitivity` asks for. `step` is called with
    how much is done, and of how much.
    """
    ranges = uncertain(model) | uncertain(experiment)
    points = np.array(
        [[r.quantile(END_QUANTILES[0]), r.median, r.quantile(END_QUANTILES[1])] for r in ranges.values()]
    ).reshape(-1, 3)
    keys, asked = tuple(ranges), experiment.sensitivity
    focus = assessment(experiment, asked.date), scenario_place(model, asked.scenario)
    each, parts = _in_parts(experiment)

    def worlds(numbers: Sequence[int], repeat: int) -> Iterator[Ensemble]:
        """All draws of a part, as they are and then with each of the numbers at its ends."""
        yield ensemble_of(model, each, repeat=repeat)
        for n in numbers:
            for value in points[n, (0, 2)].tolist():
                yield ensemble_of(*changed(model, each, {keys[n]: value}), repeat=repeat)

    base, bars, wanted = _Base(), [_Bar([], []) for _ in keys], list(range(len(keys)))
    for begin, end in _rounds(parts):
        runs, done = (end - begin) * (1 + 2 * len(wanted)), 0
        for repeat in range(begin, end) if wanted or not begin else ():
            some = worlds(wanted, repeat)
            tallies = run(next(some), some)
            central = base.add(next(tallies), asked.reading)
            for n in wanted:
                for ends in (bars[n].low, bars[n].high):
                    ends.append((group_sums(next(tallies))[asked.reading] - central).astype(np.float32))
                done += 2
                step(begin * runs + (end - begin) * done, parts * runs)
        step(end, parts)
        if end < parts:
            wanted = _unclear(wanted, [bar.ends(base, focus) for bar in bars], clear)
    return _tornado(keys, points, base, bars)


class _Base:
    """What is known with no number moved, by part."""

    def __init__(self) -> None:
        self.sums: list[Floats] = []  # (groups, ticks, scenarios)
        self._groups: list[Groups] = []
        self._together: dict[int, Groups] = {}

    def add(self, tally: Tally, reading: Reading) -> Floats:
        """Add a part; returns its sums."""
        self.sums.append(group_sums(tally)[reading])
        self._groups.append(tally.groups)
        return self.sums[-1]

    def groups(self, parts: int) -> Groups:
        """The groups of the first parts as one: made once for all bars, as is the regression over them."""
        if parts not in self._together:
            self._together[parts] = joined(self._groups[:parts])
        return self._together[parts]


class _Ends(NamedTuple):
    """Changes of the odds and their errors, everywhere or in one place."""

    change: Floats  # (2, ...)
    change_se: Floats
    swing: Floats  # (...)
    swing_se: Floats


class _Bar(NamedTuple):
    """Sums of the differences from the base, with a number at its ends, by part: (groups, ticks, scenarios)."""

    low: list[NDArray[np.float32]]
    high: list[NDArray[np.float32]]

    def ends(self, base: _Base, place: tuple[Any, ...] = ()) -> _Ends:
        """The changes at both ends, and from end to end."""
        together = base.groups(len(self.low))
        low, high = (
            np.concatenate([part[(slice(None), *place)] for part in parts]).astype(np.float64) for parts in self
        )
        change, change_se = (np.stack([of(low), of(high)]) for of in (together.mean, together.error))
        return _Ends(change, change_se, together.mean(high - low), together.error(high - low))


def _in_parts(experiment: Experiment) -> tuple[Experiment, int]:
    """The experiment with the draws of one part, and how many parts."""
    outer = experiment.uncertainty
    if outer.draws < LEAST_DRAWS:
        return experiment, 1
    return replace(experiment, uncertainty=replace(outer, draws=-(-outer.draws // PARTS))), PARTS


def _rounds(parts: int) -> Iterator[tuple[int, int]]:
    """Parts from one to another: the first alone, then as many again each time."""
    begin, end = 0, 1
    while begin < parts:
        yield begin, end
        begin, end = end, 2 * end


def _unclear(wanted: Sequence[int], ends: Sequence[_Ends], clear: float) -> list[int]:
    """Those of these numbers whose bars may be among the longest and are not clear."""
    spans = _spans(np.array([of.change for of in ends]).reshape(-1, 2))
    errors = np.array([of.change_se.max() for of in ends])
    shortest = np.sort(spans)[::-1][:LONGEST].min(initial=np.inf)
    return [n for n in wanted if spans[n] + 2 * errors[n] >= shortest and errors[n] > clear * spans[n]]


def _spans(change: Floats) -> Floats:
    """(numbers,): the ranges of the odds with numbers at their ends or as they are, from changes (numbers, 2)."""
    return np.asarray(np.maximum(change.max(axis=1), 0.0) - np.minimum(change.min(axis=1), 0.0))


def _tornado(keys: tuple[str, ...], points: Floats, base: _Base, bars: Sequence[_Bar]) -> Tornado:
    shape = base.sums[0].shape[1:]
    change, change_se, swing, swing_se = (
        np.array(of_all).reshape(len(keys), *sides, *shape)
        for of_all, sides in zip(
            zip(*(bar.ends(base) for bar in bars), strict=True) if bars else [[]] * 4, ((2,), (2,), (), ()),
            strict=True,
        )
    )  # fmt: skip
    return Tornado(
        keys=keys, values=points, odds=base.groups(len(base.sums)).mean(np.concatenate(base.sums)), change=change,
        change_se=change_se, swing=swing, swing_se=swing_se,
        futures=np.array([int(base.groups(len(bar.low)).paths.sum()) for bar in bars], dtype=np.int64),
    )  # fmt: skip
