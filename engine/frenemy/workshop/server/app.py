"""The web server: a page, its assets and one websocket, behind a check of Host and Origin."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from importlib.resources import files

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from frenemy.workshop.server.access import AccessPolicy, Attempts
from frenemy.workshop.server.connection import Connection, Workshop

__all__ = ["application"]

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
MIME_TYPES = {
    "html": "text/html; charset=utf-8", "css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml", "png": "image/png", "ico": "image/x-icon", "woff2": "font/woff2",
}  # fmt: skip


def application(workshop: Workshop) -> ASGIApp:
    """The server as an ASGI application; the session's scheduler runs as long as it does."""
    attempts = Attempts()

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        scheduler = asyncio.create_task(workshop.session.scheduler.run())
        try:
            yield
        finally:
            workshop.requests.close()
            scheduler.cancel()
            with suppress(asyncio.CancelledError):
                await scheduler

    async def page(_: Request) -> Response:
        return _asset("index.html")

    async def asset(request: Request) -> Response:
        return _asset(request.path_params["name"])

    async def socket(websocket: WebSocket) -> None:
        await Connection(workshop, attempts, websocket).serve()

    routes = [Route("/", page), Route("/assets/{name}", asset), WebSocketRoute("/ws", socket)]
    return AccessCheck(Starlette(routes=routes, lifespan=lifespan), workshop.access)


def _asset(name: str) -> Response:
    """A file of the page; only existing files, by their plain names."""
    assets = {item.name: item for item in files("frenemy.workshop").joinpath("page").iterdir() if item.is_file()}
    mime = MIME_TYPES.get(name.rpartition(".")[2])
    if name not in assets or mime is None:
        return PlainTextResponse("Not found\n", status_code=404)
    return Response(assets[name].read_bytes(), media_type=mime)


@dataclass(frozen=True)
class AccessCheck:
    """Passes only requests with one of our hosts and, where they have one, our origin; adds headers to answers."""

    app: ASGIApp
    access: AccessPolicy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        is_socket = scope["type"] == "websocket"
        allowed = self.access.allows_host(headers) and self.access.allows_origin(headers, required=is_socket)
        if is_socket:
            if allowed:
                await self.app(scope, receive, send)
            else:
                await receive()
                await send({"type": "websocket.close", "code": 4403})  # before it is accepted: HTTP 403
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                names = {name.lower() for name, _ in message["headers"]}
                more = [(n.lower().encode(), v.encode()) for n, v in HEADERS.items() if n.lower().encode() not in names]
                message = {**message, "headers": [*message["headers"], *more]}
            await send(message)

        if not allowed:
            refusal = PlainTextResponse("The workshop does not answer at this address.\n", status_code=421)
            await refusal(scope, receive, send_with_headers)
        elif scope["method"] not in {"GET", "HEAD"}:
            await PlainTextResponse("Not allowed\n", status_code=405)(scope, receive, send_with_headers)
        else:
            await self.app(scope, receive, send_with_headers)
