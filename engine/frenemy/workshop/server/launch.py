"""Start or resume a session: from an experiment's file and a session file to a server."""

from __future__ import annotations

import hashlib
import secrets
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from frenemy.errors import FrenemyError, InputError, Problem
from frenemy.forecast.run import prepare
from frenemy.model.files.dump import dump_resolved
from frenemy.model.files.load import find_root
from frenemy.model.files.toml_source import display_path
from frenemy.runtime.progress import Progress, Silent
from frenemy.workshop.compute.engine import Engine
from frenemy.workshop.server.access import AccessPolicy, Codes, is_loopback, new_code
from frenemy.workshop.server.app import application
from frenemy.workshop.server.connection import MAX_MESSAGE_BYTES, Workshop
from frenemy.workshop.server.long_requests import LongRequests
from frenemy.workshop.server.session import Session, now
from frenemy.workshop.state.catalogue import catalogue_of
from frenemy.workshop.state.command_log import CommandLog

if TYPE_CHECKING:
    import uvicorn

__all__ = [
    "PORT",
    "Links",
    "default_session",
    "listen",
    "open_session",
    "serve",
    "serve_workshop",
    "server_of",
    "workshop_at",
]

PORT = 8377
PORTS_TRIED = 20
"""How many ports are tried from `PORT` on if none is given."""
WILDCARDS = ("0.0.0.0", "::", "")  # noqa: S104 a user may choose them; the codes protect access


@dataclass(frozen=True, slots=True)
class Links:
    """The links to join by, and the session's file."""

    facilitator: str
    participant: str
    wall: str
    session: Path  # its file
    resumed: bool = False


def serve_workshop(
    experiment: str | Path,
    *,
    session: str | Path | None = None,
    host: str = "127.0.0.1",
    port: int = 0,
    names: Sequence[str] = (),
    workers: int = 0,
    ready: Callable[[Links], object] = print,
    progress: Progress | None = None,
) -> Path:
    """Serve a workshop on an experiment's file until interrupted; returns the session's file.

    `session` is that file: resumed if it exists, created otherwise (by default runs/NAME.workshop beside the model).
    Raises InputError for invalid files, for a session that is in use or belongs to another model, and if the server
    cannot listen on the address.

    Other Parameters
    ----------------
    host, port
        The address to listen on; port 0 takes the first free one from 8377 on.
    names
        Further names by which browsers reach this machine.
    workers
        Threads; 0 takes one per core. Changes no number.
    ready
        Called with the links once the server answers them.
    progress
        Shows the progress of loading the model.
    """
    experiment = Path(experiment)
    file = default_session(experiment) if session is None else Path(session)
    with listen(host, port) as listener:  # first, so that a wrong address leaves no session
        requests, codes, resumed = open_session(experiment, file, workers=workers, progress=progress)
        try:
            workshop, links = workshop_at(requests, codes, host, listener.getsockname()[1], names)
            serve(workshop, listener, lambda: ready(replace(links, resumed=resumed)))
        finally:
            requests.session.log.close()
    return file


def default_session(experiment: Path) -> Path:
    """The file of an experiment's session unless another is given."""
    return find_root(experiment) / "runs" / f"{experiment.stem}.workshop"


def open_session(
    experiment: Path, file: Path, *, workers: int = 0, progress: Progress | None = None
) -> tuple[LongRequests, Codes, bool]:
    """The session of a file with its long requests, its codes, and whether it was resumed.

    Raises InputError for invalid files, for a file that is no session or is in use, and for a session whose model has
    changed since.
    """
    model, run = prepare(experiment, progress=progress or Silent())
    digest = hashlib.sha256(dump_resolved(model, run).encode()).hexdigest()
    resumed = file.exists()
    if resumed:
        log = CommandLog.resume(file)
    else:
        codes = {"facilitator": new_code(), "participant": new_code()}
        about = {"experiment": run.name, "config": digest, "begun": now(), "session": secrets.token_hex(8), **codes}
        log = CommandLog.begin(file, about)
    about = log.about
    if about["config"] != digest:
        log.close()
        message = f"this session belongs to another experiment, or {experiment.name} or its model has changed since"
        allowed = "the files as they were, or another --session"
        raise InputError([Problem(message=message, file=display_path(file), key="--session", allowed=allowed)])
    catalogue = catalogue_of(model, run)
    try:
        session = Session(catalogue, log, Engine(catalogue, workers))
    except ValueError as error:
        log.close()
        raise InputError([Problem(message=str(error), file=display_path(file), key="--session")]) from None
    return LongRequests(session, experiment), Codes(about["facilitator"], about["participant"]), resumed


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes the first free one from `PORT` on. Raises InputError if there is none."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    candidates, reason = [port] if port else [*range(PORT, PORT + PORTS_TRIED)], ""
    for candidate in candidates:
        # Without IPPROTO_TCP, asyncio leaves Nagle's algorithm on, which delays small frames by 40 ms.
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, candidate))
            listener.listen(128)
        except (OSError, UnicodeError) as error:  # UnicodeError: no name of a machine
            listener.close()
            reason = getattr(error, "strerror", None) or str(error)
            continue
        return listener
    key = "--port" if port else "--host"
    found = f"{host}:{port}" if port else host
    raise InputError([Problem(message=f"cannot listen on this address: {reason}", key=key, found=found)])


def workshop_at(
    requests: LongRequests, codes: Codes, host: str, port: int, names: Sequence[str] = ()
) -> tuple[Workshop, Links]:
    """The workshop and its links at a host and port; `names` are further names of the machine."""
    known = [*names, *_names_of(host)]
    first = f"[{known[0]}]" if ":" in known[0] else known[0]
    base = f"http://{first}:{port}/"
    links = Links(
        f"{base}#facilitate={codes.facilitator}",
        f"{base}#join={codes.participant}",
        f"{base}#join={codes.participant}&role=wall",
        requests.session.log.path,
    )
    access = AccessPolicy.of({*known, *_names_of("127.0.0.1")}, port)
    return Workshop(requests, codes, access, requests.session.log.about["session"], links.participant), links


def _names_of(host: str) -> list[str]:
    """The names and addresses by which a listener is reached, the one to print first."""
    if is_loopback(host):
        return list(dict.fromkeys([host, "127.0.0.1", "localhost"]))
    if host not in WILDCARDS:
        return [host]
    name = socket.gethostname()
    found = [_address()]
    with suppress(OSError):
        found += [str(item[4][0]) for item in socket.getaddrinfo(name, None)]
    return list(dict.fromkeys(item for item in [*found, name, f"{name}.local"] if item and "%" not in item))


def _address() -> str:
    """The address of this machine in its network; nothing is sent."""
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # reserved for documentation
        return str(probe.getsockname()[0])
    return ""


def serve(workshop: Workshop, listener: socket.socket, started: Callable[[], object]) -> None:
    """Serve until interrupted; `started` is called once the server answers."""
    server = server_of(workshop, started)
    with suppress(KeyboardInterrupt):
        server.run(sockets=[listener])
    if not server.started:
        raise FrenemyError("the server did not start")


def server_of(workshop: Workshop, started: Callable[[], object] = lambda: None) -> uvicorn.Server:
    """The server; run it on a socket."""
    import uvicorn

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                started()

    config = uvicorn.Config(
        application(workshop), log_level="error", access_log=False, server_header=False, lifespan="on",
        ws="websockets-sansio", ws_max_size=MAX_MESSAGE_BYTES, ws_per_message_deflate=False, ws_ping_interval=20,
        ws_ping_timeout=20, timeout_graceful_shutdown=2, limit_concurrency=512, h11_max_incomplete_event_size=16 * 1024,
    )  # fmt: skip
    return Server(config)
