"""Where a member's commands arrive: checked for right and pace, carried out or handed on, and answered."""

from __future__ import annotations

from typing import Any

from frenemy.workshop.server.long_requests import LongRequests
from frenemy.workshop.server.room import Client
from frenemy.workshop.state import commands as ask
from frenemy.workshop.state import pooled_estimates
from frenemy.workshop.state.state import Refusal
from frenemy.workshop.state.transitions import may

__all__ = ["Dispatcher"]

UNANSWERED = (ask.Drag, ask.Fit)
TURNS = (ask.Set, ask.Reset, ask.ResetAll, ask.Undo, ask.Redo)


class Dispatcher:
    """One socket's desk."""

    def __init__(self, office: LongRequests, client: Client) -> None:
        self._office, self._room, self._client = office, office.room, client

    def take(self, command: Any) -> None:
        """Take one command, and answer it."""
        if isinstance(command, Refusal):
            self._refuse("", command)
            return
        answered = not isinstance(command, UNANSWERED)
        bucket = self._client.commands if answered else self._client.moves
        if not bucket.take():
            if answered:
                self._refuse(getattr(command, "id", ""), Refusal("rate", "Too fast; wait a moment."))
            return
        found = self._answer(command)
        if isinstance(found, Refusal):
            self._refuse(getattr(command, "id", ""), found)
        elif answered:
            self._client.send({"type": "done", "id": command.id, "version": self._room.state.version, **found})

    def _answer(self, command: Any) -> dict[str, Any] | Refusal:
        """What `done` says, or a refusal."""
        if isinstance(command, ask.Hello):
            return Refusal("invalid", "You are in already.")
        if isinstance(command, ask.Fit) and self._client.role != "wall":
            return self._fit(command)
        if not may(self._client.role, command):
            return Refusal("forbidden", "Only the facilitator can do this.")
        if isinstance(command, ask.Drag):
            return self._drag(command)
        if isinstance(command, ask.Stored):
            return self._carry_out(command)
        return self._office.take(command, self._client)

    def _drag(self, command: ask.Drag) -> dict[str, Any] | Refusal:
        slider = self._room.catalogue.sliders.get(command.key)
        if slider is None:
            return Refusal("missing", "There is no such slider.")
        if command.value is None:
            self._room.director.release_slider(self._client.hand)
            return {}
        low, high = slider.ends
        self._room.director.drag(self._client.hand, command.key, min(max(command.value, low), high))
        return {}

    def _fit(self, command: ask.Fit) -> dict[str, Any] | Refusal:
        question = self._room.state.question(command.question)
        if question is None:
            return Refusal("missing", "There is no such question.")
        self._client.send(pooled_estimates.fitted_estimate(question, command), f"fitted {question.id}")
        return {}

    def _carry_out(self, command: ask.Stored) -> dict[str, Any] | Refusal:
        found = self._room.carry_out(command, self._client.who, self._client.hand)
        if isinstance(found, Refusal):
            if isinstance(command, TURNS):
                self._room.director.release_slider(self._client.hand)
            return found
        return {"version": found}

    def _refuse(self, id_: str, refusal: Refusal) -> None:
        self._client.send(
            {
                "type": "refused", "id": id_, "code": refusal.code, "message": refusal.message,
                "version": self._room.state.version,
            }
        )  # fmt: skip
