"""A running session: its state and log, its clients, and the messages that go to everybody."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from frenemy.model.resolved import Number
from frenemy.workshop.compute.answer_cache import Key, key_of
from frenemy.workshop.compute.engine import Answer, Engine
from frenemy.workshop.compute.scheduler import Scheduler, Subscribers
from frenemy.workshop.server.access import RateLimit, new_token, token_hash
from frenemy.workshop.state.catalogue import Catalogue, as_data
from frenemy.workshop.state.command_log import CommandLog, LoggedCommand
from frenemy.workshop.state.commands import Join, Stored
from frenemy.workshop.state.minutes import Minute, minute, reading_text, replay
from frenemy.workshop.state.state import Focus, Refusal, Role, State
from frenemy.workshop.state.transitions import apply
from frenemy.workshop.state.views import state_as_seen

__all__ = ["Client", "Session"]

FACILITATOR_RATE, PARTICIPANT_RATE, STREAM_RATE = (30.0, 60.0), (5.0, 30.0), (60.0, 120.0)
"""Commands of a facilitator, commands of a participant, and `drag` or `fit`: per second, and at once."""
Message = dict[str, Any] | bytes


def now() -> str:
    """The time, in UTC."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(eq=False)
class Client:
    """One socket of a member or a wall, with its queue of messages: only the newest of each slot."""

    who: str  # the member's id; empty for a wall
    role: Role
    command_limit: RateLimit = field(init=False)
    stream_limit: RateLimit = field(default_factory=lambda: RateLimit(*STREAM_RATE))
    _queue: OrderedDict[object, Message] = field(default_factory=OrderedDict)
    _ready: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.command_limit = RateLimit(*(FACILITATOR_RATE if self.role == "facilitator" else PARTICIPANT_RATE))

    def send(self, message: Message, slot: str = "") -> None:
        """Queue a message; it replaces a waiting message of the same slot."""
        key: object = slot or object()
        self._queue.pop(key, None)
        self._queue[key] = message
        self._ready.set()

    async def next(self) -> Message:
        """The next message to send."""
        while not self._queue:
            self._ready.clear()
            await self._ready.wait()
        return self._queue.popitem(last=False)[1]

    @property
    def socket_id(self) -> str:
        """Identifies this socket while it holds a slider."""
        return str(id(self))

    @property
    def queue_length(self) -> int:
        """How many messages wait."""
        return len(self._queue)


class Session:
    """One session. All methods are called on the event loop."""

    def __init__(self, catalogue: Catalogue, log: CommandLog, engine: Engine) -> None:
        self.catalogue, self.log, self.engine = catalogue, log, engine
        commands = list(log)
        self.state, self.minutes = replay(catalogue, commands)
        self._executed = {(item.who, item.command.id): item.version for item in commands if item.command.id}
        self.clients: set[Client] = set()
        self.listeners: list[Callable[[State, State, LoggedCommand], None]] = []
        self.scheduler = Scheduler(engine, Subscribers(lambda: self.state, self.broadcast, self._publish_effects))
        self._effects: dict[int, str] = {}  # by number of the minute, once they have been sent

    # clients

    def welcome(self, client: Client) -> dict[str, Any]:
        """What a new client receives first."""
        return {
            "catalogue": as_data(self.catalogue, self.engine.paths),
            "state": state_as_seen(self.catalogue, self.state, client.who),
            "minutes": [self._minute(entry) for entry in self.minutes],
        }

    def connect(self, client: Client) -> None:
        """Add a client that has received the state, and send it the odds."""
        self.clients.add(client)
        for slot, frame in self.scheduler.frames():
            client.send(frame, slot)
        for message in self.scheduler.tables():
            client.send(message, f"table {message['which']}")
        self._publish_people()

    def disconnect(self, client: Client) -> None:
        """Remove a client and release the slider that it holds."""
        self.clients.discard(client)
        self.scheduler.release_slider(client.socket_id)
        self._publish_people()

    def join(self, name: str, role: Role) -> tuple[str, str] | Refusal:
        """A new member: id and token."""
        token, who = new_token(), f"m{self.state.version + 1}"
        refused = self.execute(Join(name=name, role=role, token=token_hash(token)), who)
        return refused if isinstance(refused, Refusal) else (who, token)

    # commands

    def execute(self, command: Stored, who: str, socket_id: str = "") -> int | Refusal:
        """Carry out a command that changes the state: write it to disk, then publish it. Returns the version.

        `socket_id` is the socket that sent it; if a setting changes, that socket no longer holds a slider.
        """
        if command.id and (who, command.id) in self._executed:
            return self._executed[who, command.id]
        when = now()
        new = apply(self.catalogue, self.state, command, who, when)
        if isinstance(new, Refusal):
            return new
        logged = LoggedCommand(new.version, when, who, command)
        try:
            self.log.write(logged)
        except OSError as error:
            return Refusal("unsaved", f"This could not be saved ({error}). Nothing was changed.")
        old, self.state = self.state, new
        if command.id:
            self._executed[who, command.id] = new.version
        self._publish_change(old, logged)
        if new.settings_version != old.settings_version:
            self.scheduler.settings_changed(socket_id)
        return new.version

    # messages to everybody

    def broadcast(self, message: Message, slot: str = "") -> None:
        """Send a message to everybody."""
        for client in self.clients:
            client.send(message, slot)

    def _publish_change(self, old: State, logged: LoggedCommand) -> None:
        for client in self.clients:
            visible = state_as_seen(self.catalogue, self.state, client.who)
            client.send({"type": "state", "state": visible}, "state")
        entry = minute(self.catalogue, old, self.state, logged, len(self.minutes) + 1)
        if entry is not None:
            self.minutes.append(entry)
            self._publish_minutes([entry])
        if old.focus != self.state.focus:
            for message in self.scheduler.tables():
                self.broadcast(message, f"table {message['which']}")
        for listener in self.listeners:
            listener(old, self.state, logged)

    def _publish_effects(self) -> None:
        """Once the settled answer is known, send what the last changes did to the odds."""
        entries = [entry for entry in self.minutes if entry.n not in self._effects and self._effect(entry)]
        if entries:
            self._publish_minutes(entries)

    def _publish_minutes(self, entries: Sequence[Minute]) -> None:
        self.broadcast({"type": "minutes", "entries": [self._minute(entry) for entry in entries]})

    def _publish_people(self) -> None:
        here = sorted({client.who for client in self.clients if client.who})
        walls = sum(client.role == "wall" for client in self.clients)
        self.broadcast({"type": "people", "here": here, "walls": walls}, "people")

    # minutes

    def _minute(self, entry: Minute) -> dict[str, Any]:
        return {
            "n": entry.n, "version": entry.version, "at": entry.at, "who": entry.who, "text": entry.text,
            "why": entry.why, "effect": self._effect(entry),
        }  # fmt: skip

    def effects(self, minutes: Sequence[Minute], step: Callable[[int], None]) -> dict[int, str]:
        """What each change did to the odds, computed where it is not known. Called on a thread; `step` may raise."""
        computed: dict[Key, Answer] = {}

        def answer(numbers: Mapping[str, Number]) -> Answer:
            key = key_of(numbers)
            if key not in computed:
                known = self.scheduler.answer(numbers)
                computed[key] = known or self.engine.answer(numbers, self.engine.paths, stop=lambda: step(0))
            return computed[key]

        return {
            entry.n: effect_text(
                self.catalogue, entry.change.focus, answer(entry.change.before), answer(entry.change.after)
            )
            for entry in minutes
            if entry.change is not None
        }

    def _effect(self, entry: Minute) -> str:
        if entry.n not in self._effects and entry.change is not None:
            before, after = (self.scheduler.answer(numbers) for numbers in (entry.change.before, entry.change.after))
            if before is not None and after is not None:
                self._effects[entry.n] = effect_text(self.catalogue, entry.change.focus, before, after)
        return self._effects.get(entry.n, "")


def effect_text(catalogue: Catalogue, focus: Focus, before: Answer, after: Answer) -> str:
    """What a change did to the odds in focus."""
    column, tick = list(catalogue.scenarios).index(focus.scenario), catalogue.tick(focus.date)
    old, new = (float(answer.odds[focus.reading].probability[tick, column]) for answer in (before, after))
    return f"{catalogue.scenarios[focus.scenario]} {reading_text(focus)}: {100 * old:.1f} % → {100 * new:.1f} %"
