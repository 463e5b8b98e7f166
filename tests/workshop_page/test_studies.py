"""Do the panels below the odds answer, and do their answers reach the sliders?"""

import re

import pytest
from playwright.sync_api import expect

LONG = 60_000


@pytest.fixture
def wall(visit):
    page = visit("Facilitator", size=(1920, 1080))
    if page.locator("#reset-all").is_enabled():  # what another test left
        page.locator("#reset-all").click()
        expect(page.locator(".slider.changed")).to_have_count(0)
        page.locator("#status[data-kind=settled]").wait_for()
    return page


def opened(page, name):
    page.get_by_role("tab", name=name).click()
    return page.get_by_role("tabpanel", name=name)


def test_the_tornado_marks_the_sliders_that_matter(wall):
    panel = opened(wall, "Sensitivity")
    panel.locator(".bar-svg").first.wait_for(timeout=LONG)
    strongest = panel.locator("button.name").first
    name = strongest.inner_text()
    wall.get_by_role("checkbox", name="What moves the odds").check()
    wall.locator(".slider.mover").first.wait_for(timeout=LONG)
    strongest.click()
    focused = wall.locator(".slider input[type=range]:focus")
    assert focused.get_attribute("aria-label").split(":")[0] in name
    wall.get_by_role("checkbox", name="What moves the odds").uncheck()
    expect(wall.locator(".slider.mover")).to_have_count(0)


def test_causes_and_a_storyline_are_shown(wall):
    panel = opened(wall, "Causes")
    expect(panel.locator("tbody tr")).to_have_count(19, timeout=LONG)
    panel = opened(wall, "Storyline")
    panel.locator(".strip").wait_for(timeout=LONG)
    expect(panel.locator(".log .scenario-change", has_text="Total rift").first).to_be_visible()
    assert panel.locator(".log li").count() > 3


def test_a_goal_is_met_by_the_least_change_and_undone_in_one_step(wall):
    panel = opened(wall, "Goal")
    wanted = panel.get_by_label("Target odds, percent")
    wanted.fill("300")
    wanted.press("Enter")
    expect(wall.locator("#toast")).to_have_text("The target odds must be between 0 and 100 %.")
    wanted.fill("40 %")
    wanted.press("Enter")
    panel.locator("tbody tr").first.wait_for(timeout=LONG)
    changes = panel.locator("tbody tr").count()
    panel.get_by_role("button", name="Apply to the sliders").click()
    expect(wall.locator(".slider.changed")).to_have_count(changes)
    wall.locator("#status[data-kind=settled]").wait_for()
    card = wall.locator(".card[data-scenario=total_rift]")
    odds = float(card.locator(".figure").inner_text().split("\u00a0")[0])
    error = float(re.search(r"±([\d.]+)", card.locator(".facts").inner_text())[1])  # 1.96 standard errors
    assert abs(odds - 40) < 4 / 1.96 * error + 0.5
    assert error < 15
    wall.keyboard.press("z")
    expect(wall.locator(".slider.changed")).to_have_count(0)


def test_the_experiment_can_be_downloaded(wall):
    wall.get_by_role("button", name="Export").click()
    with wall.expect_download(timeout=LONG) as waiting:
        wall.get_by_role("button", name="Experiment").click()
    text = waiting.value.path().read_text()
    assert waiting.value.suggested_filename.endswith(".toml")
    assert re.search(r'^title = "A small run', text, re.MULTILINE)


def test_minutes_and_numbers(wall):
    panel = opened(wall, "Minutes")
    panel.get_by_label("as", exact=True).fill("Dana")
    panel.get_by_label("as", exact=True).blur()
    panel.get_by_label("A remark for the minutes").fill("We adjourn <b>now</b>.")
    panel.get_by_role("button", name="Add").click()
    expect(panel.locator("li").first).to_contain_text("We adjourn <b>now</b>.")
    expect(panel.locator("li").first.locator(".by")).to_have_text("Dana")
    panel = opened(wall, "Table")
    expect(panel.locator("tbody tr")).to_have_count(6)  # three scenarios on two dates
    expect(panel.locator("tr.focus-row")).to_have_count(3)
