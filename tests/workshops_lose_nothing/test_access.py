"""Who is let in, and what may they do? Each test of a rule also has somebody who is let in, as a check on the test."""

import asyncio
import http.client
import json
import socket
import time

import pytest
import websockets
from websockets.exceptions import ConnectionClosed, InvalidStatus

from frenemy.errors import InputError
from frenemy.workshop.server.access import (
    AccessPolicy,
    Attempts,
    Codes,
    RateLimit,
    is_loopback,
    member_with,
    new_code,
    token_hash,
)
from frenemy.workshop.server.app import HEADERS
from frenemy.workshop.server.connection import MAX_MESSAGE_BYTES
from frenemy.workshop.server.launch import listen, workshop_at
from frenemy.workshop.server.session import FACILITATOR_RATE
from frenemy.workshop.state import commands as ask
from frenemy.workshop.state.commands import read_command
from frenemy.workshop.state.state import Refusal
from workshop_people import Person


def got(served, path="/", host=None, method="GET", **headers):
    """Status, headers and body of one request."""
    line = http.client.HTTPConnection("127.0.0.1", served.port, timeout=10)
    line.putrequest(method, path, skip_host=True)
    line.putheader("Host", host or f"127.0.0.1:{served.port}")
    for name, value in headers.items():
        line.putheader(name, value)
    line.endheaders()
    answer = line.getresponse()
    found = answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
    line.close()
    return found


async def handshake(port, host=None, **options):
    """Whether a websocket is accepted."""
    address = f"127.0.0.1:{port}"
    try:
        async with websockets.connect(
            f"ws://{address}/ws", additional_headers={"Host": host} if host else None, **options
        ):
            return True
    except InvalidStatus as error:
        return False if error.response.status_code == 403 else None


# Host and Origin


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "127.0.0.1:{port}.evil.example"]
)
def test_a_rebound_name_gets_nothing(shared, host):
    status, _, body = got(shared, host=host.format(port=shared.port))
    assert status == 421
    assert b"<html" not in body


@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "localhost:{port}", "LOCALHOST:{port}"])
def test_the_names_that_were_printed_are_answered(shared, host):
    assert got(shared, host=host.format(port=shared.port))[0] == 200


def test_a_page_of_another_origin_gets_nothing_even_by_http(shared):
    assert got(shared, Origin="http://evil.example")[0] == 421
    assert got(shared, Origin=f"http://127.0.0.1:{shared.port}")[0] == 200


@pytest.mark.parametrize(
    ("origin", "accepted"),
    [
        ("http://127.0.0.1:{port}", True),
        ("http://evil.example", False),
        ("http://127.0.0.1:1", False),
        ("http://localhost:{port}", False),  # the host it is asked at is another
        ("https://127.0.0.1:{port}", False),
        ("null", False),
        (None, False),
    ],
)
def test_a_websocket_needs_an_origin_of_ours(shared, origin, accepted):
    origin = origin and origin.format(port=shared.port)
    assert asyncio.run(handshake(shared.port, origin=origin)) is accepted


def test_no_request_changes_anything_and_no_file_outside_is_served(shared):
    assert got(shared, method="POST")[0] == 405
    for path in (
        "/assets/../server.py",
        "/assets/%2e%2e/server.py",
        "/assets/..%2fserver.py",
        "/assets/",
        "/etc/passwd",
    ):
        assert got(shared, path)[0] == 404, path


def test_every_answer_has_a_strict_policy(shared):
    for path in ("/", "/assets/none.js"):
        _, headers, _ = got(shared, path)
        for name, value in HEADERS.items():
            assert headers[name.lower()] == value
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "http" not in policy, "no other host"
        assert "server" not in headers
    assert got(shared, host="evil.example")[1]["content-security-policy"]


# codes and tokens


async def refusal_of(port, **hello):
    """The code with which the socket was closed, and the error code of the message."""
    person = await Person.connect(port, **hello)
    assert person.greeting["type"] == "refused"
    with pytest.raises(ConnectionClosed) as closed:
        await person.socket.recv()
    await person.close()
    return closed.value.rcvd.code, person.greeting["code"]


def test_nobody_gets_in_without_a_code_and_participants_do_not_lead(serve):
    async def script():
        served = serve()
        assert await refusal_of(served.port, role="facilitator", name="Eve") == (4401, "code")
        assert await refusal_of(served.port, code="AAAA-BBBB-CCCC-DDDD", name="Eve") == (4401, "code")
        assert await refusal_of(served.port, token="no such token") == (4401, "code")
        asked = {"code": served.codes.participant, "role": "facilitator", "name": "Eve"}
        assert await refusal_of(served.port, **asked) == (4403, "forbidden")
        assert await refusal_of(served.port, code=served.codes.participant, name=" \u202e ") == (4401, "name")
        ana = await Person.connect(served.port, code=served.codes.participant.lower().replace("-", " "), name="Ana")
        assert ana.me["role"] == "participant"
        again = await Person.connect(served.port, token=ana.me["token"])
        assert again.me == {"id": ana.me["id"], "role": "participant", "name": "Ana"}
        assert ana.messages[0]["join"] is None
        dana = await served.facilitator()
        assert served.codes.facilitator not in json.dumps(dana.messages[0])
        assert served.codes.participant in dana.messages[0]["join"]["url"]
        assert dana.messages[0]["join"]["qr"].startswith("<svg")
        await asyncio.gather(ana.close(), again.close(), dana.close())

    asyncio.run(script())


def test_the_file_holds_no_token(serve):
    async def script():
        served = serve()
        ana = await served.participant("Ana")
        await ana.close()
        return served, ana.me["token"]

    served, token = asyncio.run(script())
    kept = b"".join(file.read_bytes() for file in served.session.log.path.parent.glob("session.workshop*"))
    assert token_hash(token).encode() in kept
    assert token.encode() not in kept


def test_wrong_codes_are_slowed_down_and_then_right_ones_too(serve):
    async def script():
        served = serve()
        ana = await served.participant("Ana")
        codes = [(await refusal_of(served.port, code="WRONG", name="Eve"))[0] for _ in range(11)]
        assert codes == [4401] * 10 + [4429]
        assert await refusal_of(served.port, code=served.codes.participant, name="Ana") == (4429, "rate")
        again = await Person.connect(served.port, token=ana.me["token"])
        assert again.me["id"] == ana.me["id"], "who was let in before comes back"
        await asyncio.gather(ana.close(), again.close())

    asyncio.run(script())


def test_codes_and_tokens_are_compared_whole(monkeypatch):
    codes = Codes(new_code(), new_code())
    assert codes.facilitator != codes.participant
    assert codes.roles(codes.facilitator)[0] == "facilitator"
    assert "facilitator" not in codes.roles(codes.participant)
    compared = []
    monkeypatch.setattr(
        "frenemy.workshop.server.access.hmac.compare_digest", lambda a, b: compared.append((a, b)) or a == b
    )
    codes.roles(codes.facilitator)
    assert len(compared) == 2, "it is compared with both whichever it is"
    hashes = {"m1": token_hash("one"), "m2": token_hash("two"), "m3": token_hash("three")}
    compared.clear()
    assert member_with("one", hashes) == "m1"
    assert len(compared) == 3, "all are compared, whichever it is"
    assert member_with("", hashes) == ""


# what participants may do


def test_participants_may_do_nothing_but_estimate(serve):
    async def script():
        served = serve()
        dana, ana, wall = await served.facilitator(), await served.participant("Ana"), await served.wall()
        key = dana.messages[0]["catalogue"]["sliders"][0]["key"]
        await dana.ask("ask", question={"text": "How likely?", "key": key})
        name = dana.state["questions"][0]["id"]
        attempts = [
            ("set", {"key": key, "value": 0.5, "seen": 99}), ("reset", {"key": key, "seen": 99}),
            ("reset_all", {"seen": 99}), ("undo", {"seen": 99}), ("redo", {"seen": 99}), ("note", {"text": "x"}),
            ("focus", dana.state["focus"]), ("open", {"question": name, "seen": 99}),
            ("close", {"question": name, "seen": 99}), ("reveal", {"question": name, "seen": 99}),
            ("pool", {"question": name, "method": "linear"}), ("drop", {"question": name}),
            ("ask", {"question": {"text": "x"}}), ("study", {"what": "tornado"}), ("export", {"what": "toml"}),
            ("tune", {"targets": [{**dana.state["focus"], "probability": 0.5}]}), ("cancel", {"job": "j1"}),
            ("apply", {"proposal": "j1", "seen": 99}), ("adopt", {"question": name, "seen": 99, "which": "pool"}),
        ]  # fmt: skip
        before = served.session.state
        for do, what in attempts:
            for person in (ana, wall):
                answer = await person.ask(do, **what)
                assert (answer["type"], answer["code"]) == ("refused", "forbidden"), (do, answer)
        assert served.session.state is before
        await ana.send("drag", key=key, value=0.9)
        await ana.ask("rename", name="Ana B.")
        assert not served.session.scheduler._held, "no slider is held"
        assert (await wall.ask("rename", name="Wall"))["code"] == "forbidden"
        made = {line.do for line in (item.command for item in served.session.log)}
        assert made == {"join", "ask", "rename"}
        for settle in ("join", "settle"):
            await dana.send(settle, name="Eve", role="facilitator", token="t")
            answer = await dana.until(lambda message: message["type"] == "refused")
            assert answer["code"] == "invalid"
        await asyncio.gather(dana.close(), ana.close(), wall.close())

    asyncio.run(script())


def test_nothing_that_others_said_reaches_a_socket_before_the_reveal(serve):
    async def script():
        served = serve()
        dana, ana, bo, wall = (
            await served.facilitator(), await served.participant("Ana"), await served.participant("Bo"),
            await served.wall(),
        )  # fmt: skip
        key = dana.messages[0]["catalogue"]["sliders"][0]["key"]
        await dana.ask("ask", question={"text": "How likely?", "key": key})
        name = dana.state["questions"][0]["id"]
        await dana.ask("open", question=name, seen=dana.state["version"])
        points = {"q05": 0.111, "median": 0.2222, "q95": 0.3333}
        await ana.ask("enter", question=name, round=1, **points, why="a secret of Ana's")
        await dana.ask("close", question=name, seen=dana.state["version"])
        late = await served.participant("Late")
        for person in (dana, bo, wall, late):
            await person.receive_all(0.4)
            received = json.dumps(person.messages) + str([frame for _, _, frame in person.frames])
            assert "secret" not in received
            assert "0.2222" not in received
        await dana.ask("reveal", question=name, seen=dana.state["version"])
        shown = await bo.until(lambda message: message["type"] == "state" and "secret" in json.dumps(message))
        assert "Ana" not in json.dumps(shown["state"]["questions"]).replace("Ana's", "")
        await asyncio.gather(*(person.close() for person in (dana, ana, bo, wall, late)))

    asyncio.run(script())


# sizes, rates and shapes


def test_a_long_message_closes_the_socket(shared):
    async def script():
        dana = await shared.facilitator()
        await dana.send("note", id="a", text="x" * 1999)
        await dana.until(lambda message: message.get("id") == "a")
        await dana.socket.send("x" * (MAX_MESSAGE_BYTES + 1))
        with pytest.raises(ConnectionClosed) as closed:
            await dana.until(lambda message: False)
        assert closed.value.rcvd.code == 1009

    asyncio.run(script())


def test_commands_come_at_a_pace(serve, monkeypatch):
    assert FACILITATOR_RATE == (30.0, 60.0)
    monkeypatch.setattr(
        "frenemy.workshop.server.session.FACILITATOR_RATE", (1e-6, 60.0)
    )  # no time passes, however busy the machine

    async def script():
        dana = await serve().facilitator()
        for n in range(80):
            await dana.send("note", id=f"n{n}", text="x")
        answers = [await dana.until(lambda message, n=n: message.get("id") == f"n{n}") for n in range(80)]
        assert [answer["type"] for answer in answers] == ["done"] * 60 + ["refused"] * 20
        assert {answer["code"] for answer in answers[60:]} == {"rate"}
        await dana.close()

    asyncio.run(script())


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "null", "{", '{"do": "nothing"}', '{"do": "set"}', '{"do": "undo", "seen": 1, "id": "x", "more": 1}',
        '{"do": "set", "key": "a", "value": NaN, "seen": 1}', '{"do": "set", "key": "a", "value": 1e999, "seen": 1}',
        '{"do": "set", "key": "a", "value": "0.5", "seen": 1}', '{"do": "note", "text": ""}',
        '{"do": "join", "name": "Eve", "role": "facilitator", "token": "t"}',
        '{"do": "settle", "numbers": {}, "label": "x", "seen": 1}', "[" * 10_000,
        '{"do": "note", "id": 5, "text": "x"}',
        json.dumps({"do": "note", "text": "x" * 2001}), json.dumps({"do": "rename", "name": "x" * 41}),
        json.dumps({"do": "undo", "seen": 1, "id": "x" * 41}), json.dumps({"do": "rename", "name": "\u200b\u202e\x00"}),
    ],
)  # fmt: skip
def test_what_is_no_command_is_refused(text):
    found = read_command(text)
    assert isinstance(found, Refusal)
    assert found.code == "invalid"


def test_names_are_one_line_without_tricks():
    found = read_command(json.dumps({"do": "rename", "name": "  A\u202en\x00a\n\t<b>  "}))
    assert isinstance(found, ask.Rename)
    assert found.name == "Ana <b>"


def test_the_rate_limit_refills_with_time():
    clock = [0.0]
    limit = RateLimit(2.0, 3.0, lambda: clock[0])
    assert [limit.take() for _ in range(4)] == [True, True, True, False]
    clock[0] = 0.5
    assert [limit.take(), limit.take()] == [True, False]
    clock[0] = 99
    assert limit.idle
    attempts = Attempts(lambda: clock[0])
    for _ in range(10):
        assert attempts.allowed("a")
        attempts.count_wrong("a")
    assert not attempts.allowed("a")
    assert attempts.allowed("b")
    clock[0] += 7
    assert attempts.allowed("a")


# where it listens


@pytest.mark.parametrize(
    ("host", "alone"),
    [("127.0.0.1", True), ("localhost", True), ("::1", True), ("127.8.8.8", True), ("0.0.0.0", False),
     ("10.1.2.3", False), ("example.org", False)],
)  # fmt: skip
def test_loopback_is_known(host, alone):
    assert is_loopback(host) is alone


def test_it_listens_on_loopback_alone_by_default(shared):
    assert shared.bound.getsockname()[0] == "127.0.0.1"
    assert shared.links.facilitator.startswith("http://127.0.0.1:")
    _, links = workshop_at(shared.requests, shared.codes, "0.0.0.0", 8377, ["room.example"])
    assert links.participant.startswith("http://room.example:8377/#join=")
    access = workshop_at(shared.requests, shared.codes, "0.0.0.0", 8377, ["room.example"])[0].access
    assert {"room.example:8377", "127.0.0.1:8377"} <= access.hosts
    assert not access.allows_host({"host": "evil.example:8377"})
    assert AccessPolicy.of(["::1"], 1).allows_host({"host": "[::1]:1"})
    assert AccessPolicy.of(["room.example"], 80).allows_host({"host": "room.example"})


def test_small_frames_are_not_held_back(shared):
    assert shared.bound.proto == socket.IPPROTO_TCP, "else asyncio leaves Nagle's algorithm on"


def test_a_port_in_use_is_reported(shared):
    with pytest.raises(InputError, match="cannot listen on this address"):
        listen("127.0.0.1", shared.port)


def test_a_silent_connection_is_closed(shared, monkeypatch):
    monkeypatch.setattr("frenemy.workshop.server.connection.HELLO_TIMEOUT", 0.2)

    async def script():
        host = f"127.0.0.1:{shared.port}"
        begun = time.monotonic()
        async with websockets.connect(f"ws://{host}/ws", origin=f"http://{host}") as socket:
            assert json.loads(await socket.recv())["code"] == "late"
            with pytest.raises(ConnectionClosed) as closed:
                await socket.recv()
        assert closed.value.rcvd.code == 4408
        assert time.monotonic() - begun < 9

    asyncio.run(script())
