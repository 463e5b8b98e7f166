"""Does a rewritten experiment keep what is not changed, to the letter, and report the old values?"""

import tomllib

import pytest

from frenemy.model.distributions import NONNEGATIVE, POSITIVE, PROBABILITY, FiveQuantiles, Pool, Quantiles
from frenemy.model.dotted_keys import leaves
from frenemy.model.files.rewrite import with_set
from frenemy.model.specs.number_at import quantity_at

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
SIZE = {"paths": 10000, "seed": 1, "draws": 16, "draw_paths": 64}


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


def test_five_quantiles_are_written_and_read_back():
    five = FiveQuantiles(63.0, 126.0, 182.0, 280.0, 730.5, POSITIVE)
    new = with_set(TEXT, {"drivers.trust.half_life": five}, before=BEFORE, options=SIZE)
    written = {"q05": "9w", "q25": "18w", "median": "26w", "q75": "40w", "q95": "2y"}
    assert tomllib.loads(new)["set"]["drivers.trust.half_life"] == written
    assert quantity_at("drivers.trust.half_life").parse(written) == five


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
    table = tomllib.loads(rewritten('title = "Bare"\n\n[sources]\nset = "judgment"\n', paths=512, draw_paths=64))
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


ELSEWHERE = """\
# Ana's variant\r
title = "On one line"\r
set = { "triggers.strike.probability" = 0.3, "drivers.water.start" = 50 } # both judged\r
paths = 10000\r
\r
[uncertainty]\r
draws = 16\r
"""
DOTTED = """\
title = "Dotted"
set.triggers.strike.probability = 0.3 # judged
set.drivers.trust.start = 10
paths = 10000

[uncertainty]
draws = 16

# at the end
[[impose]]
trigger = "strike"
date = 2026-03-02
"""


def set_of(text):
    return {key: value for key, value, _ in leaves(tomllib.loads(text)["set"])}


def test_a_set_on_one_line_keeps_what_is_not_changed_and_its_line_ends():
    """Row A3: the remark on the old value went into the braces, and the file was no TOML."""
    new = rewritten(ELSEWHERE)
    assert set_of(new)["drivers.water.start"] == 50
    assert set_of(new)["triggers.strike.probability"] == 0.08
    assert "\n" not in new.replace("\r\n", "")
    for comment in ("# Ana's variant", "# both judged", "# before: { q05 = 0.02"):
        assert comment in new


def test_dotted_lines_keep_what_is_not_changed():
    """Row A4: the line of trust was gone."""
    new = rewritten(DOTTED)
    assert set_of(new)["drivers.trust.start"] == 10
    assert set_of(new)["triggers.strike.probability"] == 0.08
    table = tomllib.loads(new)
    assert table["impose"] == tomllib.loads(DOTTED)["impose"]
    assert "# judged" in new
    assert "# at the end" in new


LAYOUTS = (
    "set = { triggers = { strike = { probability = 0.3 } }, drivers.trust.start = 41 }\n",
    "[set.triggers.strike]\nprobability = 0.3 # so\n[set.drivers]\ntrust.start = 41\n",
    '[set]\ntriggers.strike = { probability = 0.3 }\n"drivers.trust.start" = 41\n',
    '[set]\n"triggers.strike.probability" = { q05 = 0.1, median = 0.2, q95 = 0.3 }\n[set.drivers.trust]\nstart = 41\n',
    'set."triggers.strike.probability" = 0.3\nset.drivers = { trust = { start = 41 } }\n',
    "[set.drivers.trust]\nstart = 41\n",
    "[set.triggers.quarrel]\nrate = { median = 2 }\n[set.drivers.trust]\nstart = 41\n",
)  # fmt: skip


@pytest.mark.parametrize("layout", LAYOUTS)
def test_whatever_the_layout_all_else_is_kept(layout):
    """Rows A3 and A4, as a kind: the file reads back to what it said with the new values."""
    text = f'title = "Any"\npaths = 10000\n{layout}\n[uncertainty]\ndraws = 16\n'
    new = rewritten(text)
    expected = {"triggers.strike.probability": 0.08, "triggers.quarrel.rate": 2.5, "drivers.trust.half_life": "201.3d"}
    assert set_of(new) == {"drivers.trust.start": 41} | expected
    rest = {key: value for key, value in tomllib.loads(new).items() if key != "set"}
    assert rest == {"title": "Any", "paths": 10000, "uncertainty": {"draws": 16}}
