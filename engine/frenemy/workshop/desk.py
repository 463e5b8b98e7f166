"""Where a member's commands arrive: checked for right and pace, carried out or handed on, and answered."""

from __future__ import annotations

from typing import Any

from frenemy.workshop import commands as ask
from frenemy.workshop.room import Client, Room
from frenemy.workshop.state import Refusal
from frenemy.workshop.transitions import may

__all__ = ["Desk"]

UNANSWERED = (ask.Drag, ask.Fit)
TURNS = (ask.Set, ask.Reset, ask.ResetAll, ask.Undo, ask.Redo, ask.Settle)


class Desk:
    """One socket's desk."""

    def __init__(self, room: Room, client: Client) -> None:
        self._room, self._client = room, client

    def take(self, command: Any) -> None:
        """Take one command, and answer it."""
        if isinstance(command, Refusal):
            self._refuse("", command)
            return
        bucket = self._client.moves if isinstance(command, UNANSWERED) else self._client.commands
        if not bucket.take():
            if not isinstance(command, UNANSWERED):
                self._refuse(command.id, Refusal("rate", "Too fast; wait a moment."))
            return
        if isinstance(command, ask.Hello):
            self._refuse("", Refusal("invalid", "You are in already."))
        elif not (
            may(self._client.role, command) or (self._client.role == "participant" and isinstance(command, ask.Fit))
        ):
            self._refuse(getattr(command, "id", ""), Refusal("forbidden", "Only the facilitator can do this."))
        elif isinstance(command, ask.Drag):
            self._drag(command)
        elif isinstance(command, ask.Stored):
            self._carry_out(command)
        else:
            self._refuse(getattr(command, "id", ""), Refusal("invalid", "This cannot be done yet."))

    def _drag(self, command: ask.Drag) -> None:
        slider = self._room.catalogue.sliders.get(command.key)
        if slider is None:
            return
        if command.value is None:
            self._room.director.let_go(self._hand)
            return
        low, high = slider.ends
        self._room.director.drag(self._hand, command.key, min(max(command.value, low), high))

    def _carry_out(self, command: ask.Stored) -> None:
        before = self._room.state
        found = self._room.carry_out(command, self._client.who)
        if isinstance(found, Refusal):
            if isinstance(command, TURNS):
                self._room.director.let_go(self._hand)
            self._refuse(command.id, found)
            return
        self._client.send({"type": "done", "id": command.id, "version": found})
        if self._room.state.settings != before.settings or isinstance(command, TURNS):
            self._room.director.turned(self._hand)

    @property
    def _hand(self) -> str:
        return str(id(self._client))

    def _refuse(self, id_: str, refusal: Refusal) -> None:
        self._client.send(
            {
                "type": "refused", "id": id_, "code": refusal.code, "message": refusal.message,
                "version": self._room.state.version,
            }
        )  # fmt: skip
