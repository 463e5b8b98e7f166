"""Does `frenemy watch` answer in words, tables, pictures and JSON, and refuse what makes no sense?"""

import csv
import io
import json

import pytest

SMALL = ("--paths", "256", "--draws", "4")


def test_it_prints_and_writes_a_sealed_folder(first, frenemy, tmp_path):
    code, out, err = frenemy("watch", first, *SMALL, "--out", tmp_path / "out")
    assert code == 0, err
    for said in (
        "most informative by 6 Dec 2026",
        "given 5 pieces of evidence",
        "Open dispute",
        "if yes",
        "Upstream diverts",
        "Coming dates",
    ):
        assert said in " ".join(out.split())
    names = {file.relative_to(tmp_path / "out").as_posix() for file in (tmp_path / "out").rglob("*") if file.is_file()}
    assert {"questions.csv", "answers.csv", "resolved.toml", "manifest.json"} <= names
    assert {"pictures/watch_open_dispute.png", "pictures/coming_joint_management.svg"} <= names


def test_tables_and_json_say_the_same(first, frenemy, tmp_path):
    words = ("watch", first, *SMALL, "--no-plots", "--out", tmp_path / "out", "--json")
    code, out, _ = frenemy(*words)
    assert code == 0
    data = json.loads(out)
    text = (tmp_path / "out" / "questions.csv").read_text()
    rows = [row for row in csv.DictReader(io.StringIO(text)) if row["scenario"] == "all"]
    asked = [*data["questions"], *data["calendar"]]
    assert [row["name"] for row in rows] == [question["name"] for question in asked]
    for row, question in zip(rows, asked, strict=True):
        assert float(row["brier_gain"]) == pytest.approx(question["tells"]["all"]["brier_gain"], abs=1e-6)
    assert {question["kind"] for question in asked} == {"trigger", "signpost", "calendar"}
    answers = next(question for question in asked if question["name"] == "gauges_off")["answers"]
    assert answers["yes"]["chance"] + answers["no"]["chance"] == pytest.approx(1)


def test_the_same_inputs_give_the_same_tables(first, frenemy, tmp_path):
    for workers in ("1", "2"):
        words = (*SMALL, "--no-plots", "--workers", workers, "--out", tmp_path / workers)
        assert frenemy("watch", first, *words)[0] == 0
    for file in (tmp_path / "1").glob("*.csv"):
        assert file.read_bytes() == (tmp_path / "2" / file.name).read_bytes()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--by", "soon"), "not a date"),
        (("--by", "1999-01-01"), "is not within the run"),
        (("--at", "2026-08-03", "--by", "2026-12-01"), "must be before the date of the odds"),
        (("--reading", "time_share"), "time_share"),
    ],
)
def test_bad_options_end_in_one_message_and_nothing_written(words, said, first, frenemy, tmp_path):
    code, _, err = frenemy("watch", first, *words, "--out", tmp_path / "out")
    assert code == 2
    assert said in err
    assert not (tmp_path / "out").exists()
