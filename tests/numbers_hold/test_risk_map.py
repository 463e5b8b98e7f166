"""Does the risk map show the odds from each starting level, and today's position?"""

import csv
import io
import json
import math
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from scipy.stats import norm

from builders import driver, experiment, model, per_year, rule, scenario, trigger
from frenemy.errors import InputError
from frenemy.model.conditions import FALSE
from frenemy.model.distributions import INDEX, Quantiles
from frenemy.studies.risk_map.findings import STEP
from frenemy.studies.risk_map.study import PRESENT_FACTOR, risk_map
from frenemy.studies.risk_map.text import tables

HALF_LIFE, SPREAD = 182.0, 12.0


def plane(**changes):
    """Independent drivers; `high` asks for a level of the first after the only week, and so has a closed form."""
    values = dict(
        drivers=(
            driver("trust", start=Quantiles(40.0, 48.0, 55.0, INDEX), half_life=HALF_LIFE, volatility=SPREAD),
            driver("alignment", start=35.0),
            driver("mood", start=60.0),
        ),
        scenarios=(
            scenario("high", priority=2, enter=rule("trust > 55"), leave=FALSE),
            scenario("warm", enter=rule("mood > 62 and alignment > 30", "trust", "alignment", "mood")),
        ),
    )  # fmt: skip
    return model(**values | changes)


@cache
def week():
    return risk_map((plane(), experiment(ticks=4, paths=2048)), within="7d", cells=9)


def above(start, threshold=55.0):
    """P(index > threshold) after a week from `start`: an Ornstein–Uhlenbeck step in the latent level around 0."""
    keep = 0.5 ** (7 / HALF_LIFE)
    spread = SPREAD / 25 * math.sqrt(1 - keep**2)
    logit = np.log(np.asarray(start) / (100 - np.asarray(start)))
    return norm.sf((math.log(threshold / (100 - threshold)) - keep * logit) / spread)


def test_each_place_has_its_own_odds():
    found = week().findings
    expected = np.broadcast_to(above(found.levels)[:, None], (9, 9))
    error = np.sqrt(expected * (1 - expected) / found.paths)
    assert (np.abs(found.odds[0, 0] - expected) < 4.5 * error + 1e-3).all()
    assert error.max() < 0.012
    middle = np.abs(found.odds[0, 0].T - expected)  # the wrong twin: the drivers exchanged
    assert (middle > 10 * found.mc_se[0, 0]).any()


def test_the_window_of_one_tick_reads_the_same_ever_and_at():
    found = week().findings
    assert np.array_equal(found.odds[0], found.odds[1])
    assert str(found.experiment.end) == "2025-01-13"


def test_here_is_simulated_where_the_drivers_stand():
    here = week().findings.here
    assert here.paths == PRESENT_FACTOR * 2048
    assert abs(here.odds[0, 0] - above(48.0)) < 4 * here.mc_se[0, 0]
    down, up = here.steps[0].change[:, 0, 0]
    for change, error, start in ((down, 0, 48 - STEP), (up, 1, 48 + STEP)):
        assert abs(change - (above(start) - above(48.0))) < 4 * here.steps[0].change_se[error, 0, 0] + 1e-3
    assert here.steps[1].driver == "alignment"
    assert (here.steps[1].change[:, 0, 0] == 0).all()  # `high` does not ask for it, and the noise is the same


def test_the_spread_of_the_position_is_averaged_over():
    found = week().findings
    start = plane().drivers[0].start
    grid = [start.quantile((n + 0.5) / 400) for n in range(400)]
    mean = float(np.mean(np.interp(grid, found.levels, found.odds[0, 0].mean(axis=1))))
    assert found.here.mean[0, 0] == pytest.approx(mean, abs=0.005)
    assert found.here.q05[0, 0] < found.here.mean[0, 0] < found.here.q95[0, 0]
    assert (found.positions[0].q05, found.positions[0].q95) == pytest.approx((40, 55))
    assert found.positions[1].q05 == found.positions[1].q95 == 35


def test_a_known_position_has_no_spread():
    fixed = replace(plane(), drivers=tuple(replace(d, start=50.0) for d in plane().drivers))
    here = risk_map((fixed, experiment(paths=256)), within="7d", cells=5).findings.here
    assert np.array_equal(here.q05, here.q95)


def test_common_noise_makes_the_map_smooth():
    """From higher trust each path ends higher, so odds never fall across: on independent noise they would."""
    strike = trigger("strike", rate=per_year(3), effect={"trust": -5.0})
    of = plane(triggers=(strike,), scenarios=plane().scenarios[:1])
    odds = risk_map((of, experiment(paths=256)), within="26w", cells=9).findings.odds[0, 0]
    assert (np.diff(odds, axis=0) >= 0).all()
    assert (np.diff(odds, axis=1) == 0).all()
    rough = np.random.default_rng(1).binomial(256, odds) / 256
    assert (np.diff(rough, axis=1) != 0).any()


def test_any_two_drivers_in_either_order():
    whole = (plane(), experiment(paths=256))
    one = risk_map(whole, drivers=("mood", "alignment"), within="8w", cells=5).findings
    other = risk_map(whole, drivers=("alignment", "mood"), within="8w", cells=5).findings
    assert np.array_equal(one.odds, other.odds.swapaxes(2, 3))
    assert one.odds[0, 1].max() > 0.9
    assert one.odds[0, 1].min() == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"drivers": ("trust", "mod")}, "no such driver"),
        ({"drivers": ("trust", "trust")}, "two different"),
        ({"within": "soon"}, "not a duration"),
        ({"within": "0w"}, "too short"),
        ({"cells": 1}, "too small"),
    ],
)
def test_what_cannot_be_mapped_is_refused(options, message):
    with pytest.raises(InputError, match=message):
        risk_map((plane(), experiment()), **options)
    with pytest.raises(InputError, match="two drivers"):
        risk_map((model(), experiment()))


def test_tables_data_and_picture_agree(tmp_path):
    found = week()
    rows = list(csv.DictReader(io.StringIO(tables(found.findings)["map.csv"])))
    assert len(rows) == 9 * 9 * 3 * 2
    first = rows[0]
    assert (first["trust"], first["alignment"], first["scenario"], first["reading"]) == (
        "5.556",
        "5.556",
        "high",
        "ever",
    )
    data = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert data["scenarios"][0]["odds"][8][0] == pytest.approx(float(rows[-9 * 6]["probability"]), abs=1e-6)
    folder = found.save(tmp_path / "map")
    assert {path.name for path in folder.rglob("*.*")} == {
        "map.csv", "here.csv", "map.png", "map.svg", "resolved.toml", "manifest.json",
    }  # fmt: skip
    axes = found.plot()
    assert axes[0].images[0].get_array().T.tolist() == found.findings.odds[0, 0].tolist()
    text = io.StringIO()
    from rich.console import Console

    Console(width=140, file=text).print(found)
    assert "Trust 48 (40–55), Alignment 35" in text.getvalue()
    assert "<table>" in found._repr_html_()
