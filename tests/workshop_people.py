"""A served workshop, and scripted people in it."""

import asyncio
import contextlib
import itertools
import json
import threading

import websockets

from frenemy.workshop.compute.frames import unpack
from frenemy.workshop.server.launch import listen, open_session, server_of, workshop_at


class Person:
    """A scripted participant: sends commands and records every message received."""

    def __init__(self, socket, greeting):
        self.socket, self.greeting, self._numbers = socket, greeting, itertools.count(1)
        self.frames, self.messages, self.me = [], [greeting], greeting.get("you", {})
        self.state, self.minutes = greeting.get("state", {}), list(greeting.get("minutes", []))

    @classmethod
    async def connect(cls, port, **hello):
        host = f"127.0.0.1:{port}"
        socket = await websockets.connect(f"ws://{host}/ws", origin=f"http://{host}", max_size=None)
        await socket.send(json.dumps({"do": "hello", "protocol": 1, **hello}))
        return cls(socket, json.loads(await socket.recv()))

    async def receive(self, patience=90):
        message = await asyncio.wait_for(self.socket.recv(), patience)
        if isinstance(message, bytes):
            head, arrays = unpack(message)
            self.frames.append((head, arrays, message))
            return head
        message = json.loads(message)
        self.messages.append(message)
        if message["type"] == "state":
            self.state = message["state"]
        if message["type"] == "minutes":
            fresh = {entry["n"]: entry for entry in message["entries"]}
            self.minutes = [fresh.pop(old["n"], old) for old in self.minutes] + list(fresh.values())
        return message

    async def until(self, matches, patience=90):
        """The first message from now on that matches."""
        async with asyncio.timeout(patience):
            while True:
                message = await self.receive(patience)
                if matches(message):
                    return message

    async def latest(self, matches, patience=90):
        """The latest message received that matches, or the first to arrive."""
        known = next((message for message in reversed(self.messages) if matches(message)), None)
        return known or await self.until(matches, patience)

    async def receive_all(self, patience):
        """Receive everything until nothing arrives for a while."""
        with contextlib.suppress(TimeoutError):
            while True:
                await self.receive(patience)

    async def send(self, do, **what):
        await self.socket.send(json.dumps({"do": do, **what}))

    async def ask(self, do, **what):
        """Send a command; the server's answer to it."""
        name = what.pop("id", f"c{next(self._numbers)}")
        await self.send(do, id=name, **what)
        return await self.until(lambda message: message["type"] in {"done", "refused"} and message.get("id") == name)

    async def close(self):
        await self.socket.close()


class Served:
    """A server in a thread of this process."""

    def __init__(self, experiment, session):
        self.requests, self.codes, self.resumed = open_session(experiment, session, workers=1)
        self.session = self.requests.session
        self.bound = listen("127.0.0.1", 0)
        self.port = self.bound.getsockname()[1]
        self.workshop, self.links = workshop_at(self.requests, self.codes, "127.0.0.1", self.port)
        self._server = server_of(self.workshop)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self.bound]})
        self._thread.start()
        while not self._server.started:
            self._thread.join(0.01)

    def stop(self):
        self._server.should_exit = True
        self._thread.join(20)
        self.session.log.close()

    async def facilitator(self, name="Dana"):
        return await Person.connect(self.port, code=self.codes.facilitator, role="facilitator", name=name)

    async def participant(self, name):
        return await Person.connect(self.port, code=self.codes.participant, role="participant", name=name)

    async def wall(self):
        return await Person.connect(self.port, code=self.codes.participant, role="wall")
