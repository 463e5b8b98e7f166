"""One websocket connection: access, then commands in and messages out."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from frenemy.workshop.server.access import AccessPolicy, Attempts, Codes, member_with
from frenemy.workshop.server.dispatch import Dispatcher
from frenemy.workshop.server.long_requests import LongRequests
from frenemy.workshop.server.session import Client, Session
from frenemy.workshop.state.commands import Hello, read_command
from frenemy.workshop.state.state import Refusal, Role

__all__ = ["MAX_MESSAGE_BYTES", "Connection", "Workshop"]

PROTOCOL = 1
MAX_MESSAGE_BYTES = 16 * 1024
"""Size of a message from a page."""
MAX_SOCKETS, MAX_SOCKETS_PER_MEMBER = 128, 32
"""Open sockets in total, and of one member (or of all walls)."""
HELLO_TIMEOUT, SEND_TIMEOUT = 10.0, 10.0
"""Seconds until hello must have come, and until a message must have been read."""
MAX_QUEUE = 2_000
"""Messages that may wait for a slow client."""


@dataclass(frozen=True)
class Workshop:
    """What the server needs: the session, its codes, the names that reach it, and the participants' link."""

    requests: LongRequests
    codes: Codes
    access: AccessPolicy
    session_id: str
    join_url: str  # of the participants, with their code

    @property
    def session(self) -> Session:
        """The session."""
        return self.requests.session

    @cached_property
    def qr(self) -> str:
        """The participants' link as a QR code."""
        import segno

        text: str = segno.make(self.join_url, error="m").svg_inline(scale=4, border=4, dark="#000", light="#fff")
        return text


class AccessRefused(Exception):
    """The caller is refused; `code` is the websocket's close code."""

    def __init__(self, code: int, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.code, self.refusal = code, refusal


class Connection:
    """One socket, from its first message to its last."""

    def __init__(self, workshop: Workshop, attempts: Attempts, socket: WebSocket) -> None:
        self._workshop, self._attempts, self._socket = workshop, attempts, socket
        self._address = socket.client.host if socket.client else ""

    async def serve(self) -> None:
        """Check the first message, then read and write until either side disconnects."""
        await self._socket.accept()
        client: Client | None = None
        try:
            client = await self._admit()
            tasks = [asyncio.create_task(self._write(client)), asyncio.create_task(self._read(client))]
            try:
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
        except AccessRefused as refused:
            with suppress(RuntimeError, WebSocketDisconnect):
                await self._refuse(refused.code, refused.refusal)
        except (WebSocketDisconnect, RuntimeError, TimeoutError):
            pass  # disconnected
        finally:
            if client is not None:
                self._workshop.session.disconnect(client)
            with suppress(RuntimeError, WebSocketDisconnect):
                await self._socket.close()

    async def _admit(self) -> Client:
        """Check the first message and admit the caller. Raises AccessRefused."""
        try:
            hello = read_command(await asyncio.wait_for(self._receive(), HELLO_TIMEOUT))
        except TimeoutError:
            raise AccessRefused(4408, Refusal("late", "No hello arrived in time.")) from None
        if not isinstance(hello, Hello):
            raise AccessRefused(4401, Refusal("hello", "The first message must be hello."))
        if hello.protocol != PROTOCOL:
            raise AccessRefused(4409, Refusal("protocol", "This page is of another version. Please reload it."))
        if not hello.token and not self._attempts.allowed(self._address):  # a token is too long to guess
            raise AccessRefused(4429, Refusal("rate", "Too many attempts. Please wait a moment."))
        identity = self._identify(hello)
        if isinstance(identity, Refusal):
            if identity.code == "code":
                self._attempts.count_wrong(self._address)
            raise AccessRefused(4403 if identity.code == "forbidden" else 4401, identity)
        connected = [client.who for client in self._workshop.session.clients]
        if len(connected) >= MAX_SOCKETS or connected.count(identity[0]) >= MAX_SOCKETS_PER_MEMBER:
            raise AccessRefused(4429, Refusal("full", "Too many pages are open."))
        return self._welcome(*identity)

    def _identify(self, hello: Hello) -> tuple[str, Role, str] | Refusal:
        """Member, role and, for a new member, the token; a wall is no member."""
        session = self._workshop.session
        if hello.token:
            who = member_with(hello.token, {who: member.token for who, member in session.state.members.items()})
            if not who:
                return Refusal("code", "You are not a member of this session. Please join by its link or code.")
            return ("", "wall", "") if hello.role == "wall" else (who, session.state.members[who].role, "")
        roles = self._workshop.codes.roles(hello.code)
        if not roles:
            return Refusal("code", "This code is not valid for this session.")
        if hello.role not in roles:
            return Refusal("forbidden", "This is not the facilitator's code.")
        if hello.role == "wall":
            return "", "wall", ""
        name = " ".join(hello.name.split()) or ("Facilitator" if hello.role == "facilitator" else "")
        if not name:
            return Refusal("name", "Please give your name.")
        try:
            joined = session.join(name, hello.role)
        except ValueError:
            return Refusal("name", "This name is too long or has no letters.")
        return joined if isinstance(joined, Refusal) else (joined[0], hello.role, joined[1])

    def _welcome(self, who: str, role: Role, token: str) -> Client:
        session, client = self._workshop.session, Client(who, role)
        member = session.state.members.get(who)
        you = {"id": who, "role": role, "name": member.name if member else "", **({"token": token} if token else {})}
        join = {"url": self._workshop.join_url, "qr": self._workshop.qr} if role != "participant" else None
        client.send(
            {
                "type": "welcome", "protocol": PROTOCOL, "session": self._workshop.session_id, "you": you, "join": join,
                **session.welcome(client),
            }
        )  # fmt: skip
        session.connect(client)
        self._workshop.requests.welcome(client)
        return client

    async def _refuse(self, code: int, refusal: Refusal) -> None:
        await self._socket.send_text(_text({"type": "refused", "code": refusal.code, "message": refusal.message}))
        await self._socket.close(code)

    async def _read(self, client: Client) -> None:
        dispatcher = Dispatcher(self._workshop.requests, client)
        while True:
            dispatcher.dispatch(read_command(await self._receive()))
            if client.queue_length > MAX_QUEUE:
                raise TimeoutError

    async def _receive(self) -> str:
        message = await self._socket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect
        text = message.get("text")
        return text if isinstance(text, str) else ""

    async def _write(self, client: Client) -> None:
        while True:
            message = await client.next()
            send: Awaitable[None] = (
                self._socket.send_bytes(message)
                if isinstance(message, bytes)
                else self._socket.send_text(_text(message))
            )
            await asyncio.wait_for(send, SEND_TIMEOUT)


def _text(message: Mapping[str, Any]) -> str:
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
