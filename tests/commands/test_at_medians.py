"""Is the run at the medians another question, asked by name and said to be one, in every command?"""

import json
import shutil
from pathlib import Path

import pytest

from frenemy.cli.main import COMMANDS, main

LEDGER = """\
[[complete]]
triggers = ["diversion"]
until = 2026-12-31
source = "made up"
[[entries]]
name = "upstream"
trigger = "diversion"
date = 2026-05-04
source = "made up"
"""
PANEL = """\
title = "Two on a river"
source = "made up"
anonymous = false
[[questions]]
name = "diversion"
text = "How likely is a diversion within a year?"
key = "triggers.diversion.probability"
"""
ANSWERS = """\
expert,round,question,q05,median,q95,counts,rationale
ann,1,diversion,0.1,0.2,0.4,,
bo,1,diversion,0.2,0.3,0.5,,
"""
WORDS = {
    "run": ("--paths", "64"),
    "compare": ("--paths", "64", "--no-split"),
    "causes": ("--paths", "128", "--trigger", "diversion"),
    "sensitivity": ("--paths", "128", "--samples", "0"),
    "sweep": ("--paths", "64", "--over", "drivers.water.start=40..60:2"),
    "tune": ("--paths", "512", "--target", "open_dispute=0.3", "--change", "triggers.diversion.probability"),
    "map": ("--paths", "64", "--cells", "2"),
    "audit": ("--paths", "128"),
    "rare": ("--paths", "256", "--scenario", "open_dispute"),
    "elicit": ("experts/river", "--paths", "64"),
    "update": ("--paths", "16", "--ledger", "year.toml"),
    "watch": ("--paths", "64", "--no-evidence"),
    "hindcast": ("--paths", "8", "--ledger", "year.toml", "--months", "3", "--until", "2026-04-30"),
    "timeline": ("--paths", "32", "--ledger", "year.toml", "--repeats", "2"),
}
"""Every command that runs an ensemble."""


@pytest.fixture
def there(own_model, monkeypatch):
    """The starter model with a ledger and a panel; its experiment."""
    folder = own_model / "experts" / "river"
    folder.mkdir(parents=True)
    (folder / "questions.toml").write_text(PANEL, encoding="utf-8")
    (folder / "said.csv").write_text(ANSWERS, encoding="utf-8")
    (own_model / "year.toml").write_text(LEDGER, encoding="utf-8")
    monkeypatch.chdir(own_model)
    return "experiments/first.toml"


def called(frenemy, *words):
    """What a command prints, into fresh places."""
    shutil.rmtree("out", ignore_errors=True)
    Path("new.toml").unlink(missing_ok=True)
    more = ("--write", "new.toml") if words[0] in ("elicit", "tune") else ()
    code, out, err = frenemy(*words, "--no-plots", "--out", "out", *more)
    assert code == 0, err
    return out


@pytest.mark.parametrize("command", WORDS)
def test_medians_are_asked_by_name_and_said_to_be_so(command, there, frenemy):
    words = (command, there, *WORDS[command])
    medians, same, means = (
        json.loads(called(frenemy, *words, *size, "--json"))
        for size in (["--at-medians"], ["--draws", 0], ["--draws", 4])
    )
    assert medians == same
    assert medians != means, "the wrong twin"
    if command != "update":  # which repeats the filter instead
        assert medians["draws"] == 0 < means["draws"]
    text = " ".join(called(frenemy, *words, "--at-medians").split())
    assert any(said in text for said in ("at its median", "at their medians", "at medians"))


@pytest.mark.parametrize("command", WORDS)
def test_draws_at_the_medians_are_refused(command, there, refused):
    message = refused(command, there, *WORDS[command], "--at-medians", "--draws", "8")
    assert "--at-medians: has no draws (found --draws 8)" in message


def test_every_command_with_draws_has_the_option(capsys):
    for command in COMMANDS:
        main([command, "--help"])
        text = capsys.readouterr().out
        assert ("--draws" in text) == ("--at-medians" in text) == (command in WORDS), command
