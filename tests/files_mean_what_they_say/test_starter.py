"""Does the starter model run at once, show all that an analyst can write, and keep existing files?"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from frenemy.check.check import check
from frenemy.cli.init import write_starter
from frenemy.errors import InputError
from frenemy.model.files.load import load_experiment, load_model
from frenemy.model.realise import realise, uncertain
from frenemy.model.specs.base import Spec
from frenemy.model.specs.calendar import BranchSpec, CalendarEventSpec
from frenemy.model.specs.drivers import DriverSpec, HeaderSpec
from frenemy.model.specs.experiment import ExperimentSpec, UncertaintySpec
from frenemy.model.specs.initial import ImposeSpec, InitialSpec
from frenemy.model.specs.ledger import CompleteSpec, EntrySpec, LedgerSpec
from frenemy.model.specs.model import DriversFile
from frenemy.model.specs.scenarios import ScenarioSpec
from frenemy.model.specs.signposts import SignpostSpec
from frenemy.model.specs.studies import (
    CausesSpec,
    EvidenceSpec,
    SensitivitySpec,
    TargetSpec,
    TuningSpec,
    VariantSpec,
    WatchSpec,
)
from frenemy.model.specs.sweep import AxisSpec, SweepSpec
from frenemy.model.specs.triggers import ContagionSpec, FollowUpSpec, TriggerSpec
from frenemy.present.likelihood_words import ICD203
from frenemy.simulation.compile.compile import compile_model
from frenemy.simulation.ensemble.run import simulate


@pytest.fixture(scope="module")
def starter(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("starter") / "model"
    write_starter(folder)
    return folder


def test_the_starter_passes_every_check_without_a_remark(starter):
    findings = check(*load_experiment(starter / "experiments" / "first.toml"))
    assert (findings.errors, findings.warnings, findings.notes) == ((), (), ())


TAUGHT_BY_OTHERS = {
    DriversFile: set(),
    HeaderSpec: set(),
    DriverSpec: {"sources"},
    TriggerSpec: {"description", "source", "until"},
    FollowUpSpec: set(),
    ContagionSpec: set(),
    CalendarEventSpec: {"description", "source", "sources"},
    BranchSpec: {"label"},
    ScenarioSpec: {"source", "sources"},
    ExperimentSpec: {"description", "source", "sources", "panel"},
    InitialSpec: set(),
    ImposeSpec: set(),
    UncertaintySpec: set(),
    SensitivitySpec: set(),
    TargetSpec: set(),
    VariantSpec: set(),
    CausesSpec: set(),
    EvidenceSpec: set(),
    WatchSpec: set(),
    SignpostSpec: set(),
    LedgerSpec: set(),
    EntrySpec: set(),
    CompleteSpec: {"on"},
    SweepSpec: set(),
    TuningSpec: set(),
    AxisSpec: set(),
}
"""Keys that one table leaves to another table of the same kind, or to its comment."""
LEDGER = "experiments/evidence"
HOMES = {ScenarioSpec: "scenarios", SignpostSpec: "scenarios"} | dict.fromkeys(
    (LedgerSpec, EntrySpec, CompleteSpec), LEDGER
)


@pytest.mark.parametrize("spec", TAUGHT_BY_OTHERS, ids=lambda spec: spec.__name__)
def test_the_starter_teaches_every_key(starter, spec: type[Spec]):
    folder = "experiments" if re.search("experiment|initial|sweep|studies", spec.__module__) else HOMES.get(spec, "")
    text = "\n".join(file.read_text() for file in (starter / folder).glob("*.toml"))
    keys = {field.alias or name for name, field in spec.model_fields.items()} - TAUGHT_BY_OTHERS[spec]
    # written as a key, the head of a dotted key, or the name of a table; `absorbing = true` may be in a comment
    unseen = {key for key in keys if not re.search(rf"(^|[\s{{`\[.]){key}(\s*=|[.\]])", text)}
    assert unseen == set()


def test_the_starter_shows_every_way_to_state_a_number_and_a_rate(starter):
    text = (starter / "drivers.toml").read_text()
    for written in ("q05", "mode", "pool", "history", "probability", "rate ="):
        assert written in text
    kinds = {type(number).__name__ for number in uncertain(load_model(starter)).values()}
    assert kinds >= {"Quantiles", "History"}


def test_what_is_commented_out_can_be_put_in(starter, tmp_path):
    write_starter(tmp_path / "model")
    file = tmp_path / "model" / "experiments" / "first.toml"
    text = file.read_text()
    opened = re.sub(r"(?m)^# (?=\[\[|\"|[a-z_]+ = )", "", text)
    assert opened.count("#") < text.count("#") - 5
    file.write_text(opened)
    model, run = load_experiment(file)
    assert run.impose[0].trigger == "diversion"
    assert "drought" in run.initial.episodes
    assert run.set == {"triggers.diversion.probability": 0.4}
    assert realise(model).triggers[0].rate.probability == 0.4
    assert check(model, run).errors == ()


def test_the_odds_agree_with_the_authors_words(starter):
    """At the medians, at the end, with 4 standard errors to spare."""
    model, run = load_experiment(starter / "experiments" / "first.toml")
    paths = 4096
    tally = simulate(compile_model(realise(model), realise(run)), seed=1, paths=paths, detail="odds")
    odds = tally.occupancy[:, -1].sum(axis=0) / paths
    terms = {term.word: term for term in ICD203.terms}
    for scenario, share in zip(model.scenarios, odds, strict=True):
        term, slack = terms[scenario.likelihood], 4 * (share * (1 - share) / paths) ** 0.5
        assert term.low - slack < share < term.high + slack, scenario.name


@pytest.mark.parametrize("taken", ["drivers.toml", "scenarios/open_dispute.toml", "schema/model.schema.json"])
def test_one_file_that_exists_and_nothing_is_written(tmp_path, taken):
    mine = tmp_path / "model" / taken
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    with pytest.raises(InputError, match="exists already"):
        write_starter(tmp_path / "model")
    assert mine.read_text() == "mine"
    assert [file for file in (tmp_path / "model").rglob("*") if file.is_file()] == [mine]


def test_a_file_with_the_name_of_the_folder_is_refused(tmp_path):
    (tmp_path / "model").write_text("mine")
    with pytest.raises(InputError, match="exists already"):
        write_starter(tmp_path / "model")
