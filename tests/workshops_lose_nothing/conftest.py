"""A small workshop on the starter's model."""

import contextlib

import pytest

from frenemy.cli.init import write_starter
from frenemy.forecast.run import prepare
from frenemy.workshop.state.catalogue import catalogue_of
from workshop_people import Served

PATHS, DRAWS = 512, 64


@pytest.fixture(scope="session")
def experiment(tmp_path_factory):
    """The starter's experiment, small; read only."""
    folder = tmp_path_factory.mktemp("workshop") / "model"
    write_starter(folder)
    file = folder / "experiments" / "first.toml"
    text = file.read_text().replace("paths = 10_000 ", f"paths = {PATHS} ").replace("draws = 512", f"draws = {DRAWS}")
    file.write_text(text.replace("paths = 64 ", "paths = 48 "))
    return file


@pytest.fixture(scope="session")
def catalogue(experiment):
    return catalogue_of(*prepare(experiment))


@pytest.fixture
def serve(experiment, tmp_path):
    """Serve a session; all are stopped at the end."""
    with contextlib.ExitStack() as stack:

        def begin(session=tmp_path / "session.workshop"):
            served = Served(experiment, session)
            stack.callback(served.stop)
            return served

        yield begin


@pytest.fixture(scope="module")
def shared(experiment, tmp_path_factory):
    """One served session for tests that do not disturb each other."""
    served = Served(experiment, tmp_path_factory.mktemp("shared") / "session.workshop")
    yield served
    served.stop()
