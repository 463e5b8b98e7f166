"""Do the benchmarks measure what they say, and does the C twin count what the kernel counts?

Sizes are tiny here: speed is not tested.
"""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[2]))  # the folder beside the tests

from benchmarks import (
    against_c,
    against_simpy,
    commands,
    coupling,
    ensemble,
    evidence,
    memory,
    rarely,
    scaling,
    startup,
    studies,
    variants,
    workshop,
)
from benchmarks.measure import in_turns, ratio, slope
from benchmarks.parts import Block
from benchmarks.reference import reference
from benchmarks.twin import SOURCE, Twin, compiler

ROOT = Path(__file__).parents[2]
needs_compiler = pytest.mark.skipif(compiler() is None, reason="no C compiler (cc) here")


@pytest.fixture(scope="module")
def year():
    return reference(years=1)


@needs_compiler
@pytest.mark.parametrize("paths", [1024, 777])
@pytest.mark.parametrize("detail", ["full", "odds"])
def test_the_twin_counts_what_the_kernel_counts(year, detail, paths):
    block = Block.of(year, seed=3, number=5)
    assert against_c.differences(block, detail, paths) == []


@needs_compiler
@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("? streak[p] + 1 : 0", "? streak[p] + 2 : 0"),
        ("+= law->pairs.jump[q]", "+= 0.9 * law->pairs.jump[q]"),
        ("- 0.5 * sigma * sigma", "- 0.4 * sigma * sigma"),
    ],
)
def test_a_wrong_twin_is_seen(year, tmp_path, monkeypatch, right, wrong):
    monkeypatch.setattr("benchmarks.twin.FLAGS", ("-std=gnu11", "-O1"))  # compiled before the others
    text = SOURCE.read_text(encoding="utf-8")
    assert right in text
    source = tmp_path / "wrong.c"
    source.write_text(text.replace(right, wrong), encoding="utf-8")
    block = Block.of(year, seed=3)
    twin = Twin(block.law, block.drawn.rows, block.drawn.marks, block.sums("full"), source=source)
    assert against_c.differences(block, "full", 1024, twin=twin) != []


def test_rounds_take_turns_and_the_first_does_not_count():
    order = []
    times = in_turns([lambda: order.append("a"), lambda: order.append("b")], rounds=2)
    assert order == ["a", "b"] * 3
    assert [len(each) for each in times] == [2, 2]


def test_a_ratio_is_taken_within_each_round():
    found = ratio([2.0, 20.0, 3.0], [1.0, 10.0, 1.0])  # the second round was slow for both
    assert (found.low, found.middle, found.high) == (2.0, 2.0, 2.5)


def test_proportional_times_have_slope_one():
    assert slope([1, 2, 4], [0.3, 0.6, 1.2]) == pytest.approx(1)


def test_every_benchmark_runs(year, monkeypatch):
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(workshop, "CHROMIUM", None)  # the page has tests of its own
    rows = [
        *ensemble.measure(year, paths=1024, rounds=1),
        *against_c.measure(year, rounds=1),
        *against_simpy.measure(year, paths=1024, stories=2, rounds=1),
        *variants.measure(year, paths=1024, rounds=1),
        *scaling.measure(paths=(1024, 2048), years=(1, 2), copies=(1, 2), at=1024, rounds=1),
        *studies.draws(sizes=(2, 4), paths=1024, rounds=1),
        *studies.tornado(year, paths=64, rounds=1),
        *coupling.measure(year, paths=1024),
        *evidence.measure(draws=4, paths=64, rounds=1),
        *rarely.measure(paths=64, seeds=1),
        *workshop.measure(year, moves=8),
        *memory.measure((1024,)),
        *startup.helping(rounds=1),
        *commands.measure(year, names=["run --no-plots"]),
    ]
    assert all(row.question and row.what for row in rows)
    bars = {
        "at least 300 ×", "at least 10 ×", "at most 1.1", "at most 1.2 ×", "at most 30 ×", "at most 0.1 ×",
        "below 1,000 MB", "below 300 ms", "at most 2.5 ×",
        "at most 2 runs", "below 0.2 fresh runs", "below 0.6 fresh runs", "below 1 fresh runs",
    }  # fmt: skip
    assert {row.bar for row in rows if row.kept is not None} == bars | ({"at most 1.3 ×"} if compiler() else set())
