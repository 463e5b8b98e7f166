"""Do imports point one way, and does nothing load a heavy library before it is needed?"""

import re
import subprocess
import sys
import tomllib
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp
import pytest
from importlinter.cli import lint_imports

ROOT = Path(__file__).parents[2]
HEAVY = {
    "numpy",
    "scipy",
    "numba",
    "matplotlib",
    "pydantic",
    "xarray",
    "pandas",
    "simpy",
    "h5py",
    "jinja2",
    "cyclopts",
    "rich",
}


def loaded_after(program):
    """The heavy libraries that the program has loaded when it ends."""
    end = "\nimport sys\nsys.stderr.write(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program + end], capture_output=True, text=True, check=True, timeout=60)
    return HEAVY & set(done.stderr.split())


def test_rooms_are_those_of_the_design():
    """The rows of the table in docs/design.md are the layers of the contract, from top to bottom."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    layers = [set(layer.split(" | ")) for layer in contracts[0]["layers"] if layer != "__main__"]
    page = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
    table = page.partition("| part |")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| (`[^|]*) \|", table, re.MULTILINE)
    assert [set(re.findall(r"`(\w+)`", row)) for row in rows] == layers


def test_no_module_leads_back_to_itself():
    """No circle of imports, those within functions and those for types alone included."""
    graph = grimp.build_graph("frenemy", cache_dir=None)
    imports = {name: graph.find_modules_directly_imported_by(name) for name in graph.modules}
    TopologicalSorter(imports).prepare()
    with pytest.raises(CycleError):  # the wrong twin: data that know how they are shown
        TopologicalSorter(imports | {"frenemy.model.resolved": {"frenemy.model.describe.events"}}).prepare()


def test_imports_keep_to_the_contracts(capsys):
    failed = lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True)
    assert not failed, capsys.readouterr().out


@pytest.mark.parametrize(
    "program",
    [
        "import frenemy; frenemy.__version__; dir(frenemy)",
        "from frenemy.cli.main import main; main(['--help'])",
        "from frenemy.cli.main import main; main(['--version'])",
    ],
)
def test_light_commands_load_no_heavy_library(program):
    assert loaded_after(program) == set()


def test_help_on_a_command_loads_what_draws_it_and_no_more():
    program = "from frenemy.cli.main import main; main(['run', '--help'])"
    assert loaded_after(program) == {"cyclopts", "rich"}


def test_a_model_is_read_without_arrays():
    """The wrong twin of the tests above: a library that is loaded is noticed."""
    program = "import frenemy.model.files.load"
    assert loaded_after(program) == {"pydantic"}


def test_pictures_alone_load_matplotlib():
    program = "import frenemy.forecast.run, frenemy.forecast.tables, frenemy.forecast.text"
    assert "matplotlib" not in loaded_after(program)
    assert "matplotlib" in loaded_after("from frenemy.present.style import styled\nwith styled(): pass")
