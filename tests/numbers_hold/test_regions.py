"""Is the region that tuning reports the true one?"""

import math
from dataclasses import replace

import pytest

import frenemy as fr
from builders import driver, experiment, model, per_year, rule, scenario, trigger
from frenemy.model.distributions import NONNEGATIVE, PROBABILITY, Quantiles
from frenemy.model.experiment import Uncertainty
from frenemy.model.resolved import WithinWindow
from frenemy.studies.tune.region import restrictions

RATE = "triggers.strike.rate"
YEARS = 52 * 7 / 365.25


def toy(rates=(0.2, 0.5, 1.2)):
    """A rift is a strike, whose rate is uncertain; two other uncertain numbers have no effect on it."""
    rift = scenario("rift", enter=rule("count(strike) >= 1"), absorbing=True)
    strike = trigger("strike", rate=replace(per_year(1), rate=Quantiles(*rates, NONNEGATIVE)))
    other = trigger("other", rate=WithinWindow(probability=Quantiles(0.1, 0.3, 0.6, PROBABILITY), within=365.25))
    of = model(
        triggers=(strike, other),
        scenarios=(rift,),
        drivers=(driver(volatility=Quantiles(5.0, 10.0, 15.0, NONNEGATIVE)),),
    )
    return of, experiment(paths=1024, uncertainty=Uncertainty(draws=2, paths=1024))


@pytest.mark.parametrize("wanted", [0.6, 0.25])
def test_the_region_of_a_poisson_trigger_is_known(wanted):
    """The odds are 1 - exp(-rate t): at least (at most) the target for rates beyond a known one."""
    of, run = toy()
    tuned = fr.tune((of, run), {"rift": wanted}, [RATE], reading="ever", region=384)
    area = tuned.findings.region
    bound = -math.log(1 - wanted) / YEARS
    share = of.triggers[0].rate.rate.cdf(bound)
    expected = 1 - share if area.at_least[0] else share
    assert area.cases / area.draws == pytest.approx(expected, abs=0.05)
    assert area.at_least == (wanted > 0.4,)
    [limit] = restrictions(area.boxes[0], area.knobs)
    assert limit.knob.key == RATE
    found, free = (limit.low, limit.high) if area.at_least[0] else (limit.high, limit.low)
    assert free == (1 if area.at_least[0] else 0)
    assert found == pytest.approx(share, abs=0.05)  # odds of a draw are known to 0.02, and peels take a twentieth
    twin = of.triggers[0].rate.rate.cdf(1.4 * bound)
    assert abs(found - twin) > 0.05
    assert area.boxes[0].density > 0.85
    assert area.boxes[0].coverage > 0.85


def test_too_few_cases_are_reported():
    of, run = toy()
    area = fr.tune((of, run), {"rift": 0.8}, [RATE], reading="ever", region=128).findings.region
    assert area.boxes == ()
    assert "too few" in area.why_none
