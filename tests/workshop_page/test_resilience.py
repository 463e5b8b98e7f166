"""Does the page survive a killed server, a phone, and a reader who cannot see it?"""

import pytest
from playwright.sync_api import expect

SIZES = [(1920, 1080), (1366, 768), (820, 1180)]
NAMELESS = """() => [...document.querySelectorAll("button, input, select, textarea, [role=tab]")]
    .filter((node) => node.checkVisibility() && !(node.getAttribute("aria-label") || node.title || node.innerText
        || node.labels?.length)).map((node) => node.outerHTML.slice(0, 120))"""
TWICE = """() => { const ids = [...document.querySelectorAll("[id]")].map((node) => node.id);
    return ids.filter((id, at) => ids.indexOf(id) !== at); }"""
DANGLING = """() => [...document.querySelectorAll("[aria-controls], [aria-labelledby], label[for]")].flatMap((node) =>
    ["aria-controls", "aria-labelledby", "for"].map((name) => node.getAttribute(name)))
    .filter((id) => id && !document.getElementById(id))"""


def refined(page, act):
    """Do something to the settings, and wait for the whole run with the new ones."""
    before = page.locator("#status").get_attribute("data-version")
    act()
    page.locator(f"#status[data-kind=settled]:not([data-version='{before}'])", has_not_text="to come").wait_for()


def test_a_killed_server_comes_back_as_it_was(visit, server, book):
    page = visit("Facilitator")
    strike = page.get_by_role("textbox", name="Unilateral U.S. strike on Mexican soil, typed")
    strike.fill("9 %")
    refined(page, lambda: strike.press("Enter"))
    odds = page.locator("#cards").locator(".figure").all_inner_texts()
    server.kill()
    page.locator("#offline:visible").wait_for()
    expect(page.locator("#status")).to_have_attribute("data-kind", "offline")
    # what is done meanwhile is kept and sent
    trust = page.get_by_role("textbox", name="Trust, typed").first
    trust.fill("45")
    trust.press("Enter")
    server.start()
    expect(page.locator("#offline")).to_be_hidden(timeout=30_000)
    expect(page.locator(".slider.changed")).to_have_count(2)
    page.locator("#status[data-kind=settled]").wait_for()
    assert strike.input_value() == "9\u00a0%"
    refined(page, lambda: page.keyboard.press("z"))
    expect(page.locator(".slider.changed")).to_have_count(1)
    expect(page.locator("#cards .figure")).to_have_text(odds)
    page.get_by_role("button", name="Reset all").click()
    expect(page.locator(".slider.changed")).to_have_count(0)
    book["trouble"] = [line for line in book["trouble"] if "ERR_CONNECTION" not in line and "WebSocket" not in line]


@pytest.mark.parametrize("who", ["Facilitator", "Participants"])
def test_a_phone_shows_everything_without_scrolling_sideways(visit, who):
    page = visit(who, phone=True, name="Dora")
    wide = page.evaluate("() => document.scrollingElement.scrollWidth")
    assert wide <= 390, f"{wide} pixels wide"
    for tab in page.get_by_role("tab").all():
        tab.click()
        assert page.evaluate("() => document.scrollingElement.scrollWidth") <= 390, tab.inner_text()


def test_nothing_is_cut_off(visit):
    page = visit("Facilitator")
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        for _ in range(2):
            page.keyboard.press("b")
            assert page.evaluate("() => document.scrollingElement.scrollWidth") <= width
            for card in page.locator(".card").all():
                figure, frame = card.locator(".number").bounding_box(), card.bounding_box()
                assert figure["x"] + figure["width"] <= frame["x"] + frame["width"] + 1
                assert card.locator(".plot").bounding_box()["height"] > 70


def test_every_control_has_a_name_and_every_reference_a_target(visit):
    page = visit("Facilitator")
    for tab in page.get_by_role("tab").all():
        tab.click()
        assert page.evaluate(NAMELESS) == [], tab.inner_text()
    assert page.evaluate(TWICE) == []
    assert page.evaluate(DANGLING) == []
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.get_by_role("heading", level=1).count() == 1
    page.get_by_role("tab", name="Sliders").click()
    page.get_by_role("slider", name="Unilateral").press("ArrowRight")
    expect(page.locator("#announcement")).to_contain_text("Total rift")
    page.keyboard.press("z")


def test_a_wrong_code_is_refused(visit, browser, server):
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{server.links['Participants'].split('#')[0]}#join=AAAA-BBBB-CCCC-DDDD")
    page.get_by_label("Your name").fill("Eve")
    page.get_by_role("button", name="Join").click()
    page.locator("#join-form.error").wait_for()
    assert page.locator("#app").is_hidden()
    context.close()
