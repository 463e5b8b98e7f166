"""Is what one is told about a model short, in order, and safe to print?"""

import csv
import io
import shutil
from pathlib import Path

import pytest

from builders import model, per_year, trigger, within
from frenemy.cli.console import console
from frenemy.cli.init import write_starter
from frenemy.cli.main import main
from frenemy.errors import InputError
from frenemy.model.describe.events import describe_trigger
from frenemy.model.distributions import PROBABILITY, Quantiles
from frenemy.model.files.load import load_model
from frenemy.present.table import TEXT, Columns

ROOT = Path(__file__).parents[2]


@pytest.fixture
def shipped(tmp_path):
    """A copy of the shipped model to change."""
    shutil.copy(ROOT / "drivers.toml", tmp_path)
    shutil.copytree(ROOT / "scenarios", tmp_path / "scenarios")
    return tmp_path


def problems_of(folder):
    with pytest.raises(InputError) as refused:
        load_model(folder)
    return [str(problem) for problem in refused.value.problems]


@pytest.mark.parametrize(
    ("section", "name", "wrong"),
    [
        ("drivers", "alignment", "alignmant"),
        ("drivers", "trust", "trst"),
        ("triggers", "official_arrest", "oficial_arrest"),
    ],
)
def test_a_misspelt_table_is_one_problem(shipped, section, name, wrong):
    """Row D7: 17 problems, which began with a start that was missing."""
    file = shipped / "drivers.toml"
    text = file.read_text()
    file.write_text(text.replace(f"[{section}.{name}]", f"[{section}.{wrong}]", 1))
    (problem,) = problems_of(shipped)
    assert problem.endswith(f"{section}.{wrong}: nothing refers to this name (found {wrong}); did you mean {name}?")
    assert f"drivers.toml:{file.read_text()[: file.read_text().index(wrong)].count(chr(10)) + 1}: " in problem


def test_other_problems_follow_the_misspelt_table(shipped):
    """Row D7."""
    file = shipped / "drivers.toml"
    text = file.read_text().replace("[drivers.alignment]", "[drivers.alignmant]", 1)
    file.write_text(text.replace("[drivers.trust]", "[drivers.trust]\nbogus = 1", 1))
    first, second = problems_of(shipped)
    assert "did you mean alignment?" in first
    assert "bogus" in second


def test_one_wrong_reference_is_still_the_mistake(tmp_path):
    """Row D7, the other way round: the table is right, and one place misspells it."""
    write_starter(tmp_path / "m")
    file = tmp_path / "m" / "drivers.toml"
    text = file.read_text()
    assert "trust = " in text
    file.write_text(text.replace("{ trust = ", "{ trsut = ", 1))
    assert all("nothing refers" not in problem for problem in problems_of(tmp_path / "m"))


ODD = "a\x1b[31m\x00b\u202ec\u2066"


def test_nothing_in_a_text_steers_the_terminal(capsys):
    """Row D8."""
    console().print(ODD, markup=False)
    assert capsys.readouterr().out == "a\\x1b[31m\\x00b\\u202ec\\u2066\n"


@pytest.mark.parametrize("command", ["check", "run", "sweep"])
def test_labels_are_shown_and_do_nothing(tmp_path, capsys, monkeypatch, command):
    """Row D8, from a file to what is printed."""
    monkeypatch.chdir(tmp_path)
    write_starter(tmp_path / "m")
    for file in (tmp_path / "m" / "scenarios").glob("*.toml"):
        file.write_text(file.read_text().replace('label = "', 'label = "\\u001b[2J\\u202e\\u0000', 1))
    more = ("--over", "drivers.water.start=40,60") if command == "sweep" else ()
    size = () if command == "check" else ("--paths", "64", "--no-plots")
    assert main([command, str(tmp_path / "m" / "experiments" / "first.toml"), *size, *more]) == 0
    said = "".join(capsys.readouterr())
    assert "\\x1b[2J\\u202e\\x00" in said
    assert not {"\x1b", "\u202e", "\x00"} & {*said}


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("=1+1", "'=1+1"), ("@SUM(A1)", "'@SUM(A1)"), ("+cmd|'/c calc'!A0", "'+cmd|'/c calc'!A0"), ("-x", "'-x"),
        ("a;=1+1", "a;'=1+1"), ("a; @b", "a; '@b"), ("\t=1", "\t'=1"), ("＝1", "'＝1"), ("a\x00b", "a\\x00b"),
        ("-0.25", "-0.25"), ("+3", "+3"), ("a = b", "a = b"), ("10-12", "10-12"), ("U.S.–Mexico", "U.S.–Mexico"),
    ],
)  # fmt: skip
def test_a_cell_is_no_formula(text, written):
    """Row D8: score, update and elicit tables had them raw."""
    table = Columns(name=TEXT).csv([(text,)])
    assert next(iter([*csv.reader(io.StringIO(table))][1])) == written


def test_every_table_is_written_by_one_writer():
    """Row D8: a table that is written elsewhere is not made safe."""
    engine = ROOT / "engine" / "frenemy"
    writers = {path.relative_to(engine).as_posix() for path in engine.rglob("*.py") if "csv.writer" in path.read_text()}
    assert writers == {"present/table.py", "workshop/compute/export.py"}


@pytest.mark.parametrize(
    ("rate", "words"),
    [
        (within(1e-300), "a chance of less than 0.001 % in a year"),
        (per_year(1e-300), "less than once in a million years on average, or a chance of less than 0.001 % in a year"),
        (within(0.99999), "a chance of over 99.99 % in a year"),
        (within(Quantiles(1e-300, 1e-290, 1e-200, PROBABILITY)), "a chance of less than 0.001 % in a year (judged"),
        (within(0.08), "an 8 % chance in a year"),
    ],
)
def test_hardly_ever_is_plain(rate, words):
    """Row D9: "about a less than 0.001 % chance"."""
    strike = trigger(rate=rate)
    assert describe_trigger(strike, model(triggers=[strike])).startswith(f"Strike: {words}")


def test_a_run_says_what_ends_far_from_its_long_run(tmp_path, capsys, monkeypatch):
    """Row D6: silent, though a driver settled 35 points above its long run."""
    monkeypatch.chdir(tmp_path)
    write_starter(tmp_path / "m")
    first = str(tmp_path / "m" / "experiments" / "first.toml")
    assert main(["run", first, "--paths", "64", "--no-plots"]) == 0
    assert "long run" not in capsys.readouterr().err
    file = tmp_path / "m" / "drivers.toml"
    file.write_text(
        file.read_text()
        + '\n[triggers.thaw]\nlabel = "Thaw"\nsource = "test"\nrate = 6\neffect = { trust = 20 }\nlasting = 0.5\n'
    )
    assert main(["run", first, "--paths", "64", "--no-plots"]) == 0
    (line,) = [line for line in capsys.readouterr().err.splitlines() if "long run" in line]
    assert line.startswith("warning: drivers.trust.long_run: ends at ")
    assert "points above its long run of " in line
