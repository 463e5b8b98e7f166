"""Is the report complete, honest and readable on its own?"""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from functools import lru_cache
from html.parser import HTMLParser
from pathlib import Path

import pytest

import synthetic
from frenemy.forecast.report.report import TICK_BIAS, Background, report, write_report

VOID = {"meta", "br", "link", "img", "hr", "input"}
BACKGROUND = Background(
    digest="0123456789abcdef" * 4, command="frenemy run experiments/baseline.toml", versions={"numpy": "2.2"},
    reasons={"total_rift": "The most typical of 12 futures."},
)  # fmt: skip


class Page(HTMLParser):
    """The elements of a page; fails on tags that do not match."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open, self.tags, self.ids, self.targets, self.text = [], [], [], [], []
        self.feed(text)
        assert not self.open, self.open

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.tags.append((tag, attributes))
        if "id" in attributes:
            self.ids.append(attributes["id"])
        self.targets += [attributes[key] for key in ("href", "xlink:href", "src") if key in attributes]
        self.targets += re.findall(r"url\((.*?)\)", " ".join(value or "" for value in attributes.values()))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open[-1:] == [tag]
        self.open.pop()

    def handle_data(self, data):
        self.text.append(data)


@lru_cache(maxsize=4)
def page(name):
    forecast = {
        "usual": synthetic.forecast,
        "bare": lambda: synthetic.forecast(ticks=8, scenarios=2, drivers=1, triggers=1, calendar=False, draws=0),
    }[name]()
    storylines = synthetic.storylines(forecast) if name == "usual" else {}
    text = report(forecast, storylines, BACKGROUND)
    return forecast, text, Page(text)


@pytest.fixture(params=["usual", "bare"])
def any_page(request):
    return page(request.param)


def text_of(parsed):
    return re.sub(r"\s+", " ", "".join(parsed.text))


def test_nothing_is_asked_for_from_outside(any_page):
    _, text, parsed = any_page
    assert not [tag for tag, _ in parsed.tags if tag in ("script", "link", "iframe", "object", "img")]
    assert all(target.startswith(("#", "data:image/png;base64,")) for target in parsed.targets)
    assert set(re.findall(r"https?://[^\"' <]+", text)) <= {
        "http://www.w3.org/1999/xlink",
        "http://www.w3.org/2000/svg",
    }
    assert "@import" not in text


def test_every_reference_within_the_page_is_met_once(any_page):
    _, _, parsed = any_page
    assert len(parsed.ids) == len(set(parsed.ids))
    assert {target[1:] for target in parsed.targets if target.startswith("#")} <= set(parsed.ids)


def test_pictures_have_descriptions_and_take_the_colours_of_the_page(any_page):
    _, text, parsed = any_page
    drawn = [attributes for tag, attributes in parsed.tags if tag == "svg" and attributes.get("class") != "letters"]
    assert drawn
    assert all(attributes["role"] == "img" and len(attributes["aria-label"]) > 20 for attributes in drawn)
    pictures = "".join(re.findall(r"<svg.*?</svg>", text, re.DOTALL))
    assert not re.findall(r"(?:fill|stroke): #(?:1c2127|59636e|d5dae0|ffffff)", pictures)


def test_headings_step_down_one_at_a_time(any_page):
    _, _, parsed = any_page
    levels = [int(tag[1]) for tag, _ in parsed.tags if re.fullmatch("h[1-6]", tag)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_it_gives_the_odds_in_numbers_and_words():
    _, _, parsed = page("usual")
    words = text_of(parsed).replace("\u00a0", " ")
    assert "Status quo stays likely; Total rift rises to 1 in 5 by Jan 2030" in words
    assert "very unlikely to unlikely" in words
    assert "8–38 %" in words
    assert "20 %" in words
    assert "after 5 years" in words
    assert "after 7 days" in words
    assert "at most ±1.8 points" in words


def test_it_shows_the_authors_word_beside_ours_and_the_rule():
    _, _, parsed = page("usual")
    words = text_of(parsed).replace("\u00a0", " ")
    assert "“probable” (in ICD 203: 55–80 %)" in words
    assert "“wild card”" in words
    assert "Total rift begins once trust is below 27 and alignment is below 46" in words


def test_it_shows_storylines_signposts_assumptions_limits_and_provenance():
    _, _, parsed = page("usual")
    words = text_of(parsed).replace("\u00a0", " ")
    for part in (
        "A future that ends in Total rift", "The most typical of 12 futures.", "Treaty review: Postponed.",
        "Liaison officers are sent or withdrawn", "Trust starts at 42", "Not measurements.", "0123456789abcdef",
        "frenemy run experiments/baseline.toml", "numpy 2.2", "A scenario article, 2025",
    ):  # fmt: skip
        assert part in words, part


def test_a_run_at_the_medians_says_that_uncertainty_in_the_numbers_is_missing():
    _, _, parsed = page("bare")
    words = text_of(parsed)
    assert "uncertainty about the numbers is not included in these odds" in words
    assert "Share of judgement" not in words
    assert "plausible range given" not in words.lower()


def test_labels_are_text_and_never_markup(tmp_path):
    forecast = synthetic.forecast(ticks=8, scenarios=2, drivers=1, triggers=1, calendar=False, draws=0)
    nasty = '<b>"Rift" & $x$</b>'
    spec = replace(
        forecast.model, title=nasty, scenarios=tuple(replace(s, label=nasty) for s in forecast.model.scenarios)
    )
    write_report(tmp_path / "report.html", replace(forecast, model=spec), {})
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert nasty not in text
    assert nasty in text_of(Page(text))


def test_the_same_run_gives_the_same_page():
    forecast, text, _ = page("bare")
    assert report(forecast, {}, BACKGROUND) == text


def test_the_report_says_how_much_the_tick_matters():
    """Row A21: the figure is that of the shipped baseline, scars included, in the page on verification."""
    verification = (Path(__file__).parents[2] / "docs" / "verification.md").read_text(encoding="utf-8")
    table = verification.split("## The shipped model")[1].split("\n## ")[0]
    assert "The baseline at the medians" in table
    labels = ("Total rift", "Renewed cooperation", "Status quo")
    rows = [line for line in table.splitlines() if line.removeprefix("| ").startswith(labels)]
    largest = max(abs(float(row.split("|")[4].split("±")[0])) for row in rows)
    assert f"{100 * largest + 0.04:.1f}" == TICK_BIAS
    assert f"by up to {TICK_BIAS} points" in text_of(page("usual")[2])
