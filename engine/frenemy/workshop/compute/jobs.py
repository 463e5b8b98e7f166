"""Work that takes longer than an answer: one job of a kind at a time, told as it goes on, cancelled when replaced."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from frenemy.errors import FrenemyError
from frenemy.workshop.compute.priority import Cancelled, Priority, lower_thread_priority

__all__ = ["Job", "JobProgress", "Jobs"]

OFTEN = 0.15
"""Seconds between two words on how far a job is."""


@dataclass(eq=False)
class Job:
    """One job."""

    id: str
    what: str
    stopped: threading.Event = field(default_factory=threading.Event)
    done: int = 0
    total: int = 1
    label: str = ""

    def message(self, state: str, text: str = "") -> dict[str, Any]:
        """How far it is, for the page."""
        return {
            "type": "job", "job": self.id, "what": self.what, "state": state, "done": self.done, "total": self.total,
            "label": self.label, "message": text,
        }  # fmt: skip


class JobProgress:
    """Progress of a job: told to the room; gives way to what is in front, and ends when the job is cancelled."""

    def __init__(self, job: Job, road: Priority, tell: Callable[[dict[str, Any]], None]) -> None:
        self._job, self._road, self._tell, self._last = job, road, tell, 0.0

    def note(self, text: str) -> None:
        """Warnings were told when the session was opened."""

    @contextmanager
    def stage(self, label: str, total: int) -> Iterator[Callable[[int], None]]:
        """A stretch of work."""
        job = self._job
        job.label, job.done, job.total = label, 0, max(total, 1)
        self._last = 0.0
        self.step(0)
        yield self.step

    def step(self, amount: int) -> None:
        """So much more is done. Raises Dropped when the job is cancelled."""
        self._job.done += amount
        self._road.wait(lambda: not self._job.stopped.is_set())
        if time.monotonic() - self._last > OFTEN:
            self._last = time.monotonic()
            self._tell(self._job.message("running"))


Work = Callable[[JobProgress], Any]


class Jobs:
    """The jobs of a room. All methods are called on the event loop, but for the work itself."""

    def __init__(self, road: Priority, tell: Callable[[dict[str, Any]], None]) -> None:
        self._road, self._tell = road, tell
        self._running: dict[str, Job] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._threads = ThreadPoolExecutor(2, "job", lower_thread_priority)
        self._number = 0

    def start(self, what: str, work: Work, then: Callable[[Job, Any], None]) -> str:
        """Begin a job in the place of the one of this kind that runs; `then` gets what it comes to. Returns its id."""
        self._number += 1
        job = Job(f"j{self._number}", what)
        if what in self._running:
            self._running[what].stopped.set()
        self._running[what] = job
        task = asyncio.get_running_loop().create_task(self._carry_out(job, work, then))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return job.id

    def cancel(self, name: str) -> bool:
        """Cancel a job, if it runs."""
        job = next((job for job in self._running.values() if job.id == name), None)
        if job is not None:
            job.stopped.set()
        return job is not None

    def close(self) -> None:
        """Cancel all."""
        for job in self._running.values():
            job.stopped.set()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _carry_out(self, job: Job, work: Work, then: Callable[[Job, Any], None]) -> None:
        loop = asyncio.get_running_loop()
        watched = JobProgress(job, self._road, lambda message: void(loop.call_soon_threadsafe(self._tell, message)))
        self._tell(job.message("running"))
        try:
            found = await loop.run_in_executor(self._threads, work, watched)
        except Cancelled:
            self._tell(job.message("cancelled"))
        except FrenemyError as error:
            self._tell(job.message("failed", str(error)))
        except Exception as error:  # noqa: BLE001 the room goes on, whatever one study meets
            self._tell(job.message("failed", f"{type(error).__name__}: {error} (this is a fault in Frenemy)"))
        else:
            job.done = job.total
            self._tell(job.message("done"))
            then(job, found)
        finally:
            if self._running.get(job.what) is job:
                del self._running[job.what]


def void(_: object) -> None:
    """Nothing."""
