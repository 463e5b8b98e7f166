"""Does `frenemy sensitivity` find, print and write what it says, and refuse what makes no sense?"""

import json

import numpy as np
import pytest

import frenemy as fr
from frenemy.model.files.load import load_resolved
from frenemy.studies.sensitivity.text import NOT_FOUND

ASKED = 'scenario = "open_dispute"'
SMALL = ["--paths", "256", "--samples", "4", "--strongest", "2"]


def test_a_folder_with_everything_in_it(frenemy, first, rows, tmp_path):
    code, output, _ = frenemy("sensitivity", first, *SMALL, "--reading", "ever", "--out", tmp_path / "found")
    assert code == 0
    assert "What moves the odds of having been in" in output
    names = {file.name for file in (tmp_path / "found").rglob("*.*")}
    tables = {"tornado.csv", "sobol.csv", "derivatives.csv"}
    assert names == tables | {
        "tornado.png", "tornado.svg", "horizons.png", "horizons.svg", "resolved.toml", "manifest.json",
    }  # fmt: skip
    assert all(row["reading"] == "ever" for name in tables for row in rows(tmp_path / "found" / name))
    indices = [
        float(row[name]) for row in rows(tmp_path / "found" / "sobol.csv") for name in ("first", "total") if row[name]
    ]
    assert all(0 <= index <= 1 for index in indices)
    model, experiment = load_resolved((tmp_path / "found" / "resolved.toml").read_text(encoding="utf-8"))
    assert experiment.sensitivity.reading == "ever"
    assert experiment.sensitivity.scenario == model.scenarios[0].name


def test_the_same_twice_on_any_number_of_threads(first, same_on_any_cores):
    same_on_any_cores("sensitivity", first, *SMALL)


def test_json(frenemy, first, tmp_path):
    code, output, _ = frenemy(
        "sensitivity",
        first,
        "--paths",
        "256",
        "--samples",
        "8",
        "--strongest",
        "2",
        "--no-plots",
        "--json",
        "--out",
        tmp_path / "x",
    )
    found = json.loads(output)
    assert code == 0
    assert set(found["tornado"][0]) == {"key", "label", "median", "futures", "q10", "q90"}
    assert len(found["sobol"]) == 3
    for entry in found["sobol"]:
        for index in (entry["first"], entry["total"]):
            assert index == NOT_FOUND or index["index"] > index["error"] > 0


def test_without_a_design_there_are_no_indices(frenemy, first, tmp_path):
    words = ["--paths", "256", "--samples", "0", "--no-plots", "--out", tmp_path / "found"]
    code, output, _ = frenemy("sensitivity", first, *words)
    assert code == 0
    assert "variance" not in output
    assert not (tmp_path / "found" / "sobol.csv").exists()


@pytest.mark.parametrize(
    ("option", "value", "says"),
    [
        ("--scenario", "war", "no scenario war"),
        ("--date", "2031-13-01", "not a date"),
        ("--date", "1999-01-01", "not within the run"),
    ],
)
def test_what_makes_no_sense_is_refused(first, refused, option, value, says):
    assert says in refused("sensitivity", first, option, value)


def test_from_python(first):
    found = fr.sensitivity(first, paths=256, samples=0)
    assert "numbers" in repr(found)
    bars = found.findings.tornado
    assert np.all(bars.change_se >= 0)
    assert found.plot().get_xlabel().startswith("change of the odds")
    with pytest.raises(fr.InputError, match="not a reading"):
        fr.sensitivity(first, reading="never")


def test_the_file_can_hold_the_options(first, tmp_path):
    text = first.read_text(encoding="utf-8")
    folder = first.parent
    own = folder / "asked.toml"
    own.write_text(text.replace(ASKED, 'scenario = "nobody"'), encoding="utf-8")
    try:
        with pytest.raises(fr.InputError, match=r"asked\.toml.*not the name of a scenario"):
            fr.sensitivity(own)
        own.write_text(text.replace(ASKED, 'scenario = "joint_management"'), encoding="utf-8")
        found = fr.sensitivity(own, paths=128, samples=0)
        assert found.to_dict()["scenario"] == "joint_management"
        assert "<table>" in found._repr_html_()
    finally:
        own.unlink()


def test_a_model_without_uncertain_numbers(frenemy, tmp_path):
    """No tornado without bars."""
    files = {
        "drivers.toml": "[model]\ntitle = 'One dial'\nstart = 2026-01-01\n[drivers.mood]\nstart = 50\nlong_run = 50\n"
        "half_life = '1y'\nvolatility = 10\n[triggers.slap]\nrate = 0.5\neffect = { mood = -10 }\n",
        "scenarios/sour.toml": "enter = 'mood < 40'\n",
        "scenarios/plain.toml": "default = true\n",
        "experiments/e.toml": "title = 'e'\nhorizon = '90d'\npaths = 256\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    code, output, _ = frenemy("sensitivity", tmp_path / "experiments" / "e.toml", "--out", tmp_path / "found")
    assert code == 0
    assert "No number of this model is uncertain" in output
    assert "Each number alone" not in output
    assert not list((tmp_path / "found").rglob("*.png"))
