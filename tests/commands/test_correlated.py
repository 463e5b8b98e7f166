"""Do judgements that hang together reach the commands, and say what they mean there?"""

import re
import shutil
from pathlib import Path

import pytest

from frenemy.cli.init import write_starter
from frenemy.model.describe.parts import describe_judgement
from frenemy.model.files.dump import dump_resolved
from frenemy.model.files.load import load_experiment, load_resolved

ROOT = Path(__file__).parents[2]
SENTENCE = "as if they were independent"
SMALL = ["--paths", "256", "--samples", "4", "--strongest", "2", "--no-plots"]


@pytest.fixture
def opened(tmp_path, monkeypatch):
    """The starter with the pair that it shows in a comment."""
    write_starter(tmp_path / "model")
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "model" / "drivers.toml"
    text = file.read_text(encoding="utf-8")
    start = text.index("# [[judgement.correlated]]")
    block, rest = text[start:].split("\n\n", 1)
    file.write_text(text[:start] + re.sub(r"(?m)^# ", "", block) + "\n\n" + rest, encoding="utf-8")
    return tmp_path / "model" / "experiments" / "first.toml"


def test_what_the_starter_shows_can_be_put_in(opened):
    pair = load_experiment(opened)[0].correlated[0]
    assert (pair.between, pair.rho) == (("drivers.trust.long_run", "triggers.diversion.probability"), -0.4)


def test_the_example_in_the_docs_runs_and_is_described(frenemy, tmp_path, monkeypatch):
    page = (ROOT / "docs" / "judgement.md").read_text(encoding="utf-8")
    example = next(
        text for text in re.findall(r"^```toml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL) if "[[judgement" in text
    )
    for part in ("scenarios", "experiments"):
        shutil.copytree(ROOT / part, tmp_path / part)
    shipped = (ROOT / "drivers.toml").read_text(encoding="utf-8")
    (tmp_path / "drivers.toml").write_text(f"{shipped}\n{example}", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    model, experiment = load_experiment(Path("experiments/baseline.toml"))
    assert load_resolved(dump_resolved(model, experiment)) == (model, experiment)
    assert describe_judgement(model)[0] == (
        "triggers.unilateral_strike.probability and triggers.intervention_threat.rate are judged together: the "
        "correlation of their normal scores is 0.6, that of their ranks 0.58."
    )
    code, output, _ = frenemy("check", "experiments/baseline.toml")
    assert code == 0
    for sentence in describe_judgement(model):
        assert sentence in " ".join(output.split())
    words = ("--paths", "256", "--draws", "8", "--no-plots")
    assert frenemy("run", "experiments/baseline.toml", *words, "--out", "one")[0] == 0
    (tmp_path / "drivers.toml").write_text(shipped, encoding="utf-8")
    assert frenemy("run", "experiments/baseline.toml", *words, "--out", "two")[0] == 0
    assert Path("one/odds.csv").read_bytes() != Path("two/odds.csv").read_bytes()


def test_sensitivity_says_what_it_means_then_and_only_then(frenemy, opened, first):
    code, output, _ = frenemy("sensitivity", opened, *SMALL, "--out", "with")
    assert code == 0
    assert SENTENCE in " ".join(output.split())
    code, output, _ = frenemy("sensitivity", first, *SMALL, "--out", "without")
    assert code == 0
    assert SENTENCE not in " ".join(output.split())


def test_a_number_that_an_option_makes_certain_leaves_the_pair_without_effect(frenemy, opened):
    code, output, _ = frenemy("check", opened, "--set", "triggers.diversion.probability=0.2")
    assert code == 0
    assert "judged against each other" not in output
    code, output, _ = frenemy("check", opened)
    assert "judged against each other" in " ".join(output.split())


KEYS = ("triggers.diversion.probability", "drivers.trust.long_run")


def stated(*between, rho=0.5):
    listed = ", ".join(f'"{key}"' for key in between)
    return f"[{{ between = [{listed}], rho = {rho} }}]"


def test_an_experiment_may_state_pairs_of_its_own(frenemy, tmp_path, monkeypatch):
    """In [set], in a variant and by --set; they replace those of the model, and are refused like those."""
    write_starter(tmp_path / "model")
    monkeypatch.chdir(tmp_path / "model")
    file = Path("experiments/first.toml")
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("[set]\n", f'[set]\n"judgement.correlated" = {stated(*KEYS)}\n', 1), encoding="utf-8")
    model, experiment = load_experiment(file)
    assert [(pair.between, pair.rho) for pair in model.correlated] == [(KEYS, 0.5)]
    assert load_resolved(dump_resolved(model, experiment)) == (model, experiment)
    words = ("run", file, "--draws", "8", "--paths", "64", "--no-plots")
    assert frenemy(*words, "--out", "one")[0] == 0
    assert frenemy(*words, "--out", "two", "--set", f"judgement.correlated={stated(*KEYS, rho=-0.5)}")[0] == 0
    assert Path("one/draws.csv").read_bytes() != Path("two/draws.csv").read_bytes()
    certain = ("--set", f"{KEYS[0]}=0.4")
    assert frenemy(*words, "--out", "four", *certain)[0] == 0  # then the pair has no effect
    for wrong, message in (
        (stated(KEYS[0], "drivers.trust.half_life"), "a number that is certain is correlated with none"),
        (stated(KEYS[0], "drivers.trust.longrun"), "names no number of the model"),
        (stated(KEYS[0], KEYS[0]), "not correlated with itself"),
        ("3", "judgement.correlated"),
    ):
        code, output, err = frenemy(*words, "--out", "three", "--set", f"judgement.correlated={wrong}")
        assert (code, output) == (2, ""), wrong
        assert message in err
        assert "--set" in err
