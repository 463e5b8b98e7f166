"""Does the installed package hold what the program reads, and do the locked versions suit it?"""

import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import requires
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]


def test_the_wheel_holds_every_file_of_the_package(tmp_path):
    source = tmp_path / "source"
    shutil.copytree(ROOT / "engine", source / "engine", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*pip, "--wheel-dir", tmp_path, source], check=True, timeout=120, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if name.startswith("frenemy/")}
    package = source / "engine" / "frenemy"
    written = {file.relative_to(package.parent).as_posix() for file in package.rglob("*") if file.is_file()}
    assert held == written


def locked():
    """(name, version, marker) of each line of the lock file."""
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    for name, version, marker in re.findall(r"^([\w.-]+)==(\S+)(?: ; ([^\\]+?))?\s*\\$", text, re.MULTILINE):
        yield name.lower(), version, marker


def test_the_lock_holds_every_dependency_at_a_version_that_suits():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    packaged = [
        *map(Requirement, project["project"]["dependencies"]),
        *map(Requirement, project["dependency-groups"]["dev"]),
    ]
    for requirement in packaged:
        versions = [version for name, version, _ in locked() if name == requirement.name.lower()]
        assert versions, f"{requirement.name} is not locked: make lock"
        assert all(requirement.specifier.contains(version) for version in versions), requirement


def test_the_lock_names_hashes_and_no_index():
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert "://" not in text
    assert "--index" not in text
    entries = re.split(r"\n(?=\w)", text)
    assert all("--hash=sha256:" in entry for entry in entries)


def test_what_is_installed_is_what_the_project_asks_for():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert sorted(requires("frenemy")) == sorted(project["project"]["dependencies"])


def test_without_a_browser_the_end_says_what_was_not_tested(tmp_path):
    """Row C3: 22 tests were skipped without a word."""
    (tmp_path / "conftest.py").write_text((ROOT / "tests" / "conftest.py").read_text(encoding="utf-8"))
    (tmp_path / "test_page.py").write_text(
        "import pytest\nfrom conftest import NO_BROWSER\n\n\ndef test_page():\n    pytest.skip(NO_BROWSER)\n"
    )
    words = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--rootdir", str(tmp_path), str(tmp_path)]
    out = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False, cwd=tmp_path).stdout
    assert "NOT TESTED: the page of the workshop" in out
    assert "apt install chromium" in out
