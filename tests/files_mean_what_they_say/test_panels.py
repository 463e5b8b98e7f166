"""Do the files of a panel mean what they say, and is everything that is wrong with them said at once?"""

import shutil
from pathlib import Path

import pytest
from corpus import ROOT, small_model

from frenemy.errors import InputError
from frenemy.forecast.run import prepare
from frenemy.model.distributions import FiveQuantiles, Quantiles
from frenemy.model.files.load_panel import load_panel, panel_files
from frenemy.model.resolve import label_of
from frenemy.studies.elicit.check_views import check_keys, read_views

QUESTIONS = """\
title = "A panel"

[[questions]]
name = "strike"
text = "How likely?"
key = "triggers.strike.probability"
bins = [0, 0.1, 0.2, 0.6]

[[questions]]
name = "memory"
text = "How long does trust take to recover by half?"
key = "drivers.trust.half_life"
bins = ["10w", "20w", "40w"]

[[questions]]
name = "known"
text = "How many?"
answer = 12
"""
ANA = """\
label = "Ana"

[[judgements]]
question = "strike"
q05 = 0.02
median = 0.06
q95 = 0.15
rationale = "Why, because."

[[judgements]]
question = "memory"
q05 = "13w"
median = "26w"
q95 = "1y"
"""
TABLE = """\
expert,round,question,q05,median,q95,counts,rationale
bo,1,strike,,,,2 3 5,"With, a comma"
bo,1,memory,,,,1 1,
bo,1,known,5,10,30,,
bo,2,strike,0.05,0.1,0.3,,
"""


@pytest.fixture
def write(tmp_path, monkeypatch):
    """A panel of these texts beside the small model; the folder is the current one."""

    def written(questions=QUESTIONS, table=TABLE, **experts):
        root = small_model(tmp_path)
        folder = root / "experts" / "room"
        folder.mkdir(parents=True)
        (folder / "questions.toml").write_text(questions, encoding="utf-8")
        if table:
            (folder / "said.csv").write_text(table, encoding="utf-8")
        for name, text in ({"ana": ANA} | experts).items():
            (folder / f"{name}.toml").write_text(text, encoding="utf-8")
        monkeypatch.chdir(root)
        return Path("experts/room")

    return written


def views(folder):
    panel = load_panel(folder)
    world = prepare("experiments/baseline.toml")
    check_keys(panel, world)
    return read_views(panel, world)


def test_a_panel_is_read_from_files_and_tables(write):
    panel = load_panel(write())
    assert (panel.name, panel.title, panel.pool, panel.anonymous) == ("room", "A panel", "linear", True)
    assert [expert.label for expert in panel.experts] == ["Ana", "Bo"]
    assert panel.rounds == (1, 2)
    assert [question.seed for question in panel.questions] == [False, False, True]
    assert {it.rationale for it in panel.judgements} == {"Why, because.", "With, a comma", ""}
    assert [file.name for file in panel_files(Path("experts/room"))] == ["questions.toml", "ana.toml", "said.csv"]


def test_views_have_the_domain_of_their_number(write):
    found = views(write())
    strike, memory = found.latest("strike"), found.latest("memory")
    assert strike["ana"] == Quantiles(0.02, 0.06, 0.15, found.domains["strike"])
    assert strike["bo"].median == 0.1  # the later round counts
    assert found.upto("strike", 1)["bo"].median == pytest.approx(0.2)  # chips
    assert (memory["ana"].q05, memory["ana"].q95) == (91, 365.25)  # days
    assert memory["bo"].median == 140  # chips on durations
    assert found.latest("known")["bo"].median == 10
    assert found.domains["strike"].high == 1
    assert found.domains["memory"].low == 0


def test_five_points_may_stand_where_three_do(write):
    """In files and in tables, of numbers of the model and of seed questions."""
    five = ANA.replace("median = 0.06", "q25 = 0.04\nmedian = 0.06\nq75 = 0.09")
    table = "expert,question,q05,q25,median,q75,q95\nbo,known,5,7,10,16,30\nbo,memory,9w,18w,26w,40w,2y\n"
    found = views(write(ana=five, table=table))
    assert found.latest("strike")["ana"] == FiveQuantiles(0.02, 0.04, 0.06, 0.09, 0.15, domain=found.domains["strike"])
    assert found.latest("known")["bo"] == FiveQuantiles(5.0, 7.0, 10.0, 16.0, 30.0, domain=found.domains["known"])
    assert found.latest("memory")["bo"].quantile(0.25) == 7 * 18
    assert found.latest("memory")["ana"].quantile(0.5) == 7 * 26


def test_the_shipped_example_is_read_and_says_that_it_is_invented():
    panel = load_panel(ROOT / "experts" / "invented")
    assert len(panel.experts) == 8
    assert "invented" in panel.title.lower()
    assert "invented" in panel.source
    assert len(panel.rounds) == 2


def test_tables_and_files_of_people_are_read_as_they_are_meant(write):
    """Row C14: percentages of probabilities, decimal commas, semicolons and marks for empty cells."""
    table = (
        "expert;round;question;q05;median;q95;counts;rationale;\nbo;1;strike;n/a;–;..;2 3 5;With; \n".replace(
            "With; ", "With;"
        )
        + "bo;1;known;5,5;10;30,25;-;–;\n"
        + "bo;2;strike;5 %;10%;30,5%;;;\n"
    )
    questions = QUESTIONS.replace("[0, 0.1, 0.2", '["0%", "10%", "20 %"', 1)
    found = views(write(questions, table, ana=ANA.replace("q05 = 0.02", 'q05 = "2%"')))
    assert found.latest("strike")["ana"].q05 == 0.02
    bo = found.latest("strike")["bo"]
    assert (bo.q05, bo.median, bo.q95) == (0.05, 0.1, 0.305)
    assert found.upto("strike", 1)["bo"].median == pytest.approx(0.2)
    known = found.latest("known")["bo"]
    assert (known.q05, known.median, known.q95) == (5.5, 10, 30.25)


def wrong(text, old, new):
    assert old in text
    return text.replace(old, new, 1)


@pytest.mark.parametrize(
    ("questions", "ana", "table", "message"),
    [
        (None, wrong(ANA, "q95 = 0.15", "q95 = 1.5"), None,
         "experts/room/ana.toml:3: triggers.strike.probability.q95: out of range (found 1.5)"),
        (None, wrong(ANA, '"13w"', "13"), None, "ana.toml:10: drivers.trust.half_life.q05: a duration needs a unit"),
        (None, wrong(ANA, "median = 0.06", "median = 0.2"), None,
         "ana.toml:3: triggers.strike.probability: quantiles must rise"),
        (None, wrong(ANA, '"strike"', '"strke"'), None, '(found "strke"); did you mean strike?'),
        (None, wrong(ANA, "q95 = 0.15\n", ""), None, "ana.toml:3: judgements[1].q95: missing"),
        (None, wrong(ANA, "q95 = 0.15", "q25 = 0.04\nq95 = 0.15"), None,
         "ana.toml:3: judgements[1].q75: missing; allowed: q05, q25, median, q75 and q95, or counts"),
        (None, None, "expert,question,q05,q25,median,q75,q95\nbo,known,5,9.9,10,10.1,30\n",
         "said.csv:2: known.median: these five quantiles have no smooth density"),
        (None, wrong(ANA, "q05 = 0.02", "counts = [1]\nq05 = 0.02"), None, "states both quantiles and chips"),
        (None, wrong(ANA, "rationale", "rationle"), None, "unknown key; did you mean rationale?"),
        (None, None, wrong(TABLE, "2 3 5", "2 3"), "said.csv:2: strike.counts: 2 counts for 3 bins"),
        (None, None, wrong(TABLE, "2 3 5", "0 0 0"), "said.csv:2: strike.counts: out of range"),
        (None, None, wrong(TABLE, "5,10,30", "5,ten,30"), "said.csv:4: known.median: expected a number"),
        (None, None, wrong(TABLE, "5,10,30", "5,10,"), "said.csv:4: q95: missing"),
        (None, None, wrong(TABLE, "known,5,10,30,,", "known,,,,1 2,"), "known has no bins to place chips on"),
        (None, None, wrong(TABLE, "bo,2", "bo,1"), "said.csv:5: question: bo has already answered this in round 1"),
        (None, None, wrong(TABLE, "rationale", "rational"), "rational: unknown column; did you mean rationale?"),
        (None, None, wrong(TABLE, "expert,", "who,"), "said.csv:1: expert: missing column"),
        (None, None, TABLE + "bo,1\n", "said.csv:6: 2 cells, but the header has 8"),
        (None, None, wrong(TABLE, "5,10,30", "5%,10,30"), 'said.csv:4: known.q05: expected a number (found "5%")'),
        (None, None, wrong(TABLE, "5,10,30", '5,"1,000",3000'), "may be thousands or a decimal comma"),
        (None, wrong(ANA, '"13w"', '"13%"'), None, "drivers.trust.half_life.q05: not a duration"),
        (None, None, wrong(TABLE, "bo,2", "bo,0"), "said.csv:5: round: too small (found 0)"),
        (wrong(QUESTIONS, "triggers.strike.p", "triggers.strik.p"), None, None,
         "questions.toml:3: key: names no number of the model"),
        (wrong(QUESTIONS, "answer = 12\n", ""), None, None, "either a key (a number of the model) or an answer"),
        (wrong(QUESTIONS, '"known"', '"strike"'), None, None, "have the same name"),
        (wrong(QUESTIONS, "[0, 0.1, 0.2", "[0, 0.3, 0.2"), None, None, "toml:3: strike.bins: edges must rise"),
        (wrong(QUESTIONS, '"A panel"', '"A panel"\npool = "extremised"'), None, None, "exponent: missing"),
        (wrong(QUESTIONS, '"A panel"', '"A panel"\npool = "cooked"'), None, None, "not one of the values allowed"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_reported_with_its_place(write, questions, ana, table, message):
    folder = write(questions=questions or QUESTIONS, table=table or TABLE, ana=ana or ANA)
    with pytest.raises(InputError) as error:
        views(folder)
    assert message in str(error.value)


def test_all_files_are_reported_at_once(write):
    folder = write(table=wrong(TABLE, "2 3 5", "2 x 5"), ana=wrong(ANA, "question", "qestion"))
    with pytest.raises(InputError) as error:
        load_panel(folder)
    files = {problem.file for problem in error.value.problems}
    assert files == {"experts/room/ana.toml", "experts/room/said.csv"}


def test_folders_that_are_no_panels(write, tmp_path):
    folder = write()
    with pytest.raises(InputError, match="no such folder"):
        load_panel(folder / "elsewhere")
    with pytest.raises(InputError, match="not a folder"):
        load_panel(folder / "ana.toml")
    (folder / "ana.toml").unlink()
    (folder / "said.csv").unlink()
    with pytest.raises(InputError, match="no judgements"):
        load_panel(folder)
    shutil.rmtree(folder)
    folder.mkdir()
    with pytest.raises(InputError, match="no such file"):
        load_panel(folder)


def test_a_table_that_is_no_text_is_refused(write):
    folder = write()
    (folder / "said.csv").write_bytes(b"expert,question\n\xff\xfe,1\n")
    with pytest.raises(InputError, match="not UTF-8"):
        load_panel(folder)


def test_labels_are_made_of_names():
    assert label_of("ana_b") == "Ana b"


def test_one_expert_in_two_spellings_is_refused(write):
    """Ann and ann were two experts, with twice the weight."""
    folder = write(table=TABLE + "Bo,1,known,5,10,30,,\n")
    with pytest.raises(InputError, match=r"bo: one expert spelt in two ways.*did you mean Bo\?"):
        load_panel(folder)
