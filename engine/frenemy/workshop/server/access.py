"""Access: codes, tokens, the hosts and origins that are answered, and rate limits.

A browser sends requests to a loopback address on behalf of any page, and opens websockets to it without asking
(cross-site websockets). A name that an attacker owns can be made to resolve to 127.0.0.1 (DNS rebinding). So every
request must name a host that this server printed itself, and every websocket must come from an origin that it served.
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
    "MAX_ATTEMPTS",
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
"""No characters that are easily confused when read out: no 0 O 1 I L U."""
CODE_GROUPS, GROUP_LENGTH = 4, 4
"""16 characters of 30: 78 bits."""
MAX_ATTEMPTS = 10
"""Wrong codes that one address may send at once; then one more every `SECONDS_PER_ATTEMPT`."""
SECONDS_PER_ATTEMPT = 6.0
HTTP_PORT = 80


def new_code() -> str:
    """A join code that can be read out, such as K7Q2-MN4T-9RWX-C3HB."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(GROUP_LENGTH)) for _ in range(CODE_GROUPS))


def new_token() -> str:
    """What a browser keeps to rejoin with."""
    return secrets.token_urlsafe(24)


def token_hash(token: str) -> str:
    """What the session file stores of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address to listen on."""
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
        """The roles that a code opens. It is always compared with both codes, in constant time."""
        given = _normalise(code)
        is_facilitator = _equal(given, _normalise(self.facilitator))
        is_participant = _equal(given, _normalise(self.participant))
        if is_facilitator:
            return "facilitator", "participant", "wall"
        return ("participant", "wall") if is_participant else ()


def _normalise(code: str) -> str:
    return "".join(code.split()).replace("-", "").upper()


def _equal(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def member_with(token: str, hashes: Mapping[str, str]) -> str:
    """The member with this token, or an empty text; `hashes` by member. All are compared, each in constant time."""
    given, found = token_hash(token), ""
    for member, known in hashes.items():
        if _equal(given, known):
            found = member
    return found


@dataclass(frozen=True)
class AccessPolicy:
    """The hosts, with port, that requests may name."""

    hosts: frozenset[str]

    @classmethod
    def of(cls, names: Iterable[str], port: int) -> AccessPolicy:
        """The policy of a server that is reached by these names at this port."""
        bracketed = (f"[{name}]" if ":" in name else name.lower() for name in names)
        hosts = [f"{name}:{port}" for name in bracketed]
        if port == HTTP_PORT:  # browsers leave it out
            hosts += [host.removesuffix(f":{port}") for host in hosts]
        return cls(frozenset(hosts))

    def allows_host(self, headers: Mapping[str, str]) -> bool:
        """Whether the request names one of our hosts."""
        return headers.get("host", "").lower() in self.hosts

    def allows_origin(self, headers: Mapping[str, str], *, required: bool) -> bool:
        """Whether the request comes from one of our pages; without an origin it passes unless one is `required`."""
        origin = headers.get("origin", "").lower()
        if not origin:
            return not required
        scheme, _, host = origin.partition("://")
        return scheme == "http" and host == headers.get("host", "").lower() and host in self.hosts


@dataclass(slots=True)
class RateLimit:
    """A token bucket: `burst` at once, then `rate` a second."""

    rate: float
    burst: float
    clock: Callable[[], float] = time.monotonic
    _level: float = field(init=False)
    _at: float = field(init=False)

    def __post_init__(self) -> None:
        self._level, self._at = self.burst, self.clock()

    def take(self) -> bool:
        """Take one if there is one left."""
        now = self.clock()
        self._level = min(self.burst, self._level + (now - self._at) * self.rate)
        self._at = now
        if self._level < 1:
            return False
        self._level -= 1
        return True

    @property
    def empty(self) -> bool:
        """Whether nothing can be taken now."""
        return self._level + (self.clock() - self._at) * self.rate < 1

    @property
    def idle(self) -> bool:
        """Whether it is full again and can be forgotten."""
        return self._level + (self.clock() - self._at) * self.rate >= self.burst


@dataclass(slots=True)
class Attempts:
    """Wrong codes by address."""

    clock: Callable[[], float] = time.monotonic
    _limits: dict[str, RateLimit] = field(default_factory=dict)

    def allowed(self, address: str) -> bool:
        """Whether this address may try a code."""
        limit = self._limits.get(address)
        return limit is None or not limit.empty

    def count_wrong(self, address: str) -> None:
        """Count a wrong code."""
        self._limits = {known: limit for known, limit in self._limits.items() if not limit.idle}
        self._limits.setdefault(address, RateLimit(1 / SECONDS_PER_ATTEMPT, MAX_ATTEMPTS, self.clock)).take()
