"""Saying how far a long computation has come: a bar on a terminal, one line elsewhere, nothing for what is quick."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as Bars

__all__ = ["Progress", "Silent", "Terminal", "automatic"]

QUICK = 1.0
"""Seconds before which nothing is shown."""


class Progress(Protocol):
    """Whoever wants to hear of progress."""

    def note(self, text: str) -> None:
        """Something worth a line of its own."""

    def stage(self, label: str, total: int) -> AbstractContextManager[Callable[[int], None]]:
        """A stretch of work; call what it yields with the amount done since the last call."""


class Silent:
    """Says nothing."""

    def note(self, text: str) -> None:
        """Drop the note."""

    @contextmanager
    def stage(self, label: str, total: int) -> Iterator[Callable[[int], None]]:  # noqa: ARG002 the protocol's names
        """Take the steps and say nothing."""
        yield lambda _: None


class Terminal:
    """Bars on a terminal or in a notebook; elsewhere one line for each stage that takes more than a second."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def note(self, text: str) -> None:
        """Print the note."""
        self._console.print(text, markup=False, highlight=False, style="dim", soft_wrap=True)

    @contextmanager
    def stage(self, label: str, total: int) -> Iterator[Callable[[int], None]]:
        """Show the stage once it has taken a second."""
        begun = time.monotonic()
        done, bars = 0, _Bars(self._console, label, total)

        def step(amount: int) -> None:
            nonlocal done
            if interrupted():
                raise KeyboardInterrupt
            done += amount
            if time.monotonic() - begun > QUICK:
                bars.show(done)

        with _ctrl_c() as interrupted:
            try:
                yield step
            finally:
                bars.close()


def automatic() -> Progress:
    """Bars where a person is watching, a terminal or a notebook; silence elsewhere."""
    from rich.console import Console

    console = Console(stderr=True)
    return Terminal(console) if console.is_terminal or console.is_jupyter else Silent()


@contextmanager
def _ctrl_c() -> Iterator[Callable[[], bool]]:
    """Remember Ctrl-C: the exception that it raises is lost if it arises inside a library's callback or clean-up."""
    asked = False

    def remember(*_: object) -> None:
        nonlocal asked
        asked = True
        raise KeyboardInterrupt

    usual = signal.getsignal(signal.SIGINT)
    if usual is not signal.default_int_handler or threading.current_thread() is not threading.main_thread():
        yield lambda: False  # somebody else, say a notebook, deals with it
        return
    signal.signal(signal.SIGINT, remember)
    try:
        yield lambda: asked
    finally:
        signal.signal(signal.SIGINT, usual)


class _Bars:
    """One bar, or one line, which appears when first shown."""

    def __init__(self, console: Console, label: str, total: int) -> None:
        self._console, self._label, self._total = console, label, total
        self._lively = console.is_terminal or console.is_jupyter
        self._bars: Bars | None = None
        self._said = False

    def show(self, done: int) -> None:
        if not self._lively:
            if not self._said:
                self._console.print(f"{self._label} ...", markup=False, highlight=False, soft_wrap=True)
                self._said = True
            return
        if self._bars is None:
            from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

            columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
            self._bars = Progress(*columns, console=self._console, transient=True)
            self._bars.add_task(self._label, total=self._total)
            self._bars.start()
        self._bars.update(self._bars.task_ids[0], completed=done)

    def close(self) -> None:
        if self._bars is not None:
            self._bars.stop()
