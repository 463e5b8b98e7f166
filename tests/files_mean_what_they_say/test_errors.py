"""Does a wrong file give a message that says what, where and what would be right, and never anything else?"""

import shutil
import tomllib
from functools import partial
from pathlib import Path

import pytest
from corpus import EXPECT, INVALID, SMALL, small_model, written
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from frenemy.errors import InputError
from frenemy.model.files.dump import dump_resolved
from frenemy.model.files.load import load_experiment, load_model, load_resolved
from frenemy.model.files.load_ledgers import load_case
from frenemy.model.files.toml_values import toml_value

EXPERIMENT = Path("experiments") / "baseline.toml"
LEDGER = Path("experiments") / "evidence" / "log.toml"


def problems_of(call):
    with pytest.raises(InputError) as caught:
        call()
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize("file", INVALID, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_each_defect_gives_its_message_and_no_other(file, tmp_path, monkeypatch):
    text = file.read_text(encoding="utf-8")
    expected = [line.removeprefix(EXPECT) for line in text.splitlines() if line.startswith(EXPECT)]
    monkeypatch.chdir(small_model(tmp_path, **{file.parent.name: text}))
    load = partial(load_case, ledgers=[LEDGER]) if file.parent.name == "ledgers" else load_experiment
    assert problems_of(lambda: load(EXPERIMENT)) == expected
    assert len(expected) == 1, "one defect, one problem"


def test_the_corpus_is_large_and_its_names_differ():
    names = [file.stem for file in INVALID]
    assert len(names) > 60
    assert all(name.islower() for name in names)


def test_without_a_defect_there_is_no_message(tmp_path, monkeypatch):
    """The wrong twin of the corpus: the model that the defects are put into is a good one."""
    monkeypatch.chdir(small_model(tmp_path))
    load_experiment(EXPERIMENT)
    load_case(EXPERIMENT, ledgers=[LEDGER])


def test_all_problems_of_all_files_come_at_once_in_reading_order(tmp_path, monkeypatch):
    drivers = written(
        "drivers",
        ('half_life = "26w"', "halflife = 26"),
        ("effect = { trust = -22 }", "effect = { trst = -22, trust = -60 }"),
        ('kind = "episode"\n', 'kind = "episode"\nuntil = 2024-01-01\nfrom = 2025-01-01\n'),
        ("probability = 0.4", "probability = 0.5"),
    )
    scenarios = written("scenarios", ("trust < floor", "trust < flor"), ('"8w"', "8"))
    experiments = written("experiments", ('"5y"', '"5 years"')) + "paths = 0\n[set]\ndrivers.trust.strt = 3\n"
    monkeypatch.chdir(small_model(tmp_path, drivers=drivers, scenarios=scenarios, experiments=experiments))
    found = problems_of(lambda: load_experiment(EXPERIMENT))
    assert [problem.partition(": ")[0] for problem in found] == [
        "drivers.toml:8", "drivers.toml:22", "drivers.toml:22", "drivers.toml:27", "drivers.toml:34",
        "scenarios/rift.toml:3", "scenarios/rift.toml:4",
        "experiments/baseline.toml:2", "experiments/baseline.toml:3", "experiments/baseline.toml:5",
    ]  # fmt: skip
    assert "drivers.trust.halflife: unknown key; did you mean half_life?" in found[0]
    assert "did you mean start?" in found[-1]


def test_a_file_that_cannot_be_parsed_hides_no_problem_of_the_others(tmp_path, monkeypatch):
    drivers = written("drivers", ("start = 40", "start = 400"))
    monkeypatch.chdir(small_model(tmp_path, drivers=drivers, scenarios="label = 'Rift"))
    first, second = problems_of(lambda: load_experiment(EXPERIMENT))
    assert first.startswith("drivers.toml:6: drivers.trust.start: out of range (found 400)")
    assert second.startswith("scenarios/rift.toml:1: not TOML")


def test_several_syntax_errors_come_together(tmp_path, monkeypatch):
    monkeypatch.chdir(small_model(tmp_path, drivers="[model", scenarios="label = "))
    assert len(problems_of(lambda: load_experiment(EXPERIMENT))) == 2


def test_missing_files_and_folders(tmp_path, monkeypatch):
    root = small_model(tmp_path)
    monkeypatch.chdir(root)
    assert problems_of(lambda: load_experiment(Path("experiments/basline.toml"))) == [
        "experiments/basline.toml: no such file; did you mean experiments/baseline.toml?"
    ]
    assert "is a folder, not a file" in problems_of(lambda: load_experiment(Path("experiments")))[0]
    shutil.rmtree("scenarios")
    assert problems_of(lambda: load_model(root)) == [
        "scenarios: no scenarios; write one file for each, one of them without a rule as the default"
    ]
    Path("drivers.toml").unlink()
    assert problems_of(lambda: load_model(root))[0] == "drivers.toml: no such file"


def test_no_default_scenario(tmp_path, monkeypatch):
    root = small_model(tmp_path)
    monkeypatch.chdir(root)
    Path("scenarios/calm.toml").unlink()
    assert problems_of(lambda: load_model(root)) == [
        "scenarios: no scenario is the default (found rift); allowed: exactly one scenario without a rule"
    ]


def test_ties_between_scenarios_must_be_settled(tmp_path, monkeypatch):
    root = small_model(tmp_path)
    monkeypatch.chdir(root)
    Path("scenarios/union.toml").write_text('enter = "trust > 70"\n')
    assert problems_of(lambda: load_model(root)) == [
        "scenarios/union.toml: priority: has the same priority as rift (found 0); allowed: another number for each"
    ]


def test_the_name_of_a_scenario_is_the_name_of_its_file(tmp_path, monkeypatch):
    root = small_model(tmp_path)
    monkeypatch.chdir(root)
    Path("scenarios/total-rift.toml").write_text('enter = "trust > 70"\npriority = 3\n')
    (found,) = problems_of(lambda: load_model(root))
    assert found.startswith("scenarios/total-rift.toml: a name consists of letters")


def test_files_that_are_not_text(tmp_path, monkeypatch):
    root = small_model(tmp_path)
    monkeypatch.chdir(root)
    Path("drivers.toml").write_bytes('[model]\ntitle = "M\xe9xico"\n'.encode("latin-1"))
    assert problems_of(lambda: load_model(root)) == [
        "drivers.toml:2: not UTF-8 text; save the file as UTF-8 (found byte 0xe9)"
    ]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a = " + "[" * 10_000, "nested too deeply|not TOML"),
        ("a = 9" * 3, "not TOML"),
        ("a = " + "9" * 5000, "not TOML|unknown key"),
        ("a = 1979-13-45", "not TOML"),
        ('"" = 3', "unknown key"),
        ('"a.b\\n" = 3', "unknown key"),
        ("drivers = 3", "expected a table"),
        ("drivers = [1]\ntriggers = 'x'\ncalendar = 1.0\ncorrelations = []\nsources = 1", "expected a table"),
        ("[drivers]\ntrust = 3", "expected a table"),
        ("[[drivers.trust]]\nstart = 1", "expected a table"),
        ("scenarios = []", "does not belong in this file"),
        ("experiment = 1", "does not belong in this file"),
    ],
)
def test_odd_files_give_messages(tmp_path, monkeypatch, text, why):
    monkeypatch.chdir(small_model(tmp_path, drivers=text))
    with pytest.raises(InputError, match=why):
        load_experiment(EXPERIMENT)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"drivers.trst.start": 3}, "there is no 'trst' in drivers; did you mean drivers.trust.start?"),
        ({"drivers.trust.start": "x"}, 'expected a number (found "x")'),
        ({"drivers.trust.start.median": 3}, "drivers.trust.start.q05: missing; allowed: { q05, median, q95 }"),
        ({"drivers.trust": 3}, "is a whole table; set the keys in it"),
        ({"drivers.trust.": 3}, "unknown key"),
        ({"": 3}, "is not a section of the model"),
        ({"..": 3}, "is not a section of the model"),
        ({"model": 3}, "is a whole table"),
        ({"sources.x": "y"}, "is not a section of the model"),
        ({"calendar.review.branches.extended": 1}, "expected a table (found 1)"),
        ({"calendar.review.branches.lost.probability": 1}, "there is no 'lost' in calendar.review.branches"),
        ({"triggers.strike.leads_to.tariff.probability": 1}, "expected a list"),
        ({"correlations.trust": 1}, "is a whole table"),
        ({"correlations.trust.alignment": 3}, "out of range (found 3)"),
        ({"initial.scars.trust": 3}, "belongs to an experiment"),
        ({"drivers.trust.start": None}, "expected a number"),
        ({"drivers.trust.start": [1, 2]}, "expected a number (found [1, 2])"),
    ],
)
def test_wrong_overrides_give_messages(overrides, message):
    assert any(message in problem for problem in problems_of(lambda: load_model(SMALL, overrides)))


def test_options_of_the_command_line_are_named_where_they_are_wrong():
    file = SMALL / EXPERIMENT
    call = {"paths": 0, "draws": -1, "seed": -5, "set": {"drivers.trust.start": 300}}
    found = problems_of(lambda: load_experiment(file, **call))
    assert sorted(problem.partition(":")[0] for problem in found) == ["--draws", "--paths", "--seed", "--set"]


def test_a_resolved_file_that_was_edited_badly_gives_messages():
    model, experiment = load_experiment(SMALL / EXPERIMENT)
    text = dump_resolved(model, experiment).replace("seed = 1", "seed = -1").replace("half_life", "halflife")
    found = problems_of(lambda: load_resolved(text))
    assert any("experiment.seed: too small (found -1)" in problem for problem in found)


# Whatever the files hold, the loader either reads it or reports what is wrong.

GARBAGE = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def survives(folder, **exchanged):
    """Load a model with some files exchanged: it loads, and then loads again from its dump, or gives InputError."""
    root = small_model(folder, **exchanged)
    read_or_refused(root / EXPERIMENT)


def read_or_refused(file, **overrides):
    try:
        model, experiment = load_experiment(file, **overrides)
    except InputError as error:
        problems = error.problems
    else:
        assert load_resolved(dump_resolved(model, experiment)) == (model, experiment)
        return
    assert problems
    assert all(problem.message and problem.file for problem in problems)


TEXTS = ["26w", "never", "trust < 30", "count(strike) > 1", "trust", "strike", "long_run", "episode"]
KEYS = "q05 median q95 min mode max events years pool weights source trust strike name trigger"
values = st.recursive(
    st.one_of(
        st.booleans(), st.integers(), st.floats(), st.dates(), st.datetimes(), st.times(), st.text(max_size=8),
        st.sampled_from(TEXTS),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from([*KEYS.split(), "x y"]), inner, max_size=4),
    ),
    max_leaves=6,
)  # fmt: skip
PARTS = (
    "drivers trust start triggers strike effect probability rate median calendar review branches extended scenarios "
    "rift for correlations alignment initial scars model x"
)


@GARBAGE
@given(text=st.text(max_size=80), place=st.sampled_from(["drivers", "scenarios", "experiments"]))
def test_any_text_is_read_or_refused(tmp_path, text, place):
    survives(tmp_path, **{place: text.encode("utf-8", "ignore").decode()})


def places_in(value, path=()):
    """The path of every value in a table."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield (*path, key)
        yield from places_in(item, (*path, key))


def changed(table, path, change):
    """The table with one value replaced, or (for a change of None) left out."""
    if not path:
        return change
    copy = dict(table) if isinstance(table, dict) else list(table)
    if len(path) == 1 and change is None:
        del copy[path[0]]
    else:
        copy[path[0]] = changed(copy[path[0]], path[1:], change)
    return copy


@GARBAGE
@given(data=st.data(), place=st.sampled_from(["drivers", "scenarios", "experiments"]))
def test_any_change_of_a_good_file_is_read_or_refused(tmp_path, data, place):
    everything = SMALL.parent / "everything"
    files = {"drivers": "drivers.toml", "scenarios": "scenarios/rift.toml", "experiments": "experiments/all_keys.toml"}
    table = tomllib.loads((everything / files[place]).read_text(encoding="utf-8"))
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from([*places_in(table)]))
        table = changed(table, path, data.draw(st.one_of(st.none(), values)))
        if not table:
            break
    root = tmp_path / "model"
    shutil.copytree(everything, root, dirs_exist_ok=True)
    (root / files[place]).write_text(
        "".join(f"{toml_value(key)} = {toml_value(item)}\n" for key, item in table.items())
    )
    read_or_refused(root / "experiments" / "all_keys.toml")


@GARBAGE
@given(key=st.lists(st.sampled_from([*PARTS.split(), ""]), max_size=5), value=values)
def test_any_override_is_taken_or_refused(key, value):
    read_or_refused(SMALL / EXPERIMENT, set={".".join(key): value})
