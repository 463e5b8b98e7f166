"""Does what a check finds in a loaded model come with the file and the line to correct?"""

from __future__ import annotations

import datetime as dt
from functools import partial
from pathlib import Path

import pytest
from corpus import EXPECT, UNSOUND, WARNING, small_model, written

import frenemy as fr
from frenemy.check.check import check
from frenemy.errors import InputError, Problem
from frenemy.forecast.run import examine, prepare
from frenemy.model.files.load import load_experiment, load_model
from frenemy.model.files.locate import locate

EXPERIMENT = Path("experiments") / "baseline.toml"
SOUND = {"scenarios": written("scenarios", (" or count(strike) >= 2", ""))}
"""The small model without its one ambiguity: a check has nothing to say about it."""
RAISED = {"triggers.strike.raises.strike": {"expected_extra": 1.5, "half_life": "4w"}}


def texts(problems):
    return [str(problem) for problem in problems]


@pytest.fixture
def small(tmp_path, monkeypatch):
    """Work in a copy of the sound small model with other texts in some files."""

    def enter(**exchanged):
        monkeypatch.chdir(small_model(tmp_path, **(SOUND | exchanged)))

    return enter


@pytest.mark.parametrize("file", UNSOUND, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_each_defect_is_reported_with_its_place(file, small):
    text = file.read_text(encoding="utf-8")
    expected = {
        mark: [line.removeprefix(mark) for line in text.splitlines() if line.startswith(mark)]
        for mark in (EXPECT, WARNING)
    }
    assert sum(map(len, expected.values())) == 1, "one defect, one finding"
    small(**{file.parent.name: text})
    *_, found = examine(EXPERIMENT)
    assert texts(found.errors) == expected[EXPECT]
    assert texts(found.warnings) == expected[WARNING]


def test_without_a_defect_nothing_is_found(small):
    """The wrong twin of the corpus."""
    small()
    *_, found = examine(EXPERIMENT)
    assert (found.errors, found.warnings, found.notes) == ((), (), ())


def test_notes_have_places_too(small):
    small(experiments=written("experiments", ('"5y"', '"1y"')))
    *_, found = examine(EXPERIMENT)
    assert texts(found.notes) == [
        (
            "drivers.toml:31: calendar.review.date: lies outside the run, 2025-01-21 to 2026-01-27, and is left out "
            "(found 2026-07-01)"
        )
    ]


def test_overlapping_rules_are_reported_at_the_one_of_lower_priority(small):
    small()
    Path("scenarios/chill.toml").write_text('label = "Chill"\n\nenter = "alignment < 30"\npriority = -1\n')
    *_, found = examine(EXPERIMENT)
    assert not found.warnings  # row D5: what a priority settles is for `check` alone
    (warning,) = texts(found.notes)
    assert warning.startswith("scenarios/chill.toml:3: enter: can hold together with “Rift”, for example at trust ")
    assert warning.endswith("; by its priority 0, “Rift” wins")


@pytest.mark.parametrize(
    ("text", "options", "place"),
    [
        ('horizon = "5y"\npaths = 1_000_000_000_000\n', {}, "experiments/baseline.toml:2: paths: "),
        ('horizon = "5y"\npaths = 3\n', {"paths": 10**12}, "--paths: paths: "),
    ],
)
def test_absurd_sizes_are_reported_at_their_keys(small, text, options, place):
    small(experiments=text + "[uncertainty]\ndraws = 0\n")
    *_, found = examine(EXPERIMENT, **options)
    (error,) = texts(found.errors)
    assert error.startswith(f"{place}this run takes about ")
    assert error.endswith("; allowed: fewer paths or draws, or a longer tick")


def test_absurdly_many_draws_are_refused_before_they_are_made(small):
    small()
    with pytest.raises(InputError, match=r"of memory, and is free|this run takes about"):
        prepare(load_experiment(EXPERIMENT), draws=10**12)


def test_a_value_that_was_overridden_is_reported_at_the_override(small):
    small(experiments=written("experiments") + '[set]\n"triggers.tariff.until" = 2020-01-01\n')
    for change, place in (
        ({}, "experiments/baseline.toml:4"),
        ({"triggers.tariff.until": dt.date(2021, 1, 1)}, "--set"),
    ):
        *_, found = examine(EXPERIMENT, set=change)
        (warning,) = texts(found.warnings)
        assert warning.startswith(f"{place}: triggers.tariff.until: the trigger never happens in this run")


def test_a_model_made_in_python_has_no_places(small):
    small()
    pair = load_experiment(EXPERIMENT, set=RAISED)
    *_, found = examine(pair)
    assert [(problem.file, problem.line) for problem in found.errors] == [("", 0)]
    assert examine(EXPERIMENT, set=RAISED)[2].errors[0].file == "--set", "the wrong twin"


def test_a_folder_simulated_from_python_has_places(small):
    trigger = '\n[triggers.echo]\nrate = 1\nraises.echo = { expected_extra = 2, half_life = "4w" }\n'
    small(drivers=written("drivers") + trigger)
    with pytest.raises(
        InputError, match=r"^drivers\.toml:39: triggers\.echo\.raises\.echo\.expected_extra: chains of events"
    ):
        fr.simulate(".")
    with pytest.raises(InputError, match=r"^triggers\.echo\.raises\.echo\.expected_extra: chains of events"):
        fr.simulate(load_model(Path()))


@pytest.mark.parametrize(
    ("key", "place"),
    [
        ("drivers.trust.start", "drivers.toml:6: drivers.trust.start"),
        ("drivers.trust.long_run.q95", "drivers.toml:7: drivers.trust.long_run.q95"),
        ("drivers.trust.pulls.alignment", "drivers.toml:5: drivers.trust.pulls.alignment"),
        ("drivers", "drivers.toml:5: drivers"),
        ("correlations.trust.alignment", "drivers.toml: correlations.trust.alignment"),
        ("calendar.review.branches.ended.effect.trust", "drivers.toml:34: calendar.review.branches.ended.effect.trust"),
        ("scenarios.rift.thresholds.floor", "scenarios/rift.toml:2: thresholds.floor"),
        ("scenarios.rift.priority", "scenarios/rift.toml: priority"),
        ("horizon", "experiments/baseline.toml:2: horizon"),
        ("paths", "experiments/baseline.toml: paths"),
        ("uncertainty.draws", "experiments/baseline.toml: uncertainty.draws"),
        ("", ""),
    ],
)
def test_a_key_that_is_not_written_has_the_place_of_the_table_around_it(small, key, place):
    small()
    (found,) = locate([Problem(message="odd", key=key)], EXPERIMENT)
    assert str(found) == (f"{place}: odd" if place else "odd")


def test_keys_of_an_experiment_have_no_place_in_a_model(small):
    small()
    problem = Problem(message="odd", key="horizon")
    assert locate([problem], Path()) == (problem,)


def test_what_has_a_place_keeps_it():
    placed = Problem(message="odd", key="model", file="elsewhere.toml", line=3)
    assert locate([placed], Path(__file__).parents[1] / "files" / "valid" / "small") == (placed,)


def test_files_that_are_gone_by_then_do_no_harm(tmp_path):
    """No file is read where there is nothing to report, and what cannot be read again is reported without places."""
    assert locate((), tmp_path / "no.toml") == ()
    problem = Problem(message="odd", key="horizon")
    assert locate([problem], tmp_path / "no.toml") == (problem,)
    assert (
        check(load_model(UNSOUND[0].parents[2] / "valid/small")).located(partial(locate, source=tmp_path)).errors == ()
    )


def test_draws_that_fail_are_reported_with_their_numbers_in_every_command(small):
    """All draws are checked, each once."""
    extra = "{ q05 = 0.2, median = 0.5, q95 = 0.9 }"
    drivers = written(
        "drivers", ("lasting", f'raises.strike = {{ expected_extra = {extra}, half_life = "4w" }}\nlasting')
    )
    small(drivers=drivers)
    prepare(EXPERIMENT, draws=4)
    with pytest.raises(InputError) as caught:
        prepare(EXPERIMENT, draws=512)
    (problem,) = caught.value.problems
    assert (problem.file, problem.line) == ("drivers.toml", 23)
    assert "of 512 draws chains of events never die out" in problem.message
    assert "it depends most on triggers.strike.raises.strike.expected_extra (median 1." in problem.message
