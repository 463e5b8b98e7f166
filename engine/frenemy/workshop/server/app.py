"""The web server: a page, its assets, and one websocket; nothing is answered that does not come from them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from typing import Any

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from frenemy.workshop.server.access import AccessPolicy, Attempts, Codes, member_with
from frenemy.workshop.server.dispatch import Dispatcher
from frenemy.workshop.server.long_requests import LongRequests
from frenemy.workshop.server.room import Client, Room
from frenemy.workshop.state.commands import Hello, read_command
from frenemy.workshop.state.state import Refusal, Role

__all__ = ["LARGEST", "Workshop", "application"]

PROTOCOL = 1
LARGEST = 16 * 1024
"""Bytes of a message from a page."""
SOCKETS, SOCKETS_EACH = 128, 32
"""Open sockets, in all and of one member (or of all walls)."""
FIRST_WORD, SLOW = 10.0, 10.0
"""Seconds to say hello in, and to take a message in."""
BEHIND = 2_000
"""Messages that may wait for a slow reader."""

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; font-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cache-Control": "no-store",
}
KINDS = {
    "html": "text/html; charset=utf-8", "css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml", "png": "image/png", "ico": "image/x-icon", "woff2": "font/woff2",
}  # fmt: skip


@dataclass(frozen=True)
class Workshop:
    """What the server needs: the room, its codes, the names it is reached by, and how participants get in."""

    office: LongRequests
    codes: Codes
    doors: AccessPolicy
    session: str
    join_url: str  # of the participants, with their code

    @property
    def room(self) -> Room:
        """The room."""
        return self.office.room

    @cached_property
    def qr(self) -> str:
        """The participants' link as a picture."""
        import segno

        text: str = segno.make(self.join_url, error="m").svg_inline(scale=4, border=4, dark="#000", light="#fff")
        return text


def application(workshop: Workshop) -> ASGIApp:
    """The server as an ASGI application; it works on the room while it runs."""
    attempts = Attempts()

    @asynccontextmanager
    async def working(_: Starlette) -> AsyncIterator[None]:
        director = asyncio.create_task(workshop.room.director.run())
        try:
            yield
        finally:
            workshop.office.close()
            director.cancel()
            with suppress(asyncio.CancelledError):
                await director

    async def page(_: Request) -> Response:
        return _asset("index.html")

    async def asset(request: Request) -> Response:
        return _asset(request.path_params["name"])

    async def socket(websocket: WebSocket) -> None:
        await _Caller(workshop, attempts, websocket).serve()

    routes = [Route("/", page), Route("/assets/{name}", asset), WebSocketRoute("/ws", socket)]
    return Guarded(Starlette(routes=routes, lifespan=working), workshop.doors)


def _asset(name: str) -> Response:
    """A file of the page; only those that are there, by their plain names."""
    found = files("frenemy.workshop").joinpath("page")
    known = {item.name: item for item in found.iterdir() if item.is_file()}
    kind = KINDS.get(name.rpartition(".")[2])
    if name not in known or kind is None:
        return PlainTextResponse("Not found\n", status_code=404)
    return Response(known[name].read_bytes(), media_type=kind)


@dataclass(frozen=True)
class Guarded:
    """Lets in only requests that name a host of ours (and, where they have one, an origin), with headers on answers."""

    app: ASGIApp
    doors: AccessPolicy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        socket = scope["type"] == "websocket"
        inside = self.doors.host(headers) and self.doors.origin(headers, needed=socket)
        if socket:
            if inside:
                await self.app(scope, receive, send)
            else:
                await receive()
                await send({"type": "websocket.close", "code": 4403})  # before it is accepted: HTTP 403
            return

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                names = {name.lower() for name, _ in message["headers"]}
                more = [(n.lower().encode(), v.encode()) for n, v in HEADERS.items() if n.lower().encode() not in names]
                message = {**message, "headers": [*message["headers"], *more]}
            await send(message)

        if not inside:
            refusal = PlainTextResponse("This address is not one that the workshop answers to.\n", status_code=421)
            await refusal(scope, receive, dressed)
        elif scope["method"] not in {"GET", "HEAD"}:
            await PlainTextResponse("Not allowed\n", status_code=405)(scope, receive, dressed)
        else:
            await self.app(scope, receive, dressed)


class AccessRefused(Exception):
    """Whoever calls is not let in; `code` is that of the websocket's close."""

    def __init__(self, code: int, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.code, self.refusal = code, refusal


class _Caller:
    """One socket, from its first word to its last."""

    def __init__(self, workshop: Workshop, attempts: Attempts, socket: WebSocket) -> None:
        self._workshop, self._attempts, self._socket = workshop, attempts, socket
        self._address = socket.client.host if socket.client else ""

    async def serve(self) -> None:
        """Hear the first word, then carry on both ways until either side has gone."""
        room = self._workshop.room
        await self._socket.accept()
        client: Client | None = None
        try:
            client = await self._admit()
            desk = Dispatcher(self._workshop.office, client)
            talking = [asyncio.create_task(self._write(client)), asyncio.create_task(self._read(client, desk))]
            try:
                done, _ = await asyncio.wait(talking, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
            finally:
                for task in talking:
                    task.cancel()
                await asyncio.gather(*talking, return_exceptions=True)
        except AccessRefused as away:
            with suppress(RuntimeError, WebSocketDisconnect):
                await self._turn_away(away.code, away.refusal)
        except (WebSocketDisconnect, RuntimeError, TimeoutError):
            pass  # gone
        finally:
            if client is not None:
                room.leave(client)
            with suppress(RuntimeError, WebSocketDisconnect):
                await self._socket.close()

    async def _admit(self) -> Client:
        """Hear the first word, and let the caller in. Raises TurnedAway."""
        try:
            hello = read_command(await asyncio.wait_for(self._hear(), FIRST_WORD))
        except TimeoutError:
            raise AccessRefused(4408, Refusal("late", "Nothing was said.")) from None
        if not isinstance(hello, Hello):
            raise AccessRefused(4401, Refusal("hello", "Say hello first."))
        if hello.protocol != PROTOCOL:
            raise AccessRefused(4409, Refusal("protocol", "This page is of another version; load it again."))
        if not hello.token and not self._attempts.allowed(self._address):  # a token is too long to be guessed
            raise AccessRefused(4429, Refusal("rate", "Too many attempts; wait a little."))
        found = self._who(hello)
        if isinstance(found, Refusal):
            if found.code == "code":
                self._attempts.wrong(self._address)
            raise AccessRefused(4403 if found.code == "forbidden" else 4401, found)
        here = [client.who for client in self._workshop.room.clients]
        if len(here) >= SOCKETS or here.count(found[0]) >= SOCKETS_EACH:
            raise AccessRefused(4429, Refusal("full", "Too many pages are open."))
        return self._let_in(*found)

    def _who(self, hello: Hello) -> tuple[str, Role, str] | Refusal:
        """Member, role and, for a new one, the token; a wall is nobody."""
        room = self._workshop.room
        if hello.token:
            who = member_with(hello.token, {who: member.token for who, member in room.state.members.items()})
            if not who:
                return Refusal("code", "This session does not know you; come in by its link or code.")
            return ("", "wall", "") if hello.role == "wall" else (who, room.state.members[who].role, "")
        roles = self._workshop.codes.roles(hello.code)
        if not roles:
            return Refusal("code", "This is not a code of this session.")
        if hello.role not in roles:
            return Refusal("forbidden", "This code is not the facilitator's.")
        if hello.role == "wall":
            return "", "wall", ""
        name = " ".join(hello.name.split()) or ("Facilitator" if hello.role == "facilitator" else "")
        if not name:
            return Refusal("name", "Say your name.")
        try:
            joined = room.join(name, hello.role)
        except ValueError:
            return Refusal("name", "This name is too long or has no letters.")
        return joined if isinstance(joined, Refusal) else (joined[0], hello.role, joined[1])

    def _let_in(self, who: str, role: Role, token: str) -> Client:
        room, client = self._workshop.room, Client(who, role)
        member = room.state.members.get(who)
        you = {"id": who, "role": role, "name": member.name if member else "", **({"token": token} if token else {})}
        join = {"url": self._workshop.join_url, "qr": self._workshop.qr} if role != "participant" else None
        client.send(
            {
                "type": "welcome", "protocol": PROTOCOL, "session": self._workshop.session, "you": you, "join": join,
                **room.welcome(client),
            }
        )  # fmt: skip
        room.arrive(client)
        self._workshop.office.welcome(client)
        return client

    async def _turn_away(self, code: int, refusal: Refusal) -> None:
        await self._socket.send_text(_text({"type": "refused", "code": refusal.code, "message": refusal.message}))
        await self._socket.close(code)

    async def _read(self, client: Client, desk: Dispatcher) -> None:
        while True:
            desk.take(read_command(await self._hear()))
            if client.behind > BEHIND:
                raise TimeoutError

    async def _hear(self) -> str:
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
            await asyncio.wait_for(send, SLOW)


def _text(message: Mapping[str, Any]) -> str:
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
