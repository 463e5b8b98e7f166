"""The consoles of Frenemy: they print no control characters but their own."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from frenemy.runtime.visible import visible

__all__ = ["PlainConsole"]


class PlainConsole(Console):
    """A console on which labels and cells of users' files cannot move the cursor, change colours or reverse text."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """The segments of a renderable, with what cannot be seen as escapes."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(visible(segment.text), segment.style)
