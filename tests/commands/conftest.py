"""A small model to run commands on, and what is often asserted about commands."""

import csv
import io
import shutil
from pathlib import Path

import pytest

from frenemy.cli.init import write_starter
from frenemy.cli.main import main


@pytest.fixture(scope="session")
def starter(tmp_path_factory):
    """The folder of a fresh starter model; read only."""
    folder = tmp_path_factory.mktemp("starter") / "model"
    write_starter(folder)
    return folder


@pytest.fixture
def first(starter, tmp_path, monkeypatch):
    """The starter's experiment, with an empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    return starter / "experiments" / "first.toml"


@pytest.fixture
def frenemy(capsys):
    """Call a command; its exit code, standard output and standard error."""

    def call(*words):
        code = main([str(word) for word in words])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


@pytest.fixture
def refused(frenemy, tmp_path):
    """Call a command that must be refused before it writes anything; its message, on one line."""

    def call(*words):
        code, _, err = frenemy(*words, "--out", tmp_path / "out")
        assert code == 2
        assert "Traceback" not in err
        assert not (tmp_path / "out").exists()
        return " ".join(err.split())

    return call


@pytest.fixture
def same_on_any_cores(frenemy, tmp_path):
    """Assert that a command writes the same tables on one core as on two."""

    def check(*words):
        for workers in ("1", "2"):
            assert frenemy(*words, "--no-plots", "--workers", workers, "--out", tmp_path / workers)[0] == 0
        tables = [*(tmp_path / "1").glob("*.csv"), tmp_path / "1" / "resolved.toml"]
        assert len(tables) > 1
        for table in tables:
            assert table.read_bytes() == (tmp_path / "2" / table.name).read_bytes(), table.name

    return check


@pytest.fixture
def own_model(starter, tmp_path):
    """A copy of the starter model to change."""
    return shutil.copytree(starter, tmp_path / "model")


@pytest.fixture(scope="session")
def rows():
    """Read a CSV, from its file or its text, as one dictionary per row."""

    def read(table):
        text = table.read_text(encoding="utf-8") if isinstance(table, Path) else table
        return [*csv.DictReader(io.StringIO(text))]

    return read


@pytest.fixture(scope="session")
def files_in():
    """List all files in a folder, by their paths within it."""
    return lambda folder: {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}
