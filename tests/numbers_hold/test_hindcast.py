"""Does a hindcast ask only what the ledger settles, use only what was known, and forecast as theory says?"""

import datetime as dt
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

import ledger_parts
from builders import YEAR, day, driver, experiment, model, per_year, scenario, trigger
from frenemy.model.distributions import History
from frenemy.model.evidence.resolve import Evidence
from frenemy.model.experiment import Uncertainty
from frenemy.model.realise import realise
from frenemy.model.resolved import PerYear
from frenemy.simulation.ensemble.run import simulate_ensemble
from frenemy.simulation.ensembles import ensemble_of
from frenemy.studies.hindcast.forecasters import with_evidence, without_evidence
from frenemy.studies.hindcast.windows import Chances, counting_forecast, make_forecasts, origins_of, windows

happened, covered = partial(ledger_parts.happened, "strike"), partial(ledger_parts.covered, "strike")


def strikes(**changes):
    """One trigger whose rate nothing moves."""
    return model(
        drivers=(driver(),), triggers=(trigger("strike", **changes),), scenarios=(scenario("calm", default=True),)
    )


RUN = experiment(ticks=104)


def evidence(*entries):
    return Evidence(start=RUN.start, entries=entries, notes={}, outside=(), conflicts=())


def test_origins_are_the_first_assessments_of_each_month():
    places = origins_of(RUN, day(200))
    dates = [RUN.start + dt.timedelta(days=7 * tick) for tick in places]
    assert dates[0] == RUN.start
    assert len({(date.year, date.month) for date in dates[1:]}) == len(dates) - 1
    assert all((date - dt.timedelta(days=7)).month != date.month for date in dates[1:])
    assert dates[-1] <= day(200)


def questions(*entries, places=(0, 9), months=(3,)):
    found = windows(strikes(), RUN, entries, places, months)
    return {(window.origin, window.months): window.happened for window in found}


def test_only_windows_that_the_ledger_covers_are_asked():
    assert questions(covered(200)) == {(0, 3): False, (9, 3): False}
    assert questions(covered(120)) == {(0, 3): False}
    assert questions(covered(60), covered(120, since=60)) == {(0, 3): False}  # adjoining coverage
    assert questions(covered(60), covered(120, since=61)) == {}
    assert questions(happened(10)) == {}  # known to have happened, but its absence would not have been known


def test_events_belong_to_the_windows_that_hold_them():
    assert questions(covered(200), happened(62)) == {(0, 3): True, (9, 3): False}
    # the day of the assessment is ahead of it
    assert questions(covered(200), happened(63)) == {(0, 3): True, (9, 3): True}
    assert questions(covered(200), happened(0)) == {(0, 3): True, (9, 3): False}
    assert questions(covered(200), happened(60, 70)) == {(0, 3): True}  # may be before the second origin, or after it
    assert questions(covered(200), happened(60, 70), happened(80)) == {(0, 3): True, (9, 3): True}


def test_the_counting_forecast_by_hand():
    entries = (happened(10), happened(20), happened(80, 95))
    chance = counting_forecast(RUN, entries, 13, [26], "strike")  # on day 91 two are known; a quarter of a year ahead
    years = 91 / YEAR + 0.5
    assert chance == pytest.approx([1 - (years / (years + 91 / YEAR)) ** 2.5])


def exact(seen, days, ahead):
    """Gamma(4 + 1/2, 2) for the rate, then events: the chance of at least one ahead."""
    years = 2 + days / YEAR
    return 1 - (years / (years + ahead / YEAR)) ** (4.5 + seen)


@pytest.fixture(scope="module")
def learned():
    """A rate with a Gamma prior, and a ledger of two years with eleven events in the first."""
    of = strikes(rate=PerYear(rate=History(4, 2)))
    days = [5, 30, 61, 90, 120, 150, 181, 210, 240, 270, 300]
    known = evidence(covered(104 * 7), *(happened(n) for n in days))
    run = experiment(ticks=104, uncertainty=Uncertainty(draws=64, paths=64))
    return of, run, known, days


def test_forecasts_with_evidence_follow_bayes_rule(learned):
    of, run, known, days = learned
    origin, ends = 40, [44, 53]
    chance = with_evidence(of, run, known, draws=64, paths=64)(origin, ends)["strike"].probability
    seen = sum(n < 7 * origin for n in days)
    theory = np.array([exact(seen, 7 * origin, 7 * (end - origin)) for end in ends])
    spread = 0.3 * theory * (1 - theory)  # of the chance over draws, from a relative spread of the rate of a third
    assert np.all(np.abs(chance - theory) < 4 * np.hypot(np.sqrt(theory * (1 - theory) / 4096), spread / np.sqrt(32)))
    plain = without_evidence(of, run, draws=64, paths=64)(origin, ends)["strike"].probability
    assert plain[1] == pytest.approx(exact(0, 0, 91), abs=0.03)
    assert chance[1] - plain[1] > 0.1  # the wrong twin: a forecaster that ignores the evidence


def test_without_evidence_the_forecasts_are_those_of_the_plain_ensemble(learned):
    """To the last digit, and the error is that over draws; the medians are another question."""
    of, run, *_ = learned
    plain = without_evidence(of, run, draws=64, paths=64)(0, [26, 104])["strike"]
    tally = simulate_ensemble(ensemble_of(of, run), seed=run.seed)
    right = [tally.first_events[:end, 0].sum() / tally.paths for end in (26, 104)]
    assert plain.probability.tolist() == right
    assert plain.mc_se[1] == pytest.approx(tally.groups.error(tally.model_happened[:, 0].astype(float)))
    medians = without_evidence(realise(of), run, draws=0, paths=256)(0, [26, 104])["strike"]
    gap = abs(medians.probability - plain.probability)
    assert np.any(gap > 4 * np.hypot(plain.mc_se, medians.mc_se)), "the wrong twin"


def test_errors_of_forecasts_are_their_scatter_over_seeds(learned):
    of, run, known, _ = learned
    found = [
        with_evidence(of, replace(run, seed=seed), known, draws=16, paths=16)(20, [33])["strike"] for seed in range(24)
    ]
    scatter = np.std([one.probability[0] for one in found], ddof=1)
    stated = np.sqrt(np.mean([one.mc_se[0] ** 2 for one in found]))
    assert 0.5 < stated / scatter < 1.6


def test_nothing_of_the_future_is_known(learned):
    of, run, known, _ = learned
    later = evidence(*known.entries, happened(500), happened(510))
    mine, theirs = (with_evidence(of, run, each, draws=8, paths=16)(26, [39])["strike"] for each in (known, later))
    assert mine.probability.tolist() == theirs.probability.tolist()


def test_forecasts_stand_beside_those_of_the_references():
    places, entries = (0, 4), (covered(300), happened(100))
    of = strikes(rate=per_year(1.0))
    found = windows(of, RUN, entries, places, (3, 6))

    def half(origin, ends):
        return {"strike": Chances(np.full(len(ends), 0.5 if origin else 0.25), np.full(len(ends), 0.01))}

    forecasts = [*make_forecasts(RUN, entries, found, half, {"other": half})]
    assert len(forecasts) == 4
    assert {one.series for one in forecasts} == {"strike/3m", "strike/6m"}
    assert {one.cluster for one in forecasts} == {"strike"}
    assert {one.made: one.forecast["yes"] for one in forecasts} == {RUN.start: 0.25, day(28): 0.5}
    assert set(forecasts[0].references) == {"other", "counting"}
    assert [one.outcome for one in forecasts if one.series == "strike/6m"] == [1.0, 1.0]
