"""Who gets in: codes, tokens, the hosts and origins that are answered, and how fast anybody may ask.

A browser will send a request to a loopback address on behalf of any page, and open a websocket to it without asking
(cross-site websockets); and a name that an attacker owns may come to mean 127.0.0.1 (DNS rebinding). So every request
must name a host that this server printed itself, and every websocket an origin that it served.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from frenemy.workshop.state.state import Role

__all__ = [
    "ATTEMPTS",
    "AccessPolicy",
    "Attempts",
    "Codes",
    "RateLimit",
    "is_loopback",
    "member_with",
    "new_code",
    "new_token",
    "token_hash",
]  # fmt: skip

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Nothing that is mistaken for something else when it is read out: no 0 O 1 I L U."""
GROUPS, LENGTH = 4, 4
"""16 characters of 30: 78 bits."""
ATTEMPTS = 10
"""Wrong codes from one address at once; then one more each `SLOWLY` seconds."""
SLOWLY = 6.0
HTTP = 80


def new_code() -> str:
    """A join code to be read out, such as K7Q2-MN4T-9RWX-C3HB."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(LENGTH)) for _ in range(GROUPS))


def new_token() -> str:
    """What a browser keeps to come back with."""
    return secrets.token_urlsafe(24)


def token_hash(token: str) -> str:
    """What the session file keeps of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def is_loopback(host: str) -> bool:
    """Whether an address to listen on is reached from this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True)
class Codes:
    """The two codes of a session."""

    facilitator: str
    participant: str

    def roles(self, code: str) -> tuple[Role, ...]:
        """The roles that a code opens. It is always compared with both, in the same time wherever it differs."""
        given = _tidy(code)
        facilitates = _same(given, _tidy(self.facilitator))
        takes_part = _same(given, _tidy(self.participant))
        if facilitates:
            return "facilitator", "participant", "wall"
        return ("participant", "wall") if takes_part else ()


def _tidy(code: str) -> str:
    return "".join(code.split()).replace("-", "").upper()


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def member_with(token: str, hashes: Mapping[str, str]) -> str:
    """The member whose token this is, or nothing; `hashes` by member. All are compared, each in constant time."""
    given, found = token_hash(token), ""
    for member, known in hashes.items():
        if _same(given, known):
            found = member
    return found


@dataclass(frozen=True)
class AccessPolicy:
    """The hosts, with port, that requests may name."""

    hosts: frozenset[str]

    @classmethod
    def of(cls, names: Iterable[str], port: int) -> AccessPolicy:
        """The doors of a server that is reached by these names at this port."""
        bracketed = (f"[{name}]" if ":" in name else name.lower() for name in names)
        hosts = [f"{name}:{port}" for name in bracketed]
        if port == HTTP:  # which browsers leave out
            hosts += [host.removesuffix(f":{port}") for host in hosts]
        return cls(frozenset(hosts))

    def host(self, headers: Mapping[str, str]) -> bool:
        """Whether the request names a host of ours."""
        return headers.get("host", "").lower() in self.hosts

    def origin(self, headers: Mapping[str, str], *, needed: bool) -> bool:
        """Whether the request comes from a page of ours; one without an origin passes where none is `needed`."""
        origin = headers.get("origin", "").lower()
        if not origin:
            return not needed
        scheme, _, host = origin.partition("://")
        return scheme == "http" and host == headers.get("host", "").lower() and host in self.hosts


@dataclass(slots=True)
class RateLimit:
    """A leaky bucket: `burst` at once, then `rate` a second."""

    rate: float
    burst: float
    clock: Callable[[], float] = time.monotonic
    _level: float = field(init=False)
    _at: float = field(init=False)

    def __post_init__(self) -> None:
        self._level, self._at = self.burst, self.clock()

    def take(self) -> bool:
        """Take one, if there is one."""
        now = self.clock()
        self._level = min(self.burst, self._level + (now - self._at) * self.rate)
        self._at = now
        if self._level < 1:
            return False
        self._level -= 1
        return True

    @property
    def empty(self) -> bool:
        """Whether nothing could be taken now."""
        return self._level + (self.clock() - self._at) * self.rate < 1

    @property
    def idle(self) -> bool:
        """Whether it is full again, so that it can be forgotten."""
        return self._level + (self.clock() - self._at) * self.rate >= self.burst


@dataclass(slots=True)
class Attempts:
    """Wrong codes, by address."""

    clock: Callable[[], float] = time.monotonic
    _buckets: dict[str, RateLimit] = field(default_factory=dict)

    def allowed(self, address: str) -> bool:
        """Whether this address may try a code."""
        bucket = self._buckets.get(address)
        return bucket is None or not bucket.empty

    def wrong(self, address: str) -> None:
        """Count a wrong code."""
        self._buckets = {known: bucket for known, bucket in self._buckets.items() if not bucket.idle}
        self._buckets.setdefault(address, RateLimit(1 / SLOWLY, ATTEMPTS, self.clock)).take()
