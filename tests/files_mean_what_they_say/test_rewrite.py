"""Does a rewritten experiment keep what is not changed, to the letter, and report the old values?"""

import tomllib

from frenemy.model.distributions import NONNEGATIVE, POSITIVE, PROBABILITY, Pool, Quantiles
from frenemy.model.files.rewrite import with_set

TEXT = """\
#:schema ../schema/experiment.schema.json
# What if?

title   = "A title"      # a remark
paths = 10000

[set]
# why this is so
"triggers.strike.probability" = 0.1   # judged anew
triggers.quarrel.rate.median = 2
drivers.trust.start = 41

[uncertainty]
draws = 16

[[impose]]
trigger = "strike"
date = 2026-03-02
"""
BEFORE = {
    "triggers.strike.probability": Quantiles(0.02, 0.06, 0.15, PROBABILITY),
    "triggers.quarrel.rate": Quantiles(1.0, 2.0, 3.0, NONNEGATIVE),
    "drivers.trust.half_life": Quantiles(91.0, 182.0, 364.0, POSITIVE),
}
VALUES = {"triggers.strike.probability": 0.08, "triggers.quarrel.rate": 2.5, "drivers.trust.half_life": 201.3}
SIZE = {"paths": 10000, "seed": 1, "draws": 16, "draw_paths": 2048}


def rewritten(text=TEXT, **size):
    return with_set(text, VALUES, before=BEFORE, head=("Tuned.",), options=SIZE | size)


def test_values_are_set_and_the_old_ones_reported():
    new = rewritten()
    assert (
        '"triggers.strike.probability" = 0.08   # judged anew; before: { q05 = 0.02, median = 0.06, q95 = 0.15 }' in new
    )
    assert '"drivers.trust.half_life" = "201.3d"    # before: { q05 = "13w", median = "26w", q95 = "52w" }' in new
    table = tomllib.loads(new)["set"]
    assert table["triggers.quarrel.rate"] == 2.5
    assert "triggers" not in table  # a key of a part of the distribution would no longer exist
    assert table["drivers"]["trust"]["start"] == 41


def test_all_else_stays():
    kept = [line for line in TEXT.splitlines() if "strike.prob" not in line and "quarrel" not in line]
    new = rewritten().splitlines()
    assert [line for line in new if line in kept] == kept
    assert new[:2] == ["#:schema ../schema/experiment.schema.json", "# Tuned."]
    old, table = tomllib.loads(TEXT), tomllib.loads(rewritten())
    assert {key: value for key, value in table.items() if key != "set"} == {
        key: value for key, value in old.items() if key != "set"
    }


def test_a_file_without_the_tables_gets_them():
    table = tomllib.loads(rewritten('title = "Bare"\n\n[sources]\nset = "judgment"\n', paths=512, draw_paths=512))
    assert table["title"] == "Bare"
    assert table["paths"] == 512
    assert table["uncertainty"] == {"draws": 16}
    assert table["set"]["triggers.quarrel.rate"] == 2.5
    assert table["sources"] == {"set": "judgment"}


def test_a_pool_has_a_line_for_each_view():
    views = (Quantiles(0.02, 0.06, 0.15, PROBABILITY, source="Ana"), 0.1)
    pool = Pool(views, (2.0, 1.0), domain=PROBABILITY, source="workshop")
    new = with_set(TEXT, {"triggers.strike.probability": pool}, before=BEFORE, options=SIZE)
    assert (
        '"triggers.strike.probability" = { pool = [\n'
        '    { q05 = 0.02, median = 0.06, q95 = 0.15, source = "Ana" },\n'
        "    0.1,\n"
        '], weights = [2.0, 1.0], source = "workshop" }   # judged anew; before: { q05' in new
    )
    assert tomllib.loads(new)["set"]["triggers.strike.probability"]["weights"] == [2, 1]
    kept = [line for line in TEXT.splitlines() if "strike.prob" not in line]
    assert [line for line in new.splitlines() if line in kept] == kept
