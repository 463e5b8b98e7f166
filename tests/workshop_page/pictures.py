"""Makes the pictures of docs/workshop.md: a session of eight people in a real browser, on the shipped baseline.

    python tests/workshop_page/pictures.py

It needs Chromium and some minutes on an idle machine.
"""

import random
import re
import tempfile
from pathlib import Path

from browser import CHROMIUM, FLAGS, ROOT, Server
from PIL import Image
from playwright.sync_api import sync_playwright

HERE = ROOT / "docs" / "workshop"
WALL, LAPTOP, PHONE = (1920, 1080), (1366, 768), (390, 844)
STRIKE = "Unilateral U.S. strike on Mexican soil"
PEOPLE = {
    "Ana": ((0.6, 1.5, 4), "No strike on Mexican soil in 94 years; the threat is what pays."),
    "Ben": ((2, 6, 15), "The designations of 2025 are a legal basis that waits to be used."),
    "Carla": ((1, 4, 12), "Depends on who advises, more than on what Mexico does."),
    "Diego": ((5, 14, 30), "After Caracas the hawks have a template."),
    "Emi": ((1, 3, 8), "Trade and the World Cup keep both sides honest."),
    "Farid": ((3, 8, 20), "One mass-casualty headline away."),
    "Gus": ((0.8, 2.5, 7), ""),
}
PATIENCE = 120_000


def enter(browser, link, size, name=""):
    """A page that has joined."""
    phone = size == PHONE
    scale = 2 if phone else 1
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, has_touch=phone, is_mobile=phone, device_scale_factor=scale
    )
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto(link)
    if name:
        page.get_by_label("Your name").fill(name)
        page.get_by_role("button", name="Join").click()
    page.locator("#status[data-kind=settled]").wait_for()
    return page


def shoot(page, name, **more):
    """Save a picture once nothing moves."""
    page.mouse.move(2, 2)
    page.evaluate("() => document.activeElement.blur()")
    page.wait_for_timeout(400)
    place = HERE / f"{name}.png"
    page.screenshot(path=str(place), **more)
    with Image.open(place) as picture:
        small = picture.convert("RGB").quantize(160, dither=Image.Dither.NONE)  # flat colours: a third of the size
    small.save(place, optimize=True)
    print(f"docs/workshop/{name}.png")


def refined(page):
    """Wait for the whole run."""
    page.locator("#status[data-kind=settled] #status-note", has_text=re.compile(r"futures$")).wait_for()


def answer(page, points, why):
    """Fill in the open question."""
    page.locator(".question[data-state=open]").wait_for()
    for label, value in zip(("Low", "Middle", "High"), points, strict=True):
        page.get_by_label(re.compile(f"^{label}: ")).fill(f"{value:g}")
    page.get_by_role("textbox", name="Why").fill(why)
    page.locator(".own-density svg").wait_for()


def hand_in(page):
    """Send the answer and wait until it is kept."""
    page.get_by_role("button", name=re.compile("^Submit")).click()
    page.locator(".entry-status", has_text="Submitted").wait_for()


def rounds(host, phones):
    """Two rounds on the strike; in the second some have moved."""
    host.keyboard.press("q")
    host.get_by_text("Ask a question").click()
    host.get_by_label("About").select_option(label=STRIKE)
    host.get_by_role("button", name="Add the question").click()
    host.get_by_role("button", name="Open the question").click()
    for name, page in phones.items():
        answer(page, *PEOPLE[name])
        if name == "Carla":
            shoot(page, "phone")
        hand_in(page)
    host.get_by_role("button", name="Reveal").click()
    host.get_by_role("button", name="Open round 2").click()
    dice = random.Random(7)
    for name, page in phones.items():
        points, why = PEOPLE[name]
        towards = 0.65 + 0.3 * dice.random()
        moved = tuple(float(f"{4 * (value / 4) ** towards:.2g}") for value in points)
        answer(page, moved, why)
        hand_in(page)
    host.get_by_role("button", name="Reveal").click()
    host.locator(".judgements circle.previous").first.wait_for()


def main():
    """Play the session and take the pictures."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        server = Server(ROOT / "experiments" / "baseline.toml", Path(folder)).start()
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            play(browser, server.links)
        finally:
            browser.close()
            server.stop()


def play(browser, links):
    """The session, from the invitation to the goal."""
    host = enter(browser, links["Facilitator"], WALL)
    phones = {name: enter(browser, links["Participants"], PHONE, name) for name in PEOPLE}
    rounds(host, phones)
    host.get_by_role("button", name="Apply to the slider").click()
    refined(host)
    host.get_by_role("tab", name="Whose judgement").click()
    host.get_by_role("button", name="Compute the odds").click()
    host.locator(".dots .bar-svg").first.wait_for()
    shoot(host, "reveal")
    shoot(phones["Ana"], "phone_reveal")
    for page in phones.values():
        page.context.close()
    host.keyboard.press("s")
    host.get_by_role("tab", name="Drivers").click()
    refined(host)
    shoot(host, "wall")
    host.keyboard.press("b")
    shoot(host, "wall_big")
    host.keyboard.press("b")
    host.set_viewport_size({"width": LAPTOP[0], "height": LAPTOP[1]})
    host.get_by_role("tab", name="Sensitivity").click()
    host.get_by_role("checkbox", name="What moves the odds").check()
    host.locator(".slider.mover").first.wait_for()
    shoot(host, "movers")
    host.get_by_role("checkbox", name="What moves the odds").uncheck()
    host.keyboard.press("g")
    host.get_by_label("Target odds, percent").fill("30")
    host.keyboard.press("Enter")
    host.locator("#panel-goal tbody tr").first.wait_for()
    shoot(host, "goal")


if __name__ == "__main__":
    main()
