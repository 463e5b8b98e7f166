"""Does docs/verification.md list the proofs that exist?

The figures themselves are not compared: whoever changes them runs figures.py. The fixture of the gate checks that each
claim is on the page.
"""

import ast
import re
from inspect import cleandoc
from pathlib import Path

import pytest
from figures import ORDER, claim_of, title_of
from proof import MARK, PAGE

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
NAMED = re.compile(r"`(tests/[\w/]+\.py)`|`(test_\w+)`")


def claims_in(path):
    """Docstring of the module, and the claim of each test in it."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]
    return ast.get_docstring(tree), {node.name: claim_of(node.name, ast.get_docstring(node)) for node in functions}


@pytest.fixture(scope="module")
def halves():
    """The page above and below the mark."""
    above, mark, below = PAGE.read_text(encoding="utf-8").partition(MARK)
    assert mark
    return above, below


def test_every_module_has_its_place():
    assert {f"test_{name}.py" for name in ORDER} == {path.name for path in HERE.glob("test_*.py")} - {
        Path(__file__).name
    }


@pytest.mark.parametrize("module", ORDER)
def test_the_page_tells_each_test_and_no_other(halves, module):
    sections = dict(part.split("\n", 1) for part in halves[1].split("\n## ")[1:])
    section = sections[title_of(module)]
    about, tests = claims_in(HERE / f"test_{module}.py")
    assert cleandoc(about) in section
    found = re.findall(r"^\*\*(.+?)\*\*", section, re.MULTILINE | re.DOTALL)
    assert found == list(dict.fromkeys(said.partition("\n\n")[0] for said in tests.values()))


def named(page):
    """(file, test) for each row of the table of further proofs; "" stands for the file as a whole."""
    for row in (line for line in page.splitlines() if line.startswith("|")):
        file = ""
        for path, test in NAMED.findall(row):
            file = path or file
            yield file, test


def missing(page):
    """What a page names that does not exist."""
    for file, test in named(page):
        if not (ROOT / file).is_file() or not file or (test and test not in claims_in(ROOT / file)[1]):
            yield file, test


def test_what_else_is_proved_is_there(halves):
    assert len([*named(halves[0])]) > 60
    assert not [*missing(halves[0])]


def test_a_proof_that_is_gone_would_be_noticed(halves):
    assert [*missing(halves[0].replace("test_ishigami`", "test_ishigamo`"))]
    assert [*missing(halves[0].replace("test_sobol.py", "test_sobel.py"))]
