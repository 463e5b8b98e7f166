"""Do the questions of `watch` start where the evidence ends?

The model: a rift is entered for good with the first event of `cause` or `other`, at constant rates a and c; `idle`
happens at a very uncertain rate. A ledger states for a year that neither happened: from its end on,

    P(rift at T) = 1 - exp(-(a + c) T),    P(rift | a by d) = 1,    P(rift | not a by d) = 1 - exp(-a (T - d) - c T)

with T and d counted from there.
"""

import datetime as dt
import math

import pytest
from toy_files import write_toy

import frenemy as fr
from builders import YEAR
from frenemy.errors import InputError

A, C = 0.5, 0.2
START, WEEKS, KNOWN = dt.date(2025, 1, 6), 104, 52
END = START + dt.timedelta(weeks=WEEKS)
NOW = START + dt.timedelta(weeks=KNOWN)
MODEL = f"""
[model]
title = "Toy"
start = {START}
[drivers.trust]
start = 50
long_run = 50
half_life = "26w"
volatility = 10
signposts = [{{ name = "talks", text = "Talks go on", chance = 0.5, per_10_points = {{ trust = 2.0 }} }}]
[triggers.cause]
rate = {A}
[triggers.other]
rate = {C}
[triggers.idle]
rate = {{ q05 = 0.5, median = 1.5, q95 = 4.5 }}
[calendar.vote]
date = 2025-06-01
branches = [{{ name = "yes", probability = 0.5 }}, {{ name = "no", probability = 0.5 }}]
[calendar.review]
date = 2026-06-01
branches = [{{ name = "yes", probability = 0.3 }}, {{ name = "no", probability = 0.7 }}]
"""
RIFT = 'enter = "count(cause) + count(other) > 0"\nabsorbing = true\npriority = 1\n'
SOURCE = 'source = "the papers"\n'
NONE_CAME = f'[[complete]]\ntriggers = ["cause", "other"]\nuntil = {NOW}\n{SOURCE}'
OFTEN = "".join(
    f'[[entries]]\nname = "idle_{n}"\ntrigger = "idle"\ndate = {START + dt.timedelta(days=40 * n + 3)}\n{SOURCE}'
    for n in range(8)
)


@pytest.fixture
def toy(tmp_path):
    """Write the toy model with a ledger of this text; its experiment's file."""

    def write(ledger, draws=0):
        run = f'title = "Toy"\nhorizon = "{WEEKS}w"\npaths = 4096\nevidence = ["log.toml"]\n'
        return write_toy(tmp_path, MODEL, RIFT, f"{run}[uncertainty]\ndraws = {draws}\n", ledger)

    return write


def question(found, name):
    return next(asked for asked in (*found.questions, *found.calendar) if asked.name == name)


def truth(a, c, weeks, by):
    """Odds now, odds given no, and the chance of yes, with so many weeks ahead."""
    t, d = weeks * 7 / YEAR, by * 7 / YEAR
    return 1 - math.exp(-(a + c) * t), 1 - math.exp(-a * (t - d) - c * t), 1 - math.exp(-a * d)


@pytest.mark.parametrize(("name", "a", "c"), [("cause", A, C), ("other", C, A)])
def test_events_count_from_where_the_evidence_ends(toy, name, a, c):
    by = NOW + dt.timedelta(weeks=20, days=-1)
    found = fr.watch(toy(NONE_CAME), by=by, paths=1024).findings
    assert (found.since, found.by, found.evidence) == (NOW, by, 2)
    now, no, chance = truth(a, c, WEEKS - KNOWN, 20)
    what = question(found, name).value
    assert abs(found.odds[0] - now) < 4 * found.odds_se[0]
    assert abs(what.chance[0] - chance) < 4 * what.chance_se[0]
    assert what.odds[0, 0] == 1
    assert abs(what.odds[1, 0] - no) < 4 * what.odds_se[1, 0]
    wrong, _, early = truth(a, c, WEEKS, KNOWN + 20)  # the wrong twin: from the start of the run
    assert abs(found.odds[0] - wrong) > 8 * found.odds_se[0]
    assert abs(what.chance[0] - early) > 8 * what.chance_se[0]


def test_without_the_evidence_it_equals_the_run_from_its_start(toy):
    file = toy(NONE_CAME)
    by = START + dt.timedelta(days=180)
    plain = fr.watch(file, by=by, evidence=False)
    assert plain.findings.since == START
    assert plain.findings.evidence == 0
    file.write_text(file.read_text().replace('evidence = ["log.toml"]\n', ""))
    assert plain.to_csv() == fr.watch(file, by=by).to_csv()


def test_evidence_on_a_rate_changes_the_chance_of_an_event(toy):
    """Eight in a year are many more than expected; events before the end of the evidence do not count again."""
    by = NOW + dt.timedelta(weeks=4, days=-1)
    chances = []
    for ledger in (NONE_CAME, NONE_CAME.replace('"other"]', '"other", "idle"]') + OFTEN):
        found = fr.watch(toy(ledger, draws=64), by=by, paths=64).findings
        asked = question(found, "idle")
        assert asked.least == 1
        chances.append((asked.value.chance[0], asked.value.chance_se[0]))
    (before, before_se), (after, after_se) = chances
    assert after - before > 4 * math.hypot(before_se, after_se)
    assert after < 0.75  # 8 a year would have 0.46 in four weeks; counted from the start it would be 1


def test_past_dates_are_no_question(toy):
    found = fr.watch(toy(NONE_CAME), paths=256).findings
    assert [asked.name for asked in found.calendar] == ["review"]
    review = found.calendar[0].value
    assert abs(review.chance[0] - 0.3) < 4 * review.chance_se[0]
    assert question(found, "talks").kind == "signpost"


def test_only_what_was_known_by_then(toy):
    found = fr.watch(toy(NONE_CAME), until=START + dt.timedelta(weeks=19, days=2), paths=256).findings
    assert found.since == START + dt.timedelta(weeks=20)
    assert [asked.name for asked in found.calendar] == ["vote", "review"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"by": NOW}, "is not ahead of the evidence"),
        ({"at": START + dt.timedelta(weeks=4)}, "is not ahead of the evidence"),
        ({"by": END + dt.timedelta(days=1)}, "is not within the run"),
        ({"evidence": False, "until": NOW}, "evidence"),
    ],
)
def test_what_cannot_be_asked_is_refused(toy, options, message):
    with pytest.raises(InputError, match=message):
        fr.watch(toy(NONE_CAME), paths=64, **options)


def test_workers_change_nothing_and_the_text_states_the_evidence(toy):
    file = toy(NONE_CAME, draws=16)
    one, two = (fr.watch(file, paths=64, workers=workers) for workers in (1, 3))
    assert one.to_csv() == two.to_csv()
    assert "Given 2 entries" in " ".join(one.section().paragraphs)
    assert one.to_dict()["since"] == str(NOW)
