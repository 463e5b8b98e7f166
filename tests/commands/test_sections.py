"""Can a report hold every study, and are sections refused before anything is simulated?"""

import pytest

from frenemy.studies.report_sections import SECTIONS

SMALL = ("--paths", "64", "--draws", "2")
WITH_BOTH = ("--with", "update", "--with", "causes")


def test_sections_appear_in_the_report(frenemy, first, tmp_path):
    options = [word for name in ("audit", "causes", "map") for word in ("--with", name)]
    code, _, _ = frenemy("run", first, *SMALL, *options, "--out", tmp_path / "run")
    assert code == 0
    page = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    places = [page.index(f'<section id="{name}"') for name in ("causes", "audit", "map")]
    assert places == sorted(places)
    for name, table in (("causes", "causes.csv"), ("audit", "rules.csv"), ("map", "map.csv")):  # row E14
        assert (tmp_path / "run" / name / table).read_text(encoding="utf-8").count("\n") > 1
    for title in ("How much do the odds depend on the definitions?", "Which triggers drive which scenario?"):
        assert f">{title}</h2>" in page


@pytest.mark.parametrize("name", ["causes", "sensitivity", "sweep", "audit", "map", "rare", "watch", "update"])
def test_a_section_has_words_numbers_and_a_picture(first, name):
    from importlib import import_module

    function = SECTIONS[name]
    further = {
        "sensitivity": {"samples": 0},
        "sweep": {"over": {"drivers.trust.start": "30,50"}},
        "rare": {"draws": 2},
        "watch": {"draws": 8},
        "update": {"draws": 8},
    }
    options = further.get(name, {})
    section = getattr(import_module(f"frenemy.studies.{function}.study"), function)(
        first, paths=64, **options
    ).section()
    assert section.name == name
    assert all(section.paragraphs)
    assert section.pictures
    assert section.files
    assert all(file.endswith(".csv") and "/" not in file for file in section.files)
    assert all(len(row) == len(grid.header) for grid in section.tables for row in grid.rows)
    assert any(any(str(cell).strip() for cell in row[1:]) for grid in section.tables for row in grid.rows)


def test_an_unknown_section_is_refused_at_once(frenemy, first, tmp_path):
    code, output, message = frenemy("run", first, "--with", "cause", "--out", tmp_path / "run")
    assert (code, output) == (2, "")
    assert "there is no such section" in message
    assert "causes" in message
    assert not (tmp_path / "run").exists()


def test_what_the_file_says_is_not_changed_for_a_section(frenemy, first, tmp_path):
    code, _, message = frenemy("run", first, "--with", "compare", "--set", "seed=2", "--out", tmp_path / "run")
    assert code == 2
    assert "without --set" in message


def test_with_evidence_the_report_speaks_as_of_its_last_day(frenemy, first, tmp_path, monkeypatch):
    monkeypatch.setattr("frenemy.studies.update.study.DEFAULT_DRAWS", 8)
    monkeypatch.setattr("frenemy.studies.update.study.DEFAULT_PARTICLES", 16)
    code, _, err = frenemy("run", first, *SMALL, *WITH_BOTH, "--out", tmp_path / "run")
    assert code == 0, err
    page = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    title = page.partition("<h1>")[2].partition("</h1>")[0]
    assert title.startswith("As of 31 May 2026: ")
    assert "Without the evidence: " in page
    assert page.index('<section id="update"') < page.index('<section id="odds"') < page.index('<section id="causes"')
    code, _, _ = frenemy("run", first, *SMALL, "--with", "causes", "--out", tmp_path / "plain")
    plain = (tmp_path / "plain" / "report.html").read_text(encoding="utf-8")
    assert "As of" not in plain.partition("<h1>")[2].partition("</h1>")[0]
    assert "Without the evidence" not in plain
