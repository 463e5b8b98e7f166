"""Does `frenemy watch` give text, tables, pictures and JSON, and refuse what makes no sense?"""

import json

import pytest

SMALL = ("--paths", "256", "--draws", "4")


def test_it_prints_and_writes_a_sealed_folder(first, frenemy, files_in, tmp_path):
    code, out, err = frenemy("watch", first, *SMALL, "--out", tmp_path / "out")
    assert code == 0, err
    for text in (
        "known by 6 Dec 2026",
        "Given 5 entries",
        "Open dispute",
        "if yes",
        "Upstream diverts",
        "Coming dates",
    ):
        assert text in " ".join(out.split())
    names = files_in(tmp_path / "out")
    assert {"questions.csv", "answers.csv", "resolved.toml", "manifest.json"} <= names
    assert {"pictures/watch_open_dispute.png", "pictures/coming_joint_management.svg"} <= names


def test_tables_and_json_agree(first, frenemy, rows, tmp_path):
    words = ("watch", first, *SMALL, "--no-plots", "--out", tmp_path / "out", "--json")
    code, out, _ = frenemy(*words)
    assert code == 0
    data = json.loads(out)
    table = [row for row in rows(tmp_path / "out" / "questions.csv") if row["scenario"] == "all"]
    questions = [*data["questions"], *data["calendar"]]
    assert [row["name"] for row in table] == [question["name"] for question in questions]
    for row, question in zip(table, questions, strict=True):
        assert float(row["brier_gain"]) == pytest.approx(question["tells"]["all"]["brier_gain"], abs=1e-6)
    assert {question["kind"] for question in questions} == {"trigger", "signpost", "calendar"}
    answers = next(question for question in questions if question["name"] == "gauges_off")["answers"]
    assert answers["yes"]["chance"] + answers["no"]["chance"] == pytest.approx(1)


def test_the_same_inputs_give_the_same_tables(first, same_on_any_cores):
    same_on_any_cores("watch", first, *SMALL)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--by", "soon"), "not a date"),
        (("--by", "1999-01-01"), "is not within the run"),
        (("--at", "2026-08-03", "--by", "2026-12-01"), "must be before the date of the odds"),
        (("--reading", "time_share"), "time_share"),
    ],
)
def test_bad_options_end_in_one_message_and_nothing_written(words, message, first, refused):
    assert message in refused("watch", first, *words)
