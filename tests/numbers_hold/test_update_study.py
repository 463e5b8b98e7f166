"""Does an update use what the ledger says, no more and no less, and show it in tables and text?

The model: a rift is entered for good with the first `cause`, at a constant rate of LAMBDA a year, over two years.
"""

import csv
import datetime as dt
import io
import math

import numpy as np
import pytest
from toy_files import write_toy

import frenemy as fr
from frenemy.errors import InputError

LAMBDA, DAYS = 0.5, 728
MODEL = """
[model]
title = "Toy"
start = 2025-01-06
[drivers.trust]
start = 50
long_run = 50
half_life = "26w"
volatility = 10
signposts = [{ name = "talks", text = "Talks go on", chance = 0.5, per_10_points = { trust = 2.0 } }]
[triggers.cause]
rate = 0.5
[triggers.idle]
rate = { q05 = 0.5, median = 1, q95 = 2 }
"""
RIFT = 'enter = "count(cause) > 0"\nabsorbing = true\npriority = 1\n'
EXPERIMENT = 'title = "Toy"\nhorizon = "104w"\npaths = 256\nevidence = ["log.toml"]\n[uncertainty]\ndraws = 16\n'
SOURCE = 'source = "the papers"\n'
COMPLETE = f'[[complete]]\ntriggers = ["cause"]\nuntil = 2026-01-06\n{SOURCE}'
CAUSED = f'[[entries]]\nname = "it"\ntrigger = "cause"\nbetween = [2025-03-01, 2025-08-27]\n{SOURCE}'
READING = f'[[entries]]\nname = "poll"\ndriver = "trust"\ndate = 2025-06-02\nindex = 70\nsd = 2\n{SOURCE}'


@pytest.fixture
def updated(tmp_path):
    """Update the toy model on a ledger with this text."""

    def run(ledger, **options):
        toy = write_toy(tmp_path, MODEL, RIFT, EXPERIMENT, ledger)
        return fr.update(toy, **{"paths": 128, "workers": 1} | options)

    return run


def rift(of):
    return float(of.odds["at"].probability[-1, 0]), float(of.odds["at"].mc_se[-1, 0])


def truth(days):
    return 1 - math.exp(-LAMBDA * days / 365.25)


def test_what_happened_is_certain_and_before_it_was_not(updated):
    found = updated(COMPLETE + CAUSED).findings
    before, error = rift(found.before)
    assert abs(before - truth(DAYS)) < 4 * error
    assert rift(found.after)[0] == pytest.approx(1)


def test_what_did_not_happen_counts(updated):
    found = updated(COMPLETE).findings
    after, error = rift(found.after)
    assert abs(after - truth(DAYS - 365)) < 4 * error
    assert abs(after - truth(DAYS)) > 4 * error, "the wrong twin: absence that does not count"


def test_an_entry_left_out_is_unknown_rather_than_known_not_to_have_happened(updated):
    found = updated(COMPLETE + CAUSED, without=["it"], draws=32, paths=256).findings
    odds, error = rift(found.without)
    assert abs(odds - truth(DAYS - 365 + 180)) < 4 * error
    assert abs(odds - truth(DAYS - 365)) > 4 * error, "the wrong twin: coverage that stays closed"
    assert found.left_out == ("it",)


def test_until_a_day_before_the_first_entry_there_is_only_silence(updated):
    found = updated(COMPLETE + CAUSED, until=dt.date(2025, 2, 3)).findings
    after, error = rift(found.after)
    assert found.after.ledger.occurrences == ()
    assert abs(after - truth(DAYS - 29)) < 4 * error


def test_a_reading_moves_the_driver_and_appears_in_the_picture(updated):
    study = updated(READING)
    found = study.findings
    tick = 21  # 2 June is the 21st assessment
    assert found.after.drivers.mean[tick, 0] > found.before.drivers.mean[tick, 0] + 8
    assert study.plot()[0].containers, "the reading, with its error"


def test_tables_agree_with_the_findings(updated):
    study = updated(COMPLETE + CAUSED, without=["it"])
    rows = list(csv.DictReader(io.StringIO(study.to_csv())))
    last = next(
        row for row in rows if (row["scenario"], row["reading"]) == ("rift", "at") and row["date"] == "2027-01-04"
    )
    found = study.findings
    for name, of in (("before", found.before), ("after", found.after), ("without", found.without)):
        assert float(last[name]) == pytest.approx(rift(of)[0], abs=1e-6)
    data = study.to_dict()
    assert {entry["name"]: entry["state"] for entry in data["ledger"]} == {
        "it": "left out", "no_cause_until_2026_01_06": "counts",
    }  # fmt: skip
    assert all(0 <= item["after"] <= 1 for item in data["odds"])


def test_a_number_without_evidence_is_not_significant(updated):
    found = updated(COMPLETE + CAUSED).findings
    (number,) = found.numbers
    assert number.key == "triggers.idle.rate"
    assert not found.is_significant(number)


def test_the_same_inputs_give_the_same_tables(updated, tmp_path):
    for workers in (1, 2):
        updated(COMPLETE + CAUSED + READING, workers=workers).save(tmp_path / f"run{workers}", plots=False)
    for file in (tmp_path / "run1").glob("*.csv"):
        assert file.read_bytes() == (tmp_path / "run2" / file.name).read_bytes()


@pytest.mark.parametrize(
    ("ledger", "options", "message"),
    [
        (COMPLETE + CAUSED, {"without": ["its"]}, "no entry of this name"),
        (COMPLETE + CAUSED + "on = false\n", {"without": ["it"]}, "is switched off"),
        (COMPLETE, {"until": dt.date(2040, 1, 1)}, "is not within the run"),
        (COMPLETE, {"ledgers": ()}, "names no ledger"),
        (COMPLETE + CAUSED, {"set": {"triggers.cause.rate": 0}}, "as good as impossible"),
        (COMPLETE + CAUSED, {"set": {"triggers.cause.until": dt.date(2025, 2, 1)}}, "cannot happen"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_words(updated, ledger, options, message):
    with pytest.raises(InputError, match=message):
        updated(ledger, **options)


def test_at_the_medians_no_number_is_updated(updated):
    found = updated(COMPLETE, draws=0).findings
    assert found.numbers == ()
    assert np.isfinite(found.after.log_evidence)
    assert found.after.log_evidence == pytest.approx(-LAMBDA * 365 / 365.25, abs=1e-6)
