"""The state of paths that rest, packed: rows in which all paths are equal as one number, scratch arrays not at all.

Most of a state is like that: no follow-up is on its way, no episode has ended. Unpacked, each number has the bits that
it had.
"""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from frenemy.simulation.ensemble.kernel.state import Clocks, EvidenceState, KeptPaths, Levels, Places, Queue, State
from frenemy.simulation.noise.lazy import LazyNoise, SharedNoise
from frenemy.storage.spool import Hold, Slot, Spool

__all__ = ["PackedState", "RestingPaths", "pack", "unpack"]

SCRATCH = {
    "stack": ("",), "levels": ("x_next", "mu"), "clocks": ("rate", "fired", "busy"), "places": ("stays",),
}  # fmt: skip
"""What the next tick writes before it reads it."""
PARTS = {"levels": Levels, "clocks": Clocks, "queue": Queue, "places": Places, "evidence": EvidenceState}


class PackedArray(NamedTuple):
    """An array whose last axis is the path: its first column, and the rows that are not equal throughout."""

    shape: tuple[int, ...]
    first: NDArray[Any]  # (rows,)
    varies: NDArray[np.bool_]  # (rows,)
    content: NDArray[Any]  # (rows that vary, paths)

    @classmethod
    def of(cls, array: NDArray[Any], *, scratch: bool) -> PackedArray:
        rows = array.reshape(-1, array.shape[-1])
        bits = rows.view(f"u{rows.itemsize}")
        varies = np.zeros(len(rows), dtype=np.bool_) if scratch else (bits != bits[:, :1]).any(axis=1)
        return cls(array.shape, rows[:, 0].copy(), varies, rows[varies])

    def unpacked(self) -> NDArray[Any]:
        rows = np.empty((len(self.first), self.shape[-1]), dtype=self.first.dtype)
        rows[...] = self.first[:, None]
        rows[self.varies] = self.content
        return rows.reshape(self.shape)


class PackedState(NamedTuple):
    """A state at the end of a tick."""

    resume: NDArray[np.int64]
    arrays: dict[str, dict[str, PackedArray]]  # by part and name; the stack has no name


def pack(state: State) -> PackedState:
    """The state, which must be at the end of a tick."""
    arrays = {}
    for part in State._fields[1:]:
        arrays_of: Any = getattr(state, part)
        named = {"": arrays_of} if isinstance(arrays_of, np.ndarray) else arrays_of._asdict()
        scratch = SCRATCH.get(part, ())
        arrays[part] = {name: PackedArray.of(array, scratch=name in scratch) for name, array in named.items()}
    return PackedState(state.resume, arrays)


def unpack(packed: PackedState) -> State:
    """The state that was packed."""
    parts: dict[str, Any] = {}
    for part, arrays in packed.arrays.items():
        unpacked = {name: array.unpacked() for name, array in arrays.items()}
        parts[part] = PARTS[part](**unpacked) if part in PARTS else unpacked[""]
    return State(resume=packed.resume, **parts)


@dataclass(frozen=True, slots=True, eq=False)
class RestingPaths:
    """The state of paths, their past and their noise: in memory as they are, or packed, in memory or in a spool."""

    tick: int  # the one to continue with
    _content: tuple[State | PackedState, KeptPaths, LazyNoise] | Slot
    _hold: Hold | None = None

    @classmethod
    def of(cls, state: State, kept: KeptPaths, noise: LazyNoise, spool: Spool | None) -> RestingPaths:
        """`spool`, if given, says whether there is memory for them as they are, and takes them packed if not.

        Paths that share their noise with others are packed and stay in memory.
        """
        tick, size = int(state.resume[0]), noise.buffer.nbytes + sum(array.nbytes for array in kept)
        shared = isinstance(noise, SharedNoise)
        if spool is not None and not shared and (hold := spool.hold(size + _nbytes(state))) is not None:
            return cls(tick, (state, kept, noise), hold)
        noise.rest()
        content = pack(state), kept, noise
        if spool is None or shared:
            return cls(tick, content)
        return cls(tick, spool.put(pickle.dumps(content, pickle.HIGHEST_PROTOCOL)))

    @property
    def packed(self) -> bool:
        """Whether memory is short."""
        return isinstance(self._content, Slot) or isinstance(self._content[0], PackedState)

    def read(self) -> tuple[State, KeptPaths, LazyNoise]:
        """The state, the past and the noise."""
        state, kept, noise = (
            pickle.loads(self._content.read())  # noqa: S301 written by this process
            if isinstance(self._content, Slot)
            else self._content
        )
        return unpack(state) if isinstance(state, PackedState) else state, kept, noise


def _nbytes(part: Any) -> int:
    """Bytes of nested tuples of arrays."""
    return part.nbytes if isinstance(part, np.ndarray) else sum(map(_nbytes, part))
