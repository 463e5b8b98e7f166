"""Which answer is worked on: the latest move first, then what settles, then bands, and nothing that is stale.

One lane in front (previews while a slider is held, the settled answer after it) and one behind it (quantiles of the
drivers, bands over outer draws, the base). Work behind goes in slices of one outer draw and waits at the roadside while
anything in front is under way or a slider is held. What a newer setting has overtaken is dropped between blocks of
paths.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from frenemy.errors import FrenemyError
from frenemy.model.resolved import Number
from frenemy.workshop.compute.answer_cache import AnswerCache, Key, Numbers, key_of
from frenemy.workshop.compute.engine import Answer, Engine
from frenemy.workshop.compute.odds_frames import Caption, Which, bands_frame, preview_frame, rows, settled_frame
from frenemy.workshop.compute.priority import Cancelled, Priority, lower_thread_priority
from frenemy.workshop.compute.refinement import Refinement
from frenemy.workshop.state.sliders import numbers_at
from frenemy.workshop.state.state import State

__all__ = ["Scheduler", "Subscribers"]

PAUSE = 0.06
"""Seconds for which a held slider rests before the settled answer for where it is gets worked out ahead."""
HELD = 10.0
"""Seconds after which a slider that says nothing more is taken for let go."""


@dataclass(frozen=True, slots=True)
class Subscribers:
    """Whom the director serves; all are called on the event loop."""

    state: Callable[[], State]
    show: Callable[[str, bytes], None]  # a frame, in the place of an older one of the same slot
    say: Callable[[dict[str, Any]], None]  # a message
    settled: Callable[[], None]  # the settled answer for the state is known


class Scheduler:
    """Keeps the room's odds up to date. All methods are called on the event loop, but for the work itself."""

    def __init__(self, engine: Engine, audience: Subscribers) -> None:
        self.engine, self.road = engine, Priority()
        self._audience = audience
        self._memory = AnswerCache()
        self._quick_base: dict[int, Answer] = {}
        self._held: dict[str, tuple[str, float, float]] = {}  # who -> key, value, time
        self._dragged, self._unsettled, self._stopped = False, True, False
        self._generation = 0  # of the settings: work of an older one is dropped
        self._refinement = 0  # of what has settled
        self._stamp = 0
        self._ahead: tuple[Key, Answer] | None = None  # settled, should the sliders be let go where they are
        self._frames: dict[str, bytes] = {}
        self._wake = asyncio.Event()
        self._behind: asyncio.Task[None] | None = None
        self._front_thread = ThreadPoolExecutor(1, "front")
        self._back_thread = ThreadPoolExecutor(1, "back", lower_thread_priority)

    # what the room does

    def drag(self, who: str, key: str, value: float) -> None:
        """Someone holds a slider at a value."""
        self._held[who] = key, value, asyncio.get_running_loop().time()
        self._dragged = True
        self.road.block()
        self._wake.set()

    def release_slider(self, who: str) -> None:
        """Someone holds no slider any more, and has changed nothing."""
        if self._held.pop(who, None) is not None:
            self._dragged = bool(self._held)
            self._unsettled = True
            self._wake.set()

    def turned(self, who: str) -> None:
        """The settings have changed; whoever changed them has let go."""
        self._held.pop(who, None)
        self._dragged, self._unsettled = bool(self._held), True
        self._generation += 1
        self.road.block()
        self._wake.set()

    def tables(self) -> list[dict[str, Any]]:
        """The odds tables for what the room looks at now, as messages."""
        found, state, base = [], self._audience.state(), self._memory.base
        for which, numbers in (("base", {}), ("now", state.numbers)):
            known = self._memory.look(numbers)
            if known.settled is not None and base is not None:
                table = rows(self.engine.catalogue, state.focus, known.settled, base, known.bands)
                found.append({"type": "table", "which": which, "stamp": self._stamp, "table": table})
        return found

    def frames(self) -> list[tuple[str, bytes]]:
        """The latest frames, by slot, for someone who comes in."""
        return list(self._frames.items())

    def answer(self, numbers: Numbers) -> Answer | None:
        """The settled answer for these numbers, if it is known."""
        return self._memory.look(numbers).settled

    # the loop

    async def run(self) -> None:
        """Work until cancelled."""
        loop = asyncio.get_running_loop()
        try:
            await self._in_front(self._settle_base)
            while True:
                await self._catch_up()
                try:
                    await asyncio.wait_for(self._wake.wait(), 1.0 if self._held else None)
                except TimeoutError:
                    self._forget_the_silent(loop.time())
                self._wake.clear()
        finally:
            self._stopped = True
            self.road.clear()
            self._front_thread.shutdown(wait=False, cancel_futures=True)
            self._back_thread.shutdown(wait=False, cancel_futures=True)

    async def _catch_up(self) -> None:
        """Everything in front, the newest first, until there is nothing left; then let those behind go on."""
        while self._dragged or (self._unsettled and not self._held):
            self.road.block()
            if self._dragged:
                self._dragged = False
                await self._in_front(self._preview)
                await self._pause()
                continue
            self._unsettled = False
            if await self._in_front(self._settle):
                self._audience.settled()
                self._refine()
            else:
                self._unsettled = True
        if not self._held:
            self.road.clear()

    async def _pause(self) -> None:
        """If the slider rests, work out what its release will ask for."""
        if self._dragged or not self._held:
            return
        self._wake.clear()
        try:
            await asyncio.wait_for(self._wake.wait(), PAUSE)
        except TimeoutError:
            await self._in_front(self._look_ahead)

    async def _in_front(self, work: Callable[[asyncio.AbstractEventLoop], None]) -> bool:
        """Whether the work was done, and not dropped."""
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(self._front_thread, work, loop)
        except Cancelled:
            return False
        except Exception as error:  # noqa: BLE001 the room goes on, whatever one setting leads to
            self._fail(error)
        return True

    def _fail(self, error: Exception) -> None:
        """Say that an answer could not be worked out."""
        fault = "" if isinstance(error, FrenemyError) else f"{type(error).__name__} (a fault in Frenemy): "
        self._audience.say({"type": "problem", "message": f"{fault}{error}"})

    def _forget_the_silent(self, now: float) -> None:
        for who, (_, _, last) in list(self._held.items()):
            if now - last > HELD:
                self.release_slider(who)

    # in front, on a thread

    def _settle_base(self, loop: asyncio.AbstractEventLoop) -> None:
        self.engine.answer({}, self.engine.paths, stop=self._unless_stopped)  # draws the noise, which is slow
        answer = self.engine.answer({}, self.engine.paths, stop=self._unless_stopped)
        self._memory.keep({}).settled = answer
        caption = self._caption("base", self._audience.state())
        self._show(loop, "base", settled_frame(caption, answer, answer, None))

    def _preview(self, loop: asyncio.AbstractEventLoop) -> None:
        generation, state = self._generation, self._audience.state()
        held, numbers = self._as_held(state)

        def stop() -> None:
            if self._generation != generation or self._stopped:
                raise Cancelled

        paths = self.engine.preview_paths
        answer = self.engine.answer(numbers, paths, stop=stop)
        base = self._base_on(paths, stop)
        stop()
        self._stamp += 1
        self._show(loop, "now", preview_frame(self._caption("now", state), answer, base, held))

    def _as_held(self, state: State) -> tuple[dict[str, float], dict[str, Number]]:
        """Where sliders are held, and the numbers if they were let go there."""
        held = {key: value for key, value, _ in list(self._held.values())}
        numbers = state.numbers
        for key, value in held.items():
            numbers |= numbers_at(self.engine.catalogue.sliders.values(), numbers, key, value)
        return held, numbers

    def _look_ahead(self, _: asyncio.AbstractEventLoop) -> None:
        generation, state = self._generation, self._audience.state()
        numbers = self._as_held(state)[1]

        def stop() -> None:
            other = self._generation != generation and self._audience.state().numbers != numbers
            if self._dragged or other or self._stopped:
                raise Cancelled

        if self.answer(numbers) is None:
            self._ahead = key_of(numbers), self.engine.answer(numbers, self.engine.paths, stop=stop)

    def _base_on(self, paths: int, stop: Callable[[], None]) -> Answer:
        """The base on so many paths."""
        if paths not in self._quick_base:
            known = self._memory.base
            same = known is not None and known.paths == paths
            self._quick_base[paths] = known if same and known else self.engine.answer({}, paths, stop=stop)
        return self._quick_base[paths]

    def _settle(self, loop: asyncio.AbstractEventLoop) -> None:
        generation, state = self._generation, self._audience.state()

        def stop() -> None:
            if self._generation != generation or self._dragged or self._stopped:
                raise Cancelled

        known, base = self._memory.keep(state.numbers), self._memory.base
        if known.settled is None and self._ahead is not None and self._ahead[0] == key_of(state.numbers):
            known.settled = self._ahead[1]
        if known.settled is None:
            known.settled = self.engine.answer(state.numbers, self.engine.paths, stop=stop)
        self._stamp += 1
        caption, base = self._caption("now", state), base or known.settled
        self._show(loop, "now", settled_frame(caption, known.settled, base, known.bands))
        if known.bands is not None:
            self._show(loop, "now bands", bands_frame(caption, known.bands, known.settled, base))

    # behind, on a thread

    def _refine(self) -> None:
        """Begin to refine what has settled; what was being refined before is dropped."""
        loop, state, stamp = asyncio.get_running_loop(), self._audience.state(), self._stamp
        generation = self._generation
        self._refinement = number = self._refinement + 1

        def wanted() -> bool:
            return (self._generation, self._refinement, self._stopped) == (generation, number, False)

        refinement = Refinement(
            engine=self.engine, memory=self._memory, road=self.road, wanted=wanted,
            caption=lambda which: self._caption(which, state, stamp),
            show=lambda slot, frame: self._show(loop, slot, frame, wanted),
        )  # fmt: skip

        async def behind() -> None:
            try:
                await loop.run_in_executor(self._back_thread, refinement.run, state.numbers)
            except Cancelled:
                pass
            except Exception as error:  # noqa: BLE001 as in front
                self._fail(error)

        self._behind = asyncio.create_task(behind())

    def _unless_stopped(self) -> None:
        if self._stopped:
            raise Cancelled

    # what is shown

    def _caption(self, which: Which, state: State, stamp: int | None = None) -> Caption:
        return Caption(
            catalogue=self.engine.catalogue, which=which, version=state.version, focus=self._audience.state().focus,
            stamp=self._stamp if stamp is None else stamp,
        )  # fmt: skip

    def _show(
        self,
        loop: asyncio.AbstractEventLoop,
        slot: str,
        frame: bytes,
        wanted: Callable[[], bool] | None = None,
    ) -> None:
        """Hand a frame to the event loop, which drops it if it is not wanted any more. No `wanted`: it is in front."""

        def put() -> None:
            if wanted is not None and (self._held or not wanted()):
                return
            if slot == "now" and wanted is None:
                self._frames.pop("now bands", None)
            self._frames[slot] = frame
            self._audience.show(slot, frame)

        if not self._stopped:
            loop.call_soon_threadsafe(put)
