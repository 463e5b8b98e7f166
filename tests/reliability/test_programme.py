"""Does the product keep its promises under damaged files, a failing disk and random models? A small part of each."""

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT))  # the folder beside the tests

from reliability.playground import Outcome, playground, prepared  # noqa: E402
from reliability.verdict import fault_of  # noqa: E402

from reliability import fuzz, invariants  # noqa: E402


@pytest.fixture(scope="module")
def pristine():
    """A folder with one valid file of every kind."""
    with playground() as folder:
        inner = folder / "pristine"
        inner.mkdir()
        os.chdir(inner)
        prepared(inner)
        yield inner


def test_damaged_files_and_command_lines_are_refused_or_mean_what_they_say(pristine):
    assert [*fuzz.one_by_one(20261130, range(80), pristine)] == []


def test_a_mutant_is_made_again_from_its_seed_and_number(pristine, tmp_path, monkeypatch):
    made = []
    for folder in ("one", "other"):
        shutil.copytree(pristine, tmp_path / folder)
        monkeypatch.chdir(tmp_path / folder)
        made.append([fuzz.damage(3, number) for number in range(1, 40)])
    assert made[0] == made[1]
    files = (sorted(file for file in (tmp_path / name).rglob("*.toml")) for name in ("one", "other"))
    for one, other in zip(*files, strict=True):
        assert one.read_bytes() == other.read_bytes()


@pytest.mark.parametrize(
    ("outcome", "fault"),
    [
        (Outcome(1, "", "error: KeyError: 'part' (this is a bug in Frenemy)"), "foreign words"),
        (Outcome(2, "", "error: could not convert string to float: 'x'"), "foreign words"),
        (Outcome(0, "", "x.py:3: RuntimeWarning: overflow encountered in exp"), "foreign words"),
        (Outcome(1, "", "error: drivers.toml: no"), "exit 1"),
        (Outcome(2, "", "error: something is wrong"), "names neither"),
        (Outcome(0, '{"x": NaN}', ""), "not JSON"),
        (Outcome(0, '{"odds": [{"scenario": "a", "probability": 1.5}]}', ""), "odds outside"),
        (Outcome(0, '{"odds": [{"scenario": "a", "probability": 0.5}]}', ""), ""),
        (Outcome(2, "", "error: drivers.toml:3: drivers.trust.start: not a number"), ""),
    ],
)
def test_the_judge_sees_what_is_wrong(outcome, fault):
    assert fault_of(outcome).startswith(fault)
    assert bool(fault) == bool(fault_of(outcome))


def faults(*words):
    command = [sys.executable, "-m", "reliability", "faults", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


FAILING_DISK = pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("cc") is None, reason="needs Linux and a C compiler"
)


@FAILING_DISK
def test_errors_and_kills_leave_the_old_result_or_the_new_one():
    done = faults("--every", "8", "--kills", "4", "score", "init")
    assert done.returncode == 0, done.stdout + done.stderr
    assert ": 0 findings" in done.stdout


@FAILING_DISK
def test_a_file_that_is_written_in_place_would_be_noticed():
    done = faults("--kills", "0", "a wrong twin")
    assert done.returncode == 1
    assert "neither old nor new: note.txt" in done.stdout


def test_what_holds_of_all_odds_holds_of_random_models():
    found, agreement = invariants.examine(25, seed=7)
    assert found == []
    assert agreement.worst < invariants.LARGEST


def test_a_forecast_that_breaks_what_must_hold_would_be_noticed():
    model, experiment = _some_model()
    right = invariants.forecast(model, experiment, seed=1)
    assert [*invariants.broken(right)] == []
    at = right.odds["at"]
    for wrong, message in (
        (at.probability + 0.01, "do not add up"),
        (np.full_like(at.probability, np.nan), "outside 0 to 1"),
    ):
        odds = {**right.odds, "at": replace(at, probability=wrong)}
        assert any(message in text for text in invariants.broken(replace(right, odds=odds)))
    ever = right.odds["ever"]
    falling = {**right.odds, "ever": replace(ever, probability=ever.probability[::-1])}
    assert "ever falls" in [*invariants.broken(replace(right, odds=falling))]
    shifted = {**right.odds, "at": replace(at, probability=np.clip(at.probability + 0.4, 0, 1))}
    assert [*invariants.SeedsAgree().add(right, replace(right, odds=shifted))]


def _some_model():
    """A model with one scenario that is entered at half of the paths."""
    from builders import driver, experiment, model, rule, scenario

    strike = scenario("rift", enter=rule("trust < 45"))
    return model(drivers=(driver(volatility=15.0),), scenarios=(strike,)), experiment(ticks=26)
