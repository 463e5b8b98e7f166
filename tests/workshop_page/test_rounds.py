"""Do private estimates stay private until they are revealed, and does the pooled estimate reach the slider?"""

import re

import pytest
from playwright.sync_api import expect

STRIKE = "Unilateral U.S. strike on Mexican soil"
WHYS = {"Ana": "No strike in 94 years.", "Ben": "<img src=x onerror=alert(1)> a <b>new</b> doctrine"}


def answer(page, low, middle, high, why=""):
    card = page.locator(".question[data-state=open]")
    for label, value in (("Low", low), ("Middle", middle), ("High", high)):
        card.get_by_label(re.compile(f"^{label}: ")).fill(str(value))
    card.get_by_role("textbox", name="Why").fill(why)
    card.locator(".own-density svg").wait_for()
    card.get_by_role("button", name=re.compile("^Submit")).click()
    card.locator(".entry-status", has_text="Submitted").wait_for()


@pytest.fixture
def people(visit):
    """A facilitator who has asked about the strike, and two participants on phones."""
    host = visit("Facilitator")
    ana, ben = (visit("Participants", phone=True, name=name) for name in WHYS)
    host.keyboard.press("q")
    host.get_by_text("Ask a question").click()
    host.get_by_label("About").select_option(label=STRIKE)
    host.get_by_role("button", name="Add the question").click()
    host.locator(".question").get_by_role("button", name="Open the question").click()
    return host, ana, ben


def test_a_round_from_the_private_answer_to_the_slider(people):
    host, ana, ben = people
    assert ana.locator("#sliders input[type=range]:enabled").count() == 0, "a participant could move a slider"
    ana.locator(".question[data-state=open]").wait_for()
    ana.get_by_label(re.compile("^Low: ")).fill("9")
    ana.get_by_label(re.compile("^Middle: ")).fill("4")
    ana.get_by_label(re.compile("^High: ")).fill("12")
    expect(ana.locator(".entry .error")).to_have_text("The numbers must increase: low, middle, high.")
    answer(ana, 1, 4, 12, WHYS["Ana"])
    answer(ben, 6, "15", 40, WHYS["Ben"])
    expect(host.locator(".question .round")).to_contain_text("2 of 2 answered")
    for page in (host, ana, ben):
        assert page.locator(".judgements .range").count() == 0, "answers are seen before the reveal"
    for page, other in ((host, "Ana"), (ben, "Ana"), (ana, "Ben")):
        assert WHYS[other] not in page.content()

    host.get_by_role("button", name="Reveal").click()
    for page in (host, ana, ben):
        expect(page.locator(".judgements .range")).to_have_count(2)
        expect(page.locator(".rationales li")).to_have_count(2)
        assert WHYS["Ben"] in page.locator(".rationales").inner_text(), "a rationale was not shown as it was written"
        assert page.locator(".rationales img, .rationales b b").count() == 0, "a rationale became markup"
        assert not re.search("Ana|Ben", page.locator(".question").inner_text()), "the reveal names names"

    host.get_by_role("button", name="Open round 2").click()
    expect(ben.get_by_label(re.compile("^Middle: "))).to_have_value("15")
    answer(ben, 4, 10, 25, "I moved")
    host.get_by_role("button", name="Reveal").click()
    for page in (host, ana, ben):
        expect(page.locator(".judgements line.previous")).to_have_count(1)
    expect(host.locator(".pooled")).to_have_text(ana.locator(".pooled").inner_text())
    by_equal_weights = host.locator(".pooled").inner_text()
    method = host.get_by_label("How the answers are pooled")
    method.focus()
    method.select_option(label="geometric odds")
    for page in (host, ana, ben):
        expect(page.locator(".pooled")).not_to_have_text(by_equal_weights)
    expect(host.locator(".pooled")).to_have_text(ana.locator(".pooled").inner_text())
    host.get_by_role("tab", name="Whose judgement").click()
    host.get_by_role("button", name="Compute the odds").click()
    rows = host.locator("#panel-experts .bar-svg")
    expect(rows).to_have_count(4, timeout=60_000)
    names = [row.get_attribute("aria-label").split(":")[0] for row in rows.all()]
    assert names == ["The file", "All experts, pooled", "Expert A", "Expert B"]
    host.get_by_role("button", name="Apply to the slider").click()
    host.keyboard.press("s")
    row = host.locator(".slider.changed")
    expect(row).to_have_count(1)
    value = float(row.locator("input.figure").input_value().removesuffix("\u00a0%"))
    assert 4 < value < 15, value
    host.keyboard.press("z")
    expect(row).to_have_count(0)
    host.keyboard.press("q")
    method.focus()
    method.select_option(label="extremised")
    expect(host.get_by_label("Exponent")).to_be_visible()
    expect(method).to_be_focused()


def test_chips_make_a_distribution(visit):
    host, page = visit("Facilitator"), visit("Participants", name="Carla")
    host.keyboard.press("q")
    host.get_by_text("Ask a question").click()
    host.get_by_label("About").select_option(label="Something else …")
    host.get_by_label("Wording").fill("Homicides in 2026, thousand?")
    host.get_by_label("Lowest possible").fill("10")
    host.get_by_label("Highest possible").fill("60")
    host.get_by_role("button", name="Add the question").click()
    host.get_by_role("button", name="Open the question").click()
    card = page.locator(".question[data-state=open]")
    card.get_by_role("radio", name="chips").check()
    for place, chips in ((2, 2), (3, 4), (4, 1)):
        for _ in range(chips):
            card.locator(".bin .add").nth(place).click()
    card.locator(".own-density svg").wait_for()
    card.get_by_role("button", name="Submit").click()
    card.locator(".entry-status", has_text="Submitted").wait_for()
    page.reload()
    card.locator(".entry-status", has_text="Submitted").wait_for()
    host.get_by_role("button", name="Reveal").click()
    homicides = page.locator(".question", has_text="Homicides")
    expect(homicides.locator(".judgements .range")).to_have_count(1)


def test_names_are_text(visit):
    host = visit("Facilitator")
    visit("Participants", name="<script>alert(1)</script>")
    host.get_by_role("button", name="Invite").click()
    expect(host.locator("#invite-here")).to_have_text("<script>alert(1)</script>")


def test_the_wall_follows_what_the_participants_work_on(visit):
    host, screen = visit("Facilitator"), visit("Wall")
    host.keyboard.press("q")
    host.get_by_text("Ask a question").click()
    host.get_by_role("button", name="Add the question").click()
    host.get_by_role("button", name="Open the question").click()
    expect(screen.get_by_role("tab", name="Questions")).to_have_attribute("aria-selected", "true")
    host.get_by_role("button", name="Close").click()
    host.keyboard.press("s")
    host.get_by_role("slider", name=re.compile(STRIKE)).press("ArrowRight")
    expect(screen.get_by_role("tab", name="Sliders")).to_have_attribute("aria-selected", "true")
    host.keyboard.press("z")
    expect(host.locator(".slider.changed")).to_have_count(0)
