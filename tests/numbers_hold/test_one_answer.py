"""Has one question one answer, whichever command is asked? Row E1: 21, 19, 18 and 12 % for one question.

A cut of the shipped baseline: how likely is a total rift at its end? Where a command simulates the very ensemble of the
run its odds are those of the run to the last digit; elsewhere within four standard errors of the two answers. The odds
at the medians, which are those of another question, fail the same comparison.
"""

import datetime as dt
import math
import shutil
from itertools import islice
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest

import frenemy as fr
from frenemy.forecast.run import prepare
from frenemy.model.realise import uncertain
from frenemy.workshop.compute.engine import Engine
from frenemy.workshop.state.catalogue import catalogue_of

ROOT = Path(__file__).parents[2]
RIFT, STRIKE, MARGIN = "total_rift", "triggers.unilateral_strike.probability", "scenarios.total_rift.thresholds.margin"
SOON, YEAR = dt.date(2025, 12, 31), dt.date(2026, 1, 21)
SIZE = {"paths = 10000": "paths = 4096", "draws = 8192": "draws = 64\npaths = 64"}
"""As many draws and paths in a run as a study takes, so that most ensembles are the same."""


@pytest.fixture(scope="module")
def baseline(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    shutil.copy(ROOT / "drivers.toml", folder)
    for name in ("scenarios", "experiments", "experts"):
        shutil.copytree(ROOT / name, folder / name)
    file = folder / "experiments" / "baseline.toml"
    text = file.read_text(encoding="utf-8")
    for old, new in SIZE.items():
        assert old in text
        text = text.replace(old, new)
    file.write_text(text, encoding="utf-8")
    return file


def of_odds(odds, tick=-1):
    """Probability and standard error of the rift, the first scenario."""
    return float(odds.probability[tick, 0]), float(odds.mc_se[tick, 0])


def tick_of(forecast, date):
    return int(np.searchsorted(forecast.dates[1:], np.datetime64(date)))


@pytest.fixture(scope="module")
def run(baseline):
    found = fr.run(baseline).forecast
    assert found.model.scenarios[0].name == RIFT
    return found


@pytest.fixture(scope="module")
def answer(run):
    return of_odds(run.odds["at"])


def agree(one, other):
    return abs(one[0] - other[0]) < 4 * math.hypot(one[1], other[1])


# --- the very ensemble of the run ------------------------------------------------------------------------------------


def compared(file):
    found = fr.compare(file, set={STRIKE: 0.3}, split=False).findings
    return found.variants[0].differences["at"].base[-1, 0]


def swept(file):
    """A number that is known, at the value that it has."""
    found = fr.sweep(file, {MARGIN: [10, 14]}, scenario=RIFT).findings
    return found.odds[0, 0]


def tornado_base(file):
    """With a few bars: they do not change the odds between them."""
    few = patch("frenemy.studies.sensitivity.tornado.uncertain", lambda of: dict(islice(uncertain(of).items(), 2)))
    with few:
        return fr.sensitivity(file, scenario=RIFT, samples=0).findings.tornado.odds[-1, 0]


def engine_of(file):
    return Engine(catalogue_of(*prepare(file)), workers=1)


def settled(file):
    engine = engine_of(file)
    return engine.answer({}, engine.paths, stop=int).odds["at"].probability[-1, 0]


SAME = {
    "compare": compared,
    "causes": lambda file: fr.causes(file, triggers=["unilateral_strike"]).findings.effects["at"].probability[-1, 0],
    "sensitivity": tornado_base,
    "tune": lambda file: fr.tune(file, {RIFT: 0.25}, [STRIKE]).findings.before[0],
    "sweep": swept,
    "watch": lambda file: fr.watch(file, evidence=False).findings.odds[0],
    "update": lambda file: (
        fr.update(file, until=dt.date(2025, 2, 4), paths=16, draws=None).findings.before.odds["at"].probability[-1, 0]
    ),
    "elicit": lambda file: fr.elicit(file, ROOT / "experts" / "invented").findings.prior.odds["at"].probability[-1, 0],
    "audit": lambda file: fr.audit(file).findings.odds["at"].probability[-1, 0],
    "workshop, settled": settled,
    "workshop, refined": lambda file: engine_of(file).refined({}, int).odds["at"].probability[-1, 0],
}


@pytest.mark.parametrize("command", SAME)
def test_the_same_ensemble_gives_the_same_odds_to_the_last_digit(command, baseline, answer):
    assert float(SAME[command](baseline)) == answer[0]


def test_bands_of_a_settled_answer_are_fitted_at_every_fourth_assessment_and_the_last(baseline):
    engine = engine_of(baseline)
    settled, whole, one = (
        engine.answer({}, engine.paths, bands_at=at, stop=int).odds["at"].quantiles
        for at in (None, slice(None), slice(5, 6))
    )
    ticks = np.arange(whole.shape[1])
    fitted = (ticks[-1] - ticks) % 4 == 0
    np.testing.assert_array_equal(settled[:, fitted], whole[:, fitted])
    assert np.isfinite(settled).all()
    assert np.sqrt(np.mean((settled - whole) ** 2)) < 0.004, "between them bands hardly bend"
    np.testing.assert_array_equal(one[:, 5], whole[:, 5])
    assert np.isnan(np.delete(one, 5, axis=1)).all()


# --- ensembles of their own ------------------------------------------------------------------------------------------


KNOWN = dt.date(2025, 2, 28)
"""The timeline and the update use what was known by then."""


@pytest.fixture(scope="module")
def timeline(baseline):
    return fr.timeline(baseline, until=KNOWN, leave_out=False, repeats=6, draws=16, paths=64).findings


def of_timeline(found, step):
    return tuple(float(part[0, 0]) for part in found.odds(step))


def test_the_timeline_starts_at_the_odds_of_the_run(timeline, answer):
    found = of_timeline(timeline, -1)
    assert found[1] < 0.03
    assert agree(found, answer)


def test_the_timeline_ends_at_the_odds_of_the_update(timeline, baseline):
    after = fr.update(baseline, until=KNOWN, draws=64, paths=64).findings.after
    assert agree(of_timeline(timeline, len(timeline.steps) - 1), of_odds(after.odds["at"]))


def test_rare_odds_are_those_of_the_run(baseline, run):
    found = fr.rare(baseline, RIFT, date=SOON, paths=2048).findings.estimate
    assert agree((float(found.probability[-1]), float(found.mc_se[-1])), of_odds(run.odds["ever"], tick_of(run, SOON)))


def test_the_map_has_the_odds_of_a_run_from_the_same_levels(baseline):
    found = fr.risk_map(baseline, cells=2, within="12m").findings
    names = [found.model.drivers[i].name for i in found.drivers]
    start = {f"drivers.{name}.start": at.median for name, at in zip(names, found.positions, strict=True)}
    run = fr.run(baseline, set=start).forecast
    for r, reading in enumerate(("at", "ever")):
        mine = float(found.here.odds[r, 0]), float(found.here.mc_se[r, 0])
        assert agree(mine, of_odds(run.odds[reading], tick_of(run, YEAR)))


def test_another_size_is_the_same_question(baseline, answer):
    assert agree(of_odds(fr.run(baseline, draws=256, paths=16).forecast.odds["at"]), answer)


# --- the wrong twin --------------------------------------------------------------------------------------------------


def test_the_odds_at_the_medians_are_another_answer(baseline, answer):
    medians = of_odds(fr.run(baseline, draws=0, paths=4096).forecast.odds["at"])
    assert medians[1] < 0.01
    assert not agree(medians, answer)
    assert fr.audit(baseline, draws=0).findings.odds["at"].probability[-1, 0] == medians[0]
    assert fr.watch(baseline, evidence=False, draws=0).findings.odds[0] == medians[0]
