"""Run the statistical tests and write what they measured into docs/verification.md.

python tests/draws_follow_their_law/figures.py             all of them
python tests/draws_follow_their_law/figures.py evidence    only the sections named, such as that of test_evidence.py
"""

from __future__ import annotations

import math
import sys
from inspect import cleandoc
from pathlib import Path

import pytest
from proof import MARK, PAGE, WRITING

import frenemy as fr

HERE = Path(__file__).parent
ORDER = ("drivers", "rates", "consequences", "contagion", "modulated_rates", "sustained_rules", "calendar",
         "shrinking_ticks", "noise", "evidence", "outcomes_and_ends")  # fmt: skip
SHIPPED = "The shipped model"


def title_of(module: str) -> str:
    return module.replace("_", " ").capitalize()


def claim_of(name: str, doc: str | None) -> str:
    """The claim of a test: its docstring, or its name in words."""
    return cleandoc(doc or f"{title_of(name.removeprefix('test_'))}.")


class Collector:
    """A pytest plug-in that keeps the docstrings of modules and tests and the rows of their claims."""

    def __init__(self) -> None:
        self.modules: dict[str, str] = {}
        self.tests: dict[str, tuple[str, str]] = {}  # node -> module, docstring
        self.rows: dict[str, list[tuple[str, ...]]] = {}

    def pytest_configure(self, config: pytest.Config) -> None:
        config.stash[WRITING] = True

    def pytest_collection_modifyitems(self, items: list[pytest.Function]) -> None:
        for item in items:
            module = item.module.__name__.removeprefix("test_")
            self.modules[module] = cleandoc(item.module.__doc__ or "")
            self.tests[item.nodeid] = module, claim_of(item.originalname, item.function.__doc__)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call":
            self.rows[report.nodeid] = [row for key, row in report.user_properties if key == "proof"]

    def section(self, module: str) -> str:
        mine = [(doc, self.rows[node]) for node, (owner, doc) in self.tests.items() if owner == module]
        merged: dict[str, list[tuple[str, ...]]] = {}
        for doc, rows in mine:
            merged.setdefault(doc, []).extend(rows)
        return "\n\n".join(
            [f"## {title_of(module)}", self.modules[module], *(test(doc, rows) for doc, rows in merged.items())]
        )


def test(doc: str, rows: list[tuple[str, ...]]) -> str:
    if not rows:
        return f"**{doc}** (no chance is involved)"
    first, _, rest = doc.partition("\n\n")
    columns = "| claim | estimate | theory | errors | |\n| --- | --- | --- | ---: | --- |\n"
    head = f"**{first}** {rest}".strip() + f"\n\n{columns}"
    verdicts = {"holds": "holds", "refuses": "refused", "exact": "holds", "within": "holds", "measured": "measured"}
    return head + "\n".join(
        f"| {'*' + claim + '*' if kind == 'refuses' else claim} | {estimate} | {theory} | {errors} | {verdicts[kind]} |"
        for kind, claim, estimate, theory, errors in rows
    )


def shipped(paths: int = 40_000) -> str:
    """The shipped baseline at the medians, weekly against daily ticks, as a table."""
    baseline = HERE.parents[1] / "experiments" / "baseline.toml"
    weekly, daily = (fr.simulate(baseline, paths=paths, seed=1, tick=tick).forecast for tick in ("1w", "1d"))
    model = weekly.model
    rows = []
    for j, scenario in enumerate(model.scenarios):
        for reading, name in (("at", "at the end"), ("ever", "ever"), ("time_share", "share of time")):
            a, b = weekly.odds[reading], daily.odds[reading]
            if not (scenario.default and reading == "ever"):
                error = math.hypot(a.mc_se[-1, j], b.mc_se[-1, j])
                rows.append((f"{scenario.label}, {name}", a.probability[-1, j], b.probability[-1, j], error))
    for i, driver in enumerate(model.drivers):
        a, b = weekly.drivers, daily.drivers
        error = math.hypot(a.sd[-1, i], b.sd[-1, i]) / math.sqrt(paths)
        rows.append((f"mean {driver.label.lower()} at the end", a.mean[-1, i], b.mean[-1, i], error))
    a, b = weekly.events, daily.events
    error = math.hypot(a.expected_se.sum(), b.expected_se.sum())  # the triggers' errors add at most
    rows.append(("events of all triggers", a.expected.sum(), b.expected.sum(), error))
    head = (
        f"## {SHIPPED}\n\nThe baseline at the medians, {paths:,} paths: what a change from weekly to daily ticks "
        "does. Errors are those of\ntwo independent runs; clocks in common make the true ones smaller.\n\n"
        "| output | weekly | daily | difference |\n| --- | ---: | ---: | ---: |\n"
    )
    return head + "\n".join(f"| {name} | {a:.4g} | {b:.4g} | {a - b:+.2g} ± {e:.1g} |" for name, a, b, e in rows)


def main(names: list[str]) -> int:
    if unknown := [name for name in names if name not in ORDER]:
        print(f"no such section: {', '.join(unknown)}; there are {', '.join(ORDER)}")
        return 2
    collector = Collector()
    modules = [str(HERE / f"test_{name}.py") for name in names or ORDER]
    status = pytest.main(["-q", "-p", "no:cacheprovider", "-o", "timeout=0", *modules], plugins=[collector])
    if status == 0:
        above, _, below = PAGE.read_text(encoding="utf-8").partition(MARK)
        sections = {part.partition("\n")[0]: f"## {part.strip()}" for part in below.split("\n## ")[1:]}
        sections |= {title_of(module): collector.section(module) for module in collector.modules}
        if not names:
            sections[SHIPPED] = shipped()
        order = [title for title in (SHIPPED, *map(title_of, ORDER)) if title in sections]
        PAGE.write_text("\n\n".join([above + MARK, *(sections[title] for title in order)]) + "\n", encoding="utf-8")
    return int(status)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
