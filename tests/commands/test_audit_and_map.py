"""Do `frenemy audit` and `frenemy map` print, write complete folders and refuse what makes no sense?"""

import json

import pytest

import frenemy as fr

COMMANDS = [("audit",), ("map", "--cells", "3", "--within", "8w")]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda words: words[0])
def test_it_prints_and_writes_a_sealed_folder(command, first, frenemy, tmp_path):
    name, *options = command
    code, out, err = frenemy(name, first, *options, "--paths", "256", "--no-plots", "--out", tmp_path / "out")
    assert code == 0, err
    assert "Open dispute" in out
    assert "Tables: out" in out
    assert (tmp_path / "out" / "manifest.json").exists()
    code, out, _ = frenemy(name, first, *options, "--paths", "256", "--no-plots", "--out", tmp_path / "out", "--json")
    assert (code, json.loads(out)["paths"]) == (0, 256)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda words: words[0])
def test_the_same_inputs_give_the_same_tables_on_any_number_of_cores(command, first, same_on_any_cores):
    name, *options = command
    same_on_any_cores(name, first, *options, "--paths", "1500")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("audit", "--date", "tomorrow"), "not a date"),
        (("audit", "--date", "1999-01-01"), "outside the run"),
        (("map", "--within", "a while"), "not a duration"),
        (("map", "--drivers", "trust", "trust"), "two different drivers"),
    ],
)
def test_bad_options_end_in_one_message_and_nothing_written(words, message, first, refused):
    name, *options = words
    assert message in refused(name, first, *options)


def test_a_folder_of_something_else_is_not_replaced(first, frenemy, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    for name in ("audit", "map"):
        code, _, err = frenemy(name, first, "--out", tmp_path / "mine")
        assert code == 2
        assert "something other than a run" in err


def test_both_can_be_called_from_python():
    assert callable(fr.audit)
    assert callable(fr.risk_map)
