"""Is the most typical path of a scenario central among its paths?"""

import numpy as np
import pytest
from hand_built import chain, walks

from frenemy.errors import InputError
from frenemy.forecast.typical_path import typical_path

TICKS, PATHS = 30, 400
TRANSITION = np.array([[1.0, 0.0, 0.0], [0.0, 0.9, 0.1], [0.03, 0.05, 0.92]])


@pytest.fixture
def ensemble():
    rng = np.random.default_rng(8)
    return walks(rng, TICKS, PATHS), chain(rng, TRANSITION, TICKS, PATHS), rng.poisson([[2.0], [0.5]], (2, PATHS))


def test_a_planted_average_path_is_found(ensemble):
    index, scenario, counts = ensemble
    members = np.flatnonzero(scenario[-1] == 0)
    entry = int(np.mean(np.argmax(scenario[:, members] == 0, axis=0)))
    planted = members[17]
    index[:, :, planted] = index[:, :, members].mean(axis=-1)
    scenario[:, planted] = np.where(np.arange(TICKS) < entry, 2, 0)
    counts[:, planted] = np.round(counts[:, members].mean(axis=1))
    found = typical_path(index, scenario, counts, target=0)
    assert found.path == planted
    assert found.candidates == len(members)


def test_paths_of_other_scenarios_do_not_matter(ensemble):
    index, scenario, counts = ensemble
    before = typical_path(index, scenario, counts, target=0)
    others = scenario[-1] != 0
    index[:, :, others] += 30
    counts[:, others] += 5
    assert typical_path(index, scenario, counts, target=0) == before


def test_each_part_of_the_score_is_1_on_average_and_the_choice_is_the_least(ensemble):
    index, scenario, counts = ensemble
    members = np.flatnonzero(scenario[-1] == 0)
    scores = []
    for path in members:  # the score of each, by the definition
        tracks = index[1:, :, members]  # at the start all are alike
        entry = np.argmax(scenario[:, members] == 0, axis=0)
        here = np.flatnonzero(members == path)[0]
        levels = np.mean(((tracks[..., here] - tracks.mean(axis=-1)) / tracks.std(axis=-1)) ** 2)
        first = ((entry[here] - entry.mean()) / entry.std()) ** 2
        mine = counts[:, members]
        events = np.mean(((mine[:, here] - mine.mean(axis=1)) / mine.std(axis=1)) ** 2)
        scores.append([levels, first, events])
    np.testing.assert_allclose(np.mean(scores, axis=0), 1)
    found = typical_path(index, scenario, counts, target=0)
    best = int(np.argmin(np.sum(scores, axis=1)))
    assert found.path == members[best]
    np.testing.assert_allclose([found.levels, found.entry, found.events], scores[best])
    assert found.score == pytest.approx(np.sum(scores[best]))


def test_the_order_of_the_paths_does_not_matter(ensemble):
    index, scenario, counts = ensemble
    order = np.random.default_rng(1).permutation(PATHS)
    straight = typical_path(index, scenario, counts, target=0)
    shuffled = typical_path(index[:, :, order], scenario[:, order], counts[:, order], target=0)
    assert order[shuffled.path] == straight.path


def test_a_single_candidate_is_typical():
    index, scenario = np.full((3, 2, 4), 50.0), np.full((2, 4), 2, np.int8)
    scenario[-1, 2] = 1
    found = typical_path(index, scenario, np.zeros((1, 4), np.int64), target=1)
    assert (found.path, found.score, found.candidates) == (2, 0.0, 1)


def test_a_scenario_that_no_path_reaches_is_an_error(ensemble):
    index, scenario, counts = ensemble
    with pytest.raises(InputError, match="400 paths"):
        typical_path(index, np.full_like(scenario, 2), counts, target=0)
