"""Random models that use every feature of the law, to compare the two engines on."""

import datetime as dt

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

from frenemy.model import conditions as ex
from frenemy.model.experiment import Experiment, Imposed, Initial, Uncertainty
from frenemy.model.resolved import (
    Branch,
    CalendarEvent,
    Contagion,
    Driver,
    FollowUp,
    Model,
    PerYear,
    Scenario,
    Times,
    Trigger,
    WithinWindow,
)
from frenemy.simulation.compile.drift import system

START = dt.date(2025, 1, 21)
DRIVERS = ("trust", "alignment", "pressure")
TRIGGERS = ("strike", "tariff", "talks", "raid")
TEXT = {"label": "", "description": "", "source": ""}


def numbers(low, high):
    return st.floats(low, high, allow_nan=False).map(lambda value: round(value, 3))


def some(names, values):
    return st.dictionaries(st.sampled_from(names), values, max_size=len(names))


def times(low, high):
    return st.builds(
        lambda median, spread: Times(median=median, q95=median * spread),
        numbers(low, high),
        st.sampled_from((1.0, 1.5, 4.0)),
    )


def dates(days):
    return st.integers(0, days).map(lambda day: START + dt.timedelta(days=day))


@st.composite
def conditions(draw, drivers, triggers, episodes, depth=2):
    kind = draw(
        st.sampled_from(("level", "level", "count", "active", "true", "and", "or", "not") if depth else ("level",))
    )
    inner = conditions(drivers, triggers, episodes, depth - 1)
    match kind:
        case "count":
            terms = f"count({draw(st.sampled_from(triggers))}) {draw(st.sampled_from(('<', '>=', '==', '!=')))} limit"
        case "active" if episodes:
            terms = f"active({draw(st.sampled_from(episodes))})"
        case "true":
            terms = draw(st.sampled_from(("true", "false")))
        case "and" | "or":
            return f"({draw(inner)} {kind} {draw(inner)})"
        case "not":
            return f"not ({draw(inner)})"
        case _:
            left = draw(st.sampled_from(drivers))
            right = draw(st.sampled_from(("floor", "2 * floor - 45", f"({drivers[-1]} + 10) / 1.5", "44.5")))
            terms = f"{left} {draw(st.sampled_from(('<', '<=', '>', '>=')))} {right}"
    return terms


@st.composite
def triggers(draw, name, names, drivers, episodes, days):
    episode = name in episodes
    condition = ex.parse(draw(conditions(drivers, names, episodes)), frozenset(drivers))
    factors = draw(some(drivers, numbers(0.8, 1.25)))
    from_, until = dt.date.min, dt.date.max
    match draw(st.sampled_from(("always", "always", "long", "short"))):
        case "long":
            from_, until = draw(dates(days // 3)), START + dt.timedelta(days=2 * days // 3)
        case "short":  # it may lie between two ticks
            from_ = draw(dates(days))
            until = from_ + dt.timedelta(days=draw(st.integers(1, 12)))
    return Trigger(
        name=name,
        group="",
        kind="episode" if episode else "event",
        rate=draw(
            st.builds(lambda p: WithinWindow(probability=p, within=90.0), numbers(0.3, 0.97))
            | st.builds(lambda rate: PerYear(rate=rate), st.sampled_from((0.0, 6.0, 15.0, 40.0)))
        ),
        per_10_points=factors,
        reference={driver: draw(numbers(20, 80)) for driver in factors},
        effect=draw(some(drivers, numbers(-20, 20))),
        lasting=draw(st.sampled_from((0.0, 0.4, 1.0))),
        severity_cv=draw(st.sampled_from((0.0, 0.4, 1.5))),
        from_=from_,
        until=until,
        cooldown=draw(st.sampled_from((0.0, 0.0, 0.4, 2.0, 25.0))),
        max_count=draw(st.sampled_from((float("inf"), float("inf"), 0.0, 1.0, 3.0))),
        requires=draw(st.sampled_from((ex.TRUE, ex.TRUE, condition))),
        thresholds={"floor": draw(numbers(30, 60)), "limit": float(draw(st.integers(0, 3)))},
        leads_to=tuple(
            FollowUp(trigger=target, probability=draw(st.sampled_from((0.45, 0.2, 0.0))), delay=draw(times(0, 30)))
            for target in draw(st.lists(st.sampled_from(names), unique=True, max_size=2))
        ),
        raises={
            target: Contagion(expected_extra=draw(st.sampled_from((0.4, 0.1))), half_life=draw(numbers(2, 120)))
            for target in draw(st.lists(st.sampled_from(names), unique=True, max_size=2))
        },
        duration=draw(times(0.5, 60)) if episode else Times(median=0.0, q95=0.0),
        while_active=draw(some(drivers, numbers(-15, 15))) if episode else {},
        on_end=draw(some(drivers, numbers(-10, 10))) if episode else {},
        **TEXT,
    )


@st.composite
def branches(draw, names, drivers, days):
    weights = draw(st.lists(numbers(0.1, 1), min_size=1, max_size=3))
    ends = st.just(dt.date.max) | dates(2 * days)
    return tuple(
        Branch(
            name=f"branch_{i}",
            label="",
            probability=weight / sum(weights),
            effect=draw(some(drivers, numbers(-15, 15))),
            lasting=draw(st.sampled_from((0.0, 0.5))),
            shift=draw(some(drivers, numbers(-10, 10))),
            shift_until=draw(ends),
            factor=draw(some(names, numbers(0, 4))),
            factor_until=draw(ends),
        )
        for i, weight in enumerate(weights)
    )


@st.composite
def scenarios(draw, names, drivers, episodes):
    def rule():
        return ex.parse(draw(conditions(drivers, names, episodes)), frozenset(drivers))

    found = []
    for priority in range(draw(st.integers(0, 3)), 0, -1):
        enter = rule()
        found.append(
            Scenario(
                name=f"scenario_{priority}",
                label="",
                narrative="",
                source="",
                likelihood="",
                colour="#000000",
                default=False,
                enter=enter,
                for_=draw(st.sampled_from((0.0, 7.0, 21.0, 24.0))),
                leave=draw(st.sampled_from((ex.Not(enter), rule()))),
                absorbing=draw(st.integers(0, 4)) == 0,
                priority=priority,
                thresholds={"floor": draw(numbers(35, 60)), "limit": 1.0},
                signposts=(),
            )
        )
    default = Scenario(
        name="default",
        label="",
        narrative="",
        source="",
        likelihood="",
        colour="#777777",
        default=True,
        enter=ex.FALSE,
        for_=0.0,
        leave=ex.FALSE,
        absorbing=False,
        priority=0,
        thresholds={},
        signposts=(),
    )
    return (*found, default)


def _branching(parts, names):
    expected = np.zeros((len(names), len(names)))
    for i, trigger in enumerate(parts):
        for follow_up in trigger.leads_to:
            expected[i, names.index(follow_up.trigger)] += follow_up.probability
        for target, contagion in trigger.raises.items():
            expected[i, names.index(target)] += contagion.expected_extra
    return np.abs(np.linalg.eigvals(expected)).max()


def _fastest(trigger):
    """Events a year at the drivers' worst levels: beyond some hundreds a test only takes longer."""
    rate = trigger.rate.rate if isinstance(trigger.rate, PerYear) else -np.log1p(-trigger.rate.probability) * 4
    return rate * np.prod([max(factor, 1 / factor) ** 7.5 for factor in trigger.per_10_points.values()])


@st.composite
def cases(draw):
    """A model and an experiment that can be compiled."""
    drivers = DRIVERS[: draw(st.integers(1, 3))]
    names = TRIGGERS[: draw(st.sampled_from((4, 3, 2, 1)))]
    episodes = tuple(name for name in names if draw(st.booleans()))
    tick = draw(st.sampled_from((7, 7, 1)))
    days = tick * draw(st.integers(8, 40))
    parts = tuple(
        Driver(
            name=name,
            start=draw(numbers(20, 80)),
            long_run=draw(numbers(25, 75)),
            reference=50.0,
            half_life=draw(numbers(20, 900)),
            volatility=draw(st.sampled_from((0.0, 8.0, 14.0))),
            scar_half_life=draw(st.sampled_from((float("inf"), 60.0))),
            pulls=draw(some([d for d in drivers if d != name], numbers(-0.4, 0.4))) if len(drivers) > 1 else {},
            **TEXT,
        )
        for name in drivers
    )
    correlations = {drivers[0]: {drivers[1]: draw(numbers(-0.6, 0.6))}} if len(drivers) > 1 else {}
    K, _, sigma, _ = system(parts, correlations)
    assume(np.linalg.eigvals(K).real.min() > 0 and np.linalg.eigvalsh(sigma).min() > -1e-12)
    calendar = tuple(
        CalendarEvent(name=f"date_{i}", date=draw(dates(days)), branches=draw(branches(names, drivers, days)), **TEXT)
        for i in range(draw(st.integers(0, 2)))
    )
    model = Model(
        title="",
        description="",
        start=START,
        sources={},
        drivers=parts,
        correlations=correlations,
        triggers=tuple(draw(triggers(name, names, drivers, episodes, days)) for name in names),
        calendar=calendar,
        scenarios=draw(scenarios(names, drivers, episodes)),
    )
    assume(_branching(model.triggers, names) < 0.9)
    assume(max(_fastest(trigger) for trigger in model.triggers) < 500)
    impose = st.builds(lambda trigger, date: Imposed(trigger=trigger, date=date), st.sampled_from(names), dates(days))
    initial = Initial(
        scars=draw(some(drivers, numbers(-10, 10))), episodes=draw(some(episodes, times(1, 50))) if episodes else {}
    )
    experiment = Experiment(
        name="",
        title="",
        description="",
        source="",
        start=START,
        end=START + dt.timedelta(days=days),
        tick=tick,
        paths=8,
        seed=draw(st.integers(0, 2**32)),
        set={},
        initial=initial,
        impose=tuple(draw(st.lists(impose, max_size=3))),
        uncertainty=Uncertainty(draws=0, paths=8),
        report_at=(),
    )
    return model, experiment
