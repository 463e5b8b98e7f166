"""Is the shipped model what docs/model.md says it is: sourced, plausible and consistent with the record?"""

import datetime as dt
import math
import re
import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from frenemy.check.check import check, check_draws, concerned_draws
from frenemy.check.settled_levels import levels
from frenemy.model.files.load import load_experiment, load_model
from frenemy.model.realise import quantities, realise, uncertain
from frenemy.simulation.compile.compile import compile_model
from frenemy.simulation.ensemble.run import Noise, simulate, simulate_paths
from frenemy.simulation.parameter_draws import outer_draws

ROOT = Path(__file__).parents[2]
DOC = (ROOT / "docs" / "model.md").read_text(encoding="utf-8")
EXPERIMENTS = {file.stem: file for file in sorted((ROOT / "experiments").glob("*.toml"))}
WHAT_IFS = ("sustained_tariffs", "strike_in_2026", "updated_agenda")
DRAWS, PATHS = 64, 1024
RIFT, RENEWED, STATUS_QUO = "total_rift", "renewed_cooperation", "status_quo"


def table(heading):
    """The rows of the first table under a heading of docs/model.md, as lists of cells."""
    section = DOC.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


# ------------------------------------------------------------------------------------------------ numbers and sources

WORDS = {"label", "description", "group", "kind", "name", "trigger", "title", "source", "sources", "requires", "enter"}
WORDS |= {"leave", "colour", "likelihood", "narrative", "signposts", "default", "tick", "horizon"}
SETTINGS = {"paths", "seed", "draws", "within", "factor_until", "shift_until"}
RANGE = re.compile(r"\bto\b|within|exact|premise")


def sections():
    """(where, table) of every section that carries sources, as written."""
    drivers = tomllib.loads((ROOT / "drivers.toml").read_text(encoding="utf-8"))
    for kind in ("drivers", "triggers", "calendar"):
        for name, content in drivers[kind].items():
            yield f"{kind}.{name}", content
    for folder in ("scenarios", "experiments"):
        for file in sorted((ROOT / folder).glob("*.toml")):
            yield f"{folder}/{file.name}", tomllib.loads(file.read_text(encoding="utf-8"))


def is_distribution(value):
    return isinstance(value, dict) and bool({"q05", "mode", "events", "pool"} & set(value))


def numbers(content, path=()):
    """(path, value) of every number, time or distribution of a section; items of lists have no step of their own."""
    for key, value in content.items():
        if key in WORDS | SETTINGS:
            continue
        if isinstance(value, dict) and not is_distribution(value):
            yield from numbers(value, (*path, key))
        elif isinstance(value, list):
            for item in value:
                yield from numbers(item, (*path, key)) if isinstance(item, dict) else ()
        elif not isinstance(value, dt.date):
            yield (*path, key), value


def source_of(content, path):
    known = content.get("sources", {})
    steps = ".".join(path).split(".")
    keys = [".".join(steps[:length]) for length in range(len(steps), 0, -1)]
    return next((known[key] for key in keys if key in known), "")


def unsourced(where, content):
    """What is wrong with the numbers of a section, if anything."""
    for path, value in numbers(content):
        text = source_of(content, path) or (value.get("source", "") if is_distribution(value) else "")
        if not text:
            yield f"{where}: {'.'.join(path)} has no source"
        elif not is_distribution(value) and not RANGE.search(text):
            yield f"{where}: {'.'.join(path)} has no range"


def texts(content):
    yield content.get("source", "")
    yield from content.get("sources", {}).values()


def cited(text):
    """The names a source begins with: `003, judgment: what they say`."""
    names, colon, _ = text.partition(":")
    return set(names.split(", ")) if colon else set()


def test_every_number_has_a_source_and_a_range():
    assert [problem for where, content in sections() for problem in unsourced(where, content)] == []


def test_a_number_without_source_or_range_would_be_found():
    bare = {"effect": {"trust": -3.0}}
    assert [*unsourced("x", bare)]
    assert [*unsourced("x", bare | {"sources": {"effect": "judgment"}})]
    assert not [*unsourced("x", bare | {"sources": {"effect": "judgment: half to twice"}})]


def test_every_source_names_a_citation_and_every_citation_is_used():
    known = set(load_model(ROOT).sources)
    everything = [(where, text) for where, content in sections() for text in texts(content)]
    assert [(where, text) for where, text in everything if not cited(text)] == []
    used = set().union(*(cited(text) for _, text in everything))
    used |= cited(load_model(ROOT).correlations["trust"]["alignment"].source)
    assert used - {"judgment"} == known


def test_about_a_sixth_of_the_numbers_carry_their_range_into_the_results():
    model = load_model(ROOT)
    assert 40 <= len(uncertain(model)) <= 80
    assert len(quantities(model)) > 300


# ------------------------------------------------------------------------------------------------- the model as a whole

TRIGGERS = {
    "tariff_threat", "tariff_round", "mexican_retaliation", "unilateral_strike",
    "damaging_testimony", "official_arrest", "limiting_law", "cooperation_suspended",
    "intervention_threat", "terror_designation", "financial_designation", "mass_transfer",
    "joint_operation", "updated_agenda", "official_assassinated", "violence_surge",
    "focusing_event",
}  # fmt: skip
DATES = {
    "usmca_review": dt.date(2026, 7, 1),
    "world_cup": dt.date(2026, 7, 19),
    "us_midterms": dt.date(2026, 11, 3),
    "mexican_elections": dt.date(2027, 6, 6),
    "us_inauguration": dt.date(2029, 1, 20),
    "mexican_inauguration": dt.date(2030, 10, 1),
}


def test_the_model_holds_what_the_documents_name():
    model = load_model(ROOT)
    names = {trigger.name: trigger for trigger in model.triggers}
    assert set(names) >= TRIGGERS
    assert {event.name: event.date for event in model.calendar} == DATES
    assert [scenario.name for scenario in model.scenarios] == [RIFT, RENEWED, STATUS_QUO]
    assert names["tariff_round"].kind == names["cooperation_suspended"].kind == "episode"
    assert all(scenario.narrative and scenario.signposts for scenario in model.scenarios)


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_experiment_can_be_run_in_all_its_draws(name):
    model, experiment = load_experiment(EXPERIMENTS[name])
    findings = check(model, experiment)
    assert findings.errors == findings.warnings == ()
    assert not [*check_draws(concerned_draws(model, experiment))]


def test_the_what_ifs_add_one_thing_each_to_the_outlook():
    outlook, *others = (tomllib.loads(EXPERIMENTS[name].read_text("utf-8")) for name in ("outlook_2026", *WHAT_IFS))
    for other in others:
        assert {key: other["set"][key] for key in outlook["set"]} == outlook["set"]
        assert other["initial"]["scars"] == outlook["initial"]["scars"]
        assert all(other[key] == outlook[key] for key in ("start", "horizon", "tick", "paths", "seed", "uncertainty"))
    assert [len(other["set"]) - len(outlook["set"]) for other in others] == [3, 0, 0]
    assert [[item["trigger"] for item in other.get("impose", [])] for other in others] == [
        [], ["unilateral_strike"], ["updated_agenda"],
    ]  # fmt: skip


# ------------------------------------------------------------------------------------------------ figures of the record


STEPS = np.array([4.5, 1.02, 2.69, 1.48, 1.52])
"""Increases of the average duty on Mexican goods since 2025, in points (`tariffs`)."""
QUOTED = {
    "no force against Mexico in 94 years, Jeffreys": (0.5 / 94, 0.005, 5e-4),
    "the same, at most": (stats.chi2.ppf(0.975, 2) / 2 / 94, 0.039, 5e-4),
    "force against Mexico, 1836-1920, a year": (14 / 85, 0.16, 5e-3),
    "force in Latin America, 1946-2014, a year": (7 / 69, 0.10, 5e-3),
    "interventions in Latin America, 1946-2019, a year": (12 / 74, 0.16, 5e-3),
    "no answer to five increases, Jeffreys": (0.5 / 6, 0.08, 5e-3),
    "s.d. of log GPR Mexico, in points": (0.395 * 25, 9.9, 0.05),
    "the same since 1900": (0.484 * 25, 12.1, 0.05),
    "variation of duties": (STEPS.std(ddof=1) / STEPS.mean(), 0.6, 0.05),
    "one event in a year, at least": (stats.gamma(1.5).ppf(0.05), 0.2, 0.05),
    "one event in a year, at most": (stats.gamma(1.5).ppf(0.95), 3.9, 0.05),
}


@pytest.mark.parametrize("figure", QUOTED)
def test_figures_quoted_from_the_record_are_right(figure):
    computed, quoted, tolerance = QUOTED[figure]
    assert computed == pytest.approx(quoted, abs=tolerance)


def test_histories_are_those_of_the_table():
    counted = {
        f"triggers.{name}": re.match(r"(\d+) in ([\d.]+) y", record) for name, record, *_ in table("Triggers") if record
    }
    model = tomllib.loads((ROOT / "drivers.toml").read_text("utf-8"))
    written = {
        f"triggers.{name}": content["history"] for name, content in model["triggers"].items() if "history" in content
    }
    found = {key: {"events": int(match[1]), "years": float(match[2])} for key, match in counted.items() if match}
    assert found == written


def test_the_rates_of_the_table_are_those_of_the_files():
    model = realise(load_model(ROOT))
    rows = {name: (chance, group) for name, _, chance, group, *_ in table("Triggers")}
    assert set(rows) == {trigger.name for trigger in model.triggers}
    for trigger in model.triggers:
        rate = getattr(trigger.rate, "rate", None)
        per_year = rate if rate is not None else -math.log1p(-trigger.rate.probability) / trigger.rate.within * 365.25
        assert float(rows[trigger.name][0]) == pytest.approx(per_year, rel=0.03), trigger.name


def test_tuned_numbers_are_in_the_files_as_documented():
    model = realise(load_model(ROOT))
    values = quantities(model)
    rows = [(key.strip("`"), now) for key, _, now, _ in table("What was tuned")]
    assert len(rows) >= 20
    for key, now in rows:
        scale = 7 if now.endswith("w") else 1
        assert values[key] == pytest.approx(float(now.rstrip("w").replace("−", "-")) * scale, abs=0.006), key


# --------------------------------------------------------------------------------------------------- what it says, run


class Judged:
    """An experiment over draws of the uncertain numbers: odds at each assessment, and the levels pooled."""

    def __init__(self, name, draws=DRAWS, paths=PATHS, **changes):
        model, experiment = load_experiment(EXPERIMENTS[name], draws=draws, set=changes)
        noise = Noise(experiment.seed, keep=True)
        self.names = [scenario.name for scenario in model.scenarios]
        at, ever, histogram = [], [], 0
        for drawn in outer_draws(model, experiment):
            tally = simulate(compile_model(*drawn), seed=noise, paths=paths)
            at.append(tally.occupancy.sum(0) / paths)
            ever.append(tally.first_entry.sum(0).cumsum(0) / paths)
            histogram = histogram + tally.histogram.sum(0)[1:, 0]
        self.at, self.ever, self.histogram = np.array(at), np.array(ever), histogram
        self.paths, self.ticks = paths, experiment.ticks

    def odds(self, reading, scenario, years=5.0):
        """Mean odds after so many years, and its standard error from draws and paths."""
        tick = min(self.ticks, round(years * 365.25 / 7)) - 1
        column = getattr(self, reading)[:, tick, self.names.index(scenario)]
        mean = column.mean()
        return mean, math.sqrt(column.var(ddof=1) / len(column) + mean * (1 - mean) / self.paths)


@pytest.fixture(scope="module")
def baseline():
    return Judged("baseline")


def bears_out_the_article(run):
    """Status quo probable at the horizon and never less than likely, rift a real possibility, renewal a wild card."""
    status_quo, rift, renewed = (run.odds("at", name)[0] for name in (STATUS_QUO, RIFT, RENEWED))
    on_the_way = all(run.odds("at", STATUS_QUO, years)[0] > 0.55 for years in (1, 2, 3, 4, 5))
    return bool(0.55 <= status_quo <= 0.80 and on_the_way and 0.12 <= rift <= 0.30 and 0.01 <= renewed <= 0.085)


def test_the_baseline_agrees_with_the_article(baseline):
    assert bears_out_the_article(baseline)
    assert baseline.odds("ever", RIFT)[0] > baseline.odds("at", RIFT)[0] + 0.05
    assert baseline.odds("ever", RENEWED)[0] > baseline.odds("at", RENEWED)[0]


def test_a_model_that_expects_strikes_does_not_agree_with_it():
    # Wrong twin: the strike ten times as likely.
    assert not bears_out_the_article(Judged("baseline", 8, **{"triggers.unilateral_strike.probability": 0.22}))


def test_trust_stays_mostly_between_15_and_70(baseline):
    share = baseline.histogram / baseline.histogram.sum(axis=1, keepdims=True)
    assert share[:, 150:700].sum(axis=1).mean() > 0.90


def test_trust_swings_about_as_much_as_its_proxy():
    # Latent s.d. of log GPR Mexico: 0.395 since 1985, 0.484 since 1900; times 25 in points.
    model, experiment = load_experiment(EXPERIMENTS["baseline"])
    tally = simulate(compile_model(realise(model), realise(experiment)), seed=1, paths=2048, detail="odds")
    mean, square = tally.index_sum[104, 0] / 2048, tally.index_squares[104, 0] / 2048
    spread = math.sqrt(square - mean**2)
    assert 25 * 0.395 < spread < 25 * 0.484 * 1.1
    assert spread == pytest.approx(12, abs=4 * spread / math.sqrt(2 * 2048) + 0.5)


READINGS = [("at", STATUS_QUO), ("at", RIFT), ("at", RENEWED), ("ever", RIFT), ("ever", RENEWED)]


def differences(run, cells, years=5.0):
    """The cells of a row of odds that differ from a run."""
    for (reading, scenario), cell in zip(READINGS, cells, strict=True):
        documented = float(re.match(r"(?:under )?(\d+)", cell)[1]) / 100
        mean, error = run.odds(reading, scenario, years)
        if abs(mean - documented) > 4 * error + 0.01:
            yield reading, scenario, years, documented, mean


def test_the_documented_odds_are_those_of_a_run(baseline):
    rows = table("What it says")
    assert [cells[0] for cells in rows] == ["1", "2", "3", "4", "5"]
    assert [found for years, *cells in rows for found in differences(baseline, cells, float(years))] == []


@pytest.mark.parametrize("name", ["outlook_2026", *WHAT_IFS])
def test_the_documented_odds_of_the_what_ifs_are_those_of_their_runs(name, baseline):
    rows = {cells[0]: cells[1:] for cells in table("Experiments")}
    assert [*differences(Judged(name, 32, 512), rows[name])] == []
    # Wrong twin: another experiment's odds under this name.
    assert name != "strike_in_2026" or [*differences(baseline, rows[name])]


def test_drivers_settle_where_the_document_says():
    model, experiment = load_experiment(EXPERIMENTS["baseline"])
    documented = {
        name.strip("`"): float(level)
        for name, level in re.findall(r"(`\w+`) settles at about (\d+)", " ".join(DOC.split()))
    }
    found = {level.driver: level for level in levels(realise(model), realise(experiment))}
    assert set(documented) == set(found)
    for name, level in documented.items():
        assert abs(found[name].settled - level) < 4 * found[name].error + 0.5


def test_2025_as_it_was_is_plausible_under_the_model():
    model, experiment = load_experiment(EXPERIMENTS["baseline"], draws=DRAWS)
    year = replace(experiment, end=experiment.start + dt.timedelta(days=364))
    drawn = outer_draws(model, replace(year, uncertainty=experiment.uncertainty))
    counts = np.concatenate(
        [
            simulate_paths(compile_model(part, on), seed=experiment.seed, numbers=range(128)).counts
            for part, on in drawn
        ],
        axis=1,
    )
    names = [trigger.name for trigger in model.triggers]
    rows = table("Checked against 2025")
    assert len(rows) >= 12
    for name, observed, expected, *_ in rows:
        simulated = counts[names.index(name)]
        rarer = min((simulated <= int(observed)).mean(), (simulated >= int(observed)).mean())
        assert rarer > 0.05, (name, observed, rarer)
        error = simulated.std() / math.sqrt(DRAWS)  # draws share their noise
        assert abs(simulated.mean() - float(expected)) < 4 * error + 0.05, (name, simulated.mean())


def test_the_what_ifs_move_the_odds_as_documented():
    ends = {}
    for name in ("outlook_2026", *WHAT_IFS):
        model, experiment = load_experiment(EXPERIMENTS[name])
        tally = simulate(compile_model(realise(model), realise(experiment)), seed=1, paths=2048, detail="odds")
        names = [scenario.name for scenario in model.scenarios]
        ends[name] = dict(zip(names, tally.first_entry.sum(axis=(0, 1)) / 2048, strict=True))
    outlook = ends["outlook_2026"]
    error = math.sqrt(0.25 / 2048)
    assert ends["strike_in_2026"][RIFT] > outlook[RIFT] + 0.3 + 4 * error
    assert ends["sustained_tariffs"][RIFT] > outlook[RIFT] + 2 * error
    assert ends["updated_agenda"][RENEWED] > outlook[RENEWED] + 4 * error
    assert ends["updated_agenda"][RIFT] < outlook[RIFT]
    assert ends["strike_in_2026"][RENEWED] < outlook[RENEWED]
