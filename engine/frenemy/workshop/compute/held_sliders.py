"""Sliders that are held: by which socket, at which value, and since when nothing was heard."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from frenemy.model.resolved import Number
from frenemy.workshop.state.catalogue import Catalogue
from frenemy.workshop.state.sliders import numbers_at

__all__ = ["HeldSliders", "released_numbers"]

HOLD_TIMEOUT = 10.0
"""Seconds without a message after which a slider counts as released."""


@dataclass(slots=True)
class HeldSliders:
    """One slider per socket. Changed on the event loop, read from any thread."""

    _held: dict[str, tuple[str, float, float]] = field(default_factory=dict)  # socket -> key, value, time

    def __bool__(self) -> bool:
        return bool(self._held)

    def hold(self, socket_id: str, key: str, value: float, time: float) -> None:
        """A socket holds a slider at a value."""
        self._held[socket_id] = key, value, time

    def release(self, socket_id: str) -> bool:
        """Release the slider that a socket holds; whether it held one."""
        return self._held.pop(socket_id, None) is not None

    def silent(self, now: float) -> list[str]:
        """Sockets that have sent nothing for too long."""
        return [socket_id for socket_id, (_, _, last) in self._held.items() if now - last > HOLD_TIMEOUT]

    @property
    def values(self) -> dict[str, float]:
        """The values by key."""
        return {key: value for key, value, _ in list(self._held.values())}


def released_numbers(
    catalogue: Catalogue, numbers: Mapping[str, Number], values: Mapping[str, float]
) -> dict[str, Number]:
    """The numbers that differ from the file if sliders are released at `values`; `numbers` are the current ones."""
    result = dict(numbers)
    for key, value in values.items():
        result |= numbers_at(catalogue.sliders.values(), result, key, value)
    return result
