"""Do the steps of a timeline add up, does each ledger hold only what was known, and are the bits right?

The model: a rift is entered for good with the first `cause`, at a constant rate of LAMBDA a year, over two years. The
ledger covers `idle` for half a year and reports a signpost that is more likely in a rift.
"""

import csv
import datetime as dt
import io
import math
import shutil
from dataclasses import replace

import numpy as np
import pytest
from toy_files import write_toy

import frenemy as fr
from frenemy.errors import InputError
from frenemy.model.files.load_ledgers import load_case
from frenemy.model.realise import uncertain
from frenemy.runtime.progress import Silent
from frenemy.studies.timeline.findings import SILENCE, Bits, plan
from frenemy.studies.timeline.wording import DAGGER, MAX_ROWS, Row, remark, rows, rows_to_show, vague

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
[triggers.cause]
rate = 0.5
[triggers.idle]
rate = 1
"""
RIFT = """
enter = "count(cause) > 0"
absorbing = true
priority = 1
signposts = [{ name = "envoys", text = "Envoys leave", chance = 0.2, by_scenario = { rift = 16.0 } }]
"""
EXPERIMENT = 'title = "Toy"\nhorizon = "104w"\npaths = 256\nevidence = ["log.toml"]\n[uncertainty]\ndraws = 0\n'
LEDGER = """
[[complete]]
triggers = ["idle"]
until = 2025-07-07
source = "the papers"
[[entries]]
name = "nothing"
trigger = "idle"
date = 2025-03-03
source = "the papers"
[[entries]]
name = "seen"
signpost = "envoys"
date = 2026-01-05
source = "the papers"
"""


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    return write_toy(tmp_path_factory.mktemp("toy"), MODEL, RIFT, EXPERIMENT, LEDGER)


@pytest.fixture(scope="module")
def timeline(toy):
    return fr.timeline(toy, paths=2048, repeats=12)


def step(found, entry):
    return next(n for n, each in enumerate(found.steps) if each.entry == entry)


def test_each_step_holds_what_was_known_and_no_more(toy):
    evidence = load_case(toy).evidence
    steps = plan(evidence, "toy", dt.date(2025, 1, 6), None, leave_out=True).steps
    assert [(each.date, each.entry) for each in steps] == [
        (dt.date(2025, 3, 3), SILENCE), (dt.date(2025, 3, 3), "nothing"), (dt.date(2026, 1, 5), SILENCE),
        (dt.date(2026, 1, 5), "seen"),
    ]  # fmt: skip
    first = steps[0].ledger
    assert first.occurrences == ()
    assert [(c.since, c.until) for c in first.coverage] == [(dt.date(2025, 1, 6), dt.date(2025, 3, 3))]
    assert [o.entry for o in steps[1].ledger.occurrences] == ["nothing"]
    assert steps[-1].ledger == evidence.ledger("toy")


def test_an_episode_that_goes_on_is_silence_until_it_ends(toy, tmp_path):
    model = MODEL + '[triggers.siege]\nkind = "episode"\nrate = 1\nduration = { median = "8w", q95 = "30w" }\n'
    model += '[calendar.vote]\ndate = 2025-06-02\nbranches = [{ name = "yes", probability = 0.3 }, '
    model += '{ name = "no", probability = 0.7 }]\n'
    root = shutil.copytree(toy.parents[1], tmp_path / "toy")
    (root / "drivers.toml").write_text(model)
    (root / "experiments" / "log.toml").write_text(
        '[[entries]]\nname = "walls"\ntrigger = "siege"\ndate = 2025-03-03\nended = 2025-07-07\nsource = "a"\n'
        '[[entries]]\nname = "carried"\ncalendar = "vote"\nbranch = "yes"\nsource = "a"\n'
    )
    evidence = load_case(root / "experiments" / "toy.toml").evidence
    begins, vote, ends = dt.date(2025, 3, 3), dt.date(2025, 6, 2), dt.date(2025, 7, 7)
    found = plan(evidence, "toy", dt.date(2025, 1, 6), None, leave_out=True)
    steps = found.steps
    assert [(each.date, each.entry) for each in steps] == [
        (begins, SILENCE), (begins, "walls"), (vote, SILENCE), (vote, "carried"), (ends, SILENCE),
        (ends, "walls_ended"),
    ]  # fmt: skip
    known = [[(end.still, end.ended) for end in each.ledger.ends] for each in steps]
    before = dt.timedelta(days=1)
    assert known == [
        [], [(begins, dt.date.max)], [(vote, dt.date.max)], [(vote, dt.date.max)], [(ends - before, dt.date.max)],
        [(ends - before, ends)],
    ]  # fmt: skip
    assert [len(each.ledger.branches) for each in steps] == [0, 0, 0, 1, 1, 1]
    assert set(found.left_out) == {"walls", "walls_ended", "carried"}
    assert found.left_out["walls"].ends == ()
    june = plan(evidence, "toy", dt.date(2025, 1, 6), dt.date(2025, 6, 30), leave_out=True)
    assert [(each.date, each.entry) for each in june.steps[-2:]] == [(vote, "carried"), (dt.date(2025, 6, 30), SILENCE)]
    assert set(june.left_out) == {"walls", "carried"}, "an end that was not known yet is no entry"


def test_a_signpost_moves_the_odds_by_bayes_rule(timeline):
    """Seen at the 52nd assessment: P(seen | rift) and P(seen | not) weigh where the path is then."""
    found = timeline.findings
    now = 1 - math.exp(-LAMBDA * 364 / 365.25)
    end = 1 - math.exp(-LAMBDA * DAYS / 365.25)
    seen = {True: 0.8, False: 0.2}
    weight = now * seen[True] + (1 - now) * seen[False]
    after = (now * seen[True] + (end - now) * seen[False]) / weight
    bits = math.log2(after / (1 - after)) - math.log2(end / (1 - end))
    arrival, removal = found.arrival(step(found, "seen"), 0, 0), found.removal("seen", 0, 0)
    for measured in (arrival, removal):
        assert abs(measured.change - bits) < 4 * measured.se
        assert measured.significant
    assert abs(arrival.change) > 8 * arrival.se, "the wrong twin: an entry without effect"


def test_steps_add_up_to_the_whole_way(timeline):
    found = timeline.findings
    for j in range(2):
        arrivals = [found.arrival(n, 0, j).change for n in range(len(found.steps))]
        start, end = found.odds(-1)[0][0, j], found.odds(len(found.steps) - 1)[0][0, j]
        whole = math.log2(end / (1 - end)) - math.log2(start / (1 - start))
        assert sum(arrivals) == pytest.approx(whole, abs=0.01)
        entries = [found.arrival(n, 0, j).change for n, each in enumerate(found.steps) if each.entry != SILENCE]
        assert sum(entries) + found.silence(0, j).change == pytest.approx(sum(arrivals), abs=1e-9)


def test_an_unrelated_entry_has_no_effect(timeline):
    """None but rounding: the futures of one step are those of the last, on the same noise."""
    found = timeline.findings
    for j in range(2):
        assert abs(found.arrival(step(found, "nothing"), 0, j).change) < 1e-9
        assert abs(found.removal("nothing", 0, j).change) < 1e-9
    assert abs(found.arrival(step(found, "seen"), 0, 0).change) > 0.1, "the wrong twin: a related entry"


RATE = {"q05": 0.1, "median": 0.5, "q95": 3.0}


@pytest.fixture(scope="module")
def drawn(toy):
    return fr.timeline(toy, set={"triggers.cause.rate": RATE}, draws=64, paths=64, repeats=12)


def by_hand(rates):
    """The odds of the rift before and after `seen`, at equally likely rates."""
    now, end = (1 - np.exp(-rates * days / 365.25) for days in (364, DAYS))
    likelihood = now * 0.8 + (1 - now) * 0.2
    return end.mean(), (now * 0.8 + (end - now) * 0.2).sum() / likelihood.sum()


def test_odds_over_draws_are_means_over_judgement_before_and_given_the_evidence(toy, drawn):
    """The evidence weighs the rates too; at the medians it is another question."""
    model = load_case(toy, set={"triggers.cause.rate": RATE}).model
    spread = uncertain(model)["triggers.cause.rate"]
    rates = np.array([spread.quantile(u) for u in (np.arange(2000) + 0.5) / 2000])
    found = drawn.findings
    assert (found.draws, found.paths, found.repeats) == (64, 64, 12)
    for n, right, medians in zip((-1, len(found.steps) - 1), by_hand(rates), by_hand(np.array([0.5])), strict=True):
        odds, error = (part[0, 0] for part in found.odds(n))
        assert abs(odds - right) < 4 * error
        assert error < 0.01
        assert abs(odds - medians) > 6 * error, "the wrong twin"
    assert found.before.effective_draws == pytest.approx(64 * 12)
    assert 64 * 12 / 4 < found.after[-1].effective_draws < 64 * 12


def test_the_odds_over_draws_are_those_of_a_run_and_of_an_update(toy, drawn):
    options = {"set": {"triggers.cause.rate": RATE}, "draws": 256, "paths": 64}
    found = drawn.findings
    updated = fr.update(toy, **options).findings
    for n, other in ((-1, updated.before), (len(found.steps) - 1, updated.after)):
        odds, error = (part[0, 0] for part in found.odds(n))
        at = other.odds["at"]
        assert abs(odds - at.probability[-1, 0]) < 4 * math.hypot(error, at.mc_se[-1, 0])


def test_few_effective_draws_are_warned_of(toy, capsys):
    options = {"set": {"triggers.cause.rate": RATE}, "paths": 64, "repeats": 2}
    notes = []
    progress = Silent()
    progress.note = notes.append
    few = fr.timeline(toy, draws=4, progress=progress, **options)
    assert any("of 8 draws effective" in note for note in notes)
    assert "leaves" in few._repr_html_()
    medians = fr.timeline(toy, draws=0, **options)
    assert medians.findings.draws == 0
    assert "not the odds of a run" in medians._repr_html_()
    assert "effective_draws" not in medians.to_dict()


def test_a_draw_in_which_the_evidence_is_impossible_weighs_nothing(toy):
    """`idle` cannot happen in half of the draws; its entry is then the end of them, not of the timeline."""
    sometimes = {"triggers.idle.rate": {"q05": 0.001, "median": 0.01, "q95": 40.0}}
    found = fr.timeline(toy, set=sometimes, draws=16, paths=32, repeats=2).findings
    assert found.after[-1].effective_draws < 0.8 * 32
    assert np.isfinite(found.after[-1].odds).all()


def test_surprise_is_the_improbability_of_the_evidence(timeline):
    found = timeline.findings
    assert found.surprise(step(found, "seen")) > 0
    silence = found.surprise(0)
    assert silence == pytest.approx(56 / 365.25 / math.log(2), abs=0.02), "exp(-rate x days) in bits"


def test_tables_and_data_agree(timeline):
    rows = list(csv.DictReader(io.StringIO(timeline.to_csv())))
    data = timeline.to_dict()
    assert [row["entry"] for row in rows] == [item["entry"] for item in data["entries"]]
    seen = next(item for item in data["entries"] if (item["entry"], item["scenario"]) == ("seen", "rift"))
    row = next(row for row in rows if (row["entry"], row["scenario"]) == ("seen", "rift"))
    assert float(row["arrival_bits"]) == pytest.approx(seen["arrival_bits"], abs=1e-4)
    assert float(row["removal_bits"]) == pytest.approx(seen["removal_bits"], abs=1e-4)
    assert data["steps"][0]["entry"] == "start"


def test_pictures_have_a_row_for_each_entry(timeline):
    axes = timeline.plot_entries("rift")
    assert len(axes[0].get_yticklabels()) == len({item["entry"] for item in timeline.to_dict()["entries"]})
    assert len(timeline.plot()) == 2


def test_significance_accounts_for_few_passes():
    """With 4 passes three standard errors are not significant, with 400 two are."""
    assert not Bits(change=3.0, se=1.0, repeats=4).significant
    assert Bits(change=2.0, se=1.0, repeats=400).significant
    assert np.isclose(Bits(change=0.0, se=1.0, repeats=4).half, 3.182, atol=1e-3)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"repeats": 1}, "too small"),
        ({"until": dt.date(2024, 1, 1)}, "is not within the run"),
        ({"set": {"triggers.idle.rate": 0}, "paths": 64, "repeats": 2}, "as good as impossible"),
    ],
)
def test_what_cannot_be_asked_is_refused(toy, options, message):
    with pytest.raises(InputError, match=message):
        fr.timeline(toy, **options)


def row(name, arrival, removal=None, se=0.01, **more):
    def bits(change):
        return None if change is None else Bits(change=change, se=se, repeats=8)

    return Row(name=name, date=None, label=name, arrival=bits(arrival), removal=bits(removal), **more)


def test_the_largest_significant_effects_are_shown_in_order_of_time():
    listed = [row(f"e{n}", 0.1 + 0.01 * n) for n in range(MAX_ROWS + 5)]
    listed[3] = row("chance", 9.0, se=9.0)
    listed[7] = row("counts now", 0.0, 1.0)
    listed.append(row(SILENCE, 0.0))
    kept = [listed[place].name for place in rows_to_show([listed])]
    assert len(kept) == MAX_ROWS
    assert kept[-1] == SILENCE, "what did not happen is always there"
    assert "counts now" in kept
    assert "chance" not in kept
    assert kept == [each.name for each in listed if each.name in kept]
    assert "e0" not in kept, "the least"
    assert rows_to_show([listed[:4]]) == [0, 1, 2, 3], "few are all shown, significant or not"


def test_a_row_stays_for_the_scenario_that_it_moves():
    quiet = [row(f"e{n}", 0.0) for n in range(MAX_ROWS + 5)]
    moved = [row(f"e{n}", 1.0 if n == 5 else 0.0) for n in range(MAX_ROWS + 5)]
    assert rows_to_show([quiet, moved]) == [5]


def test_vague_entries_are_marked_where_the_ledger_is_complete_for_their_kind(timeline):
    found = timeline.findings
    assert not vague(found, "nothing"), "it has a day"
    notes = found.evidence.notes
    wide = replace(notes["nothing"], first=notes["nothing"].last - dt.timedelta(days=60))
    blurred = replace(found, evidence=replace(found.evidence, notes={**notes, "nothing": wide, "seen": notes["seen"]}))
    assert vague(blurred, "nothing")
    assert not vague(blurred, "seen"), "the ledger is not complete for a signpost"
    marked = next(each for each in rows(blurred, 0) if each.name == "nothing")
    assert str(marked).endswith("†")
    assert (
        remark([marked], 2)
        == f"{DAGGER} 2 more entries have smaller effects, or effects not distinguishable from chance: see entries.csv."
    )
    assert remark([], 0) == ""
