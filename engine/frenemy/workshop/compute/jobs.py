"""Long work: one job of a kind at a time, with progress; a new job cancels the one that it replaces."""

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

PROGRESS_INTERVAL = 0.15
"""Seconds between two progress messages."""


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
        """How much is done, for the page."""
        return {
            "type": "job", "job": self.id, "what": self.what, "state": state, "done": self.done, "total": self.total,
            "label": self.label, "message": text,
        }  # fmt: skip


class JobProgress:
    """Progress of a job: published to the clients; waits for foreground work and ends when the job is cancelled."""

    def __init__(self, job: Job, priority: Priority, publish: Callable[[dict[str, Any]], None]) -> None:
        self._job, self._priority, self._publish, self._last = job, priority, publish, 0.0

    def note(self, text: str) -> None:
        """Warnings were shown when the session was opened."""

    @contextmanager
    def stage(self, label: str, total: int) -> Iterator[Callable[[int], None]]:
        """A stage of the work."""
        job = self._job
        job.label, job.done, job.total = label, 0, max(total, 1)
        self._last = 0.0
        self.step(0)
        yield self.step

    def step(self, amount: int) -> None:
        """Add to the amount done. Raises Cancelled when the job is cancelled."""
        self._job.done += amount
        self._priority.wait(lambda: not self._job.stopped.is_set())
        if time.monotonic() - self._last > PROGRESS_INTERVAL:
            self._last = time.monotonic()
            self._publish(self._job.message("running"))


Work = Callable[[JobProgress], Any]


class Jobs:
    """The jobs of a session. All methods are called on the event loop, except the work itself."""

    def __init__(self, priority: Priority, publish: Callable[[dict[str, Any]], None]) -> None:
        self._priority, self._publish = priority, publish
        self._running: dict[str, Job] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._threads = ThreadPoolExecutor(2, "job", lower_thread_priority)
        self._number = 0

    def start(self, what: str, work: Work, on_result: Callable[[Job, Any], None]) -> str:
        """Start a job; it replaces a running one of its kind. `on_result` gets its result. Returns its id."""
        self._number += 1
        job = Job(f"j{self._number}", what)
        if what in self._running:
            self._running[what].stopped.set()
        self._running[what] = job
        task = asyncio.get_running_loop().create_task(self._run(job, work, on_result))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return job.id

    def cancel(self, name: str) -> bool:
        """Cancel a job; whether it was running."""
        job = next((job for job in self._running.values() if job.id == name), None)
        if job is not None:
            job.stopped.set()
        return job is not None

    def close(self) -> None:
        """Cancel all."""
        for job in self._running.values():
            job.stopped.set()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _run(self, job: Job, work: Work, on_result: Callable[[Job, Any], None]) -> None:
        loop = asyncio.get_running_loop()

        def publish(message: dict[str, Any]) -> None:
            loop.call_soon_threadsafe(self._publish, message)

        self._publish(job.message("running"))
        try:
            result = await loop.run_in_executor(self._threads, work, JobProgress(job, self._priority, publish))
        except Cancelled:
            self._publish(job.message("cancelled"))
        except FrenemyError as error:
            self._publish(job.message("failed", str(error)))
        except Exception as error:  # noqa: BLE001 the session continues, whatever error one study causes
            self._publish(job.message("failed", f"{type(error).__name__}: {error} (this is a fault in Frenemy)"))
        else:
            job.done = job.total
            self._publish(job.message("done"))
            on_result(job, result)
        finally:
            if self._running.get(job.what) is job:
                del self._running[job.what]
