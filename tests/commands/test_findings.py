"""Does a model that cannot work end in a message and an exit code, and never in a traceback?"""

import pytest

SELF = "triggers.diversion.raises.diversion"


@pytest.fixture
def wild(own_model, monkeypatch):
    """A copy of the starter model to spoil, with the working folder in it."""
    monkeypatch.chdir(own_model)

    def spoil(old, new, file="drivers.toml"):
        text = (own_model / file).read_text(encoding="utf-8")
        assert old in text
        text = text.replace(old, new, 1)
        (own_model / file).write_text(text, encoding="utf-8")
        return text[: text.index(new) + len(new)].count("\n") + 1

    return spoil


FIRST = "experiments/first.toml"
COMMANDS = [("check", FIRST), ("run", FIRST), ("story", FIRST, "--path", "1")]


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: words[0])
def test_an_unsound_model_is_reported_with_file_and_line(frenemy, wild, words):
    line = wild("[triggers.diversion]\n", f'[{SELF}]\nexpected_extra = 1.5\nhalf_life = "4w"\n\n[triggers.diversion]\n')
    code, out, err = frenemy(*words)
    assert (code, out) == (2, "")
    assert err.startswith(
        f"error: drivers.toml:{line - 4}: {SELF}.expected_extra: chains of events never die out: each generation is "
    )
    assert "\n       allowed: a contagion radius below 1; lower " in err
    assert "Traceback" not in err


def test_a_folder_is_reported_with_file_and_line(frenemy, wild):
    line = wild("[triggers.diversion]\n", f'[{SELF}]\nexpected_extra = 1.5\nhalf_life = "4w"\n\n[triggers.diversion]\n')
    code, _, err = frenemy("check")
    assert code == 2
    assert f"drivers.toml:{line - 4}: " in err
    code, _, err = frenemy("check", "--set", f"{SELF}.expected_extra=2")
    assert code == 2
    assert err.startswith(f"error: --set: {SELF}.expected_extra: chains of events never die out")


@pytest.mark.parametrize("words", COMMANDS[:2], ids=lambda words: words[0])
def test_warnings_have_file_and_line_and_stop_nothing(frenemy, wild, words):
    line = wild("[triggers.diversion]\n", "[triggers.diversion]\nuntil = 2001-01-01\n") - 1
    options = ("--draws", "0", "--paths", "64", "--no-plots") if words[0] == "run" else ()
    code, out, err = frenemy(*words, *options)
    assert code == 0, err
    expected = (
        f"warning: drivers.toml:{line}: triggers.diversion.until: the trigger never happens in this run: its window "
        "(until 2001-01-01) lies outside the run"
    )
    assert err.splitlines().count(expected) == 1
    assert "warning" not in out


def test_draws_that_fail_are_bad_input_and_name_their_numbers(frenemy, wild):
    spread = f'[{SELF}]\nexpected_extra = {{ q05 = 0.1, median = 0.3, q95 = 1.2 }}\nhalf_life = "4w"\n\n'
    wild("[triggers.diversion]\n", f"{spread}[triggers.diversion]\n")
    code, out, err = frenemy("run", FIRST, "--draws", "64", "--out", "x")
    assert (code, out) == (2, "")
    assert " of 64 draws chains of events never die out" in err
    assert f"it depends most on {SELF}.expected_extra (median 1." in err
    assert frenemy("run", FIRST, "--draws", "0", "--paths", "64", "--no-plots", "--out", "x")[0] == 0


def test_a_model_that_runs_away_is_one_line_that_names_the_trigger(frenemy, own_model, monkeypatch):
    """Each event makes further events more likely through a driver: only the simulation shows that."""
    monkeypatch.chdir(own_model)
    spiral = "\n[triggers.spiral]\nrate = 100\nper_10_points.trust = 3\neffect.trust = 20\n"
    with (own_model / "drivers.toml").open("a", encoding="utf-8") as file:
        file.write(spiral)
    code, out, err = frenemy("run", FIRST, "--draws", "0", "--paths", "64", "--no-plots", "--out", "x")
    assert (code, out) == (1, "")
    assert err.splitlines()[-1] == "error: spiral happens more than 5,000 times in one path: the model runs away"
    assert "Traceback" not in err
    assert not (own_model / "x").exists()
