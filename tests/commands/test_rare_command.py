"""Does `frenemy rare` print, write a complete folder and refuse what makes no sense?"""

import json

import pytest

import frenemy as fr

SMALL = ("--scenario", "open_dispute", "--paths", "128", "--draws", "2", "--date", "2026-12-31", "--no-plots")


def test_it_prints_and_writes_a_sealed_folder(first, frenemy, tmp_path):
    code, out, err = frenemy("rare", first, *SMALL, "--out", tmp_path / "out")
    assert code == 0, err
    assert "Open dispute" in out
    assert (tmp_path / "out" / "manifest.json").exists()
    code, again, _ = frenemy("rare", first, *SMALL, "--workers", "1", "--out", tmp_path / "again", "--json")
    assert code == 0
    assert json.loads(again)["reading"] == "ever"
    for file in (tmp_path / "out").glob("*.csv"):
        assert file.read_bytes() == (tmp_path / "again" / file.name).read_bytes()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--date", "tomorrow"), "not a date"),
        (("--date", "1999-01-01"), "outside the run"),
        (("--scenario", "open_dispuet"), "did you mean open_dispute"),
    ],
)
def test_bad_options_end_in_one_message_and_nothing_written(words, said, first, refused):
    assert said in refused("rare", first, *words)


def test_it_can_be_called_from_python():
    assert callable(fr.rare)
