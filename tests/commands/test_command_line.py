"""Does the command line do what it says, and say what is wrong?"""

import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest

import frenemy as fr
from frenemy.cli.main import COMMANDS, OVERVIEW, application

TABLES = {"odds.csv", "fan.csv", "drivers.csv", "events.csv", "forecast.nc", "resolved.toml", "manifest.json"}
SMALL = ("--draws", "4", "--paths", "256", "--no-plots")


def test_help_names_every_command(frenemy):
    code, out, err = frenemy("--help")
    assert (code, err) == (0, "")
    assert out == OVERVIEW
    for name, summary in COMMANDS.items():
        assert re.search(rf"^  {name} +{re.escape(summary)}$", out, re.MULTILINE)


def test_without_a_command_the_help_is_printed(frenemy):
    assert frenemy() == frenemy("--help")


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_explains_itself_and_its_options(frenemy, name):
    code, out, err = frenemy(name, "--help")
    assert (code, err) == (0, "")
    assert out.startswith(f"Usage: frenemy {name}")
    assert COMMANDS[name][1:].split(":")[0].split(",")[0] in out, "the summary in the list and the help agree"
    assert frenemy("help", name)[1] == out
    assert f"\n frenemy {name}" in out.replace("  ", ""), "an example"
    for argument in application()[name].assemble_argument_collection(parse_docstring=True):
        assert argument.parameter.help or argument.children, f"{argument.name} is not explained"


def test_version(frenemy):
    assert frenemy("--version") == (0, f"frenemy {fr.__version__}\n", "")


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (("rnu", "x.toml"), "run"),
        (("run", "x.toml", "--pahts", "3"), "--paths"),
        (("run", "x.toml", "y.toml"), "y.toml"),
        (("run",), "EXPERIMENT"),
        (("schema", "modle"), "model"),
    ],
)
def test_a_mistyped_command_gets_a_suggestion(frenemy, words, meant):
    code, out, err = frenemy(*words)
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert meant in err
    assert "frenemy" in err.splitlines()[-1]
    assert "--help" in err.splitlines()[-1]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("run",), "EXPERIMENT is missing, or has no value."),
        (("run", "x.toml", "--paths"), "--paths is missing, or has no value."),
        (("run", "x.toml", "y.toml"), "One argument too many (found 'y.toml')."),
        (("map", "x.toml", "--drivers", "a"), "--drivers takes 2 values, not 1."),
    ],
)
def test_what_is_missing_or_too_much_is_said_plainly(frenemy, words, said):
    code, out, err = frenemy(*words)
    assert (code, out) == (2, "")
    assert err.splitlines()[0] == f"error: {said}"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("run", "x.toml", "--paths", "many"), ("--paths: not a whole number (found many)", "of at least 1")),
        (("run", "x.toml", "--paths", "0"), ("--paths: too small (found 0)", "of at least 1")),
        (("story", "x.toml", "--path", "-1"), ("--path: too small (found -1)", "of at least 0")),
    ],
)
def test_a_wrong_value_is_named_with_what_is_allowed(frenemy, words, said):
    code, out, err = frenemy(*words)
    assert (code, out) == (2, "")
    assert err.startswith(f"error: {said[0]}")
    assert err.splitlines()[1].strip().startswith("allowed: ")
    assert said[1] in err


def test_a_run_prints_the_odds_and_says_where_the_report_is(frenemy, first, starter):
    code, out, err = frenemy("run", first, "--draws", "4", "--paths", "256")
    assert code == 0, err
    for word in ("Two neighbours and a river", "Muddling through", "Open dispute", "Joint management", "%"):
        assert word in out
    folder = starter / "runs" / "first"
    assert out.splitlines()[-1] == f"Report: {folder / 'report.html'}"
    assert {"report.html", "pictures", *TABLES} <= {file.name for file in folder.iterdir()}
    assert {"fan.png", "fan.svg"} <= {file.name for file in (folder / "pictures").iterdir()}
    manifest = json.loads((folder / "manifest.json").read_text())
    assert {"report.html", "pictures/fan.png", "odds.csv"} <= set(manifest["files"])


def test_a_run_without_plots_says_where_the_tables_are(frenemy, first, tmp_path):
    code, out, err = frenemy("run", first, *SMALL, "--out", "x")
    assert code == 0, err
    assert out.splitlines()[-1] == "Tables: x"
    written = {file.name for file in (tmp_path / "x").iterdir()}
    assert written >= TABLES
    assert not written & {"report.html", "pictures"}


def test_json_is_for_other_programs(frenemy, first):
    code, out, _ = frenemy("run", first, *SMALL, "--out", "mine", "--json", "--seed", "7")
    assert code == 0
    data = json.loads(out)
    assert (data["seed"], data["draws"], data["paths"], data["folder"]) == (7, 4, 256, "mine")
    at_end = [row for row in data["odds"] if row["reading"] == "at" and row["date"] == data["end"]]
    assert sum(row["probability"] for row in at_end) == pytest.approx(1)
    assert all(row["q05"] <= row["q50"] <= row["q95"] for row in data["odds"])


def test_the_manifest_says_where_a_result_comes_from(frenemy, first, tmp_path):
    frenemy("run", first, *SMALL, "--out", "one")
    manifest = json.loads((tmp_path / "one" / "manifest.json").read_text())
    assert (manifest["experiment"], manifest["seed"], manifest["paths"], manifest["draws"]) == ("first", 1, 256, 4)
    assert sorted(manifest["inputs"]) == [
        "drivers.toml",
        "experiments/first.toml",
        "scenarios/joint_management.toml",
        "scenarios/muddling_through.toml",
        "scenarios/open_dispute.toml",
    ]
    assert {"python", "numpy", "numba"} <= set(manifest["versions"])


def test_the_same_run_gives_the_same_bytes_on_any_number_of_workers(frenemy, first, tmp_path):
    for name, workers in (("one", 1), ("two", 2), ("three", 3)):
        assert (
            frenemy("run", first, "--draws", 2, "--paths", 2100, "--no-plots", "--out", name, "--workers", workers)[0]
            == 0
        )
    assert frenemy("run", first, "--draws", 2, "--paths", 2100, "--no-plots", "--out", "other", "--seed", 2)[0] == 0
    files = sorted(file.name for file in (tmp_path / "one").iterdir() if file.suffix in (".csv", ".toml", ".nc"))
    assert len(files) >= 6
    for name in files:
        first_bytes = (tmp_path / "one" / name).read_bytes()
        assert (tmp_path / "two" / name).read_bytes() == first_bytes, name
        assert (tmp_path / "three" / name).read_bytes() == first_bytes, name
        assert (tmp_path / "other" / name).read_bytes() != first_bytes, f"{name} does not hang on the seed"


def test_a_result_is_reproduced_from_its_own_record(frenemy, first, tmp_path):
    from frenemy.model.files.load import load_resolved

    frenemy("run", first, *SMALL, "--out", "one", "--set", "triggers.diversion.probability=0.4")
    again = fr.run(load_resolved((tmp_path / "one" / "resolved.toml").read_text()))
    again.save(tmp_path / "two", plots=False)
    for name in ("odds.csv", "fan.csv", "drivers.csv", "events.csv", "resolved.toml"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name


def test_set_changes_the_model_for_one_run(frenemy, first):
    def dispute(*options):
        rows = json.loads(frenemy("run", first, *SMALL, "--out", "x", "--json", *options)[1])["odds"]
        return next(r["probability"] for r in rows[::-1] if r["scenario"] == "open_dispute" and r["reading"] == "ever")

    plain = dispute()
    assert dispute("--set", "triggers.diversion.probability=0.6") > plain + 0.1
    assert (
        dispute("--set", "triggers.diversion.probability=0.6", "--set", "triggers.diversion.until=2026-01-06") < plain
    )
    assert dispute() == plain


def test_every_problem_of_every_file_is_listed_and_nothing_is_written(frenemy, first, starter, tmp_path):
    code, out, err = frenemy(
        "run", first, "--out", "x", "--set", "triggers.diversion.probability=1.4", "--set", "drivers.turst.start=3"
    )
    assert (code, out) == (2, "")
    assert "triggers.diversion.probability" in err
    assert "1.4" in err
    assert "drivers.trust.start" in err, "did you mean"
    assert "2 problems; nothing was written." in err
    assert list(tmp_path.iterdir()) == []


def test_warnings_come_before_the_run(frenemy, first):
    code, out, err = frenemy("run", first, *SMALL, "--out", "x", "--set", "triggers.joint_project.from=2040-01-01")
    assert code == 0, err
    assert "warning: --set: triggers.joint_project.from: the trigger never happens in this run" in err
    assert "warning" not in out


def test_a_missing_file_is_bad_input(frenemy, starter):
    code, out, err = frenemy("run", starter / "experiments" / "frist.toml")
    assert (code, out) == (2, "")
    assert "first.toml" in err


@pytest.mark.parametrize(
    "part", ["", "experiments", "drivers.toml", "scenarios/open_dispute.toml", "experiments/evidence/first.toml"]
)
def test_an_unknown_experiment_is_answered_with_the_existing_ones(frenemy, first, starter, part):
    code, out, err = frenemy("run", starter / part, "--out", "x")
    assert (code, out) == (2, "")
    assert "not an experiment" in err
    assert str(first) in err
    assert "open_dispute" not in err.partition("allowed")[2]


def test_an_empty_file_is_no_experiment(frenemy, first):
    first.with_name("empty.toml").touch()
    code, out, err = frenemy("run", first.with_name("empty.toml"), "--out", "x")
    assert (code, out) == (2, "")
    assert "an empty file, not an experiment" in err
    assert "empty.toml" not in err.partition("allowed")[2]


def test_a_run_never_replaces_what_is_not_a_run(frenemy, first, tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter1.txt").write_text("years of work")
    code, _, err = frenemy("run", first, *SMALL, "--out", "thesis")
    assert code == 2
    assert "something other than a run" in err
    assert (tmp_path / "thesis" / "chapter1.txt").read_text() == "years of work"


def test_check_lists_what_the_model_means(frenemy, starter, first):
    for what in (starter, starter / "scenarios", starter / "drivers.toml", first):
        code, out, err = frenemy("check", what)
        assert code == 0, err
        for label in ("Trust", "Water", "Drought", "Review of the river treaty", "Open dispute"):
            assert label in out


def test_a_story_has_dates_and_causes(frenemy, first):
    code, out, err = frenemy("story", first, "--scenario", "open_dispute")
    assert code == 0, err
    assert "Open dispute begins." in out
    code, out, err = frenemy("story", first, "--path", "3", "--json")
    assert code == 0, err
    story = json.loads(out)
    assert story["path"] == 3
    assert all(sum(cause["share"] for cause in entry["causes"]) == pytest.approx(1) for entry in story["entries"])


def test_a_story_can_be_a_picture(frenemy, first, tmp_path):
    assert frenemy("story", first, "--path", "3", "--out", tmp_path / "story.svg")[0] == 0
    assert (tmp_path / "story.svg").read_text().startswith("<?xml")
    assert frenemy("story", first, "--path", "3", "--out", tmp_path / "story.gif")[0] == 2


@pytest.mark.parametrize("which", [(), ("--path", "1", "--scenario", "open_dispute"), ("--scenario", "opne_dispute")])
def test_a_story_needs_one_path(frenemy, first, which):
    code, out, err = frenemy("story", first, *which)
    assert (code, out) == (2, "")
    assert "open_dispute" in err


def test_schemas_are_printed_or_written(frenemy, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, _ = frenemy("schema", "scenario")
    assert code == 0
    assert json.loads(out)["title"] == "scenarios/NAME.toml"
    assert frenemy("schema")[0] == 0
    assert len(list((tmp_path / "schema").glob("*.schema.json"))) == 6
    assert frenemy("schema", "model", "--out", "elsewhere")[0] == 0
    assert [file.name for file in (tmp_path / "elsewhere").iterdir()] == ["model.schema.json"]


def test_init_does_not_write_among_the_scenarios_of_a_model(frenemy, starter):
    before = sorted(starter.rglob("*"))
    code, _, err = frenemy("init", starter / "scenarios")
    assert code == 2
    assert "holds the scenarios of" in err
    assert sorted(starter.rglob("*")) == before


def test_init_writes_a_model_that_is_in_order_and_replaces_nothing(frenemy, tmp_path):
    code, out, _ = frenemy("init", tmp_path / "mine")
    assert code == 0
    assert "frenemy run" in out
    for file in (tmp_path / "mine").rglob("*.toml"):
        named = file.read_text().splitlines()[0].removeprefix("#:schema ")
        assert (file.parent / named).is_file(), "the schema that the first line names"
    assert frenemy("check", tmp_path / "mine")[0] == 0
    (tmp_path / "mine" / "drivers.toml").write_text("mine")
    code, _, err = frenemy("init", tmp_path / "mine")
    assert code == 2
    assert "exists already" in err
    assert (tmp_path / "mine" / "drivers.toml").read_text() == "mine"


def test_an_internal_error_is_one_line_and_a_traceback_on_request(frenemy, first, monkeypatch):
    monkeypatch.setattr("frenemy.forecast.run.compile_model", lambda *parts: 1 / 0)
    code, out, err = frenemy("run", first, "--out", "x")
    assert (code, out) == (1, "")
    assert len(err.splitlines()) == 1
    assert "ZeroDivisionError" in err
    with pytest.raises(ZeroDivisionError):
        frenemy("run", first, "--out", "x", "--debug")


def start(*words, before="", cwd=None):
    """A command in a process of its own, after the statement `before`."""
    program = f"{before}\nfrom frenemy.cli.main import entry\nentry()"
    return subprocess.Popen(
        [sys.executable, "-c", program, *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=cwd,
    )


@pytest.mark.skipif(os.name == "nt", reason="needs a limit on the size of files")
@pytest.mark.parametrize("room", [0, 90_000])
def test_a_full_disk_is_one_line_and_keeps_the_last_result(frenemy, first, tmp_path, room):
    assert frenemy("run", first, *SMALL, "--out", "x")[0] == 0
    before = {file.name: file.read_bytes() for file in (tmp_path / "x").iterdir()}

    limit = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({room}, {room}))"
    with start("run", first, *SMALL, "--out", "x", "--seed", "2", before=limit, cwd=tmp_path) as process:
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (1, "")
    *notes, last = err.splitlines()  # on a busy machine it says what it does
    assert last == "error: File too large; nothing new was written; x still holds the last complete result"
    assert all(note.endswith(" ...") for note in notes)
    assert {file.name: file.read_bytes() for file in (tmp_path / "x").iterdir()} == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["x"]


@pytest.mark.skipif(not hasattr(signal, "SIGINT") or os.name == "nt", reason="needs POSIX signals")
def test_ctrl_c_says_what_was_kept(frenemy, first, tmp_path):
    assert frenemy("run", first, *SMALL, "--out", "x")[0] == 0
    before = (tmp_path / "x" / "odds.csv").read_bytes()
    with start("run", first, "--draws", "400", "--paths", "2048", "--out", "x", cwd=tmp_path) as process:
        line = process.stderr.readline()  # it has been simulating for a second
        assert "futures" in line
        process.send_signal(signal.SIGINT)
        begun = time.monotonic()
        out, err = process.communicate(timeout=60)
    assert time.monotonic() - begun < 30
    assert process.returncode == 130
    assert out == ""
    assert err.splitlines()[-1] == "interrupted: nothing new was written; x still holds the last complete result"
    assert (tmp_path / "x" / "odds.csv").read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["x"]


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX pipes")
def test_a_closed_pipe_is_no_error():
    with start("schema", "model") as process:
        process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == ""
        process.wait(timeout=60)
    assert process.returncode in (0, 1)
