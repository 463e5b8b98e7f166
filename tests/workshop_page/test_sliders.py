"""Does a slider move the odds, and can every move be taken back?"""

import re

import pytest
from playwright.sync_api import expect

STRIKE = "Unilateral U.S. strike on Mexican soil"


def slider(page, name=STRIKE):
    return page.get_by_role("slider", name=re.compile(re.escape(name)))


def figure(page, scenario="total_rift"):
    return page.locator(f".card[data-scenario={scenario}] .figure")


def drag(page, share, *, release=True):
    """Drag the thumb with the mouse to a share of the track."""
    row = slider(page)
    row.scroll_into_view_if_needed()
    box = row.bounding_box()
    place = float(row.evaluate("node => (node.value - node.min) / (node.max - node.min)"))
    y = box["y"] + box["height"] / 2
    inner = box["width"] - 16
    page.mouse.move(box["x"] + 8 + place * inner, y)
    page.mouse.down()
    page.mouse.move(box["x"] + 8 + share * inner, y, steps=6)
    if release:
        page.mouse.up()


def settled(page):
    page.locator("#status[data-kind=settled]", has_not_text="to come").wait_for()  # the whole run


@pytest.fixture
def wall(visit):
    page = visit("Facilitator")
    yield page
    reset = page.get_by_role("button", name="Reset all")
    if reset.is_enabled():
        reset.click()
        page.locator("#reset-all:disabled").wait_for()


def test_a_drag_previews_then_settles_and_undo_brings_everything_back(wall):
    before, path = figure(wall).inner_text(), wall.locator("#cards .line").nth(1)
    at_first = path.get_attribute("d")
    drag(wall, 0.6, release=False)
    wall.locator("#status[data-kind=preview]").wait_for()
    assert re.fullmatch(r"\d[\d,]* futures", wall.locator("#status-note").inner_text())
    assert path.get_attribute("d") != at_first, "the fan has not moved with the slider"
    wall.mouse.up()
    settled(wall)
    after = figure(wall).inner_text()
    assert float(after.split()[0]) > float(before.split()[0]) + 10, (before, after)
    assert wall.locator("#cards .base-case").nth(1).get_attribute("d") == at_first, (
        "the dotted line is not the base case"
    )
    wall.get_by_role("button", name="Undo").click()
    expect(figure(wall)).to_have_text(before)
    expect(path).to_have_attribute("d", at_first)
    wall.keyboard.press("y")
    expect(figure(wall)).to_have_text(after)


def test_a_move_can_be_cancelled_half_way(wall):
    text = slider(wall).get_attribute("aria-valuetext")
    drag(wall, 0.7, release=False)
    wall.locator("#status[data-kind=preview]").wait_for()
    slider(wall).focus()
    wall.keyboard.press("Escape")
    wall.mouse.move(5, 5)
    wall.mouse.up()
    expect(slider(wall)).to_have_attribute("aria-valuetext", text)
    settled(wall)
    expect(wall.locator(".slider.changed")).to_have_count(0)


def test_keys_move_a_slider_and_undo_it_in_one_step(wall):
    row = slider(wall)
    row.focus()
    before = row.get_attribute("aria-valuetext")
    for _ in range(10):
        wall.keyboard.press("ArrowRight")
    assert row.get_attribute("aria-valuetext") != before
    wall.locator(".slider.changed").wait_for()
    wall.keyboard.press("Control+z")
    expect(row).to_have_attribute("aria-valuetext", before)
    expect(wall.locator(".slider.changed")).to_have_count(0)


def test_a_typed_number_is_taken_to_the_digit_and_nonsense_is_refused(wall):
    box = wall.get_by_role("textbox", name=f"{STRIKE}, typed")
    box.fill("7,5 %")
    box.press("Enter")
    assert slider(wall).get_attribute("aria-valuetext").startswith("7.5\u00a0%")
    wall.locator(".slider.changed").wait_for()
    wall.locator("body").press("w")
    wall.keyboard.type("The <i>law</i> of January")
    wall.keyboard.press("Enter")
    expect(wall.locator(".minutes")).to_contain_text(f"{STRIKE}, 7.5\u00a0%: The <i>law</i> of January")
    box.fill("many")
    box.press("Enter")
    wall.locator("#toast:visible").wait_for()
    assert "is not a number" in wall.locator("#toast").inner_text()
    box.blur()
    assert box.input_value() == "7.5\u00a0%"


def test_the_branches_of_a_date_are_rescaled(wall):
    mine = slider(wall, "Extended for 16 years")
    shares = [
        slider(wall, name)
        for name in ("Extended for 16 years", "Not extended, reviewed every year", "A party gives notice to withdraw")
    ]
    mine.focus()
    for _ in range(8):
        wall.keyboard.press("ArrowRight")
    expect(wall.locator(".slider.changed")).to_have_count(3)
    total = sum(float(re.match(r"[\d.]+", share.get_attribute("aria-valuetext"))[0]) for share in shares)
    assert total == pytest.approx(100, abs=1)


def test_two_facilitators_see_the_same_while_both_move(wall, visit):
    other = visit("Facilitator")
    drag(wall, 0.55, release=False)
    other.locator("#status[data-kind=preview]").wait_for()
    trust = other.get_by_role("slider", name=re.compile("^Trust: level at the start"))
    trust.focus()
    for _ in range(6):
        other.keyboard.press("ArrowLeft")
    wall.mouse.up()
    for page in (wall, other):
        page.locator(".group .changes", has_text="1 changed").nth(1).wait_for()
        settled(page)
    expect(figure(other)).to_have_text(figure(wall).inner_text())


def test_focus_is_shared_and_the_table_follows(wall, visit):
    screen = visit("Wall")
    wall.get_by_role("radio", name="ever by").check()
    screen.locator("#reading input[value=ever]:checked").wait_for()
    wall.get_by_role("button", name="Renewed cooperation").click()
    screen.locator(".card[data-scenario=renewed_cooperation].focused").wait_for()
    assert screen.get_by_role("button", name="Undo").count() == 0, "the wall shows, it does not change"
    wall.keyboard.press("[")
    screen.locator("#date").filter(has_text="2026").wait_for()
    wall.keyboard.press("r")
    wall.keyboard.press("]")
    wall.get_by_role("button", name="Total rift").click()
    screen.locator(".card[data-scenario=total_rift].focused").wait_for()
