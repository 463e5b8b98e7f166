"""Beginning a session, or going on with one: from an experiment's file and a session file to a server."""

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
from frenemy.workshop.server.app import LARGEST, Workshop, application
from frenemy.workshop.server.long_requests import LongRequests
from frenemy.workshop.server.room import Room, now
from frenemy.workshop.state.catalogue import catalogue_of
from frenemy.workshop.state.command_log import CommandLog

if TYPE_CHECKING:
    import uvicorn

__all__ = [
    "PORT",
    "Links",
    "default_session",
    "listen",
    "open_room",
    "serve",
    "serve_workshop",
    "server_of",
    "workshop_at",
]

PORT = 8377
PORTS = 20
"""Ports that are tried, from `PORT` on, where none is asked for."""
WILDCARDS = ("0.0.0.0", "::", "")  # noqa: S104 a user may ask for them, and then needs the codes


@dataclass(frozen=True, slots=True)
class Links:
    """How to get in."""

    facilitator: str
    participant: str
    wall: str
    session: Path  # where the session is kept
    resumed: bool = False  # whether it goes on


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
    """Serve a workshop on an experiment's file until interrupted; returns where the session is kept.

    `session` is its file, which is gone on with if it is there (not given: runs/NAME.workshop beside the model).
    `port` 0 takes the first free one from 8377 on; `names` are further names by which browsers reach this machine.
    `ready` gets the links once they are answered. Raises InputError for files in no order, a session that is in use
    or about another model, and where one cannot listen.
    """
    experiment = Path(experiment)
    place = default_session(experiment) if session is None else Path(session)
    office, codes, resumed = open_room(experiment, place, workers=workers, progress=progress)
    try:
        bound = listen(host, port)
        workshop, links = workshop_at(office, codes, host, bound.getsockname()[1], names)
        serve(workshop, bound, lambda: ready(replace(links, resumed=resumed)))
    finally:
        office.room.journal.close()
    return place


def default_session(experiment: Path) -> Path:
    """Where the session of an experiment is kept, if no other place is named."""
    return find_root(experiment) / "runs" / f"{experiment.stem}.workshop"


def open_room(
    experiment: Path, session: Path, *, workers: int = 0, progress: Progress | None = None
) -> tuple[LongRequests, Codes, bool]:
    """The office of a session file's room, its codes, and whether the session goes on (or begins).

    Raises InputError for files that are in no order, a session file of something else or in use, and a session whose
    model has changed since.
    """
    model, run = prepare(experiment, progress=progress or Silent())
    digest = hashlib.sha256(dump_resolved(model, run).encode()).hexdigest()
    resumed = session.exists()
    if resumed:
        journal = CommandLog.resume(session)
    else:
        codes = {"facilitator": new_code(), "participant": new_code()}
        about = {"experiment": run.name, "config": digest, "begun": now(), "session": secrets.token_hex(8), **codes}
        journal = CommandLog.begin(session, about)
    about = journal.about
    if about["config"] != digest:
        journal.close()
        message = f"this session is about another experiment, or {experiment.name} or its model has changed since"
        allowed = "the files as they were, or another --session"
        raise InputError([Problem(message=message, file=display_path(session), key="--session", allowed=allowed)])
    catalogue = catalogue_of(model, run)
    try:
        room = Room(catalogue, journal, Engine(catalogue, workers))
    except ValueError as error:
        journal.close()
        raise InputError([Problem(message=str(error), file=display_path(session), key="--session")]) from None
    return LongRequests(room, experiment), Codes(about["facilitator"], about["participant"]), resumed


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens; port 0 means the first free one from `PORT` on. Raises InputError if there is none."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    wanted, reason = [port] if port else [*range(PORT, PORT + PORTS)], ""
    for candidate in wanted:
        # Named as TCP, or asyncio would leave Nagle's algorithm on, which holds small frames back for 40 ms.
        bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind((host, candidate))
            bound.listen(128)
        except OSError as error:
            bound.close()
            reason = error.strerror or str(error)
            continue
        return bound
    key = "--port" if port else "--host"
    found = f"{host}:{port}" if port else host
    raise InputError([Problem(message=f"cannot listen there: {reason}", key=key, found=found)])


def workshop_at(
    office: LongRequests, codes: Codes, host: str, port: int, names: Sequence[str] = ()
) -> tuple[Workshop, Links]:
    """The workshop as it is reached at a host and port, `names` being further names of the machine."""
    own = _names_of(host)
    known = [*names, *own]
    first = f"[{known[0]}]" if ":" in known[0] else known[0]
    base = f"http://{first}:{port}/"
    links = Links(
        f"{base}#facilitate={codes.facilitator}",
        f"{base}#join={codes.participant}",
        f"{base}#join={codes.participant}&role=wall",
        office.room.journal.path,
    )
    doors = AccessPolicy.of({*known, *_names_of("127.0.0.1")}, port)
    return Workshop(office, codes, doors, office.room.journal.about["session"], links.participant), links


def _names_of(host: str) -> list[str]:
    """The names and addresses by which a listener is reached, the best to print first."""
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
    """The address by which this machine would be reached from its network; nothing is sent."""
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # an address for documentation
        return str(probe.getsockname()[0])
    return ""


def serve(workshop: Workshop, bound: socket.socket, started: Callable[[], object]) -> None:
    """Serve until interrupted; `started` is called once requests are answered."""
    server = server_of(workshop, started)
    with suppress(KeyboardInterrupt):
        server.run(sockets=[bound])
    if not server.started:
        raise FrenemyError("the server did not start")


def server_of(workshop: Workshop, started: Callable[[], object] = lambda: None) -> uvicorn.Server:
    """The server, to be run on a socket."""
    import uvicorn

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                started()

    config = uvicorn.Config(
        application(workshop), log_level="error", access_log=False, server_header=False, lifespan="on",
        ws="websockets-sansio", ws_max_size=LARGEST, ws_per_message_deflate=False, ws_ping_interval=20,
        ws_ping_timeout=20, timeout_graceful_shutdown=2, limit_concurrency=512, h11_max_incomplete_event_size=16 * 1024,
    )  # fmt: skip
    return Server(config)
