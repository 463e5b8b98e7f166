"""Does the study of docs/examples/study_template work once copied, and does its page name every place to touch?"""

import csv
import importlib
import io
import re
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

import frenemy.studies
from frenemy.errors import InputError
from frenemy.present.sheet import NARROW, WIDE, sheet

ROOT = Path(__file__).parents[2]
NAME = "frequency"


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """The module `study` of a copy that takes its place among the studies as its page says."""
    home = tmp_path_factory.mktemp("studies")
    shutil.copytree(ROOT / "docs" / "examples" / "study_template", home / NAME)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(frenemy.studies, "__path__", [*frenemy.studies.__path__, str(home)])
        yield importlib.import_module(f"frenemy.studies.{NAME}.study")
    for module in [module for module in sys.modules if module.startswith(f"frenemy.studies.{NAME}")]:
        del sys.modules[module]
    delattr(frenemy.studies, NAME)


@pytest.fixture(scope="module")
def found(template, starter):
    return template.frequency(starter / "experiments" / "first.toml", paths=2048)


def test_its_rates_are_those_of_a_run(found, starter):
    """Events a year times years are the expected numbers of `frenemy run` at the medians, on the same paths."""
    run = frenemy.run(starter / "experiments" / "first.toml", paths=2048, draws=0).forecast
    years = (run.experiment.end - run.experiment.start).days / 365.25
    np.testing.assert_allclose(found.findings.rate * years, run.events.expected)
    np.testing.assert_allclose(found.findings.rate_se * years, run.events.expected_se, rtol=0.01)
    np.testing.assert_allclose(found.findings.at_least_one, run.events.at_least_one)


def test_it_has_a_table_data_and_text(found):
    rows = [*csv.DictReader(io.StringIO(found.tables()["frequency.csv"]))]
    names = [trigger.name for trigger in found.findings.model.triggers]
    assert [row["trigger"] for row in rows] == names
    assert [row["trigger"] for row in found.to_dict()["frequency"]] == names
    assert float(rows[0]["rate"]) == pytest.approx(found.findings.rate[0], abs=1e-6)
    assert "at least once" in found._repr_html_()


def test_it_has_a_section_with_a_picture(found):
    section = found.section()
    assert section.name == NAME
    assert all(len(row) == len(grid.header) for grid in section.tables for row in grid.rows)
    (picture,) = section.pictures
    assert picture.name == NAME
    for width in (WIDE, NARROW):
        assert sheet(picture, "footer", width).figure.axes
    assert len(found.plot()) == 1


def test_it_is_saved_whole(found, tmp_path):
    folder = found.save(tmp_path / "found")
    assert {file.name for file in folder.iterdir()} == {"frequency.csv", "manifest.json", "pictures", "resolved.toml"}
    assert (folder / "pictures" / "frequency.png").stat().st_size > 10_000


def test_it_refuses_a_trigger_that_is_not_there(template, starter):
    with pytest.raises(InputError, match="flod"):
        template.frequency(starter / "experiments" / "first.toml", triggers=["flod"])


def test_the_page_names_every_file_and_only_files_that_exist():
    page = (ROOT / "docs" / "adding_a_study.md").read_text(encoding="utf-8")
    for file in (ROOT / "docs" / "examples" / "study_template").glob("[a-z]*.py"):
        assert f"`{file.name}`" in page
    places = set(re.findall(r"`((?:engine|tests|docs)/[\w/.]+|pyproject\.toml)`", page))
    assert len(places) > 10
    assert not [place for place in places if "NAME" not in place and not (ROOT / place).exists()]
