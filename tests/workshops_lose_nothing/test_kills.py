"""Eight people and a facilitator at work, the server killed twice (SIGKILL): is anything lost, or done twice?"""

import asyncio
import contextlib
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from websockets.exceptions import WebSocketException

import frenemy
from frenemy.errors import InputError
from frenemy.forecast.run import prepare
from frenemy.workshop.state.catalogue import catalogue_of
from frenemy.workshop.state.command_log import CommandLog
from frenemy.workshop.state.minutes import replay
from frenemy.workshop.state.views import state_as_seen
from workshop_people import Person

CUT = (OSError, WebSocketException)
PEOPLE = 8
ROUNDS = 6
SECONDS = float(os.environ.get("WORKSHOP_SECONDS", "3"))
"""How long they work; a third of it before each kill. Set it to 300 for a session of five minutes."""


class Server:
    """`frenemy workshop` in a process of its own, at a port of its own."""

    def __init__(self, experiment, session, port):
        words = ["workshop", str(experiment), "--session", str(session), "--no-browser", "--workers", "1"]
        environment = {**os.environ, "PYTHONPATH": str(Path(frenemy.__file__).parents[1])}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "frenemy", *words, "--port", str(port)],
            stdout=subprocess.PIPE, text=True, env=environment,
        )  # fmt: skip
        self.said = ""
        for line in self.process.stdout:
            self.said += line
            if line.startswith("Ctrl-C"):
                break
        assert "Ctrl-C" in self.said, "the server did not begin"
        self.codes = dict(re.findall(r"#(facilitate|join)=([A-Z0-9-]+)", self.said))

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)
        self.process.stdout.close()

    def interrupt(self):
        self.process.send_signal(signal.SIGINT)
        rest = self.process.communicate(timeout=30)[0]
        return self.process.returncode, rest


class Stubborn:
    """Someone who comes back when the line is cut, and says again what was not answered, by the same name."""

    def __init__(self, person_class, port, **hello):
        self._class, self._port, self._hello, self._line = person_class, port, hello, None
        self.answered, self.cuts = [], 0

    async def connected(self):
        while self._line is None:
            try:
                self._line = await self._class.come(self._port, **self._hello)
            except CUT:
                await asyncio.sleep(0.1)
                continue
            if "token" in self._line.me:
                self._hello = {"token": self._line.me["token"]}
        return self._line

    async def do(self, name, do, **what):
        """Do something until it is answered."""
        while True:
            line = await self.connected()
            for key, value in what.items():
                if key == "seen":
                    what = {**what, key: line.state["version"]}
                if callable(value):
                    what = {**what, key: value(line)}
            try:
                answer = await line.ask(do, id=name, **what)
            except CUT:
                self.cuts += 1
                await self.go()
                continue
            if answer["type"] == "done":
                self.answered.append((do, name, answer["version"]))
            return answer

    async def state(self):
        return (await self.connected()).state

    async def go(self):
        line, self._line = self._line, None
        if line is not None:
            with contextlib.suppress(*CUT):
                await line.go()


async def session_of(person_class, servers, begin, port):
    """A scripted session; the server is killed after a third and after two thirds of it."""
    server = begin()
    servers.append(server)
    dana = Stubborn(person_class, port, code=server.codes["facilitate"], role="facilitator", name="Dana")
    experts = [
        Stubborn(person_class, port, code=server.codes["join"], role="participant", name=f"Expert {n}")
        for n in range(PEOPLE)
    ]
    await dana.do("n0", "note", text="We begin")
    await asyncio.gather(*(expert.connected() for expert in experts))
    line = await dana.connected()
    keys = [s["key"] for s in line.messages[0]["catalogue"]["sliders"] if s["kind"] in {"trigger", "start"}]
    loop, killed = asyncio.get_running_loop(), []

    async def all_answered():
        """Wait until everybody has been answered once more, so that a kill cuts off every line, on any machine."""
        people = [dana, *experts]
        before = [len(person.answered) for person in people]
        while any(len(person.answered) <= count for person, count in zip(people, before, strict=True)):  # noqa: ASYNC110
            await asyncio.sleep(0.02)

    async def killing():
        for _ in range(2):
            await asyncio.sleep(SECONDS / 3)
            await all_answered()
            killed.append(await loop.run_in_executor(None, servers[-1].kill))
            servers.append(await loop.run_in_executor(None, begin))
        await all_answered()

    async def estimating(expert, n, question, number):
        for step in range(3):
            middle = 0.1 + 0.02 * n + 0.01 * step
            points = {"q05": middle / 2, "median": middle, "q95": middle * 1.5, "why": f"step {step}"}
            answer = await expert.do(f"e{question}.{number}.{step}", "enter", question=question, round=number, **points)
            assert answer["type"] == "done", answer
            await asyncio.sleep(0.05)

    killer = asyncio.create_task(killing())
    number = 0
    while number < ROUNDS or not killer.done():
        number += 1
        answer = await dana.do(f"a{number}", "ask", question={"text": f"Question {number}?", "key": keys[0]})
        question = f"q{answer['version']}"
        await dana.do(f"o{number}", "open", question=question, seen=0)
        work = [estimating(expert, n, question, 1) for n, expert in enumerate(experts)]
        slider = dana.do(f"s{number}", "set", key=keys[number % 4], value=0.2 + 0.01 * (number % 30), seen=0)
        await asyncio.gather(*work, slider)
        await dana.do(f"r{number}", "reveal", question=question, seen=0)
        await asyncio.sleep(SECONDS / 100)
    await killer
    state = await dana.state()
    await asyncio.gather(*(person.go() for person in [dana, *experts]))
    return dana, experts, number, state


def test_nothing_is_lost_or_done_twice_when_the_server_is_killed_twice(experiment, tmp_path):
    file, servers = tmp_path / "room.workshop", []
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    def begin():
        return Server(experiment, file, port)

    try:
        dana, experts, rounds, state = asyncio.run(session_of(Person, servers, begin, port))
        assert len(servers) == 3
        assert len({str(server.codes) for server in servers}) == 1, "the codes stay"
        assert "continues" in servers[-1].said
        assert sum(person.cuts for person in [dana, *experts]) >= 2 * len(experts), "everybody was cut off"
        code, said = servers[-1].interrupt()
        assert code == 0
        assert "continue it with" in said
    finally:
        for server in servers:
            if server.process.poll() is None:
                server.kill()
    log = CommandLog.resume(file)
    catalogue = catalogue_of(*prepare(experiment))
    made = list(log)
    after, minutes = replay(catalogue, made)
    leader = next(who for who, member in after.members.items() if member.name == "Dana")
    assert state_as_seen(catalogue, after, leader) == state, "the last server had the same state"
    assert [item.version for item in made] == list(range(1, len(made) + 1))
    names = [(item.who, item.command.id) for item in made if item.command.id]
    assert len(names) == len(set(names)), "nothing was done twice"
    kept = {(item.command.do, item.command.id, item.version) for item in made}
    for person in [dana, *experts]:
        assert set(person.answered) <= kept, "what was answered is there, at the version that was said"
    assert len(after.members) == 1 + PEOPLE, "everybody came back as who they were"
    assert [len(question.rounds[0].entries) for question in after.questions] == [PEOPLE] * rounds
    assert all(e.why == "step 2" for q in after.questions for e in q.rounds[0].entries.values())
    assert len(minutes) == 1 + 4 * rounds
    log.close()


def test_the_file_is_for_its_owner_and_one_server_at_a_time(catalogue, tmp_path):
    file = tmp_path / "sub" / "room.workshop"
    log = CommandLog.begin(file, {"config": "1"})
    if os.name != "nt":
        assert file.stat().st_mode & 0o077 == 0
    with pytest.raises(InputError, match="in use"):
        CommandLog.resume(file)
    with pytest.raises(InputError, match="exists already"):
        CommandLog.begin(file, {})
    log.close()
    CommandLog.resume(file).close()


@pytest.mark.parametrize("content", [b"", b"not a database", b"SQLite format 3\0" + b"x" * 100])
def test_a_file_of_something_else_is_refused_and_left_alone(tmp_path, content):
    file = tmp_path / "notes.txt"
    file.write_bytes(content)
    with pytest.raises(InputError, match="not a workshop session"):
        CommandLog.resume(file)
    assert file.read_bytes() == content
    other = tmp_path / "other.sqlite"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE mine (x)")
    connection.close()
    with pytest.raises(InputError, match="not a workshop session"):
        CommandLog.resume(other)


def test_a_session_of_a_model_that_has_changed_is_refused(experiment, tmp_path, capsys):
    from frenemy.cli.main import main
    from frenemy.workshop.server.launch import open_session

    file = tmp_path / "room.workshop"
    open_session(experiment, file)[0].session.log.close()
    changed = experiment.with_name("changed.toml")
    changed.write_text(experiment.read_text().replace("seed = 1", "seed = 2"))
    try:
        code = main(["workshop", str(changed), "--session", str(file), "--no-browser"])
    finally:
        changed.unlink()
    assert code == 2
    assert "has changed since" in capsys.readouterr().err
