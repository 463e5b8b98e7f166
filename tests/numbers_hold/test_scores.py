"""Are scores what they are by hand, do their parts add up, and do errors respect clusters?"""

import datetime as dt

import numpy as np
import pytest

from frenemy.studies.score.findings import ForecastRecord, score_all
from frenemy.studies.score.proper_scores import (
    Rows,
    clusters_of,
    corp,
    figures,
    last_known,
    of_categories,
    of_probabilities,
    of_quantiles,
    reliability,
)

DAY = dt.date(2026, 1, 1)


def test_probabilities_by_hand():
    found = of_probabilities(np.array([0.8, 0.3, 1.0, 0.0]), np.array([1.0, 1.0, 1.0, 1.0]))
    assert found["brier"] == pytest.approx([0.04, 0.49, 0.0, 1.0])
    assert found["log"][:3] == pytest.approx([0.22314355, 1.2039728, 0.0])
    assert np.isinf(found["log"][3])


def test_categories_by_hand():
    """(0.2, 0.5, 0.3) and the last occurred: Brier 0.04 + 0.25 + 0.49, ranked (0.2)² + (0.7)², log -ln 0.3."""
    found = of_categories(np.array([[0.2, 0.5, 0.3], [0.2, 0.5, 0.3]]), np.array([2, 1]))
    assert found["brier"] == pytest.approx([0.78, 0.04 + 0.25 + 0.09])
    assert found["ranked_probability"] == pytest.approx([0.04 + 0.49, 0.04 + 0.09])
    assert found["log"] == pytest.approx([-np.log(0.3), -np.log(0.5)])


def test_quantiles_by_hand():
    """Quantiles 2, 4, 7 at 25, 50, 75 % and 5 occurred: pinball 0.25·3 + 0.5·1 + 0.25·2 = 1.75, times 2/3."""
    found = of_quantiles(np.array([[2.0, 4.0, 7.0]]), np.array([0.25, 0.5, 0.75]), np.array([5.0]))
    assert found["crps"] == pytest.approx([1.75 * 2 / 3])


def test_the_brier_score_in_parts_by_hand():
    """Forecasts 0.2 four times (1 occurred) and 0.6 twice (2 occurred); base rate 1/2.

    Recalibrated: 1/4 and 1. Miscalibration (4·0.05² + 2·0.4²)/6, discrimination (4·0.25² + 2·0.5²)/6, uncertainty 1/4.
    """
    probability = np.array([0.2, 0.2, 0.2, 0.2, 0.6, 0.6])
    outcome = np.array([1.0, 0, 0, 0, 1, 1])
    found = corp(probability, outcome)
    assert found.recalibrated == pytest.approx([0.25, 1.0])
    assert found.miscalibration == pytest.approx((4 * 0.0025 + 2 * 0.16) / 6)
    assert found.discrimination == pytest.approx((4 * 0.0625 + 2 * 0.25) / 6)
    assert found.uncertainty == pytest.approx(0.25)
    brier = of_probabilities(probability, outcome)["brier"].mean()
    assert found.miscalibration - found.discrimination + found.uncertainty == pytest.approx(brier)


def test_parts_add_up_and_falling_frequencies_are_pooled():
    rng = np.random.default_rng(1)
    probability = rng.choice([0.1, 0.3, 0.5, 0.9], 300)
    outcome = (rng.random(300) < 1 - probability).astype(float)  # a forecaster with reversed probabilities
    found = corp(probability, outcome)
    assert found.recalibrated == pytest.approx(np.full(4, outcome.mean()))
    assert found.discrimination == pytest.approx(0)
    brier = of_probabilities(probability, outcome)["brier"].mean()
    assert found.miscalibration - found.discrimination + found.uncertainty == pytest.approx(brier)
    weight = rng.integers(0, 3, 300).astype(float)
    again = corp(np.repeat(probability, weight.astype(int)), np.repeat(outcome, weight.astype(int)))
    assert corp(probability, outcome, weight).miscalibration == pytest.approx(again.miscalibration)


def rows(scores, cluster):
    return Rows(scores={"brier": scores}, references={}, cluster=cluster)


def test_errors_are_those_of_clusters():
    """Fifty clusters of twenty forecasts that succeed or fail together: the error is that of fifty."""
    rng = np.random.default_rng(2)
    each = rng.normal(0.25, 0.1, 50)
    scores, cluster = np.repeat(each, 20), np.repeat(np.arange(50), 20)
    (found,) = figures(rows(scores, cluster))
    assert found.se == pytest.approx(each.std(ddof=1) / np.sqrt(50), rel=0.12)
    (blind,) = figures(rows(scores, np.arange(1000)))  # the wrong twin
    assert blind.se < found.se / 3


def test_one_or_two_clusters_give_no_error():
    scores = np.array([0.1, 0.2, 0.3, 0.4])
    for clusters, known in (([0, 0, 0, 0], False), ([0, 0, 1, 1], False), ([0, 1, 2, 2], True)):
        (found,) = figures(rows(scores, np.array(clusters)))
        assert found.value == pytest.approx(0.25)
        assert all(np.isfinite([found.se, found.q05, found.q95]) == known)


def test_intervals_hold_the_truth():
    rng = np.random.default_rng(3)
    held = 0
    for _ in range(200):
        centre = rng.normal(0, 0.1, 40)
        scores = np.repeat(centre, 5) + 0.5 + rng.normal(0, 0.05, 200)
        (found,) = figures(rows(scores, np.repeat(np.arange(40), 5)))
        held += found.q05 <= 0.5 <= found.q95
    assert abs(held / 200 - 0.9) < 4 * np.sqrt(0.09 / 200)


def forecast(probability, outcome, n, **more):
    series = more.pop("series", f"s{n}")
    day = DAY + dt.timedelta(days=30 * n)
    return ForecastRecord(
        question=f"q{n}", kind="probability", made=day, due=day + dt.timedelta(days=30), series=series, cluster=f"q{n}",
        forecast={"yes": probability}, outcome=outcome, **more,
    )  # fmt: skip


def by_name(scored):
    return {figure.name: figure for figure in scored.figures}


def test_skill_by_hand():
    """Forecasts 0.9 of what occurred, 0.1 of what did not, twice each: Brier 0.01; the base rate has 0.25."""
    (scored,) = score_all([forecast(0.9, 1.0, 0), forecast(0.1, 0.0, 1), forecast(0.9, 1.0, 2), forecast(0.1, 0.0, 3)])
    found = by_name(scored)
    assert found["brier"].value == pytest.approx(0.01)
    assert found["brier_skill_over_base_rate"].value == pytest.approx(1 - 0.01 / 0.25)
    assert "brier_skill_over_persistence" not in found  # no two questions are of one series
    (stated,) = score_all(
        [forecast(0.9, 1.0, 0, references={"base_rate": 0.2}), forecast(0.1, 0.0, 1, references={"base_rate": 0.2})]
    )
    assert by_name(stated)["brier_skill_over_base_rate"].value == pytest.approx(1 - 0.02 / (0.64 + 0.04))


def test_persistence_forecasts_the_last_known_outcome():
    """Outcomes 1, 1, 0, 0 of one series: persistence forecasts ., 1, 1, 0, wrong once in three; we are off by 0.3."""
    outcomes = (1.0, 1.0, 0.0, 0.0)
    (scored,) = score_all([forecast(0.7 if y else 0.3, y, n, series="one") for n, y in enumerate(outcomes)])
    found = by_name(scored)["brier_skill_over_persistence"]
    assert found.count == 3
    assert found.value == pytest.approx(1 - 3 * 0.09 / 1)


def test_outcomes_that_are_not_out_yet_are_not_known():
    made, due = np.array([0, 10, 20, 30]), np.array([25, 35, 45, 55])
    found = last_known(["a"] * 4, made, due, np.array([1.0, 0.0, 0.0, 1.0]))
    assert np.isnan(found[:3]).all()
    assert found[3] == 1.0


def test_a_calibrated_forecaster_lies_in_the_band():
    rng = np.random.default_rng(4)
    probability = rng.choice(np.linspace(0.05, 0.95, 10), 2000)
    honest = (rng.random(2000) < probability).astype(float)
    bold = (rng.random(2000) < 0.25 + 0.5 * probability).astype(float)  # the wrong twin: overconfident
    for outcomes, inside in ((honest, True), (bold, False)):
        found = reliability(probability, outcomes)
        curve = corp(probability, outcomes).recalibrated
        share = np.mean((found.band[0] <= curve) & (curve <= found.band[1]))
        assert (share > 0.6) == inside
        assert found.count.sum() == 2000


def test_kinds_are_scored_apart():
    level = ForecastRecord(
        question="x", kind="quantiles", made=DAY, due=DAY, series="x", cluster="x", outcome=5.0,
        forecast={"q25": 2, "q50": 4, "q75": 7},
    )  # fmt: skip
    scenario = ForecastRecord(
        question="y", kind="categories", made=DAY, due=DAY, series="y", cluster="y", forecast={"a": 0.2, "b": 0.8},
        outcome=1.0, ordered=False,
    )  # fmt: skip
    found = score_all([level, scenario, forecast(0.5, 1.0, 0)])
    assert [one.kind for one in found] == ["quantiles", "categories", "probability"]
    assert "ranked_probability" not in by_name(found[1])
    assert clusters_of(["b", "a", "b"]).tolist() == [0, 1, 0]
