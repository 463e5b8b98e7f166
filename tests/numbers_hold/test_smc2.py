"""Is an update right, whatever the order of entries and the number of workers, and does it refuse the impossible?"""

import dataclasses
import datetime as dt
import math
import tracemalloc
from types import SimpleNamespace

import numpy as np
import pytest

from builders import (
    branch,
    calendar_event,
    day,
    driver,
    experiment,
    follow_up,
    lognormal,
    model,
    per_year,
    rule,
    scenario,
    trigger,
)
from frenemy.errors import InputError
from frenemy.forecast.odds import odds_of
from frenemy.model.distributions import INDEX, POSITIVE, PROBABILITY, Quantiles
from frenemy.model.evidence.entries import (
    BranchTaken,
    Coverage,
    DriverReading,
    EpisodeEnd,
    LedgerResolved,
    Occurrence,
    SignpostSighting,
)
from frenemy.model.experiment import Uncertainty
from frenemy.model.resolved import PerYear, Times
from frenemy.simulation.ensemble.run import simulate_ensemble
from frenemy.simulation.ensembles import ensemble_of
from frenemy.storage.spool import Slot, Spool
from frenemy.studies.update.particle_filter import Particles
from frenemy.studies.update.posterior import update

SIGN = SignpostSighting(
    entry="envoy", signpost="envoy recalled", date=day(70), seen=True, chance=0.2, per_10_points={"trust": 0.6},
    reference={"trust": 50.0}, by_scenario={"rift": 3.0}, reliability=0.9,
)  # fmt: skip
ENTRIES = {
    "occurrences": (
        Occurrence(entry="s1", trigger="strike", first=day(20), last=day(20)),
        Occurrence(entry="s2", trigger="strike", first=day(60), last=day(80), severity=1.5),
        Occurrence(entry="b1", trigger="breach", first=day(20), last=day(20)),
        Occurrence(entry="k1", trigger="blockade", first=day(29), last=day(31)),
        Occurrence(entry="k2", trigger="blockade", first=day(80), last=day(80)),
    ),
    "readings": (
        DriverReading(entry="r1", driver="trust", date=day(70), value=41.0, sd=6.0),
        DriverReading(entry="r2", driver="trust", date=day(70), value=44.0, sd=8.0, scale="latent"),
    ),
    "sightings": (SIGN, dataclasses.replace(SIGN, entry="again", seen=False, date=day(90))),
    "ends": (
        EpisodeEnd(entry="lifted", trigger="blockade", began="k1", since=day(31), still=day(74), ended=day(75)),
        EpisodeEnd(entry="goes on", trigger="blockade", began="k2", since=day(80), still=day(92), ended=dt.date.max),
    ),
    "branches": (BranchTaken(entry="carried", event="vote", branch="yes", date=day(50)),),
    "coverage": (
        Coverage(entry="all strikes", trigger="strike", since=day(0), until=day(100)),
        Coverage(entry="all breaches", trigger="breach", since=day(0), until=day(96)),
    ),
}


def ledger(until=100, **entries):
    return LedgerResolved(name="toy", until=day(until), **entries)


@pytest.fixture(scope="module")
def case():
    rate = PerYear(rate=Quantiles(q05=1.0, median=3.0, q95=9.0, domain=POSITIVE))
    strike = trigger(
        "strike", rate=rate, effect={"trust": -8.0}, severity_cv=0.5, lasting=0.3, per_10_points={"trust": 0.8},
        reference={"trust": 50.0}, leads_to=(follow_up("breach", 0.5, lognormal(3, 20)),),
    )  # fmt: skip
    breach = trigger("breach", rate=per_year(0.5), effect={"trust": -3.0})
    lasts = Times(median=Quantiles(q05=10.0, median=30.0, q95=80.0, domain=POSITIVE), q95=150.0)
    blockade = trigger("blockade", kind="episode", rate=per_year(1), duration=lasts, while_active={"trust": -4.0})
    yes = branch("yes", Quantiles(q05=0.2, median=0.5, q95=0.8, domain=PROBABILITY), effect={"trust": 3.0})
    vote = calendar_event("vote", day(50), yes, branch("no", 0.5))
    review = calendar_event("review", day(120), branch("good", 0.4, effect={"trust": 6.0}), branch("bad", 0.6))
    anchor = Quantiles(q05=42.0, median=50.0, q95=58.0, domain=INDEX)
    rift = scenario("rift", enter=rule("trust < 42", "trust"), for_=14.0)
    law = model(
        drivers=(driver(long_run=anchor),),
        triggers=(strike, breach, blockade),
        calendar=(review, vote),
        scenarios=(rift,),
    )
    return law, experiment(ticks=40, seed=3, uncertainty=Uncertainty(draws=24, paths=64))


def fields(updated):
    """All numbers of an update, by name."""
    found = {"evidence": np.array([news.log_evidence for news in updated.news]), "weights": updated.weights}
    for reading, odds in updated.odds.items():
        for field in dataclasses.fields(odds):
            found[f"{reading} {field.name}"] = getattr(odds, field.name)
    for name in ("drivers", "drivers_filtered"):
        fan = getattr(updated, name)
        found |= {f"{name} {part}": getattr(fan, part) for part in ("mean", "sd", "quantiles")}
    found |= {"filtered": updated.filtered, "filtered_se": updated.filtered_se}
    return found | {key: learned.values for key, learned in updated.parameters.items()}


def assert_same(one, other):
    for (name, mine), theirs in zip(fields(one).items(), fields(other).values(), strict=True):
        assert np.array_equal(mine, theirs), name


def test_without_evidence_it_equals_the_plain_run(case):
    law, run = case
    found = update(law, run, ledger(), paths=64)
    run = dataclasses.replace(run, uncertainty=dataclasses.replace(run.uncertainty, paths=64))
    tally = simulate_ensemble(ensemble_of(law, run), seed=run.seed)
    for reading in ("at", "ever"):
        plain = odds_of(tally)[reading]
        assert np.array_equal(found.odds[reading].probability, plain.probability)
        assert np.array_equal(found.odds[reading].quantiles, plain.quantiles)
    assert np.array_equal(found.filtered, odds_of(tally)["at"].probability[: found.now])
    assert np.array_equal(found.drivers_filtered.mean, tally.index_sum[: found.now + 1] / tally.paths)
    assert found.log_evidence == 0
    assert np.all(found.weights == 1 / 24)


def test_a_path_that_is_out_stays_out_however_likely_the_evidence_makes_it(recwarn):
    """Its gain may be far above that of the paths that are left: exp overflowed, and 0 x inf is not a number."""
    gains = np.array([-1.0, 5000.0, -2.0])
    population = SimpleNamespace(model=None, map=lambda *_: [gains], ensemble=SimpleNamespace(models=(None,), each=3))
    particles = Particles(population, np.array([[0.5, 0.0, 0.5]]), np.zeros(1))
    (step,) = particles.assimilate(SimpleNamespace(tick=1, seen=()))
    assert particles.weights[0] == pytest.approx(np.array([np.exp(1), 0, 1]) / (np.exp(1) + 1))
    assert step == pytest.approx(np.log(np.exp(-1) / 2 + np.exp(-2) / 2))
    assert not list(recwarn)


def test_the_order_of_a_ledger_and_the_number_of_workers_change_no_bit(case):
    one = update(*case, ledger(**ENTRIES), paths=64, workers=1)
    reverse = {kind: entries[::-1] for kind, entries in ENTRIES.items()}
    assert_same(one, update(*case, ledger(**reverse), paths=64, workers=3))


def test_every_number_of_an_update_is_a_number(case):
    found = update(*case, ledger(**ENTRIES), paths=64)
    for name, values in fields(found).items():
        assert np.all(np.isfinite(values)), name
    for odds in found.odds.values():
        assert np.allclose(odds.probability[:, 1] + odds.probability[:, 0], 1) or odds is found.odds["ever"]
        assert np.all(np.diff(odds.quantiles, axis=0) >= -1e-12)
        assert np.all(odds.mc_se > 0)
    assert np.all(np.diff(found.odds["ever"].probability, axis=0) >= -1e-12)
    assert np.isclose(found.weights.sum(), 1)
    names = {name for news in found.news for name in news.entries}
    assert names == {entry.entry for kind in ENTRIES.values() for entry in kind}
    assert found.now == math.ceil(100 / 7)


def test_filtered_and_smoothed_agree_at_the_end_of_the_past(case):
    found = update(*case, ledger(**ENTRIES), paths=256)
    smoothed, se = found.odds["at"].probability[found.now - 1], found.odds["at"].mc_se[found.now - 1]
    assert np.all(np.abs(smoothed - found.filtered[-1]) < 4 * np.hypot(se, found.filtered_se[-1]))
    assert abs(found.drivers.mean[found.now, 0] - found.drivers_filtered.mean[-1, 0]) < 1


@pytest.mark.parametrize(
    ("entries", "named", "words"),
    [
        pytest.param(
            {"occurrences": (Occurrence(entry="too soon", trigger="never", first=day(30), last=day(31)),)},
            "too soon", "never cannot happen between 2025-02-05 and 2025-02-06", id="no rate",
        ),
        pytest.param(
            {
                "occurrences": (Occurrence(entry="spark", trigger="sure", first=day(10), last=day(10)),),
                "coverage": (Coverage(entry="no echo", trigger="never", since=day(0), until=day(60)),),
            },
            "no echo", "never was certain to follow", id="certain to follow",
        ),
        pytest.param(
            {"sightings": (dataclasses.replace(SIGN, by_scenario={"status_quo": 0.0}, reliability=1.0),)},
            "envoy", "no probability", id="impossible sighting",
        ),
    ],
)  # fmt: skip
def test_the_impossible_is_named_in_words(entries, named, words):
    sure = trigger("sure", rate=per_year(2), leads_to=(follow_up("never", 1.0, lognormal(3, 6)),))
    shut = trigger("never", rate=per_year(0))
    law = model(triggers=(sure, shut))
    if named == "too soon":
        law = model(triggers=(shut,))
    with pytest.raises(InputError, match=words) as raised:
        update(law, experiment(ticks=12), ledger(60, **entries), paths=64)
    (problem,) = raised.value.problems
    assert problem.key == named


def test_evidence_at_the_start_and_at_the_end_counts():
    start = Quantiles(q05=30.0, median=50.0, q95=70.0, domain=INDEX)
    law = model(drivers=(driver(start=start, volatility=0.5),))
    run = experiment(ticks=4, uncertainty=Uncertainty(draws=64, paths=8))
    seen = (
        DriverReading(entry="first", driver="trust", date=day(0), value=40.0, sd=3.0),
        DriverReading(entry="last", driver="trust", date=day(28), value=40.0, sd=3.0),
    )
    found = update(law, run, ledger(28, readings=seen), paths=8)
    assert [news.entries for news in found.news] == [("first",), ("last",)]
    assert abs(found.drivers.mean[0, 0] - 40.5) < 1.5
    assert found.parameters["drivers.trust.start"].narrowing < 0.4
    assert found.now == 4


def test_memory_does_not_grow_with_the_draws(case, monkeypatch):
    """Row B3: draws that wait lie in a temporary file. The wrong twin, which holds them in memory, grows with them."""
    law, run = case

    def peak_of(draws, entries):
        tracemalloc.start()
        update(law, run, entries, draws=draws, paths=1024, workers=1)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    monkeypatch.setattr("frenemy.storage.spool.MEMORY", 0)  # as with more draws than memory may hold
    few, many, known = 4, 20, ledger(**ENTRIES)
    peak_of(few, known)  # what is imported and compiled once
    flat = (peak_of(many, known) - peak_of(few, known)) / (many - few)
    # The noise that all draws share without evidence is as deep as the deepest needs: not flat, but nearly.
    assert peak_of(many * 2, ledger()) < 1.3 * peak_of(many, ledger())
    monkeypatch.setattr(Spool, "put", lambda self, content: Slot(self, 0, 0, content))
    held = (peak_of(many, known) - peak_of(few, known)) / (many - few)
    assert flat < 100_000 < 300_000 < held, (flat, held)


def test_what_waits_stays_in_memory_while_there_is_room():
    """Row B3: room is given up to the limit, and is free again once what took it is gone."""
    spool = Spool(memory=1_000)
    one, other = spool.hold(600), spool.hold(400)
    assert one is not None
    assert other is not None
    assert spool.hold(1) is None
    del one
    assert spool.hold(601) is None
    assert spool.hold(600) is not None


def test_what_the_temporary_file_cannot_take_stays_in_memory(monkeypatch):
    """Row B3: a spool gives back what it was given, uses room again, and does without a file where there is none."""
    spool = Spool()
    kept = {n: spool.put(bytes([n]) * (5_000 * n)) for n in range(1, 9)}
    for n in (2, 5, 8):
        del kept[n]
    end = spool._end
    kept |= {n: spool.put(bytes([n]) * 9_000) for n in (9, 10, 11)}
    assert spool._end == end  # the room of the three was used again
    assert all(slot.read() == bytes([n]) * (5_000 * n if n < 9 else 9_000) for n, slot in kept.items())

    def full(**_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.TemporaryFile", full)
    assert Spool().put(b"x" * 10).read() == b"x" * 10
