"""A workshop on a small run, in a process of its own, and a headless browser that keeps a book on every page."""

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync",
]  # fmt: skip
SMALL = """
title = "A small run"
horizon = "2y"
paths = 1024
[uncertainty]
draws = 32
paths = 256
"""


def pytest_collection_modifyitems(items):
    if CHROMIUM is None and not os.environ.get("CI"):
        for item in items:
            if Path(__file__).parent in Path(item.fspath).parents:
                item.add_marker(pytest.mark.skip(reason="no Chromium on this machine"))


class Server:
    """`frenemy workshop` as a process, which can be killed and begun again."""

    def __init__(self, folder):
        self.experiment, self.file, self.log = folder / "experiments" / "small.toml", folder / "a.workshop", folder / "log"
        self.port = 0
        self.process = None

    def start(self):
        command = [
            sys.executable, "-m", "frenemy", "workshop", str(self.experiment), "--no-browser", "--session", str(self.file),
        ]  # fmt: skip
        if self.port:
            command += ["--port", str(self.port)]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        self.links = self._links()
        self.port = int(re.search(r":(\d+)/", self.links["Facilitator"])[1])
        return self

    def _links(self, patience=60):
        until = time.monotonic() + patience
        while time.monotonic() < until:
            links = dict(re.findall(r"^(Facilitator|Participants|Wall)\s+(http\S+)$", self.log.read_text(), re.M))
            if len(links) == 3:
                return links
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise AssertionError(f"the workshop did not begin:\n{self.log.read_text()}")

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.kill()


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("workshop")
    shutil.copy(ROOT / "drivers.toml", folder)
    shutil.copytree(ROOT / "scenarios", folder / "scenarios")
    (folder / "experiments").mkdir()
    (folder / "experiments" / "small.toml").write_text(SMALL)
    started = Server(folder).start()
    yield started
    started.stop()


@pytest.fixture(scope="session")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def book():
    """What went wrong on any page, and every address that was asked for."""
    return {"trouble": [], "asked": set()}


@pytest.fixture
def visit(browser, server, book):
    """Open a page: `visit("Facilitator")`, `visit("Participants", phone=True)`; each has a browser profile of its own."""
    contexts = []

    def listen(page):
        page.on("pageerror", lambda error: book["trouble"].append(str(error)))
        page.on("console", lambda message: message.type == "error" and book["trouble"].append(message.text))
        page.on("request", lambda request: book["asked"].add(request.url))
        page.on("websocket", lambda socket: book["asked"].add(socket.url))

    def go(who, *, phone=False, name="", size=(1366, 768)):
        width, height = (390, 844) if phone else size
        context = browser.new_context(viewport={"width": width, "height": height}, has_touch=phone, is_mobile=phone)
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        listen(page)
        page.goto(server.links[who])
        if who == "Participants":
            page.get_by_label("Your name").fill(name)
            page.get_by_role("button", name="Join").click()
        page.locator("#light[data-kind=settled]").wait_for()
        return page

    yield go
    for context in contexts:
        context.close()
    assert not book["trouble"], book["trouble"]
    away = {url for url in book["asked"] if not re.match(rf"(http|ws)://127\.0\.0\.1:{server.port}/|data:|blob:", url)}
    assert not away, f"asked of other machines: {away}"
