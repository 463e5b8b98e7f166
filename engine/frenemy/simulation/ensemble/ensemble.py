"""The models of an ensemble: one for all of its paths, or one for each outer draw.

Draw m of n paths each has the paths m n to m n + n - 1 of the seed: luck of its own. So D draws of n paths have the
error of D draws and of D n paths, not of n paths at which every draw looks again.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple, overload

import numpy as np

from frenemy.arrays import Bools, Floats, Ints
from frenemy.simulation.compile.compile import Compiled, Observations
from frenemy.simulation.ensemble.groups import Groups
from frenemy.simulation.ensemble.kernel.state import Law
from frenemy.simulation.ensemble.laws import law_of, law_of_draws, laws_beside
from frenemy.simulation.ensemble.tally import BATCHES, GROUP
from frenemy.simulation.noise.streams import BLOCK

__all__ = ["Ensemble", "Part", "one_model"]


class Part(NamedTuple):
    """Paths of one model, or of one group, in one block of noise."""

    number: int  # of the model, or of the group
    start: int  # first path, counted within the block
    stop: int


class _Observing(Sequence[Compiled]):
    """Models under other evidence, each made when it is asked for: there may be many, and few are."""

    def __init__(self, models: Sequence[Compiled], observations: Observations) -> None:
        self._models, self._observations = models, observations

    def __len__(self) -> int:
        return len(self._models)

    @overload
    def __getitem__(self, place: int) -> Compiled: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Compiled]: ...
    def __getitem__(self, place: int | slice) -> Compiled | Sequence[Compiled]:
        if isinstance(place, slice):
            return _Observing(self._models[place], self._observations)
        return replace(self._models[place], observations=self._observations)


@dataclass(frozen=True, kw_only=True, eq=False)
class Ensemble:
    """Models, with the same ticks, triggers and scenarios by name, and how many paths each has."""

    models: Sequence[Compiled]
    each: int  # paths of each model
    points: Floats | None = None  # (models, numbers) place of each uncertain number, 0-1; None: one model, no draws
    values: Floats | None = None  # (models, numbers) value of each uncertain number, as drawn; None: not kept
    first: int = 0  # number of the first draw

    @property
    def drawn(self) -> bool:
        """Whether the models are outer draws."""
        return self.points is not None

    @property
    def paths(self) -> int:
        """Paths in all."""
        return len(self.models) * self.each

    @cached_property
    def laws(self) -> Law:
        """The models beside each other, as the kernel reads them."""
        return laws_beside(self.models)

    def law(self, parts: Sequence[Part]) -> Law:
        """The models of these parts of a block, which are one model or successive draws, as the kernel reads them."""
        return self.law_by_path(parts) if self.drawn else law_of(self.models[parts[0].number])

    def law_by_path(self, parts: Sequence[Part]) -> Law:
        """The same with each path's own numbers, also where all are those of one model."""
        sizes = np.array([part.stop - part.start for part in parts], dtype=np.int64)
        return law_of_draws(self.laws, slice(parts[0].number, parts[-1].number + 1), sizes)

    def observing(self, observations: Observations) -> Ensemble:
        """The same models under other evidence."""
        other = replace(self, models=_Observing(self.models, observations))
        other.__dict__["laws"] = self.laws._replace(observations=observations)  # the numbers are the same
        return other

    def part(self, draws: slice) -> Ensemble:
        """Some successive draws, with the paths that they have here."""
        assert self.points is not None, "the models are draws"
        return Ensemble(
            models=self.models[draws], each=self.each, points=self.points[draws], first=self.first + draws.start
        )

    @property
    def draws_of_whole_blocks(self) -> int:
        """The smallest number of draws whose paths fill whole blocks."""
        return math.lcm(self.each, BLOCK) // self.each

    def picked(self, draws: Ints) -> Ensemble:
        """Model `draws[m]` in place m."""
        return replace(self, models=tuple(self.models[m] for m in draws.tolist()))

    def mixed(self, other: Ensemble, draws: Bools) -> Ensemble:
        """The same with some of the models, (models,), of another."""
        pairs = zip(self.models, other.models, draws.tolist(), strict=True)
        return replace(self, models=tuple(theirs if taken else mine for mine, theirs, taken in pairs))

    @property
    def blocks(self) -> range:
        """Numbers of the blocks of noise that hold the paths."""
        start = self.first * self.each
        return range(start // BLOCK, -(-(start + self.paths) // BLOCK))

    def parts(self, block: int) -> list[Part]:
        """The models that have paths in a block, by position in `models`."""
        begin, each = block * BLOCK, self.each
        start = max(begin, self.first * each)
        stop = min(begin + BLOCK, (self.first + len(self.models)) * each)
        return [
            Part(draw - self.first, max(draw * each, start) - begin, min((draw + 1) * each, stop) - begin)
            for draw in range(start // each, -(-stop // each))
        ]

    def group_parts(self, block: int) -> list[Part]:
        """The groups that have paths in a block, in the order of the paths."""
        if self.drawn:
            return self.parts(block)
        paths = min(BLOCK, self.each - block * BLOCK)
        first = block * BLOCK // GROUP
        return [Part((first + n) % BATCHES, n * GROUP, min((n + 1) * GROUP, paths)) for n in range(-(-paths // GROUP))]

    def group_of(self, numbers: Ints) -> Ints:
        """The group of each of these paths of the seed."""
        return numbers // self.each - self.first if self.drawn else numbers // GROUP % BATCHES

    @cached_property
    def groups(self) -> Groups:
        """The units of standard errors: the draws, or 32 batches of the paths of one model."""
        if self.points is not None:
            paths = np.full(len(self.models), self.each)
            return Groups(paths=paths, points=self.points, drawn=True, values=self.values)
        group = np.arange(-(-self.each // GROUP))
        sizes = np.minimum(GROUP, self.each - group * GROUP)
        paths = np.bincount(group % BATCHES, weights=sizes, minlength=BATCHES).astype(np.int64)
        return Groups(paths=paths, points=np.empty((BATCHES, 0)), drawn=False)


def one_model(compiled: Compiled, paths: int) -> Ensemble:
    """An ensemble of one model."""
    return Ensemble(models=(compiled,), each=paths)
