"""Which answer is computed next: previews of the latest drag first, then settled answers, then whole runs.

Foreground work (previews while a slider is held, the settled answer after its release) and background work (whole runs
of the base case and of the current settings) run on one thread each. Background work proceeds one block of paths at a
time and waits while foreground work runs or a slider is held. Work for outdated settings is dropped between blocks
of paths.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from frenemy.errors import FrenemyError
from frenemy.workshop.compute.answer_cache import AnswerCache, Key, Numbers, key_of
from frenemy.workshop.compute.engine import Answer, Comparison, Engine
from frenemy.workshop.compute.held_sliders import HeldSliders, released_numbers
from frenemy.workshop.compute.odds_frames import Caption, Which, preview_frame, rows, settled_frame
from frenemy.workshop.compute.priority import Cancelled, Priority, lower_thread_priority
from frenemy.workshop.compute.refinement import Refinement
from frenemy.workshop.state.state import State

__all__ = ["Scheduler", "Subscribers"]

PAUSE = 0.06
"""Seconds that a held slider must rest before the settled answer for its value is computed ahead."""


@dataclass(frozen=True, slots=True)
class Subscribers:
    """The session as the scheduler sees it. All are called on the event loop."""

    state: Callable[[], State]
    send: Callable[[dict[str, Any] | bytes, str], None]  # a message or frame; replaces an older one of the same slot
    settled: Callable[[], None]  # the settled answer for the state is known


class Scheduler:
    """Keeps a session's odds up to date. All methods are called on the event loop, except the work itself."""

    def __init__(self, engine: Engine, subscribers: Subscribers) -> None:
        self.engine, self.priority = engine, Priority()
        self._subscribers = subscribers
        self._cache = AnswerCache()
        self._preview_bases: dict[int, Answer] = {}  # by number of paths
        self._held = HeldSliders()
        self._dragged, self._unsettled, self._stopped = False, True, False
        self._generation = 0  # of the settings: work of an older one is dropped
        self._refinement = 0  # number of the refinement that runs
        self._stamp = 0
        self._ahead: tuple[Key, Answer] | None = None  # the settled answer if the sliders are released where they are
        self._frames: dict[str, bytes] = {}
        self._wake = asyncio.Event()
        self._background: asyncio.Task[None] | None = None
        self._foreground_thread = ThreadPoolExecutor(1, "foreground")
        self._background_thread = ThreadPoolExecutor(1, "background", lower_thread_priority)

    # called by the session

    def drag(self, socket_id: str, key: str, value: float) -> None:
        """A socket holds a slider at a value."""
        self._held.hold(socket_id, key, value, asyncio.get_running_loop().time())
        self._dragged = True
        self.priority.block()
        self._wake.set()

    def release_slider(self, socket_id: str) -> None:
        """A socket no longer holds a slider, and has changed nothing."""
        if self._held.release(socket_id):
            self._dragged = bool(self._held)
            self._unsettled = True
            self._wake.set()

    def settings_changed(self, socket_id: str) -> None:
        """The settings have changed; the socket that changed them no longer holds a slider."""
        self._held.release(socket_id)
        self._dragged, self._unsettled = bool(self._held), True
        self._generation += 1
        self.priority.block()
        self._wake.set()

    def tables(self) -> list[dict[str, Any]]:
        """The odds tables for the focus, as messages."""
        messages, state = [], self._subscribers.state()
        for which, numbers in (("base", {}), ("now", state.numbers)):
            compared = self._cache.compared(numbers)
            if compared is not None:
                table = rows(self.engine.catalogue, state.focus, compared)
                messages.append({"type": "table", "which": which, "stamp": self._stamp, "table": table})
        return messages

    def frames(self) -> list[tuple[str, bytes]]:
        """The latest frames by slot, for a new client."""
        return list(self._frames.items())

    def answer(self, numbers: Numbers) -> Answer | None:
        """The best known answer for these numbers, if any."""
        cached = self._cache.get(numbers)
        return cached.refined or cached.settled

    # the loop

    async def run(self) -> None:
        """Work until cancelled."""
        loop = asyncio.get_running_loop()
        try:
            await self._in_foreground(self._settle_base)
            while True:
                await self._catch_up()
                try:
                    await asyncio.wait_for(self._wake.wait(), 1.0 if self._held else None)
                except TimeoutError:
                    for socket_id in self._held.silent(loop.time()):
                        self.release_slider(socket_id)
                self._wake.clear()
        finally:
            self._stopped = True
            self.priority.release()
            self._foreground_thread.shutdown(wait=False, cancel_futures=True)
            self._background_thread.shutdown(wait=False, cancel_futures=True)

    async def _catch_up(self) -> None:
        """Do all foreground work, the newest first; then let background work continue."""
        while self._dragged or (self._unsettled and not self._held):
            self.priority.block()
            if self._dragged:
                self._dragged = False
                await self._in_foreground(self._preview)
                await self._pause()
                continue
            self._unsettled = False
            if await self._in_foreground(self._settle):
                self._subscribers.settled()
                self._refine()
            else:
                self._unsettled = True
        if not self._held:
            self.priority.release()

    async def _pause(self) -> None:
        """If the slider rests, compute the answer that its release will need."""
        if self._dragged or not self._held:
            return
        self._wake.clear()
        try:
            await asyncio.wait_for(self._wake.wait(), PAUSE)
        except TimeoutError:
            await self._in_foreground(self._settle_ahead)

    async def _in_foreground(self, work: Callable[[asyncio.AbstractEventLoop], None]) -> bool:
        """Whether the work was done, not dropped."""
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(self._foreground_thread, work, loop)
        except Cancelled:
            return False
        except Exception as error:  # noqa: BLE001 the session continues, whatever error one setting causes
            self._report(error)
        return True

    def _report(self, error: Exception) -> None:
        """Tell everybody that an answer could not be computed."""
        fault = "" if isinstance(error, FrenemyError) else f"{type(error).__name__} (a fault in Frenemy): "
        self._subscribers.send({"type": "problem", "message": f"{fault}{error}"}, "")

    # foreground work, on a thread

    def _settle_base(self, loop: asyncio.AbstractEventLoop) -> None:
        self.engine.answer({}, self.engine.paths, levels=True, stop=self._check_stopped)  # draws the noise: slow
        answer = self.engine.answer({}, self.engine.paths, stop=self._check_stopped)
        self._cache.entry({}).settled = answer
        caption = self._caption("base", self._subscribers.state())
        self._publish(loop, "base", settled_frame(caption, Comparison(now=answer, base=answer, level=answer)))

    def _preview(self, loop: asyncio.AbstractEventLoop) -> None:
        generation, state = self._generation, self._subscribers.state()
        values = self._held.values
        numbers = released_numbers(self.engine.catalogue, state.numbers, values)

        def stop() -> None:
            if self._generation != generation or self._stopped:
                raise Cancelled

        paths = self.engine.preview_paths
        tick = self.engine.catalogue.tick(state.focus.date)
        answer = self.engine.answer(numbers, paths, bands_at=slice(tick, tick + 1), stop=stop)
        base = self._base_on(paths, stop)
        stop()
        self._stamp += 1
        best = self._cache.get({})
        compared = Comparison(now=answer, base=base, level=best.refined or best.settled or base)
        self._publish(loop, "now", preview_frame(self._caption("now", state), compared, values))

    def _settle_ahead(self, _: asyncio.AbstractEventLoop) -> None:
        generation, state = self._generation, self._subscribers.state()
        numbers = released_numbers(self.engine.catalogue, state.numbers, self._held.values)

        def stop() -> None:
            other = self._generation != generation and self._subscribers.state().numbers != numbers
            if self._dragged or other or self._stopped:
                raise Cancelled

        if self.answer(numbers) is None:
            self._ahead = key_of(numbers), self.engine.answer(numbers, self.engine.paths, stop=stop)

    def _base_on(self, paths: int, stop: Callable[[], None]) -> Answer:
        """The base case on so many paths."""
        if paths not in self._preview_bases:
            base = self._cache.get({}).settled
            same = base is not None and base.paths == paths
            self._preview_bases[paths] = (
                base if same and base else self.engine.answer({}, paths, bands_at=slice(0), stop=stop)
            )
        return self._preview_bases[paths]

    def _settle(self, loop: asyncio.AbstractEventLoop) -> None:
        generation, state = self._generation, self._subscribers.state()

        def stop() -> None:
            if self._generation != generation or self._dragged or self._stopped:
                raise Cancelled

        cached = self._cache.entry(state.numbers)
        if cached.settled is None and self._ahead is not None and self._ahead[0] == key_of(state.numbers):
            cached.settled = self._ahead[1]
        if cached.settled is None:
            cached.settled = self.engine.answer(state.numbers, self.engine.paths, stop=stop)
        self._stamp += 1
        alone = Comparison(now=cached.settled, base=cached.settled, level=cached.settled)
        compared = self._cache.compared(state.numbers) or alone
        self._publish(loop, "now", settled_frame(self._caption("now", state), compared))

    # background work, on a thread

    def _refine(self) -> None:
        """Start refining what has settled; an earlier refinement is dropped."""
        loop, state, stamp = asyncio.get_running_loop(), self._subscribers.state(), self._stamp
        generation = self._generation
        self._refinement = number = self._refinement + 1

        def is_current() -> bool:
            return (self._generation, self._refinement, self._stopped) == (generation, number, False)

        refinement = Refinement(
            engine=self.engine, cache=self._cache, priority=self.priority, is_current=is_current,
            caption=lambda which: self._caption(which, state, stamp),
            publish=lambda slot, frame: self._publish(loop, slot, frame, is_current),
        )  # fmt: skip

        async def run() -> None:
            try:
                await loop.run_in_executor(self._background_thread, refinement.run, state.numbers)
            except Cancelled:
                pass
            except Exception as error:  # noqa: BLE001 as in the foreground
                self._report(error)

        self._background = asyncio.create_task(run())

    def _check_stopped(self) -> None:
        if self._stopped:
            raise Cancelled

    # frames

    def _caption(self, which: Which, state: State, stamp: int | None = None) -> Caption:
        return Caption(
            catalogue=self.engine.catalogue, which=which, version=state.version, focus=self._subscribers.state().focus,
            stamp=self._stamp if stamp is None else stamp, run_paths=self.engine.run_paths,
        )  # fmt: skip

    def _publish(
        self,
        loop: asyncio.AbstractEventLoop,
        slot: str,
        frame: bytes,
        is_current: Callable[[], bool] | None = None,
    ) -> None:
        """Pass a frame to the event loop, which drops it if it is outdated. Foreground work has no `is_current`."""

        def put() -> None:
            if is_current is not None and (self._held or not is_current()):
                return
            self._frames[slot] = frame
            self._subscribers.send(frame, slot)

        if not self._stopped:
            loop.call_soon_threadsafe(put)
