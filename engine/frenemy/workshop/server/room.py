"""A session at work: its state and journal, who is here, and what everybody is told."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from frenemy.model.resolved import Number
from frenemy.workshop.compute.engine import Answer, Engine
from frenemy.workshop.compute.scheduler import Scheduler, Subscribers
from frenemy.workshop.server.access import RateLimit, new_token, token_hash
from frenemy.workshop.state.catalogue import Catalogue, as_data
from frenemy.workshop.state.command_log import CommandLog, LoggedCommand
from frenemy.workshop.state.commands import Join, Stored
from frenemy.workshop.state.minutes import Minute, minute, replay
from frenemy.workshop.state.state import Focus, Refusal, Role, State
from frenemy.workshop.state.transitions import apply
from frenemy.workshop.state.views import state_as_seen

__all__ = ["Client", "Room"]

COMMANDS, ESTIMATES, MOVES = (30.0, 60.0), (5.0, 30.0), (60.0, 120.0)
"""Commands of a facilitator and of a participant, and moves of a slider, a second and at once."""
Message = dict[str, Any] | bytes


def now() -> str:
    """The time, in UTC."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(eq=False)
class Client:
    """One socket of a member, or of a wall: what it is still to be sent, the newest of each slot only."""

    who: str  # member's id; empty for a wall
    role: Role
    commands: RateLimit = field(init=False)
    moves: RateLimit = field(default_factory=lambda: RateLimit(*MOVES))
    _waiting: OrderedDict[object, Message] = field(default_factory=OrderedDict)
    _ready: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.commands = RateLimit(*(COMMANDS if self.role == "facilitator" else ESTIMATES))

    def send(self, message: Message, slot: str = "") -> None:
        """Queue a message; one of a slot takes the place of the one that waits."""
        key: object = slot or object()
        self._waiting.pop(key, None)
        self._waiting[key] = message
        self._ready.set()

    async def next(self) -> Message:
        """The next message to send."""
        while not self._waiting:
            self._ready.clear()
            await self._ready.wait()
        return self._waiting.popitem(last=False)[1]

    @property
    def hand(self) -> str:
        """What holds a slider: this socket."""
        return str(id(self))

    @property
    def behind(self) -> int:
        """How many messages wait."""
        return len(self._waiting)


class Room:
    """One session. All methods are called on the event loop."""

    def __init__(self, catalogue: Catalogue, journal: CommandLog, engine: Engine) -> None:
        self.catalogue, self.journal, self.engine = catalogue, journal, engine
        made = list(journal)
        self.state, self.minutes = replay(catalogue, made)
        self._done = {(item.who, item.command.id): item.version for item in made if item.command.id}
        self.clients: set[Client] = set()
        self.listeners: list[Callable[[State, State, LoggedCommand], None]] = []
        audience = Subscribers(lambda: self.state, self._show, self.tell, self._settled)
        self.director = Scheduler(engine, audience)
        self._told: dict[int, str] = {}  # minutes -> the effect that was told

    # coming and going

    def welcome(self, client: Client) -> dict[str, Any]:
        """What someone who comes in is told first."""
        return {
            "catalogue": as_data(self.catalogue, self.engine.paths),
            "state": state_as_seen(self.catalogue, self.state, client.who),
            "minutes": [self._minute(entry) for entry in self.minutes],
        }

    def arrive(self, client: Client) -> None:
        """Someone has come in, and been told the state: then come the odds."""
        self.clients.add(client)
        for slot, frame in self.director.frames():
            client.send(frame, slot)
        for message in self.director.tables():
            client.send(message, f"table {message['which']}")
        self._tell_people()

    def leave(self, client: Client) -> None:
        """Someone has gone, and holds no slider any more."""
        self.clients.discard(client)
        self.director.release_slider(client.hand)
        self._tell_people()

    def join(self, name: str, role: Role) -> tuple[str, str] | Refusal:
        """A new member: id and token."""
        token, who = new_token(), f"m{self.state.version + 1}"
        command = Join(name=name, role=role, token=token_hash(token))
        refused = self.carry_out(command, who)
        return refused if isinstance(refused, Refusal) else (who, token)

    # commands

    def carry_out(self, command: Stored, who: str, hand: str = "") -> int | Refusal:
        """Carry out a command that changes the state: on the disk first, then for all to see. Returns the version.

        `hand` is the socket that it came by, which then holds no slider any more if any was moved.
        """
        if command.id and (who, command.id) in self._done:
            return self._done[who, command.id]
        when = now()
        new = apply(self.catalogue, self.state, command, who, when)
        if isinstance(new, Refusal):
            return new
        made = LoggedCommand(new.version, when, who, command)
        try:
            self.journal.write(made)
        except OSError as error:
            return Refusal("unsaved", f"This could not be saved ({error}); nothing was changed.")
        old, self.state = self.state, new
        if command.id:
            self._done[who, command.id] = new.version
        self._told_all(old, made)
        if new.turned != old.turned:
            self.director.turned(hand)
        return new.version

    def _told_all(self, old: State, made: LoggedCommand) -> None:
        for client in self.clients:
            shown = state_as_seen(self.catalogue, self.state, client.who)
            client.send({"type": "state", "state": shown}, "state")
        entry = minute(self.catalogue, old, self.state, made, len(self.minutes) + 1)
        if entry is not None:
            self.minutes.append(entry)
            self.tell({"type": "minutes", "entries": [self._minute(entry)]})
        if old.focus != self.state.focus:
            for message in self.director.tables():
                self.tell(message, f"table {message['which']}")
        for listener in self.listeners:
            listener(old, self.state, made)

    # telling

    def tell(self, message: dict[str, Any], slot: str = "") -> None:
        """Tell everybody."""
        for client in self.clients:
            client.send(message, slot)

    def _show(self, slot: str, frame: bytes) -> None:
        for client in self.clients:
            client.send(frame, slot)

    def _settled(self) -> None:
        """The settled answer is known: so is what the last changes did to the odds."""
        found = [entry for entry in self.minutes if entry.n not in self._told and self._effect(entry)]
        if found:
            self.tell({"type": "minutes", "entries": [self._minute(entry) for entry in found]})

    def _tell_people(self) -> None:
        here = sorted({client.who for client in self.clients if client.who})
        walls = sum(client.role == "wall" for client in self.clients)
        self.tell({"type": "people", "here": here, "walls": walls}, "people")

    def _minute(self, entry: Minute) -> dict[str, Any]:
        return {
            "n": entry.n, "version": entry.version, "at": entry.at, "who": entry.who, "text": entry.text,
            "why": entry.why, "effect": self._effect(entry),
        }  # fmt: skip

    def effects(self, minutes: Sequence[Minute], step: Callable[[int], None]) -> dict[int, str]:
        """What each change did to the odds, worked out where it is not known. Called on a thread; `step` may raise."""
        found: dict[Any, Answer] = {}

        def answer(numbers: Mapping[str, Number]) -> Answer:
            key = tuple(sorted(numbers.items()))
            if key not in found:
                known = self.director.answer(numbers)
                found[key] = known or self.engine.answer(numbers, self.engine.paths, stop=lambda: step(0))
            return found[key]

        return {
            entry.n: effect(self.catalogue, entry.turn.focus, answer(entry.turn.before), answer(entry.turn.after))
            for entry in minutes
            if entry.turn is not None
        }

    def _effect(self, entry: Minute) -> str:
        if entry.n not in self._told and entry.turn is not None:
            before, after = (self.director.answer(numbers) for numbers in (entry.turn.before, entry.turn.after))
            if before is not None and after is not None:
                self._told[entry.n] = effect(self.catalogue, entry.turn.focus, before, after)
        return self._told.get(entry.n, "")


def effect(catalogue: Catalogue, focus: Focus, before: Answer, after: Answer) -> str:
    """What a change did to the odds that the room looked at."""
    place, tick = list(catalogue.scenarios).index(focus.scenario), catalogue.tick(focus.date)
    old, new = (float(answer.odds[focus.reading].probability[tick, place]) for answer in (before, after))
    return f"{catalogue.scenarios[focus.scenario]} {100 * old:.1f} % → {100 * new:.1f} %"
