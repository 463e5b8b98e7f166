"""Does the help show examples that can be copied, and say what holds if an option is not given? (Row D10.)"""

import re
import shlex
from pathlib import Path

import pytest

from frenemy.cli.main import COMMANDS, main

SAYS_WHAT_ELSE = ("if not given", "may be repeated", "may be given twice")
WITHOUT_DEFAULT = {
    "--set", "--json", "--force", "--correct", "--once-a-day", "--note", "--keep", "--path", "--scenario", "--driver",
    "--trigger", "--anchor", "--write", "--out",
}  # fmt: skip
"""Switches, and options that add something: nothing holds without them."""


def help_of(command, capsys, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))
    assert main([command, "--help"]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("command", COMMANDS)
def test_examples_are_labelled_and_whole(command, capsys, monkeypatch):
    """On 80 columns, no command is broken but where its line says so."""
    lines = [line.strip() for line in help_of(command, capsys, monkeypatch, 80).splitlines()]
    first = next(n for n, line in enumerate(lines) if line.startswith("# "))
    last = next(n for n, line in enumerate(lines) if n > first and line.startswith("╭"))
    text = "\n".join(lines[first:last])
    examples = re.split(r"^# .*\n", text.replace("\\\n", " "), flags=re.MULTILINE)[1:]
    assert all(len(example.strip().splitlines()) == 1 for example in examples)
    for example in examples:
        assert shlex.split(example)[:2] == ["frenemy", command]
    assert len(examples) == text.count("# ")


@pytest.mark.parametrize("command", COMMANDS)
def test_options_say_what_holds_without_them(command, capsys, monkeypatch):
    lines = help_of(command, capsys, monkeypatch, 900).splitlines()
    options = [re.match(r"│\s+(--[a-z-]+)(?:[ ,]--\S+)*\s+(?:[A-Z.]+ )*\s*(.*?)\s*│", line) for line in lines]
    for found in filter(None, options):
        name, text = found.groups()
        if f"--no{name[1:]}" in found[0] or name in WITHOUT_DEFAULT:
            continue
        assert any(words in text.lower() for words in SAYS_WHAT_ELSE), f"{command} {name}: {text}"


def test_every_example_names_files_that_there_are():
    root = Path(__file__).parents[2]
    for file in (root / "engine/frenemy/cli").glob("*.py"):
        for name in re.findall(r"(?:experiments|data|experts)/[\w/]+(?:\.\w+)?", file.read_text(encoding="utf-8")):
            assert (root / name).exists() or "NAME" in name, f"{file.name}: {name}"
