"""Does a third engine, the benchmarks' loop in C, count the same in random models?"""

import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from random_models import cases

from frenemy.simulation.compile.compile import compile_model

sys.path.append(str(Path(__file__).parents[2]))  # the folder beside the tests

from benchmarks.against_c import differences
from benchmarks.parts import Block
from benchmarks.twin import compiler

pytestmark = pytest.mark.skipif(compiler() is None, reason="no C compiler (cc) here")


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(cases())
def test_random_models_block_by_block(case):
    model, experiment = case
    block = Block.of(compile_model(model, experiment), seed=experiment.seed)
    assert differences(block, "full", 1000) == []
