"""A workshop on a small run, and a headless browser that records the traffic and errors of every page."""

import os
import re
import shutil
from pathlib import Path

import pytest
from browser import CHROMIUM, FLAGS, ROOT, Server

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


@pytest.fixture(scope="module")  # its people and settings stay in the session
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("workshop")
    shutil.copy(ROOT / "drivers.toml", folder)
    shutil.copytree(ROOT / "scenarios", folder / "scenarios")
    (folder / "experiments").mkdir()
    (folder / "experiments" / "small.toml").write_text(SMALL)
    started = Server(folder / "experiments" / "small.toml", folder).start()
    yield started
    started.stop()


@pytest.fixture(scope="module")  # no longer: as long as it is open, an event loop runs, and no other can be begun
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def book():
    """What went wrong on any page, and every address that was requested."""
    return {"trouble": [], "asked": set()}


@pytest.fixture
def visit(browser, server, book):
    """Open a page, in a browser profile of its own: `visit("Facilitator")`, `visit("Participants", phone=True)`."""
    contexts = []

    def listen(page):
        page.on("pageerror", lambda error: book["trouble"].append(str(error)))
        page.on("console", lambda message: message.type == "error" and book["trouble"].append(message.text))
        page.on("request", lambda request: book["asked"].add(request.url))
        page.on("websocket", lambda socket: book["asked"].add(socket.url))

    def go(who, *, phone=False, name="", size=(1366, 768)):
        width, height = (390, 844) if phone else size
        context = browser.new_context(viewport={"width": width, "height": height}, has_touch=phone, is_mobile=phone)
        context.set_default_timeout(40_000)  # other programs may be at work
        contexts.append(context)
        page = context.new_page()
        listen(page)
        page.goto(server.links[who])
        if who == "Participants":
            page.get_by_label("Your name").fill(name)
            page.get_by_role("button", name="Join").click()
        page.locator("#status[data-kind=settled]", has_not_text="to come").wait_for()  # the whole run
        return page

    yield go
    for context in contexts:
        context.close()
    assert not book["trouble"], book["trouble"]
    away = {url for url in book["asked"] if not re.match(rf"(http|ws)://127\.0\.0\.1:{server.port}/|data:|blob:", url)}
    assert not away, f"asked of other machines: {away}"
