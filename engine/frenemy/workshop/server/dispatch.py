"""One socket's commands: checked for permission and rate, carried out or passed on, and answered."""

from __future__ import annotations

from typing import Any

from frenemy.workshop.server.long_requests import LongRequests
from frenemy.workshop.server.session import Client
from frenemy.workshop.state import commands as ask
from frenemy.workshop.state import pooled_estimates
from frenemy.workshop.state.state import FACILITATOR_ONLY, NO_QUESTION, NO_SLIDER, Refusal
from frenemy.workshop.state.transitions import may

__all__ = ["Dispatcher"]

WITHOUT_ANSWER = (ask.Drag, ask.Fit)
SETTING_COMMANDS = (ask.Set, ask.Reset, ask.ResetAll, ask.Undo, ask.Redo)


class Dispatcher:
    """The commands of one socket."""

    def __init__(self, requests: LongRequests, client: Client) -> None:
        self._requests, self._session, self._client = requests, requests.session, client

    def dispatch(self, command: Any) -> None:
        """Carry out one command and answer it."""
        if isinstance(command, Refusal):
            self._refuse("", command)
            return
        needs_answer = not isinstance(command, WITHOUT_ANSWER)
        limit = self._client.command_limit if needs_answer else self._client.stream_limit
        if not limit.take():
            if needs_answer:
                self._refuse(getattr(command, "id", ""), Refusal("rate", "Too many commands. Please wait a moment."))
            return
        answer = self._answer(command)
        if isinstance(answer, Refusal):
            self._refuse(getattr(command, "id", ""), answer)
        elif needs_answer:
            self._client.send({"type": "done", "id": command.id, "version": self._session.state.version, **answer})

    def _answer(self, command: Any) -> dict[str, Any] | Refusal:
        """The content of `done`, or a refusal."""
        if isinstance(command, ask.Hello):
            return Refusal("invalid", "You have already joined.")
        if isinstance(command, ask.Fit) and self._client.role != "wall":
            return self._fit(command)
        if not may(self._client.role, command):
            return FACILITATOR_ONLY
        if isinstance(command, ask.Drag):
            return self._drag(command)
        if isinstance(command, ask.Stored):
            return self._execute(command)
        return self._requests.answer(command, self._client)

    def _drag(self, command: ask.Drag) -> dict[str, Any] | Refusal:
        slider = self._session.catalogue.sliders.get(command.key)
        if slider is None:
            return NO_SLIDER
        scheduler, socket_id = self._session.scheduler, self._client.socket_id
        if command.value is None:
            scheduler.release_slider(socket_id)
        else:
            scheduler.drag(socket_id, command.key, slider.clamp(command.value))
        return {}

    def _fit(self, command: ask.Fit) -> dict[str, Any] | Refusal:
        question = self._session.state.question(command.question)
        if question is None:
            return NO_QUESTION
        self._client.send(pooled_estimates.fitted_message(question, command), f"fitted {question.id}")
        return {}

    def _execute(self, command: ask.Stored) -> dict[str, Any] | Refusal:
        version = self._session.execute(command, self._client.who, self._client.socket_id)
        if isinstance(version, Refusal):
            if isinstance(command, SETTING_COMMANDS):
                self._session.scheduler.release_slider(self._client.socket_id)
            return version
        return {"version": version}

    def _refuse(self, id_: str, refusal: Refusal) -> None:
        self._client.send(
            {
                "type": "refused", "id": id_, "code": refusal.code, "message": refusal.message,
                "version": self._session.state.version,
            }
        )  # fmt: skip
