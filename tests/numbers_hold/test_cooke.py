"""Does the classical model give the scores, weights and decision makers that were published for a worked example?

The example is that of the TU Delft course "Decision making under uncertainty: introduction to structured expert
judgment" (G. F. Nane, A. M. Hanea and R. M. Cooke), units 3.7.3 and 3.8.2: three experts, five seed questions, 5, 50
and 95 % points. Unit 3.7.3 prints (2, 5, 8) for expert A on question 4, which agrees with its scores; the comparison
in 3.8.2 prints (48, 50, 52), which does not. Numbers are printed there to three or four digits.
"""

from dataclasses import replace

import numpy as np
import pytest

from frenemy.errors import InputError
from frenemy.studies.elicit.cooke import Assessments, decision_maker, global_weights, item_weights, optimum, performance

ANSWERS = [24, 11, 68, 47, 31]
EXPERTS = [
    [[2, 5, 7], [12, 13, 15], [87, 89, 92], [2, 5, 8], [48, 50, 52]],
    [[20, 23, 34], [8, 10, 11], [60, 70, 90], [20, 35, 45], [30, 35, 40]],
    [[20, 25, 28], [10, 13, 15], [65, 67, 70], [42, 44, 46], [32, 33, 35]],
]
TWO_WEIGHTED = [
    [20, 24.68, 32.31], [8.33, 11.71, 14.92], [61.24, 67.34, 86.28], [23.03, 43.3, 45.98], [30.61, 33.29, 39.1],
]  # fmt: skip
TWO_EQUAL = [
    [20, 24.38, 33.15], [8.15, 10.75, 14.82], [60.61, 67.69, 88.24], [21.39, 42.5, 45.96], [30.31, 33.57, 39.58],
]  # fmt: skip
THREE_WEIGHTED = [[19.97, 24.48, 33.11], [8.19, 10.91, 14.86], [60.75, 67.56, 87.94], [21.02, 42.8, 45.97]]
THREE_EQUAL = [[2.55, 21.77, 32.39], [8.31, 12.23, 14.91], [61.43, 71.08, 91.61]]
PRINTED = {"abs": 0.0065}
"""Two digits after the point; one number of 27 is printed 0.006 away."""


def course(experts=EXPERTS, **options):
    return Assessments(
        quantiles=np.array(experts, dtype=float),
        answers=np.array(ANSWERS, dtype=float),
        log=options.pop("log", np.zeros(5, dtype=bool)),
        **options,
    )


def test_published_scores_and_weights():
    scores = performance(course())
    assert scores.calibration == pytest.approx([3.621e-5, 0.608, 0.327], rel=1e-3)
    assert scores.information == pytest.approx([1.418, 0.558, 1.354], abs=6e-4)
    assert global_weights(scores) == pytest.approx([0.00006565341, 0.4338007, 0.5661336], rel=1e-3)
    # the weights were worked out from the scores as printed
    printed = replace(
        scores, calibration=np.array([3.621e-5, 0.608, 0.327]), information=np.array([1.418, 0.558, 1.354])
    )
    assert global_weights(printed) == pytest.approx([0.00006565341, 0.4338007, 0.5661336], rel=1e-6)
    assert scores.seeds.tolist() == [5, 5, 5]


def test_published_scores_without_the_first_expert():
    scores = performance(course(EXPERTS[1:]))
    assert scores.calibration == pytest.approx([0.608, 0.327], abs=6e-4)
    assert scores.information == pytest.approx([0.220, 0.971], abs=7e-4)
    assert global_weights(scores) == pytest.approx([0.3, 0.7], abs=0.005)


@pytest.mark.parametrize(
    ("experts", "weighted", "equal"), [(EXPERTS, THREE_WEIGHTED, THREE_EQUAL), (EXPERTS[1:], TWO_WEIGHTED, TWO_EQUAL)]
)
def test_published_decision_makers(experts, weighted, equal):
    assessments = course(experts)
    made = decision_maker(assessments, global_weights(performance(assessments)))
    assert made[: len(weighted)] == pytest.approx(np.array(weighted), **PRINTED)
    level = decision_maker(assessments, np.full(len(experts), 1 / len(experts)))
    assert level[: len(equal)] == pytest.approx(np.array(equal), **PRINTED)


def test_wrong_twins_do_not_reproduce_them():
    """Each rule of the model shows: the overshoot, the answer within the range, who lies where, the p-value."""
    right = performance(course())
    for twin in (course(overshoot=0.0), course(overshoot=0.2)):
        assert performance(twin).information != pytest.approx(right.information, abs=6e-4)
    printed_otherwise = [list(expert) for expert in EXPERTS]
    printed_otherwise[0][3] = [48, 50, 52]
    twin = performance(course(printed_otherwise))
    assert twin.calibration[0] != pytest.approx(3.621e-5, rel=1e-3)
    assert twin.information != pytest.approx([1.418, 0.558, 1.354], abs=6e-4)
    above = Assessments(
        quantiles=np.array(EXPERTS, dtype=float),
        answers=np.array([24, 11 + 1e-9, 68, 47, 31]),
        log=np.zeros(5, dtype=bool),
    )  # expert B's 95 % point of question 2 is the answer itself, which lies below it
    assert performance(above).calibration[1] < right.calibration[1] / 2


def test_calibration_by_hand():
    """All of ten answers above the 95 % points: 2 N I = 20 ln 20; as often as stated: nearly 1."""
    from scipy.stats import chi2

    quantiles = np.tile([1.0, 2.0, 3.0], (1, 10, 1))
    high = Assessments(quantiles=quantiles, answers=np.full(10, 9.0), log=np.zeros(10, dtype=bool))
    assert performance(high).calibration[0] == pytest.approx(chi2.sf(20 * np.log(20), 3))
    balanced = Assessments(
        quantiles=np.tile([1.0, 2.0, 3.0], (1, 20, 1)),
        answers=np.array([0.5, 3.5] + 9 * [1.5] + 9 * [2.5]),
        log=np.zeros(20, dtype=bool),
    )
    assert performance(balanced).calibration[0] == pytest.approx(1.0)


def test_information_by_hand_on_both_scales():
    """Quantiles 10, 100, 1000 and answer 100: each decade of the logarithm has 0.45, a fifth beyond either end 0.05."""
    quantiles, answers = np.array([[[10.0, 100.0, 1000.0]]]), np.array([100.0])
    logarithmic = Assessments(quantiles=quantiles, answers=answers, log=np.array([True]))
    decades = np.array([0.2, 1.0, 1.0, 0.2])
    p = np.array([0.05, 0.45, 0.45, 0.05])
    assert performance(logarithmic).information[0] == pytest.approx((p * np.log(p / (decades / 2.4))).sum())
    linear = Assessments(quantiles=quantiles, answers=answers, log=np.array([False]))
    widths = np.array([99.0, 90.0, 900.0, 99.0])
    assert performance(linear).information[0] == pytest.approx((p * np.log(p / (widths / 1188))).sum())
    made = decision_maker(logarithmic, np.ones(1))
    assert made[0] == pytest.approx([10.0, 100.0, 1000.0])


def test_cut_off_item_weights_and_optimum():
    assessments = course()
    scores = performance(assessments)
    assert global_weights(scores, 0.05)[0] == 0
    assert global_weights(scores, 0.5).tolist() == [0, 1, 0]
    items = item_weights(scores, 0.05)
    assert items.sum(axis=0) == pytest.approx(np.ones(5))
    expected = scores.calibration[1] * scores.by_question[1]
    other = scores.calibration[2] * scores.by_question[2]
    assert items[1] == pytest.approx(expected / (expected + other))
    best = optimum(assessments)
    candidates = {}
    for alpha in scores.calibration:
        made = decision_maker(assessments, global_weights(scores, alpha))
        virtual = performance(
            course([*EXPERTS, made.tolist()])
        )  # within the range of the others, so that nothing moves
        candidates[alpha] = virtual.calibration[3] * virtual.information[3]
    assert best.alpha == max(candidates, key=candidates.get)
    assert best.calibration * best.information == pytest.approx(max(candidates.values()))
    assert best.weights == pytest.approx(global_weights(scores, best.alpha))
    assert optimum(assessments, by_item=True).weights.shape == (3, 5)


def test_leaving_questions_out_gains_no_weight():
    quantiles = np.array(EXPERTS, dtype=float)
    quantiles[2, 3:] = np.nan
    scores = performance(
        Assessments(quantiles=quantiles, answers=np.array(ANSWERS, dtype=float), log=np.zeros(5, dtype=bool))
    )
    assert scores.seeds.tolist() == [5, 5, 3]
    full = performance(course())
    assert scores.calibration[0] > full.calibration[0]  # all are tested with the power of three questions
    assert np.isnan(scores.by_question[2, 3])
    assert item_weights(scores)[2, 3] == 0


def test_targets_weigh_by_their_own_information():
    """A question without a known answer has item weights, and no part in any score."""
    target = [[[1, 2, 9]], [[4, 5, 6]], [[1, 5, 9]]]
    quantiles = np.concatenate([np.array(EXPERTS, dtype=float), np.array(target, dtype=float)], axis=1)
    assessments = Assessments(quantiles=quantiles, answers=np.array([*ANSWERS, np.nan]), log=np.zeros(6, dtype=bool))
    scores = performance(assessments)
    assert scores.information == pytest.approx(performance(course()).information)
    shares = item_weights(scores)[:, 5]
    assert shares[1] / shares[2] > 3 * global_weights(scores)[1] / global_weights(scores)[2]
    assert np.isfinite(decision_maker(assessments, item_weights(scores))).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"quantiles": [[[3, 2, 4]]]}, "must rise"),
        ({"quantiles": [[[-1, 2, 4]]], "log": [True]}, "above 0"),
        ({"answers": [np.nan]}, "no expert answered a seed"),
    ],
)
def test_what_cannot_be_scored_is_reported(change, message):
    given = {"quantiles": [[[1, 2, 4]]], "answers": [2.0], "log": [False]} | change
    with pytest.raises(InputError, match=message):
        performance(
            Assessments(
                quantiles=np.array(given["quantiles"], dtype=float), answers=np.array(given["answers"], dtype=float),
                log=np.array(given["log"]),
            )
        )  # fmt: skip


def test_a_cut_off_that_nobody_reaches_is_refused():
    with pytest.raises(InputError, match="cut-off"):
        global_weights(performance(course()), 0.9)
