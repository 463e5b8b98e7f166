"""Does `frenemy hindcast` give text, tables and pictures, and refuse what makes no sense?"""

import json

import pytest

import frenemy as fr

SMALL = ("--paths", "8", "--draws", "2")
LEDGER = """\
title = "A year"
[[complete]]
triggers = ["diversion"]
until = 2026-12-31
source = "made up"
[[entries]]
trigger = "diversion"
date = 2026-05-04
source = "made up"
"""


@pytest.fixture
def ledger(tmp_path):
    file = tmp_path / "year.toml"
    file.write_text(LEDGER, encoding="utf-8")
    return file


def test_it_prints_and_writes_a_sealed_folder(first, ledger, frenemy, rows, files_in, tmp_path):
    words = ("--ledger", ledger, "--months", "3", "6", "--until", "2026-06-30", "--out", tmp_path / "out")
    code, output, err = frenemy("hindcast", first, *SMALL, *words)
    assert code == 0, err
    for words in ("within 3 months", "skill over no evidence", "skill over counting", "2 draws × 8 particles"):
        assert words in output
    names = files_in(tmp_path / "out")
    assert {"hindcast.csv", "scores.csv", "reliability.csv", "resolved.toml", "manifest.json"} <= names
    assert {"pictures/hindcast.png", "pictures/reliability.svg"} <= names
    table = rows(tmp_path / "out" / "hindcast.csv")
    assert {row["trigger"] for row in table} == {"diversion"}
    assert {(row["made"] <= "2026-05-04" < row["until"]) == (row["outcome"] == "1") for row in table} == {True}


def test_from_python(first, ledger):
    found = fr.hindcast(first, ledgers=[ledger], months=[3], paths=8, draws=2, workers=1)
    again = fr.hindcast(first, ledgers=[ledger], months=[3], paths=8, draws=2, workers=2)
    assert json.dumps(found.to_dict()) == json.dumps(again.to_dict())
    assert "<table>" in found._repr_html_()
    assert found.section().pictures[0].name == "hindcast"
    assert "forecasts" in repr(found)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--months", "60"), "complete for no trigger throughout any window"),
        (("--until", "soon"), "not a date"),
        (("--until", "2020-01-01"), "nothing is known yet"),
        (("--ledger", "nothing.toml"), "no such file"),
    ],
)
def test_what_cannot_be_is_said(first, ledger, refused, words, message):
    if "--ledger" not in words:
        words = (*words, "--ledger", ledger)
    assert message in refused("hindcast", first, *SMALL, *words)
