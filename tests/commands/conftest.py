"""A small model to run commands on, and its first result."""

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
        said = capsys.readouterr()
        return code, said.out, said.err

    return call
