"""Progress of a long computation: a bar on a terminal, one line elsewhere, nothing if it is quick."""

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

__all__ = ["Progress", "Silent", "Terminal", "automatic", "scaled_progress"]

QUICK_SECONDS = 1.0
"""Nothing is shown before."""


class Progress(Protocol):
    """Receives progress."""

    def note(self, text: str) -> None:
        """Show a line of text."""

    def stage(self, label: str, total: int) -> AbstractContextManager[Callable[[int], None]]:
        """A stage of the work; it yields a function to be called with the amount done since the last call."""


class Silent:
    """Shows nothing."""

    def note(self, text: str) -> None:
        """Drop the note."""

    @contextmanager
    def stage(self, label: str, total: int) -> Iterator[Callable[[int], None]]:  # noqa: ARG002 the protocol's names
        """Take the steps and show nothing."""
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
            if time.monotonic() - begun > QUICK_SECONDS:
                bars.show(done)

        with _ctrl_c() as interrupted:
            try:
                yield step
            finally:
                bars.close()


def automatic() -> Progress:
    """Bars on a terminal or in a notebook; nothing elsewhere."""
    from frenemy.runtime.terminal import PlainConsole

    console = PlainConsole(stderr=True)
    return Terminal(console) if console.is_terminal or console.is_jupyter else Silent()


@contextmanager
def _ctrl_c() -> Iterator[Callable[[], bool]]:
    """Remember Ctrl-C: its exception is lost if it is raised inside a library's callback or clean-up."""
    pressed = False

    def remember(*_: object) -> None:
        nonlocal pressed
        pressed = True
        raise KeyboardInterrupt

    usual = signal.getsignal(signal.SIGINT)
    if usual is not signal.default_int_handler or threading.current_thread() is not threading.main_thread():
        yield lambda: False  # someone else, such as a notebook, handles it
        return
    signal.signal(signal.SIGINT, remember)
    try:
        yield lambda: pressed
    finally:
        signal.signal(signal.SIGINT, usual)


class _Bars:
    """One bar, or one line, which appears when first shown."""

    def __init__(self, console: Console, label: str, total: int) -> None:
        self._console, self._label, self._total = console, label, total
        self._live = console.is_terminal or console.is_jupyter
        self._bars: Bars | None = None
        self._printed = False

    def show(self, done: int) -> None:
        if not self._live:
            if not self._printed:
                self._console.print(f"{self._label} ...", markup=False, highlight=False, soft_wrap=True)
                self._printed = True
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


def scaled_progress(step: Callable[[int], object], most: int) -> Callable[[int, int], object]:
    """From how much is done, and of how much, to the steps of a bar that counts up to `most`."""
    shown = 0

    def advance(done: int, of: int) -> None:
        nonlocal shown
        reached = most * done // of
        step(reached - shown)
        shown = reached

    return advance
