"""Do `frenemy update` and `frenemy timeline` give text, tables and pictures, and refuse what makes no sense?"""

import json
import re

import pytest

SMALL = ("--paths", "16", "--draws", "8")


def test_it_prints_and_writes_a_sealed_folder(first, frenemy, files_in, tmp_path):
    code, out, err = frenemy("update", first, *SMALL, "--out", tmp_path / "out")
    assert code == 0, err
    for text in ("5 entries", "Open dispute", "Drivers on 1 Jun 2026"):
        assert text in out
    names = files_in(tmp_path / "out")
    tables = {f"{name}.csv" for name in ("odds", "fan", "drivers", "numbers", "news", "ledger")}
    assert tables | {"resolved.toml", "manifest.json", "pictures/past_and_future.png", "pictures/numbers.svg"} <= names
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert any(name.endswith("evidence/first.toml") for name in manifest["inputs"])


def test_an_entry_can_be_left_out(first, frenemy, tmp_path):
    words = ("--without", "bridge_blocked", "--no-plots", "--json", "--out", tmp_path / "out")
    code, out, _ = frenemy("update", first, *SMALL, *words)
    assert code == 0
    data = json.loads(out)
    assert data["left_out"] == ["bridge_blocked"]
    assert {"before", "after", "without"} <= set(data["odds"][0])
    assert {entry["name"]: entry["state"] for entry in data["ledger"]}["bridge_blocked"] == "left out"


DROUGHT = """
[[entries]]
name = "dry_spring"
trigger = "drought"
date = 2026-02-23
ended = 2026-05-18
source = "a"
[[entries]]
calendar = "treaty_review"
branch = "renewed"
source = "a"
"""


def test_ends_and_outcomes_are_reported_as_they_become_known(first, frenemy, tmp_path):
    ledger = tmp_path / "drought.toml"
    ledger.write_text(DROUGHT)

    def states(*words):
        code, out, err = frenemy("update", first, *SMALL, "--ledger", ledger, "--no-plots", "--json", *words)
        assert code == 0, err
        return {entry["name"]: (entry["kind"], entry["label"], entry["state"]) for entry in json.loads(out)["ledger"]}

    assert states("--out", tmp_path / "a") == {
        "dry_spring": ("occurrence", "Drought", "counts"),
        "dry_spring_ended": ("ending", "Ended: Drought", "counts"),
        "treaty_review_renewed": ("branch", "Review of the river treaty: Renewed", "counts"),
    }
    june = ("--until", "2026-04-30", "--out", tmp_path / "b")
    assert [state for _, _, state in states(*june).values()] == ["counts", "not over yet", "not yet known"]
    without = states("--without", "dry_spring_ended", "--out", tmp_path / "c")
    assert without["dry_spring_ended"][2] == "left out"
    assert without["dry_spring"][2] == "counts"


def test_what_a_duration_without_spread_rules_out_is_refused_in_words(first, refused, tmp_path):
    ledger = tmp_path / "drought.toml"
    ledger.write_text(DROUGHT)
    message = refused("update", first, *SMALL, "--ledger", ledger, "--set", 'triggers.drought.duration="10w"')
    assert (
        "dry_spring_ended: the episode of drought that began on 2026-02-23 cannot be one that ended on 2026-05-18"
        in message
    )
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--without", "bridge_blockd"), "did you mean bridge_blocked?"),
        (("--until", "soon"), "not a date"),
        (("--until", "1999-01-01"), "is not within the run"),
        (("--ledger", "nothing.toml"), "no such file"),
    ],
)
def test_bad_options_end_in_one_message_and_nothing_written(words, message, first, refused):
    assert message in refused("update", first, *SMALL, *words)


def test_a_timeline_prints_and_writes_a_sealed_folder(first, frenemy, files_in, tmp_path):
    words = ("--paths", "64", "--repeats", "2", "--out", tmp_path / "out")
    code, out, err = frenemy("timeline", first, *words)
    assert code == 0, err
    for text in ("Farmers block the bridge", "What did not happen", "Open dispute:", "on arrival", "with/without"):
        assert text in out
    names = files_in(tmp_path / "out")
    assert {"timeline.csv", "entries.csv", "manifest.json", "pictures/timeline.png"} <= names
    assert "pictures/entries_open_dispute.svg" in names


def test_a_timeline_of_one_pass_is_refused(first, refused):
    assert "at least 2" in refused("timeline", first, "--repeats", "1")


def test_a_ledger_without_evidence_yet(first, frenemy, tmp_path):
    """The odds stay, a timeline is refused, and what to watch is as at the start."""
    blank = tmp_path / "blank.toml"
    blank.write_text("", encoding="utf-8")
    for now, words in (("5 Jan", ("--ledger", blank)), ("12 Jan", ("--until", "2026-01-05"))):
        code, output, err = frenemy("update", first, *words, "--paths", "16", "--draws", "4", "--out", tmp_path / "out")
        assert code == 0, err
        assert f"Drivers on {now} 2026" in output
        assert "no evidence by 5 Jan 2026" in output or now != "5 Jan"
    code, _, err = frenemy("timeline", first, "--ledger", blank, "--out", tmp_path / "told")
    assert code == 2
    assert "nothing is known yet" in err
    code, _, err = frenemy(
        "watch", first, "--ledger", blank, "--paths", "16", "--draws", "4", "--out", tmp_path / "seen"
    )
    assert code == 0, err


def test_a_file_that_is_no_ledger_is_recognised(first, refused):
    root = first.parents[1]
    for file, what in ((root / "drivers.toml", "a model"), (root / "scenarios" / "open_dispute.toml", "a scenario")):
        assert f"{what}, not a ledger" in refused("update", first, "--ledger", file)


def test_without_evidence_it_says_so(frenemy, first, tmp_path):
    """Row D11: "known until 1 Jan 1"."""
    (tmp_path / "empty.toml").write_text('title = "Nothing yet"\n')
    words = ("--draws", "2", "--paths", "16", "--no-plots", "--out", tmp_path / "out")
    code, out, _ = frenemy("update", first, "--ledger", tmp_path / "empty.toml", *words)
    assert code == 0
    assert "0 entries, no evidence by " in out
    assert not re.search(r"1 Jan 1\b", out)
