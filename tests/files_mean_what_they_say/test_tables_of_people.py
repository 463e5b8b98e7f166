"""Are tables read as people have them: from spreadsheets, from other tools, in other countries?"""

import datetime as dt
import math

import numpy as np
import pytest

import frenemy as fr
from frenemy.cli.init import init
from frenemy.cli.main import main
from frenemy.errors import InputError
from frenemy.model.distributions import INDEX, PROBABILITY, REAL, Quantiles
from frenemy.model.files.csv_input import a_count, a_date, a_number, read_table
from frenemy.studies.elicit import pooling
from frenemy.studies.elicit.cooke import Assessments, item_weights, optimum, performance


@pytest.fixture
def table(tmp_path):
    """A CSV file with this text, read."""

    def written(text, name="table.csv"):
        (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path / name

    return written


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.35", 0.35),
        ("0,35", 0.35),
        ("-.5", -0.5),
        ("1e-3", 0.001),
        ("+7", 7.0),
        ("1.234,5", 1234.5),
        (",5", 0.5),
        ("12,345.6", 12345.6),
        ("\u22122.28", -2.28),
    ],
)
def test_numbers_with_a_point_or_a_comma(text, value):
    """Row C14."""
    assert a_number(text) == value


@pytest.mark.parametrize("text", ["١", "1_000", "0x10", "1,234", "1 000", "inf", "nan", "1,2,3", "12,", "."])
def test_what_is_no_number_here(text):
    """Row A13: digits of other scripts, underscores; and thousands, which a decimal comma may be taken for."""
    with pytest.raises(ValueError, match=r"number|thousands"):
        a_number(text)


def test_thousands_are_told_from_a_decimal_comma():
    with pytest.raises(ValueError, match="may be thousands") as caught:
        a_number("1,234")
    assert caught.value.args[1] == "1234 or 1.234"
    with pytest.raises(ValueError, match=r"count|thousands"):
        a_count("1,234")


@pytest.mark.parametrize(
    "text",
    ["2022-12-28", "28 December 2022", "28 Dec 2022", "28. Dec. 2022", "December 28, 2022", "2022-12-28T00:00:00Z",
     "2022-12-28 13:05", "2022-12-28 13:05:09+01:00"],
)  # fmt: skip
def test_dates_as_other_tools_write_them(text):
    """Row C14: event data, spreadsheets, time stamps."""
    assert a_date(text) == dt.date(2022, 12, 28)


@pytest.mark.parametrize("text", ["28/12/2022", "12/28/2022", "28 Foo 2022", "31 June 2022", "20221228", "٢٠٢٢-12-28"])
def test_dates_that_may_mean_two_things_are_refused(text):
    with pytest.raises(ValueError, match="date"):
        a_date(text)


@pytest.mark.parametrize("cell", ["", "..", "#N/A", "NA", "n.a.", "–", "-"])
def test_what_stands_for_nothing(table, cell):
    """Row C14: as statistics offices and spreadsheets leave a value out."""
    assert read_table(table(f"date,value\n2020,1\n2021,{cell}\n")).read("value", a_number) == (1.0, None)


def test_only_a_block_before_the_header_is_a_comment(table):
    """Row A6: forecasts are named #1201 in some places."""
    found = read_table(table("# from the tournament\n#\n\nquestion,probability\n#1201,0.3\n#1202,0.4\n"))
    assert found.texts("question") == ("#1201", "#1202")
    assert found.lines == (5, 6)


def test_the_delimiter_is_that_of_the_header(table):
    """Row C5."""
    found = read_table(table("# source: a; b; c\ndate,value\n2020,1\n"))
    assert found.header == ("date", "value")
    assert read_table(table("date;value\n2020;0,35\n")).read("value", a_number) == (0.35,)


def test_columns_that_a_spreadsheet_adds_are_none(table):
    """Row C15; the wrong twin has something in one of them."""
    found = read_table(table("date,value,,\n2020,1,,\n2021,2,,\n,,,\n"))
    assert found.header == ("date", "value")
    assert found.rows == (("2020", "1"), ("2021", "2"))
    with pytest.raises(InputError, match="two columns of the same name"):
        read_table(table("date,value,,\n2020,1,,x\n"))


def test_capitals_of_a_column_do_not_matter(table):
    """Row C6."""
    found = read_table(table("Date,Close\n2020,1\n"))
    assert found.texts("date") == ("2020",)
    both = read_table(table("Date,DATE\n2020,1\n"))
    with pytest.raises(InputError, match="no such column"):
        both.texts("date")


def test_the_only_other_column_is_the_series(table, tmp_path):
    """Row C6: of a file with Date and Close, Close is meant."""
    rng = np.random.default_rng(1)
    level = np.cumsum(rng.normal(size=200)) * 0.1
    days = [dt.date(2020, 1, 1) + dt.timedelta(weeks=n) for n in range(200)]
    file = table("Date,Close\n" + "".join(f"{day},{50 + x:.3f}\n" for day, x in zip(days, level, strict=True)))
    assert main(["fit", str(file), "--driver", "mood", "--out", str(tmp_path / "out"), "--no-plots"]) == 0


# --- forecasts -----------------------------------------------------------------------------------------------------


def test_quantiles_by_any_name(table):
    """Row C4."""
    rows = "".join(f"{x},{x + 2},{x + 5},{x + 3}\n" for x in range(6))
    three = fr.score(table("q025,q50,q975,outcome\n" + rows))
    (scored,) = three.findings.groups
    # one row: quantiles 1, 3, 6 and the outcome 4; twice the mean pinball loss
    losses = (0.025 * (4 - 1), 0.5 * (4 - 3), (1 - 0.975) * (6 - 4))
    assert scored.rows.scores["crps"][1] == pytest.approx(2 * sum(losses) / 3)
    rows = "".join(f"{x + 9},{x},{x + 2},{x + 1},{x}\n" for x in range(6))
    ordered = fr.score(table("q90,q5,q50,q10,outcome\n" + rows))
    assert [*ordered.findings.groups[0].forecasts[0].forecast] == ["q5", "q10", "q50", "q90"]
    with pytest.raises(InputError, match="not a level of its own"):
        fr.score(table("q5,q05,q50,outcome\n1,1,2,2\n"))


def test_yes_and_no_in_short_and_a_column_named_resolved(table):
    """Row C14."""
    found = fr.score(table("p_crowd,resolved\n0.9,Y\n0.2,n\n70%,y\n"))
    (scored,) = found.findings.groups
    assert scored.kind == "probability"
    assert scored.rows.scores["brier"] == pytest.approx([0.01, 0.04, 0.09])


def test_percents_that_were_rounded_add_up(table):
    """Row C14: three times 33 % is one, and half of something is not."""
    found = fr.score(table("p_a,p_b,p_c,outcome\n33%,33%,33%,a\n0.3,0.3,0.4,b\n0.333,0.333,0.333,c\n"))
    (scored,) = found.findings.groups
    assert scored.forecasts[0].forecast == pytest.approx({"a": 1 / 3, "b": 1 / 3, "c": 1 / 3})
    with pytest.raises(InputError, match=r"add up to 0\.9"):
        fr.score(table("p_a,p_b,p_c,outcome\n30%,30%,30%,a\n"))
    with pytest.raises(InputError, match=r"add up to 0\.99"):
        fr.score(table("p_a,p_b,p_c,outcome\n0.330,0.330,0.330,a\n"))


def test_whoever_ruled_out_what_happened_has_no_skill(table):
    """Row A7: an infinite log score was left out of the skill, which so became better."""
    found = fr.score(table("probability,outcome,base\n0.9,yes,0.5\n0.1,no,0.5\n0.9,yes,0.5\n0,yes,0.5\n"))
    figures = {figure.name: figure for figure in found.findings.groups[0].figures}
    assert figures["log"].value == math.inf
    assert figures["log_skill_over_base_rate"].value == -math.inf
    assert figures["log_skill_over_base_rate"].count == 4
    assert math.isfinite(figures["brier_skill_over_base_rate"].value)
    assert "−∞" in str(found.section().tables[0].rows)


def test_no_persistence_where_it_is_not_known_when_outcomes_were_out(table):
    """Row A8; with the dates there is one."""
    dated = "series,made,date,probability,outcome\na,2020-01-01,2020-02-01,0.5,yes\na,2020-03-01,2020-04-01,0.5,yes\n"
    undated = "series,made,probability,outcome\na,2020-01-01,0.5,yes\na,2020-03-01,0.5,yes\n"
    known = {}
    for text in (dated, undated):
        (scored,) = fr.score(table(text)).findings.groups
        known[text] = np.isfinite(scored.rows.references["persistence"].get("brier", np.nan)).sum()
    assert (known[dated], known[undated]) == (1, 0)


def test_no_interval_that_leaves_out_its_own_estimate(table):
    """Row A9: resampling makes miscalibration larger, so that its quantiles are no interval."""
    rng = np.random.default_rng(3)
    p = rng.uniform(0.05, 0.95, 200).round(2)
    rows = "".join(f"{x},{'yes' if rng.random() < x else 'no'}\n" for x in p)
    for figure in fr.score(table("probability,outcome\n" + rows)).findings.groups[0].figures:
        assert figure.se > 0
        if math.isfinite(figure.q05):
            assert figure.q05 <= figure.value <= figure.q95
        if figure.name in {"miscalibration", "discrimination"}:
            assert math.isnan(figure.q05)


# --- experts -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("domain", [PROBABILITY, INDEX, REAL])
def test_stated_quantiles_come_back_to_the_last_digit(domain):
    """Row A5: a stated 1 came back as 0.9999999999999973, and decided a tie."""
    low, middle, high = (0.013, 0.3, 0.77) if domain is not REAL else (-1.0, 1.0, 30.0)
    stated = Quantiles(low, middle, high, domain=domain)
    assert tuple(stated.quantile(u) for u in (0.05, 0.5, 0.95)) == (low, middle, high)


def test_an_answer_on_a_stated_quantile_is_a_tie(tmp_path):
    """Row A5: ann and bob differ by 1e-7 in what they said, and not in how the answers fell."""
    (tmp_path / "panel").mkdir()
    questions = "".join(f'[[questions]]\nname = "s{n}"\ntext = "How many?"\nanswer = 1\n' for n in range(8))
    asked = '[[questions]]\nname = "strike"\ntext = "How likely?"\nkey = "triggers.diversion.probability"\n'
    (tmp_path / "panel" / "questions.toml").write_text(f'title = "Ties"\npool = "cooke"\n{questions}{asked}')
    rows = "".join(f"ann,s{n},1,5,30\nbob,s{n},1.0000001,5,30\n" for n in range(8))
    rows += "ann,strike,0.1,0.3,0.5\nbob,strike,0.1,0.3,0.5\n"
    (tmp_path / "panel" / "judgements.csv").write_text("expert,question,q05,median,q95\n" + rows)
    init(tmp_path / "model")
    found = fr.elicit(tmp_path / "model" / "experiments" / "first.toml", tmp_path / "panel", paths=64, draws=2)
    weighing = found.findings.weighing
    assert weighing.scores.calibration[0] == weighing.scores.calibration[1] < 1e-6
    assert weighing.weights[:, -1] == pytest.approx([0.5, 0.5], abs=1e-6)


def test_item_weights_where_the_best_expert_left_a_question_out():
    """Row C7: the optimal cut-off is of use on every question that anybody answered."""
    rng = np.random.default_rng(2)
    answers = np.concatenate([rng.normal(size=10), [np.nan]])
    good = np.stack([np.full(11, -1.6), np.zeros(11), np.full(11, 1.6)], axis=-1)
    good[10] = np.nan  # the best leaves the target out
    poor = np.stack([np.full(11, 2.0), np.full(11, 2.5), np.full(11, 3.0)], axis=-1)
    said = Assessments(quantiles=np.array([good, poor]), answers=answers, log=np.zeros(11, dtype=bool))
    best = optimum(said, by_item=True)
    weights = item_weights(performance(said), best.alpha)
    assert weights[:, 0] == pytest.approx([1, 0])
    assert weights[:, 10] == pytest.approx([0, 1])


def test_plain_numbers_pool_to_a_plain_number():
    """Row C13."""
    pooled = pooling.geometric([0.1, 0.3, 0.6], [0.5, 0.3, 0.2], domain=PROBABILITY)
    logits = [math.log(p / (1 - p)) for p in (0.1, 0.3, 0.6)]
    mean = 0.5 * logits[0] + 0.3 * logits[1] + 0.2 * logits[2]
    assert pooled == pytest.approx(1 / (1 + math.exp(-mean)))


@pytest.mark.parametrize(
    ("cells", "values"),
    [(("954,3", "1.063", "984,5"), (954.3, 1063.0, 984.5)), (("0.350", "1.062", "2.5"), (0.35, 1.062, 2.5))],
)
def test_points_are_thousands_where_the_file_has_decimal_commas(tmp_path, cells, values):
    """Row C14: 1.063 beside 954,3 was read as one and a bit."""
    (tmp_path / "x.csv").write_text("date;value\n" + "".join(f"200{n}-01-01;{cell}\n" for n, cell in enumerate(cells)))
    assert read_table(tmp_path / "x.csv").read("value", a_number) == values


def test_points_that_may_be_either_are_refused(tmp_path):
    """Row C14: 984 and 1.062 beside one another."""
    (tmp_path / "x.csv").write_text("date;value\n2000-01-01;984\n2001-01-01;1.062\n")
    with pytest.raises(InputError, match=r"x\.csv:3: value: may be thousands or a decimal point \(found 1\.062\)"):
        read_table(tmp_path / "x.csv")


def test_the_line_that_names_the_separator_is_read(tmp_path):
    """Row C15: as Excel writes it."""
    (tmp_path / "x.csv").write_text("sep=;\nProbability;Outcome\n65,5 %;yes\n30 %;no\n")
    assert read_table(tmp_path / "x.csv").header == ("Probability", "Outcome")
    assert fr.score(tmp_path / "x.csv").to_dict()


def test_a_table_without_our_name_for_the_dates_asks_which_they_are(tmp_path):
    """Row C6: the message spoke of an option that was not given."""
    (tmp_path / "x.csv").write_text("Datum;Wert\n2000-01-01;1\n")
    with pytest.raises(InputError, match=r"which column has the dates\?; allowed: Datum, Wert"):
        fr.fit(tmp_path / "x.csv", "Wert")
