"""Plausible forecasts and storylines made with NumPy alone, for the pictures, the tables and the report.

A small model of mean-reverting drivers and Poisson triggers, far simpler than the engine's law: what matters here is
that the numbers are consistent and that every shape the pictures may meet can be requested.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from functools import lru_cache

import numpy as np

import builders
from builders import YEAR, branch, calendar_event, fixed, follow_up, lognormal, scenario, within
from frenemy.forecast.forecast import QUANTILES, DriverFan, EventTable, Forecast, Odds, Phase
from frenemy.model.conditions import FALSE, TRUE, parse
from frenemy.model.experiment import Experiment, Uncertainty
from frenemy.model.resolved import Model, Signpost, Trigger
from frenemy.simulation.storyline.log import Cause, Entry, Episode, Storyline

START = dt.date(2025, 1, 21)

DRIVERS = [
    ("trust", "Trust", 42.0),
    ("alignment", "Security alignment", 50.0),
    ("trade", "Interdependence of the two economies, as felt by firms and households", 60.0),
    ("opinion", "Opinion", 45.0),
]
# name, label, kind, chance a year, effect on each driver
TRIGGERS = [
    ("tariff_round", "Tariff round", "episode", 0.70, (-8, -3)),
    ("retaliation", "Retaliation against tariffs", "event", 0.25, (-7, -2)),
    (
        "strike",
        "Unilateral strike across the border, by air, by drone or by a raiding party on the ground",
        "event",
        0.06,
        (-24, -14),
    ),
    ("testimony", "Testimony that implicates officials", "event", 0.35, (-9, -2)),
    ("suspension", "Cooperation suspended", "episode", 0.05, (-10, -12)),
    ("operation", "Joint operation or seizure campaign", "event", 0.95, (3, 2)),
    ("agenda", "Updated bilateral agenda", "event", 0.10, (14, 16)),
    ("focusing_event", "Focusing event", "event", 0.03, (10, 24)),
]
# name, label, colour, author's word, rule, priority
SCENARIOS = [
    ("total_rift", "Total rift", "#D55E00", "plausible", "trust < floor and alignment < 46", 30),
    ("renewed", "Renewed large-scale cooperation", "#0072B2", "wild card", "trust > 58 and alignment > 58", 20),
    ("drift", "Drift", "#009E73", "possible", "trust < 40 and alignment >= 60", 15),
    (
        "bargain",
        "A narrow bargain that holds on paper while both capitals look elsewhere",
        "#CC79A7",
        "possible",
        "trust > 60 and alignment < 45",
        12,
    ),
    ("siege", "Siege", "#E69F00", "remote", "alignment < 25", 8),
]
CALENDAR = [
    ("treaty_review", "Treaty review", dt.date(2026, 7, 1)),
    ("world_cup", "World Cup", dt.date(2026, 6, 11)),
    ("midterms", "Midterm elections", dt.date(2026, 11, 3)),
    ("legislative", "Legislative elections in the southern neighbour", dt.date(2027, 6, 6)),
    ("inauguration", "Inauguration", dt.date(2029, 1, 20)),
]


def model(*, scenarios: int = 3, drivers: int = 2, triggers: int = 8, calendar: bool = True) -> Model:
    """A model of the given size; the default scenario counts among `scenarios`."""
    names = frozenset(name for name, _, _ in DRIVERS)
    rule_names = names if drivers > 1 else frozenset({"trust"})
    chosen = []
    for name, label, colour, word, rule, priority in SCENARIOS[: scenarios - 1]:
        enter = parse(rule if drivers > 1 else rule.replace("alignment", "trust"), rule_names)
        chosen.append(
            scenario(
                name,
                label=label,
                narrative=f"A future of {label.lower()}: agencies adapt. Talks follow suit.",
                source="Article, 2025",
                likelihood=word,
                colour=colour,
                enter=enter,
                for_=56.0,
                priority=priority,
                thresholds={"floor": 27.0},
                signposts=(
                    Signpost(text=f"Officials speak of {label.lower()}"),
                    Signpost(text="Liaison officers are sent or withdrawn"),
                ),
            )
        )
    chosen.append(
        scenario(
            "status_quo",
            label="Status quo",
            narrative="Contentious and transactional, yet work goes on.",
            source="Article, 2025",
            likelihood="probable",
            colour="#7F7F7F",
            default=True,
            enter=TRUE,
            leave=FALSE,
            priority=0,
            signposts=(Signpost(text="Regular meetings go on"),),
        )
    )
    branches = [branch(name, p) for name, p in (("extended", 0.5), ("postponed", 0.35), ("ended in discord", 0.15))]
    return builders.model(
        title="Two neighbours",
        description="A security relationship between two neighbours.",
        start=START,
        sources={"article": "A scenario article, 2025"},
        drivers=tuple(
            builders.driver(
                name,
                label=label,
                description=f"How much {label.lower()} there is.",
                source="judgment",
                start=start,
                long_run=start,
                scar_half_life=1095.0,
            )
            for name, label, start in DRIVERS[:drivers]
        ),
        triggers=tuple(_trigger(*row, drivers) for row in TRIGGERS[:triggers]),
        calendar=tuple(
            replace(calendar_event(name, date, *branches), label=label, source="calendar")
            for name, label, date in (CALENDAR if calendar else ())
        ),
        scenarios=tuple(chosen),
    )


def _trigger(name, label, kind, chance, effect, drivers):
    leads_to = (follow_up("suspension", 0.5, lognormal(14, 70)),) if name == "strike" else ()
    return builders.trigger(
        name,
        label=label,
        source="judgment",
        kind=kind,
        rate=within(chance),
        per_10_points={"trust": 0.85},
        effect={DRIVERS[i][0]: float(effect[i]) for i in range(min(drivers, 2))},
        lasting=0.3,
        severity_cv=0.3,
        leads_to=leads_to,
        duration=lognormal(112, 420) if kind == "episode" else fixed(0),
    )


def experiment(*, ticks: int = 261, draws: int = 24, paths: int = 10_000) -> Experiment:
    """Weekly ticks from the model's start."""
    end = START + dt.timedelta(weeks=ticks)
    anniversaries = (START.replace(year=START.year + year) for year in range(1, 30))
    return builders.experiment(
        name="baseline",
        title="Baseline",
        description="From the inauguration, with the flow of events as judged.",
        source="judgment",
        start=START,
        end=end,
        paths=paths,
        uncertainty=Uncertainty(draws=draws, paths=2048),
        report_at=(*(day for day in anniversaries if day < end), end),
    )


@lru_cache(maxsize=8)
def forecast(
    *, ticks: int = 261, scenarios: int = 3, drivers: int = 2, triggers: int = 8, calendar: bool = True, draws: int = 24
) -> Forecast:
    """A forecast of the given shape; the same arguments give the same numbers."""
    return _simulate(ticks, model(scenarios=scenarios, drivers=drivers, triggers=triggers, calendar=calendar), draws)


def _simulate(ticks: int, spec: Model, draws: int) -> Forecast:
    rng = np.random.default_rng(5)
    outer, inner, n_drivers = max(draws, 1), 480, len(spec.drivers)
    shape = (outer, inner)
    spread = (
        np.exp(0.3 * rng.standard_normal((outer, len(spec.triggers)))) if draws else np.ones((1, len(spec.triggers)))
    )
    anchor = np.array([d.start for d in spec.drivers])[:, None, None] + np.zeros((n_drivers, outer, 1))
    anchor = anchor + (1.6 * rng.standard_normal((n_drivers, outer, 1)) if draws else 0.0)
    level, scar = anchor + np.zeros((n_drivers, *shape)), np.zeros((n_drivers, *shape))
    index = np.empty((ticks + 1, n_drivers, *shape), np.float32)
    scenario = np.empty((ticks, *shape), np.int8)
    happened = np.zeros((ticks, len(spec.triggers), *shape), np.uint8)
    index[0], streak = level, np.zeros((len(spec.scenarios), *shape))
    pull = np.log(2) * 7 / 182
    for n in range(ticks):
        common = rng.standard_normal((n_drivers, 1, inner))
        level = level + pull * (anchor + scar - level) + 10 * np.sqrt(2 * pull) * common
        scar *= 0.9956
        for k, trigger in enumerate(spec.triggers):
            rate = -np.log1p(-trigger.rate.probability) / YEAR * 7 * spread[:, k, None]
            rate = rate * 0.8 ** ((level[0] - anchor[0]) / 10) if k not in (5, 6) else rate
            events = rng.random((1, inner)) < -np.expm1(-rate)
            happened[n, k] = events
            for i, driver in enumerate(spec.drivers):
                level[i] += events * trigger.effect.get(driver.name, 0.0)
                scar[i] += 0.2 * events * trigger.effect.get(driver.name, 0.0)
        level = np.clip(level, 1.0, 99.0)
        index[n + 1] = level
        scenario[n] = _classify(spec, level, streak)
    dates = np.datetime64(START, "D") + 7 * np.arange(ticks + 1).astype("timedelta64[D]")
    return _gather(spec, dates, index, scenario, happened, draws)


def _classify(spec: Model, level, streak):
    trust = level[0]
    alignment = level[1] if len(level) > 1 else level[0]
    holds = {
        "total_rift": (trust < 27) & (alignment < 46),
        "renewed": (trust > 58) & (alignment > 58),
        "drift": (trust < 40) & (alignment >= 60),
        "bargain": (trust > 60) & (alignment < 45),
        "siege": alignment < 25,
    }
    state = np.full(trust.shape, len(spec.scenarios) - 1, np.int8)
    for j in reversed(range(len(spec.scenarios) - 1)):
        streak[j] = np.where(holds[spec.scenarios[j].name], streak[j] + 1, 0)
        state = np.where(streak[j] >= 8, np.int8(j), state)
    return state


def _gather(spec, dates, index, scenario, happened, draws) -> Forecast:
    ticks, outer, inner = scenario.shape
    kinds = np.arange(len(spec.scenarios))[None, :, None, None]
    at = scenario[:, None] == kinds
    ever = np.maximum.accumulate(at, axis=0)
    share = np.cumsum(at, axis=0, dtype=np.float64) / np.arange(1, ticks + 1)[:, None, None, None]
    first = np.diff(ever.mean(axis=(2, 3)), axis=0, prepend=0.0)
    final = scenario[-1]
    by_scenario = {s.name: index[:, :, final == j] for j, s in enumerate(spec.scenarios)}
    counts = np.cumsum(happened, axis=0, dtype=np.int32)
    years = [slice(52 * y, 52 * (y + 1)) for y in range(max(1, round(ticks / 52)))]
    sample = np.random.default_rng(3).choice(outer * inner, size=min(36, outer * inner), replace=False)
    return Forecast(
        model=spec,
        experiment=experiment(ticks=ticks, draws=draws),
        dates=dates,
        paths=2048 if draws else 10_000,
        draws=draws,
        odds={"at": _odds(at, draws), "ever": _odds(ever, draws), "time_share": _odds(share, draws)},
        first_entry=first,
        drivers=_fan(index.reshape(ticks + 1, index.shape[1], -1)),
        drivers_by_scenario={name: _fan(chosen) for name, chosen in by_scenario.items() if chosen.shape[-1]},
        events=EventTable(
            expected=counts[-1].mean(axis=(1, 2)),
            expected_se=counts[-1].std(axis=(1, 2)) / np.sqrt(outer * inner),
            at_least_one=(counts[-1] > 0).mean(axis=(1, 2)),
            at_least_one_se=(counts[-1] > 0).std(axis=(1, 2)) / np.sqrt(outer * inner),
            year_expected=np.array([happened[y].sum(axis=0).mean(axis=(1, 2)) for y in years]),
            year_expected_se=np.array([happened[y].sum(axis=0).std(axis=(1, 2)) for y in years])
            / np.sqrt(outer * inner),
            year_at_least_one=np.array([(happened[y].sum(axis=0) > 0).mean(axis=(1, 2)) for y in years]),
            year_at_least_one_se=np.array([(happened[y].sum(axis=0) > 0).std(axis=(1, 2)) for y in years])
            / np.sqrt(outer * inner),
            years=np.array([START.replace(year=START.year + y) for y in range(len(years))], "datetime64[D]"),
            ever=(counts > 0).mean(axis=(2, 3)),
            branches={
                c.name: {
                    b.name: b.probability if c.date < START + dt.timedelta(weeks=ticks) else 0.0 for b in c.branches
                }
                for c in spec.calendar
            },
        ),
        phase=Phase(
            density=_plane(index[-1], final, len(spec.scenarios)),
            sample_index=index.reshape(ticks + 1, index.shape[1], -1)[:, :, sample].astype(float),
            sample_scenario=scenario.reshape(ticks, -1)[:, sample],
            sample_paths=sample.astype(np.int64),
        ),
    )


def _odds(hit, draws) -> Odds:
    per_draw = hit.mean(axis=3)  # (ticks, scenarios, draws)
    p = per_draw.mean(axis=2)
    nan = np.full((7, *p.shape), np.nan)
    return Odds(
        probability=p,
        mc_se=np.sqrt(p * (1 - p) / (2048 if draws else 10_000)),
        quantiles=np.quantile(per_draw, QUANTILES, axis=2) if draws else nan,
        judgement_variance=per_draw.var(axis=2) if draws else nan[0],
        path_variance=hit.var(axis=3).mean(axis=2),
    )


def _fan(index) -> DriverFan:
    return DriverFan(
        paths=index.shape[-1],
        mean=index.mean(axis=-1),
        sd=index.std(axis=-1),
        quantiles=np.quantile(index, QUANTILES, axis=-1),
    )


def _plane(level, final, scenarios):
    if len(level) < 2:
        return np.zeros((scenarios, 0, 0))
    bins = [
        np.histogram2d(level[0][final == j], level[1][final == j], 100, [[0, 100], [0, 100]])[0]
        for j in range(scenarios)
    ]
    return np.array(bins) / final.size


def storyline(source: Forecast, scenario: str) -> Storyline:
    """A path that ends in `scenario` if the sample holds one, else the first, with events drawn to go with it."""
    spec, phase = source.model, source.phase
    names = [s.name for s in spec.scenarios]
    ending = np.flatnonzero(phase.sample_scenario[-1] == names.index(scenario))
    pick = int(ending[0]) if ending.size else 0
    rng = np.random.default_rng(pick)
    days = 7.0 * (len(source.dates) - 1)
    entries, episodes = [], []
    for trigger in spec.triggers:
        rate = -np.log1p(-trigger.rate.probability) / YEAR
        for time in np.sort(rng.uniform(0, days, rng.poisson(min(rate * days, 12)))):
            follow = trigger.name == "suspension"
            cause = (Cause("followed", "strike", 1.0),) if follow else OWN
            entries.append(_entry(float(time), "follow_up" if follow else "event", trigger, cause))
            if trigger.kind == "episode":
                end = float(time + rng.lognormal(4.6, 0.8))
                episodes.append(Episode(trigger.name, float(time), end))
                if end < days:
                    entries.append(_entry(end, "episode_end", trigger, (Cause("duration", "", 1.0),)))
    entries.append(_entry(days * 0.4, "lost", spec.triggers[-1], (Cause("followed", spec.triggers[0].name, 1.0),)))
    for event in spec.calendar:
        if 0 <= (time := float((event.date - START).days)) < days:
            cause = (Cause("calendar", event.name, 1.0),)
            entries.append(_line(time, "calendar", event.name, cause, branch=event.branches[1].name))
    path = phase.sample_scenario[:, pick]
    before = np.concatenate([[len(names) - 1], path[:-1]])
    for n in np.flatnonzero(path != before):
        for kind, j in (("leave", before[n]), ("enter", path[n])):
            entries.append(_line(7.0 * (n + 1), kind, names[j], (Cause("rule", "", 1.0),)))
    index = phase.sample_index[:, :, pick]
    return Storyline(
        path=int(phase.sample_paths[pick]),
        seed=1,
        dates=source.dates,
        latent=np.log(index / (100 - index)),
        index=index,
        scenario=path,
        entries=tuple(sorted(entries, key=lambda e: e.time)),
        episodes=tuple(sorted(episodes, key=lambda e: e.begin)),
    )


OWN = (Cause("own rate", "", 0.8), Cause("contagion", "tariff_round", 0.2))


def _entry(time: float, kind: str, trigger: Trigger, causes: tuple) -> Entry:
    effects = dict(trigger.effect) if kind in ("event", "follow_up") else {}
    why = "has no effect: outside its window" if kind == "lost" else ""
    return _line(time, kind, trigger.name, causes, effects=effects, text=why)


def _line(time: float, kind: str, name: str, causes: tuple, *, branch="", effects=None, text="") -> Entry:
    date = START + dt.timedelta(days=int(time))
    return Entry(
        time=float(time),
        date=date,
        kind=kind,
        name=name,
        branch=branch,
        causes=causes,
        effects=effects or {},
        text=text,
    )


def storylines(source: Forecast) -> dict[str, Storyline]:
    """One storyline for each scenario."""
    return {s.name: storyline(source, s.name) for s in source.model.scenarios}


def relabelled(source: Forecast, label: str) -> Forecast:
    """The same forecast with one label for every scenario, driver and trigger: for the layout of long labels."""
    spec = source.model
    return replace(
        source,
        model=replace(
            spec,
            scenarios=tuple(replace(s, label=f"{label} {i + 1}") for i, s in enumerate(spec.scenarios)),
            drivers=tuple(replace(d, label=f"{label} {i + 1}") for i, d in enumerate(spec.drivers)),
            triggers=tuple(replace(t, label=f"{label} {i + 1}") for i, t in enumerate(spec.triggers)),
        ),
    )


def with_odds(source: Forecast, reading: str, **changes: np.ndarray) -> Forecast:
    """The same forecast with other arrays in one reading of the odds."""
    return replace(source, odds={**source.odds, reading: replace(source.odds[reading], **changes)})
