"""Does multilevel splitting estimate small probabilities without bias, with the right standard error?"""

import numpy as np
import pytest
from scipy.stats import poisson

from frenemy.studies.rare.choose_levels import find_levels
from frenemy.studies.rare.findings import estimate
from frenemy.studies.rare.genealogy import HIT, LOST, Levels, joined_genealogies
from frenemy.studies.rare.splitting import split_paths

GOAL, TICKS = 12, 40
UP, DOWN = 0.2, 0.6


class Walk:
    """A walk on 0, 1, 2, ... that reverts to 0; reaching GOAL is rare."""

    def __init__(self, size, rng):
        self.ticks, self.rng, self.x = TICKS, rng, np.zeros(size, dtype=np.int64)

    @property
    def size(self):
        return len(self.x)

    def advance(self):
        u = self.rng.random(self.size)
        self.x = np.maximum(self.x + (u < UP) - (u > 1 - DOWN), 0)

    def score(self):
        return np.where(self.x >= GOAL, HIT, self.x.astype(float))

    def ratio(self, places):
        return np.ones(len(places))

    def record_hits(self, places, weight):
        pass

    def spread(self, source, target):
        self.x[target] = self.x[source]

    def arrange(self, index):
        self.x = self.x[index]


class Arrivals(Walk):
    """Several may arrive at once, so that levels are jumped over."""

    rate, goal = 0.01, 8

    def advance(self):
        self.x = self.x + self.rng.poisson(self.rate, self.size) * self.rng.integers(1, 4, self.size)

    def score(self):
        return np.where(self.x >= self.goal, HIT, self.x.astype(float))


class Forgetful(Arrivals):
    """The wrong twin: a path that jumps over a level is lost, as if it had never passed it."""

    def advance(self):
        before = self.x // 2
        super().advance()
        self.jumped = self.x // 2 > before + 1

    def score(self):
        return np.where(self.jumped, LOST, super().score())


def exact_walk():
    """(TICKS,) probability of having been at GOAL, by powers of the matrix."""
    step = np.zeros((GOAL + 1, GOAL + 1))
    for x in range(GOAL):
        step[x, min(x + 1, GOAL)] += UP
        step[x, max(x - 1, 0)] += DOWN
        step[x, x] += 1 - UP - DOWN
    step[GOAL, GOAL] = 1
    return np.array([np.linalg.matrix_power(step, n + 1)[0, GOAL] for n in range(TICKS)])


def exact_arrivals():
    """P(sum of TICKS steps >= goal), each step Poisson times one, two or three."""
    size = 40
    step = np.zeros(size)
    for n in range(12):
        for times in (1, 2, 3):
            step[n * times] += poisson.pmf(n, Arrivals.rate) / 3
    total = np.eye(1, size)[0]
    for _ in range(TICKS):
        total = np.convolve(total, step)[:size]
    return 1 - total[: Arrivals.goal].sum()


def repeated(kind, levels, initial, times, seed=1):
    """The estimates of many runs with the same levels."""
    for n in range(times):
        rng = np.random.default_rng([seed, n])
        yield estimate([split_paths(kind(initial, rng), levels, rng)], levels)


LEVELS = {
    "even": Levels((3.0, 6.0, 9.0), (9.0, 12.0, 15.0)),
    "not whole": Levels((2.0, 4.0, 6.0, 8.0, 10.0), (2.7, 5.3, 6.6, 7.5, 8.9)),
    "crowded": Levels((1.0, 2.0, 3.0, 7.0), (9.0, 9.0, 9.0, 30.0)),
}


@pytest.mark.parametrize("name", LEVELS)
def test_any_levels_give_the_same_odds_at_any_time(name):
    """The walk is solved exactly by the powers of a matrix; no choice of levels is biased, however odd."""
    found = list(repeated(Walk, LEVELS[name], 500, 80))
    odds = np.array([one.probability for one in found])
    error = odds.std(axis=0, ddof=1) / np.sqrt(len(odds))
    exact = exact_walk()
    for tick in (19, TICKS - 1):
        assert abs(odds[:, tick].mean() - exact[tick]) < 4 * error[tick]
        assert error[tick] < exact[tick] / 5


def test_the_stated_error_is_right():
    found = list(repeated(Walk, LEVELS["not whole"], 200, 150))
    spread = np.std([one.probability[-1] for one in found], ddof=1)
    stated = np.sqrt(np.mean([one.mc_se[-1] ** 2 for one in found]))
    assert stated == pytest.approx(spread, rel=0.25)
    covered = np.mean([one.low[-1] <= exact_walk()[-1] <= one.high[-1] for one in found])
    assert covered > 0.95 - 4 * np.sqrt(0.95 * 0.05 / 150)


def test_a_jump_over_several_levels_passes_them_all():
    levels, exact = Levels((2.0, 4.0, 6.0), (3.0, 4.0, 5.0)), exact_arrivals()
    odds = np.array([one.probability[-1] for one in repeated(Arrivals, levels, 300, 100)])
    error = odds.std(ddof=1) / 10
    assert abs(odds.mean() - exact) < 4 * error
    assert error < exact / 15
    twin = np.array([one.probability[-1] for one in repeated(Forgetful, levels, 300, 100)])
    assert abs(twin.mean() - exact) > 8 * error


def test_chosen_levels_save_work():
    """1.2e-6: some hundred times less work than plain simulation for the same error."""

    def run_pilot(number, levels):
        rng = np.random.default_rng([7, number])
        return joined_genealogies(split_paths(Walk(500, rng), levels, rng) for _ in range(2))

    levels, work = find_levels(run_pilot)
    assert list(levels.scores) == sorted(set(levels.scores))
    assert 3 < len(levels.scores) < GOAL
    assert all(1.2 < copies < 30 for copies in levels.copies)
    rng = np.random.default_rng(8)
    found = estimate([split_paths(Walk(4000, rng), levels, rng)], levels)
    exact = exact_walk()[-1]
    assert abs(found.probability[-1] - exact) < 4 * found.mc_se[-1]
    assert found.low[-1] < exact < found.high[-1]
    assert found.plain_paths * TICKS / (found.work + work) > 20


def test_draws_count_equally_whatever_their_number_of_initial_paths():
    levels = LEVELS["even"]
    trees = []
    for n, initial in enumerate((200, 1800)):
        rng = np.random.default_rng([3, n])
        trees.append(split_paths(Walk(initial, rng), levels, rng))
    both = estimate(trees, levels)
    apart = [estimate([part], levels) for part in trees]
    assert both.probability[-1] == pytest.approx(np.mean([one.probability[-1] for one in apart]))
    assert both.mc_se[-1] == pytest.approx(np.sqrt(sum(one.mc_se[-1] ** 2 for one in apart)) / 2)


def test_where_nothing_arrives_there_is_a_bound():
    rng = np.random.default_rng(1)
    found = estimate([split_paths(Walk(300, rng), Levels(), rng)], Levels())
    assert found.probability[-1] == found.mc_se[-1] == found.low[-1] == found.plain_paths == 0
    assert found.high[-1] == pytest.approx(3 / 300)
