"""Does every example in the README and in docs/ run?

Examples are run word for word, in order, in a copy of the shipped model with experiments cut down to a few futures.
Lines of a ```console block that begin with `$` are commands; ```python blocks of a page share their names; ```toml
blocks must be TOML.
"""

import re
import shlex
import shutil
import tomllib
from pathlib import Path

import pytest
import tomlkit

from frenemy.cli.main import main

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ELSEWHERE = {"cd", "git", "open", "xdg-open"}
"""Commands that are not ours to test."""


def blocks(page, language):
    return [text for kind, text in BLOCK.findall(page.read_text(encoding="utf-8")) if kind == language]


def commands(page):
    joined = "\n".join(blocks(page, "console")).replace("\\\n", " ")
    return [line.removeprefix("$ ") for line in joined.splitlines() if line.startswith("$ ")]


def identify(page):
    return page.name


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """The shipped model with small experiments."""
    folder = tmp_path_factory.mktemp("docs") / "frenemy"
    folder.mkdir()
    shutil.copy(ROOT / "drivers.toml", folder)
    for part in ("scenarios", "experiments", "experts", "schema", "data"):
        shutil.copytree(ROOT / part, folder / part)
    for file in (folder / "experiments").glob("*.toml"):
        table = tomlkit.parse(file.read_text(encoding="utf-8"))
        table["paths"] = 2048
        table.setdefault("uncertainty", tomlkit.table()).update({"draws": 4, "paths": 256})
        table["sensitivity"] = {"samples": 2, "strongest": 2}
        if "evidence" in table:
            table["evidence"].update({"draws": 4, "paths": 16})
        file.write_text(tomlkit.dumps(table), encoding="utf-8")
    for file in (folder / "experiments" / "evidence").glob("*.toml"):
        table = tomlkit.parse(file.read_text(encoding="utf-8"))
        kept = [item for item in table["entries"] if item["name"] in {"transfer_of_29", "capture_of_maduro"}]
        first = table["complete"][:1]
        del table["entries"], table["complete"]
        table.update({"entries": kept, "complete": first})
        file.write_text(tomlkit.dumps(table), encoding="utf-8")
    return folder


@pytest.mark.parametrize("page", PAGES, ids=identify)
def test_toml_examples_are_toml(page):
    for text in blocks(page, "toml"):
        tomllib.loads(text)


@pytest.mark.parametrize("page", [page for page in PAGES if commands(page)], ids=identify)
def test_commands_run(page, model, monkeypatch, capsys):
    monkeypatch.chdir(model)
    monkeypatch.setattr("frenemy.forecast.result._draw", lambda *parts: None)  # pictures have tests of their own
    monkeypatch.setattr("frenemy.studies.sensitivity.text.pictures", lambda *parts: ())
    monkeypatch.setattr("frenemy.studies.timeline.study.PATHS", 64)
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    for command in commands(page):
        program, *words = shlex.split(command.partition("#")[0])
        if program == "make":
            assert words[0] in targets, command
        elif program == "frenemy":
            assert main(words) == 0, f"{command}\n{capsys.readouterr().err}"
        else:
            assert program in ELSEWHERE, command


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "python")], ids=identify)
def test_python_runs(page, model, monkeypatch):
    monkeypatch.chdir(model)
    names = {"__name__": "__main__"}
    for text in blocks(page, "python"):
        exec(compile(text, page.name, "exec"), names)
