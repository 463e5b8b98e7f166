"""Does a sweep answer, continue after being killed with the same result, and refuse what makes no sense?"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import frenemy as fr
from frenemy.cli.main import main
from frenemy.storage.checkpoint import _digest as digest_of_a_piece

KEY = "triggers.diversion.probability"
START = "drivers.trust.start"
SMALL = ("--paths", "512", "--no-plots")
POINTS = 40
LONG = ("--over", f"{KEY}=0.02..0.4:{POINTS}", "--paths", "1024", "--workers", "1", "--no-plots")
TABLES = ("sweep.csv", "crossings.csv", "most_probable.csv", "resolved.toml")


def journal_of(folder):
    return folder.with_name(f".{folder.name}.journal")


def killed(file, folder, how, pieces=6):
    """Start a sweep in a process of its own and kill it once some points are kept."""
    words = [sys.executable, "-m", "frenemy", "sweep", str(file), *LONG, "--out", str(folder)]
    package = Path(fr.__file__).parents[1]
    with subprocess.Popen(
        words, stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(package)}
    ) as process:
        kept, patience = journal_of(folder), time.monotonic() + 120
        while not kept.exists() or kept.read_bytes().count(b"\n") <= pieces:
            assert process.poll() is None, process.stderr.read()
            assert time.monotonic() < patience
            time.sleep(0.002)
        process.send_signal(how)
        message = process.communicate(timeout=60)[1]
        code = process.returncode
    return kept, code, message


def finished(file, frenemy, folder, *words):
    """A finished sweep whose journal is still there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "unlink", lambda *_, **__: None)
        assert frenemy("sweep", file, *(words or LONG), "--out", folder)[0] == 0
    assert journal_of(folder).exists()


@pytest.fixture(scope="module")
def uninterrupted(starter, tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole") / "sweep"
    assert main(["sweep", str(starter / "experiments" / "first.toml"), *LONG, "--out", str(folder)]) == 0
    assert not journal_of(folder).exists()
    return folder


def test_a_killed_sweep_continues_where_it_was_and_gives_the_same_bytes(first, frenemy, tmp_path, uninterrupted):
    folder = tmp_path / "sweep"
    kept, code, _ = killed(first, folder, signal.SIGKILL)
    assert code == -signal.SIGKILL
    assert not folder.exists()
    done = kept.read_bytes().count(b"\n") - 1
    assert 6 <= done < POINTS
    with kept.open("ab") as torn:
        torn.write(b'["39", {"probability": [[0.1')
    code, _, message = frenemy("sweep", first, *LONG, "--out", folder)
    assert code == 0
    assert f"Continuing: {done} of {POINTS} points" in message
    for name in TABLES:
        assert (folder / name).read_bytes() == (uninterrupted / name).read_bytes()
    assert not kept.exists()


def test_kept_points_are_used_and_not_computed_again(first, frenemy, rows, tmp_path, uninterrupted):
    """The wrong twin: a point falsified in the journal appears in the tables, so the sweep did not start anew."""
    folder = tmp_path / "sweep"
    kept = journal_of(folder)
    finished(first, frenemy, folder)
    head, point, *rest = kept.read_text(encoding="utf-8").splitlines()
    name, found, digest = json.loads(point)
    found["mc_se"][0][-1][0] = 0.123456
    falsified = json.dumps([name, found, digest_of_a_piece(name, found)])
    kept.write_text("\n".join([head, falsified, *rest[:9], ""]), encoding="utf-8")
    code, _, message = frenemy("sweep", first, *LONG, "--out", folder)
    assert code == 0
    assert f"Continuing: 10 of {POINTS} points" in message
    wrong, right = (rows(place / "sweep.csv") for place in (folder, uninterrupted))
    assert len([pair for pair in zip(wrong, right, strict=True) if pair[0] != pair[1]]) == 1
    # row A16: a point that somebody changed by hand does not fit its checksum, and is simulated again
    finished(first, frenemy, folder)
    kept.write_text("\n".join([head, json.dumps([name, found, digest]), *rest[:9], ""]), encoding="utf-8")
    code, _, message = frenemy("sweep", first, *LONG, "--out", folder)
    assert f"Continuing: 9 of {POINTS} points" in message
    assert (folder / "sweep.csv").read_bytes() == (uninterrupted / "sweep.csv").read_bytes()


def test_ctrl_c_says_what_is_kept(first, tmp_path):
    kept, code, message = killed(first, tmp_path / "sweep", signal.SIGINT)
    assert code == 130
    done = kept.read_bytes().count(b"\n") - 1
    counts = {
        f"{count} of {POINTS} points are kept; the same command continues from there" for count in (done - 1, done)
    }
    assert any(count in message for count in counts)  # the signal may come while a line is forced to the disk
    assert "Traceback" not in message


@pytest.mark.parametrize("change", [("--seed", "5"), ("--set", f"{START}=41"), ("--date", "2026-06-01")])
def test_other_inputs_start_anew(first, frenemy, tmp_path, change):
    words = ("--over", f"{KEY}=0.05,0.2", *SMALL)
    folder, fresh = tmp_path / "sweep", tmp_path / "fresh"
    finished(first, frenemy, folder, *words)
    code, _, message = frenemy("sweep", first, *words, *change, "--out", folder)
    assert code == 0
    assert "starting anew" in message
    assert frenemy("sweep", first, *words, *change, "--out", fresh)[0] == 0
    assert (folder / "sweep.csv").read_bytes() == (fresh / "sweep.csv").read_bytes()


def test_another_question_needs_no_new_simulation(first, frenemy, tmp_path, monkeypatch):
    words = ("--over", f"{KEY}=0.05,0.2", *SMALL)
    finished(first, frenemy, tmp_path / "sweep", *words)
    monkeypatch.setattr("frenemy.studies.sweep.grid.simulate_variants", None)
    words = ("sweep", first, *words, "--out", tmp_path / "sweep")
    code, _, message = frenemy(*words, "--reading", "ever", "--scenario", "open_dispute", "--contour", "0.1")
    assert code == 0
    assert "Continuing: 2 of 2 points" in message


def test_two_at_once_do_not_write_one_journal(first, frenemy, tmp_path):
    from frenemy.storage.checkpoint import open_checkpoint

    with open_checkpoint(journal_of(tmp_path / "sweep"), "another"):
        code, _, message = frenemy("sweep", first, "--over", f"{KEY}=0.05,0.2", *SMALL, "--out", tmp_path / "sweep")
    assert code == 2
    assert "already running" in message


def test_every_point_is_what_a_run_gives(first, frenemy, rows, tmp_path):
    words = ("--over", f"{KEY}=0.05,0.2", "--over", f"{START}=30..50:3", "--draws", "3")
    code, output, err = frenemy("sweep", first, *words, *SMALL, "--json", "--out", tmp_path / "sweep")
    assert code == 0, err
    found = json.loads(output)
    assert (found["draws"], found["paths"]) == (3, 170)
    table = rows(tmp_path / "sweep" / "sweep.csv")
    assert len({(row[KEY], row[START]) for row in table}) == 6
    odds = fr.run(first, draws=3, paths=170, set={KEY: 0.2, START: 40}).to_dict()["odds"]
    here = {(r["scenario"], r["reading"], r["date"]): r for r in table if (r[KEY], r[START]) == ("0.2", "40")}
    for entry in odds:
        row = here[entry["scenario"], entry["reading"], entry["date"]]
        for name in ("probability", "mc_se", "q05", "q95"):
            assert float(row[name]) == pytest.approx(entry[name], abs=1e-6)
    last = found["date"]
    for part in found["scenarios"]:
        row = here[part["scenario"], "at", last]
        assert part["probability"][1][1] == pytest.approx(float(row["probability"]), abs=1e-6)


def test_the_same_inputs_give_the_same_tables_on_any_number_of_cores(first, same_on_any_cores):
    same_on_any_cores("sweep", first, "--over", KEY, "--paths", "1500")


def test_the_file_can_say_which_number_is_varied(own_model, tmp_path, frenemy):
    file = own_model / "experiments" / "swept.toml"
    text = (own_model / "experiments" / "first.toml").read_text(encoding="utf-8").partition("# What `frenemy sweep`")[0]
    block = (
        f'\n[sweep]\nscenario = "open_dispute"\ncontours = [0.3]\n[[sweep.over]]\nkey = "{KEY}"\nvalues = [0.05, 0.4]\n'
    )
    file.write_text(text + block, encoding="utf-8")
    code, output, err = frenemy("sweep", file, "--paths", "512", "--out", tmp_path / "out")
    assert code == 0, err
    assert "Joint management" not in output.partition("most probable")[0]
    assert (tmp_path / "out" / "pictures" / "sweep.svg").exists()
    file.write_text(text + block.replace("diversion", "diversoin"), encoding="utf-8")
    code, _, message = frenemy("sweep", file, "--out", tmp_path / "other")
    line = 2 + (text + block).splitlines().index("[[sweep.over]]")
    assert code == 2
    assert f"swept.toml:{line}: sweep.over[1].key: names no number" in message
    assert f"did you mean {KEY}?" in message
    assert not (tmp_path / "other").exists()


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ('scenario = "open_dispute"', 'scenario = "nope"', "9: sweep.scenario:"),
        ('reading = "at"', 'reading = "now"', "10: sweep.reading:"),
        ("date = 2027-01-04", "date = 2050-01-01", "11: sweep.date:"),
        ("0.3]", "3]", "12: sweep.contours[2]:"),
        ("draws = 0", "draws = -1", "13: sweep.draws:"),
        ("draws = 0", "draw = 0", "13: sweep.draw:"),
        ("trust.start", "trst.start", "15: sweep.over[1].key:"),
        ("from = 20", "from = -5", "16: sweep.over[1].from:"),
        ("to = 60", "to = 10", "17: sweep.over[1].to:"),
        ("points = 3", "points = 1", "18: sweep.over[1].points:"),
        ('spacing = "own"', 'spacing = "log"', "19: sweep.over[1].spacing:"),
        ("trust.long_run", "wter.long_run", "21: sweep.over[2].key:"),
        ("60]", "600]", "22: sweep.over[2].values[2]:"),
        ("values = [40, 60]", "values = [40]", "22: sweep.over[2].values:"),
        ("trust.long_run", "trust.start", "21: sweep.over[2].key:"),
    ],
)
def test_what_is_wrong_in_the_block_is_said_with_its_line(own_model, tmp_path, frenemy, old, new, where):
    block = (
        'title = "T"\nhorizon = "2y"\npaths = 64\n\n[uncertainty]\ndraws = 0 # none\n\n[sweep]\n'
        'scenario = "open_dispute"\nreading = "at"\ndate = 2027-01-04\ncontours = [0.1, 0.3]\ndraws = 0\n'
        '[[sweep.over]]\nkey = "drivers.trust.start"\nfrom = 20\nto = 60\npoints = 3\nspacing = "own"\n'
        '[[sweep.over]]\nkey = "drivers.trust.long_run"\nvalues = [40, 60]\n'
    )
    file = own_model / "experiments" / "swept.toml"
    file.write_text(
        block.replace(f"{old}\n", f"{new}\n") if old[-1] == "0" else block.replace(old, new), encoding="utf-8"
    )
    code, _, message = frenemy("sweep", file, "--out", tmp_path / "out")
    assert code == 2
    assert f"swept.toml:{where}" in message
    file.write_text(block, encoding="utf-8")
    assert frenemy("sweep", file, "--no-plots", "--out", tmp_path / "out")[0] == 0


def test_what_is_wrong_in_an_option_is_not_laid_to_the_file(first, refused):
    """A date after the run was moved to its end without a word; an unknown scenario was said to be in the file."""
    over = ("--over", f"{KEY}=0.1..0.2")
    assert refused("sweep", first, *over, "--date", "2050-01-01", *SMALL).startswith(
        "error: date: is not within the run"
    )
    assert refused("sweep", first, *over, "--scenario", "war", *SMALL).startswith("error: scenario: the model has no")
    words = ("--target", "open_dispute=0.4", "--change", KEY, "--date", "2050-01-01")
    assert "date: is not within the run" in refused("tune", first, *words)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--over", f"{KEY}=0.05..1.5"), "out of range"),
        (("--over", f"{KEY}=0.3..0.1"), "must be above"),
        (("--over", f"{KEY}=0..0.3:5:own"), "natural scale does not reach"),
        (("--over", f"{KEY}=0.1"), "at least two values"),
        (("--over", f"{KEY}=0.2,0.1"), "must be ascending"),
        (("--over", f"{KEY}=0.1..0.2:many"), "not understood"),
        (("--over", "drivers.trust.half_life=20..40"), "needs a unit"),
        (("--over", "triggers.diversoin.probability=0.1..0.2"), f"did you mean {KEY}?"),
        (("--over", "triggers.diversion.lasting"), "no range of its own"),
        (("--over", f"{KEY}=0.1..0.2", "--scenario", "war"), "no scenario war"),
        (("--over", f"{KEY}=0.1..0.2", "--date", "1999-01-01"), "not within the run"),
        (("--over", f"{KEY}=0.1..0.2", "--contour", "2"), "not a probability for a contour"),
    ],
)
def test_bad_input_is_reported_and_nothing_is_written(first, refused, tmp_path, words, says):
    assert says in refused("sweep", first, *words, *SMALL)
    assert [*tmp_path.iterdir()] == []


def test_branches_make_room(first, frenemy, tmp_path):
    model = fr.load(first.parents[1])
    event = model.calendar[0]
    one, other = (f"calendar.{event.name}.branches.{branch.name}.probability" for branch in event.branches)
    words = ("--over", f"{one}=0.1,0.9", *SMALL, "--out", tmp_path / "out")
    assert frenemy("sweep", first, *words)[0] == 0
    code, _, message = frenemy("sweep", first, "--over", f"{one}=0.1,0.9", "--over", f"{other}=0.1,0.9", *SMALL)
    assert code == 2
    assert "do not sum to 1" in message
