"""Does a ledger load as written: within the run, by name, without contradiction, and only what was known?"""

import datetime as dt
from pathlib import Path

import pytest
from corpus import ROOT, SMALL, small_model

from frenemy.errors import InputError
from frenemy.model.evidence.entries import (
    SEVERITY_UNKNOWN,
    BranchTaken,
    Coverage,
    DriverReading,
    EpisodeEnd,
    Occurrence,
    SignpostSighting,
)
from frenemy.model.files.dump import dump_resolved
from frenemy.model.files.load import load_resolved
from frenemy.model.files.load_ledgers import load_case

EXPERIMENT = Path("experiments") / "baseline.toml"
EVERYTHING = SMALL.parent / "everything" / "experiments" / "all_keys.toml"
DAY = dt.date


@pytest.fixture
def case(tmp_path, monkeypatch):
    """Load the small model with a ledger of this text."""

    def load(text, **options):
        monkeypatch.chdir(small_model(tmp_path, ledgers=text))
        return load_case(EXPERIMENT, ledgers=[Path("experiments/evidence/log.toml")], **options)

    return load


def entry(name, about, rest):
    return f'[[entries]]\nname = "{name}"\n{about}\n{rest}\nsource = "the papers"\n'


STRIKE, TARIFF, TALKS = 'trigger = "strike"', 'trigger = "tariff"', 'signpost = "talks"'
COMPLETE = '[[complete]]\ntriggers = ["strike"]\nuntil = 2026-01-16\nsource = "the papers"\n'


def test_every_key_means_what_it_says():
    found = load_case(EVERYTHING)
    ledger = found.evidence.ledger("log")
    assert ledger.occurrences[0] == (
        Occurrence(entry="first_strike", trigger="strike", first=DAY(2025, 7, 1), last=DAY(2025, 7, 3), severity=1.5)
    )
    assert ledger.ends == (
        EpisodeEnd(
            entry="duties_ended", trigger="tariff", began="duties", since=DAY(2025, 7, 10), still=DAY(2025, 11, 30),
            ended=DAY(2025, 12, 1),
        ),
        EpisodeEnd(
            entry="suspension_2026_05_01_still_active", trigger="suspension", began="suspension_2026_05_01",
            since=DAY(2026, 5, 31), still=DAY(2026, 6, 29), ended=DAY.max,
        ),
    )  # fmt: skip
    assert ledger.branches == (
        BranchTaken(entry="review_yearly", event="review", branch="yearly", date=DAY(2026, 7, 1)),
    )
    assert ledger.readings == (
        DriverReading(entry="trust_2025_09_01", driver="trust", date=DAY(2025, 9, 1), value=31.5, sd=4.0),
    )
    envoys = SignpostSighting(
        entry="envoys_leave_2025_10_01", signpost="envoys_leave", date=DAY(2025, 10, 1), seen=False, chance=0.1,
        per_10_points={"trust": 0.5}, reference={"trust": 45.0}, by_scenario={"rift": 5.0}, reliability=0.8,
    )  # fmt: skip
    assert ledger.sightings[0] == envoys
    assert ledger.sightings[1].reference == {"trust": 40.0, "alignment": 50.0}, "the median of the long run"
    assert [(c.trigger, c.since, c.until) for c in ledger.coverage] == [
        ("strike", DAY(2025, 3, 1), DAY(2026, 6, 30)), ("suspension", DAY(2025, 3, 1), DAY(2026, 6, 30)),
    ]  # fmt: skip
    assert ledger.until == DAY(2026, 7, 2)
    assert found.asked.evidence.until == DAY(2026, 6, 30)
    assert (found.asked.watch.by, found.asked.watch.reading) == (DAY(2026, 3, 1), "ever")


def test_signposts_with_a_likelihood_survive_the_resolved_text():
    found = load_case(EVERYTHING)
    again, _ = load_resolved(dump_resolved(found.model, found.experiment))
    assert again.signposts == found.model.signposts
    assert set(again.signposts) == {"envoys_leave", "visits"}
    assert [post.text for post in again.scenarios[0].signposts] == ["Exercises are cancelled", "Envoys leave"]


def test_a_list_of_ledgers_is_as_good_as_a_block(tmp_path, monkeypatch):
    experiments = 'title = "Baseline"\nhorizon = "5y"\nevidence = ["evidence/log.toml"]\n'
    monkeypatch.chdir(small_model(tmp_path, experiments=experiments))
    found = load_case(EXPERIMENT)
    assert [path.name for path in found.files] == ["log.toml"]
    assert set(found.evidence.notes) == {"first_tariff", "no_strike_until_2026_01_16"}


def test_a_ledger_that_is_not_there_is_named_where_it_is_named(tmp_path, monkeypatch):
    experiments = 'title = "Baseline"\nhorizon = "5y"\nevidence = ["evidence/lgo.toml"]\n'
    monkeypatch.chdir(small_model(tmp_path, experiments=experiments))
    with pytest.raises(InputError) as caught:
        load_case(EXPERIMENT)
    (problem,) = caught.value.problems
    assert str(problem).startswith("experiments/baseline.toml:3: evidence[1]: no such file")
    assert problem.suggestion == '"evidence/log.toml"'


def test_problems_of_ledgers_and_model_come_together(tmp_path, monkeypatch):
    broken = entry("a", 'trigger = "strik"', "date = 2025-04-01")
    monkeypatch.chdir(small_model(tmp_path, ledgers=broken, scenarios='enter = "trust < flor"'))
    with pytest.raises(InputError) as caught:
        load_case(EXPERIMENT, ledgers=[Path("experiments/evidence/log.toml")])
    assert [problem.file for problem in caught.value.problems] == [
        "scenarios/rift.toml",
        "experiments/evidence/log.toml",
    ]


def test_what_is_switched_off_is_noted_and_does_not_count(case):
    found = case(entry("a", STRIKE, "date = 2025-04-01\non = false") + entry("b", TARIFF, "date = 2025-05-01"))
    assert [e.entry for e in found.evidence.entries] == ["b"]
    assert [(note.name, note.on) for note in found.evidence.notes.values()] == [("a", False), ("b", True)]


def test_what_is_outside_the_run_is_noted_and_what_straddles_it_is_cut(case):
    text = entry("before", STRIKE, "date = 2024-04-01") + entry("across", STRIKE, "between = [2025-01-10, 2025-02-01]")
    found = case(text + COMPLETE.replace("until", "from = 2024-12-01\nuntil"))
    assert found.evidence.outside == ("before",)
    ledger = found.evidence.ledger("log")
    assert [(o.entry, o.first) for o in ledger.occurrences] == [("across", DAY(2025, 1, 21))]
    assert [c.since for c in ledger.coverage] == [DAY(2025, 1, 21)]


def test_only_what_was_known_counts_on_a_day(case):
    text = entry("known", TARIFF, "date = 2025-04-01") + entry("vague", STRIKE, "between = [2025-03-20, 2025-05-01]")
    ledger = case(text + COMPLETE).evidence.ledger("log", until=DAY(2025, 4, 10))
    assert [o.entry for o in ledger.occurrences] == ["known"]
    assert [(c.since, c.until) for c in ledger.coverage] == [(DAY(2025, 1, 21), DAY(2025, 3, 20))], (
        "an event that may have happened by then is not told not to have"
    )
    assert ledger.until == DAY(2025, 4, 10)


def test_leaving_an_event_out_means_not_to_know_of_it(case):
    evidence = case(entry("strike", STRIKE, "date = 2025-04-01") + COMPLETE).evidence
    without = evidence.ledger("log", without=("strike",))
    assert without.occurrences == ()
    assert [(c.since, c.until) for c in without.coverage] == [
        (DAY(2025, 1, 21), DAY(2025, 4, 1)), (DAY(2025, 4, 2), DAY(2026, 1, 16)),
    ]  # fmt: skip
    assert evidence.ledger("log", without=("no_strike_until_2026_01_16",)).coverage == ()


DUTIES = entry("duties", TARIFF, "date = 2025-04-01\nended = 2025-09-01")


def test_an_end_is_known_from_its_day_on_and_before_that_it_has_not_come(case):
    evidence = case(DUTIES).evidence
    assert evidence.notes["duties_ended"].label == "Ended: Tariff"
    assert (evidence.notes["duties_ended"].kind, evidence.notes["duties_ended"].last) == ("ending", DAY(2025, 9, 1))

    def known(until, **more):
        ledger = evidence.ledger("log", until=until, **more)
        assert ledger == ledger.known_by(until + dt.timedelta(days=1)) or ledger.until > until
        return [(end.still, end.ended) for end in ledger.ends]

    assert known(DAY(2025, 3, 31)) == []
    assert known(DAY(2025, 4, 1)) == [(DAY(2025, 4, 1), DAY.max)]
    assert known(DAY(2025, 8, 31)) == [(DAY(2025, 8, 31), DAY.max)]
    assert known(DAY(2025, 9, 1)) == [(DAY(2025, 8, 31), DAY(2025, 9, 1))]
    assert known(DAY(2025, 9, 1), waiting=("duties_ended",)) == known(DAY(2025, 8, 31)), "on the day, but not heard yet"
    assert known(DAY(2025, 12, 1), without=("duties_ended",)) == []
    assert known(DAY(2025, 12, 1), without=("duties",)) == [], "no end without a beginning"


def test_a_running_episode_is_known_until_the_day_of_its_entry(case):
    evidence = case(DUTIES.replace("ended", "still_active")).evidence
    assert evidence.notes["duties_still_active"].label == "Ongoing: Tariff"
    (end,) = evidence.ledger("log", until=DAY(2026, 1, 1)).ends
    assert (end.still, end.ended) == (DAY(2025, 9, 1), DAY.max), "of later days nothing is known"


def test_an_end_beyond_the_run_is_an_episode_that_goes_on_to_its_end(case):
    found = case(DUTIES.replace("2025-09-01", "2033-01-01"))
    (end,) = found.evidence.ledger("log").ends
    assert (end.still, end.ended) == (found.experiment.end - dt.timedelta(days=1), DAY.max)
    assert found.evidence.outside == ()
    before = case(DUTIES.replace("2025-04-01", "2024-04-01")).evidence
    assert before.outside == ("duties", "duties_ended"), "episodes from before the start are for [initial]"


REVIEW = 'calendar = "review"\nbranch = "extended"'


def test_an_outcome_has_the_day_that_the_model_gives_it(case):
    (taken,) = case(entry("a", REVIEW, "")).evidence.ledger("log").branches
    assert taken.date == DAY(2026, 7, 1)
    evidence = case(entry("a", REVIEW, ""), set={"calendar.review.date": DAY(2026, 9, 1)}).evidence
    assert evidence.ledger("log").branches[0].date == DAY(2026, 9, 1)
    assert evidence.notes["a"].label == "Review: Extended"
    assert evidence.ledger("log", until=DAY(2026, 8, 31)).branches == ()
    assert evidence.ledger("log", until=DAY(2026, 9, 1)).branches != ()
    assert case(entry("a", REVIEW, ""), set={"calendar.review.date": DAY(2033, 9, 1)}).evidence.outside == ("a",)


def test_an_outcome_entered_twice_counts_once_and_is_left_out_by_name(case):
    evidence = case(entry("a", REVIEW, "") + entry("b", REVIEW, "date = 2026-07-01")).evidence
    assert [conflict.doubtful for conflict in evidence.conflicts] == [True]
    assert [branch.entry for branch in evidence.ledger("log").branches] == ["a"]
    assert [branch.entry for branch in evidence.ledger("log", without=("a",)).branches] == ["b"]
    assert evidence.ledger("log", without=("a", "b")).branches == ()


def test_made_names_keep_out_of_the_way_of_given_ones(case):
    notes = case(DUTIES + entry("duties_ended", STRIKE, "date = 2025-05-01")).evidence.notes
    assert [*notes] == ["duties", "duties_ended_2", "duties_ended"]


def test_two_ledgers_do_not_count_the_same_absence_twice(case):
    later = COMPLETE.replace("until = 2026-01-16", "from = 2025-06-01\nuntil = 2026-06-01")
    ledger = case(COMPLETE + later).evidence.ledger("log")
    assert [(c.since, c.until) for c in ledger.coverage] == [
        (DAY(2025, 1, 21), DAY(2026, 1, 16)), (DAY(2026, 1, 16), DAY(2026, 6, 1)),
    ]  # fmt: skip


def test_one_event_entered_twice_is_noted_and_counts(case):
    found = case(entry("a", STRIKE, "date = 2025-04-01") + entry("b", STRIKE, "between = [2025-03-30, 2025-04-02]"))
    (conflict,) = found.evidence.conflicts
    assert (conflict.entries, conflict.doubtful) == (("a", "b"), True)
    assert len(found.evidence.entries) == 2


def test_a_contradiction_is_refused_until_one_side_is_off(case):
    seen, unseen = entry("a", TALKS, "date = 2025-04-01"), entry("b", TALKS, "date = 2025-04-05\nseen = false")
    with pytest.raises(InputError, match="contradicts a"):
        case(seen + unseen)
    assert len(case(seen + unseen.replace("seen = false", "seen = false\non = false")).evidence.entries) == 1
    assert case(seen + unseen.replace("2025-04-05", "2025-06-05")).evidence.conflicts == ()


def test_unknown_severity_is_left_to_the_model(case):
    found = case(entry("a", STRIKE, "date = 2025-04-01"))
    assert found.evidence.ledger("log").occurrences[0].severity == SEVERITY_UNKNOWN


@pytest.fixture(scope="module")
def shipped():
    files = [ROOT / "experiments" / "evidence" / name for name in ("2025.toml", "2026.toml")]
    return load_case(ROOT / "experiments" / "baseline.toml", ledgers=files)


def test_the_shipped_ledgers_hold_together(shipped):
    evidence = shipped.evidence
    assert evidence.outside == ()
    assert evidence.conflicts == ()
    assert all(note.source for note in evidence.notes.values())
    short = {*shipped.model.sources, "judgment"}
    for note in evidence.notes.values():
        named = note.source.partition(":")[0].split(", ")
        assert set(named) <= short, f"{note.name}: {named}"


def test_the_shipped_ledger_counts_what_the_page_on_the_model_counts(shipped):
    """The table "Checked against 2025" of docs/model.md, and the ledger, are about the same facts."""
    page = (ROOT / "docs" / "model.md").read_text(encoding="utf-8").partition("## Checked against 2025")[2]
    table = page.partition("## ")[0]
    counted = {cells[1].strip(): int(cells[2]) for line in table.splitlines() if len(cells := line.split("|")) > 4
               and cells[2].strip().isdigit()}  # fmt: skip
    entries = dict.fromkeys(counted, 0)
    for item in shipped.evidence.entries:
        if isinstance(item, Occurrence) and item.last <= DAY(2026, 1, 16):
            entries[item.trigger] += 1
    assert entries == counted
    covered = {item.trigger for item in shipped.evidence.entries if isinstance(item, Coverage)}
    assert {"unilateral_strike", "cooperation_suspended"} <= covered
