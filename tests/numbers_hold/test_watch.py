"""Is the value of an answer right, and is chance not mistaken for information?

The model: a rift is entered for good with the first event of `cause` or `other`, both at constant rates; `idle` does
nothing. With a = rate of cause, c = rate of other, by the day d of the end T,

    P(rift at T) = 1 - exp(-(a + c) T),    P(rift | a by d) = 1,    P(rift | not a by d) = 1 - exp(-a (T - d) - c T).
"""

import math

import numpy as np
import pytest
from scipy.special import rel_entr

import frenemy as fr
from builders import (
    YEAR,
    branch,
    calendar_event,
    day,
    driver,
    experiment,
    model,
    per_year,
    rule,
    scenario,
    trigger,
)
from frenemy.errors import InputError
from frenemy.model.resolved import Signpost
from frenemy.studies.watch.findings import split_count
from frenemy.studies.watch.signposts import chance_reported
from frenemy.studies.watch.value_of_information import AnswerTable, count_answers, value_of

A, C, TICKS, DAYS = 0.5, 0.2, 104, 181
T, D = 104 * 7 / YEAR, (DAYS + 1) / YEAR  # by the end of the day
PATHS = 8192


def toy(**changes):
    rift = scenario("rift", enter=rule("count(cause) + count(other) > 0"), absorbing=True)
    triggers = (
        trigger("cause", rate=per_year(A)),
        trigger("other", rate=per_year(C)),
        trigger("idle", rate=per_year(1)),
    )
    return model(**{"triggers": triggers, "scenarios": (rift,), "drivers": (driver(),)} | changes)


@pytest.fixture(scope="module")
def watched():
    return fr.watch((toy(), experiment(ticks=TICKS, paths=PATHS)), by=day(DAYS)).findings


def question(found, name):
    return next(asked for asked in (*found.questions, *found.calendar) if asked.name == name)


def truth(a=A, d=D):
    """Odds now, if so and if not; gain and bits for the rift."""
    p, yes, q = 1 - math.exp(-(a + A + C - a) * T), 1.0, 1 - math.exp(-a * d)
    no = 1 - math.exp(-a * (T - d) - (A + C - a) * T)
    gain = q * (yes - p) ** 2 + (1 - q) * (no - p) ** 2
    bits = sum(w * (rel_entr(x, p) + rel_entr(1 - x, 1 - p)) for w, x in ((q, yes), (1 - q, no))) / math.log(2)
    return p, yes, no, q, gain, bits


@pytest.mark.parametrize(("name", "rate"), [("cause", A), ("other", C)])
def test_odds_gain_and_bits_are_as_worked_out_by_hand(watched, name, rate):
    p, yes, no, q, gain, bits = truth(rate)
    what = question(watched, name).value
    assert abs(watched.odds[0] - p) < 4 * watched.odds_se[0]
    assert abs(what.chance[0] - q) < 4 * what.chance_se[0]
    assert what.odds[0, 0] == yes
    assert abs(what.odds[1, 0] - no) < 4 * what.odds_se[1, 0]
    assert abs(what.gain[0] - gain) < 4 * what.gain_se[0]
    assert what.gain[-1] == pytest.approx(2 * what.gain[0]), "the other scenario is its mirror image"
    slope = bits / gain
    assert abs(what.bits[0] - bits) < 4 * slope * what.gain_se[0]
    assert what.bits[-1] == pytest.approx(what.bits[0]), "two scenarios: one yes or no"
    assert what.significant.all()


def test_counting_events_until_the_end_would_be_another_question(watched):
    """The wrong twin: were events counted by the end rather than by the day, the gain would be far off."""
    *_, gain, _ = truth(A, T)
    what = question(watched, "cause").value
    assert abs(what.gain[0] - gain) > 10 * what.gain_se[0]
    late = fr.watch((toy(), experiment(ticks=TICKS, paths=PATHS)), by=day(TICKS * 7 - 1)).findings
    assert abs(question(late, "cause").value.gain[0] - gain) < 4 * question(late, "cause").value.gain_se[0]


def test_a_trigger_without_effect_is_not_significant(watched):
    what = question(watched, "idle").value
    assert not what.significant.any()
    assert abs(what.gain[0]) < 4 * what.gain_se[0] + what.floor[0]


def test_the_most_informative_question_comes_first(watched):
    assert [asked.name for asked in watched.questions] == ["cause", "other", "idle"]


def test_ever_and_at_are_one_where_the_scenario_is_never_left(watched):
    ever = fr.watch((toy(), experiment(ticks=TICKS, paths=PATHS)), by=day(DAYS), reading="ever").findings
    assert ever.odds[0] == watched.odds[0]
    one, other = (question(found, "cause").value for found in (watched, ever))
    assert other.odds[:, 0].tolist() == one.odds[:, 0].tolist()
    assert ever.odds[1] > watched.odds[1], "every path has been in the status quo"
    assert np.isnan(other.bits[-1])


def test_few_of_many_useless_questions_pass():
    """At the 99 % point, one in a hundred does; of 60, five or more would be a sign that the floor is too low."""
    rng = np.random.default_rng(1)
    passed = 0
    for _ in range(60):
        answer, hit = rng.integers(0, 2, (32, 64)), rng.random((32, 64)) < 0.3
        table = count_answers(answer, np.stack([hit, ~hit]), 2, exclusive=True, nested=False)
        passed += value_of(table, rng).significant[-1]
    assert passed < 5


def shared_numbers(rng):
    """Answers and scenarios whose chances differ from draw to draw, and have nothing to do with each other."""
    seen, hit = (rng.random((64, 1000)) < rng.beta(1, 1, (64, 1)) for _ in range(2))
    return seen.astype(np.int64), np.stack([hit, ~hit])


def test_differences_between_draws_are_not_mistaken_for_information():
    rng = np.random.default_rng(2)
    passed = {True: 0, False: 0}
    for _ in range(30):
        answer, hits = shared_numbers(rng)
        for nested in passed:
            passed[nested] += value_of(count_answers(answer, hits, 2, exclusive=True, nested=nested), rng).significant[
                -1
            ]
    assert passed[True] < 4
    assert passed[False] > 15, "the wrong twin: answers permuted over single paths, whatever their draw"


def test_answers_that_reveal_the_scenario_remove_all_uncertainty():
    hit = np.random.default_rng(3).random((32, 64)) < 0.4
    table = count_answers((~hit).astype(np.int64), np.stack([hit, ~hit]), 2, exclusive=True, nested=False)
    what, p = value_of(table, np.random.default_rng(4)), hit.mean()
    assert what.gain[0] == pytest.approx(p * (1 - p), rel=0.01)
    assert what.bits[0] == pytest.approx(-(p * math.log2(p) + (1 - p) * math.log2(1 - p)), rel=0.01)


def test_an_answer_that_never_comes_is_blank_and_uninformative():
    table = AnswerTable(answers=np.array([[0, 8]]), hits=np.array([[[0, 0], [3, 5]]]), exclusive=True, nested=False)
    what = value_of(table, np.random.default_rng(5))
    assert np.isnan(what.odds[0]).all()
    assert what.gain[0] == 0


def test_a_date_that_decides_removes_all_uncertainty():
    coin = calendar_event("coin", day(100), branch("heads", 0.25, effect={"trust": -40}), branch("tails", 0.75))
    still = driver(volatility=0.0, half_life=1e6)
    rift = scenario("rift", enter=rule("trust < 30"))
    found = fr.watch((toy(calendar=(coin,), drivers=(still,), scenarios=(rift,)), experiment(ticks=52, paths=2048)))
    what = question(found.findings, "coin")
    assert what.answers == ("heads", "tails")
    assert what.value.odds[:, 0].tolist() == [1.0, 0.0]
    assert what.value.gain[-1] == pytest.approx(found.findings.brier_now[-1], rel=0.01)


def test_a_signpost_is_weighed_by_its_likelihood():
    """The scenario multiplies the odds of seeing the signpost by 6: Bayes' rule gives the odds."""
    post = Signpost(text="Envoys leave", name="envoys", chance=0.2, by_scenario={"rift": 6.0}, reliability=0.9)
    rift = scenario("rift", enter=rule("count(cause) + count(other) > 0"), absorbing=True, signposts=(post,))
    by = day(26 * 7)
    found = fr.watch((toy(scenarios=(rift,)), experiment(ticks=52, paths=PATHS)), by=by, at=day(27 * 7)).findings
    what = question(found, "envoys").value
    there = {"rift": 0.6, "status_quo": 0.2}  # odds 1/4 and 6/4
    reported = {name: 0.9 * share + 0.1 * (1 - share) for name, share in there.items()}
    now, later = (1 - math.exp(-(A + C) * weeks * 7 / YEAR) for weeks in (26, 27))
    seen = now * reported["rift"] + (1 - now) * reported["status_quo"]
    assert abs(what.chance[0] - seen) < 4 * what.chance_se[0]
    given = (now * reported["rift"] + (later - now) * reported["status_quo"]) / seen
    assert abs(what.odds[0, 0] - given) < 4 * what.odds_se[0, 0]
    certain = now * there["rift"] / (now * there["rift"] + (1 - now) * there["status_quo"])
    assert abs(what.odds[0, 0] - certain) > 3 * what.odds_se[0, 0], "the wrong twin: reports treated as certain"


def test_each_ten_points_multiply_the_odds_of_a_signpost_by_its_factor():
    post = Signpost(text="", name="talks", chance=0.5, per_10_points={"trust": 2.0}, reference={"trust": 40.0})
    of = model()
    chance = chance_reported(post, of, np.array([[30.0, 40.0, 60.0]]), np.zeros(3, dtype=np.int64))
    assert chance == pytest.approx([1 / 3, 1 / 2, 4 / 5])


def test_counts_are_split_most_evenly():
    assert split_count(np.array([[0, 0, 0, 1]], dtype=np.uint8)) == 1
    assert split_count(np.array([[1, 2, 3, 4]], dtype=np.uint8)) == 3
    assert split_count(np.array([[0, 0]], dtype=np.uint8)) == 1


def test_the_answer_does_not_depend_on_the_number_of_workers():
    runs = [fr.watch((toy(), experiment(ticks=52, paths=4000)), workers=workers).to_csv() for workers in (1, 3)]
    assert runs[0] == runs[1]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"by": day(-1)}, "is not within the run"),
        ({"at": day(9999)}, "is not within the run"),
        ({"by": day(364)}, "must be before the date of the odds"),
        ({"reading": "time_share"}, "not a reading"),
    ],
)
def test_what_cannot_be_asked_is_refused(options, message):
    with pytest.raises(InputError, match=message):
        fr.watch((toy(), experiment(ticks=52, paths=64)), **options)


def test_a_model_without_anything_to_watch_is_refused():
    with pytest.raises(InputError, match="nothing to watch"):
        fr.watch((model(), experiment(ticks=52, paths=64)))
