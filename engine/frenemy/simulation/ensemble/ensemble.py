"""The models of an ensemble: one for all of its paths, or one for each outer draw.

Draw m of n paths each has the paths m n to m n + n - 1 of the seed: luck of its own. So D draws of n paths have the
error of D draws and of D n paths, not of n paths at which every draw looks again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from frenemy.arrays import Floats, Ints
from frenemy.simulation.compile.compile import Compiled
from frenemy.simulation.ensemble.groups import Groups
from frenemy.simulation.ensemble.kernel.state import Law
from frenemy.simulation.ensemble.laws import laws_beside
from frenemy.simulation.ensemble.tally import BATCHES, GROUP
from frenemy.simulation.noise.streams import BLOCK

__all__ = ["Ensemble", "Part", "one_model"]


class Part(NamedTuple):
    """Paths of one model, or of one group, in one block of noise."""

    number: int  # of the model, or of the group
    start: int  # first path, counted within the block
    stop: int


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
