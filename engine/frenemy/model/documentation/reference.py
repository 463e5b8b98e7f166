"""The reference of all files, generated from the specs: docs/reference.md.

`python -m frenemy.model.documentation.reference docs/reference.md` writes it.
"""

from __future__ import annotations

import datetime as dt
import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from frenemy.model.durations import FOREVER, duration_text
from frenemy.model.files.toml_values import toml_value
from frenemy.model.resolved import Times
from frenemy.model.specs.base import Spec
from frenemy.model.specs.calendar import BranchSpec, CalendarEventSpec
from frenemy.model.specs.drivers import DriverSpec, HeaderSpec
from frenemy.model.specs.experiment import ExperimentSpec, UncertaintySpec
from frenemy.model.specs.initial import ImposeSpec, InitialSpec
from frenemy.model.specs.judgement import CorrelatedSpec, ModelJudgementSpec
from frenemy.model.specs.ledger import CompleteSpec, EntrySpec, LedgerSpec
from frenemy.model.specs.model import DriversFile
from frenemy.model.specs.panel import CookeSpec, ExpertSpec, JudgementSpec, QuestionSpec, QuestionsSpec
from frenemy.model.specs.scenarios import ScenarioSpec
from frenemy.model.specs.signposts import SignpostSpec
from frenemy.model.specs.studies import (
    AuditSpec,
    CausesSpec,
    EvidenceSpec,
    MapSpec,
    RareSpec,
    SensitivitySpec,
    TargetSpec,
    TuningSpec,
    VariantSpec,
    WatchSpec,
)
from frenemy.model.specs.sweep import AxisSpec, SweepSpec
from frenemy.model.specs.triggers import ContagionSpec, FollowUpSpec, TriggerSpec

__all__ = ["reference_markdown"]

HEAD = """\
# File reference

Every key of every file. This page is generated from the program's own definitions.

A model is a folder with `drivers.toml` and a folder `scenarios/` with one file for each scenario; its experiments are
in `experiments/`. All files are TOML. Unknown keys are errors. All problems are reported at once, with file, line and
key.

## Values

**Numbers.** Wherever a file takes a number, it can be plain or uncertain:

| form | meaning |
| --- | --- |
| `0.06` | a plain number |
| `{ q05 = 0.02, median = 0.06, q95 = 0.15 }` | three quantiles, matched exactly |
| `{ q05 = 0.02, q25 = 0.04, median = 0.06, q75 = 0.09, q95 = 0.15 }` | five quantiles, matched exactly |
| `{ min = 0.0, mode = 0.1, max = 0.4 }` | a range with a mode: PERT |
| `{ events = 3, years = 1 }` | a count in a history, for rates: Gamma(events + ½, years) |
| `{ pool = [0.1, 0.2], weights = [1, 2] }` | views of several experts, as a mixture; equal weights if left out |

A smooth distribution runs through the quantiles, without a step or a kink in its density and within the bounds of the
number, so that every value drawn is allowed. Through three it is a Johnson quantile-parameterised distribution (Hadlock
and Bickel 2017): J-QPD-B if the number has two bounds (probabilities, shares, indices, correlations, and effects, which
lie between −50 and 50), J-QPD-S if it has only a lower bound (rates, durations, factors), and Johnson's unbounded S_U
otherwise. Where both outer quantiles are equally far from the median on the normal scores of the number's range, on its
logarithm or on the number itself, it is a normal distribution there. Through five it is a metalog (Keelin 2016) on
log-odds, on the logarithm or on the number itself; five quantiles that are spaced too unevenly for a density above zero
are refused.

The views in a pool are numbers or distributions. Each of these tables can have a `source`. The central value of a
distribution is its median. The table `sources` of a section states where plain numbers and other values come from:
`sources = { half_life = "fit" }`.

**Durations** are text: a number and `d` (days), `w` (weeks), `m` (months of 30.4375 days) or `y` (years of 365.25
days), such as `"26w"`. They can be uncertain like any other number: `{ q05 = "13w", median = "26w", q95 = "1y" }`.

**Times** (`delay`, `duration`) are fixed, `"16w"`, or random in each path: lognormal with a median and a 95 % point,
`{ median = "16w", q95 = "60w" }`. Each of the two can be uncertain.

**Dates** are written without quotes: `2026-07-01`.

**Names** of drivers, triggers, calendar events, branches, scenarios and thresholds consist of letters, digits and
underscores.

**Conditions** (`requires`, `enter`, `leave`) are text made of driver names (their index, 0–100), thresholds, numbers,
`count(trigger)`, `active(trigger)`, `+ - * /`, the comparisons `< <= > >= == !=`, `and`, `or`, `not`, `true`, `false`.

**Keys.** A number is addressed by its path, `drivers.trust.long_run`, also on the command line. Items of a list are
addressed by their `name` or `trigger`: `calendar.usmca_review.branches.extended.probability`,
`triggers.strike.leads_to.cooperation_suspended.probability`. A part of a distribution can be set too:
`drivers.trust.long_run.median`. Keys of a scenario contain the name of its file: `scenarios.total_rift.for`.
"""
FILES: dict[str, tuple[type[Spec], ...]] = {
    "drivers.toml": (
        DriversFile, HeaderSpec, DriverSpec, ModelJudgementSpec, CorrelatedSpec, TriggerSpec, FollowUpSpec,
        ContagionSpec, CalendarEventSpec, BranchSpec, SignpostSpec,
    ),
    "scenarios/NAME.toml": (ScenarioSpec,),
    "experiments/NAME.toml": (
        ExperimentSpec, InitialSpec, ImposeSpec, UncertaintySpec, VariantSpec, CausesSpec, SensitivitySpec, TargetSpec,
        TuningSpec, SweepSpec, AxisSpec, AuditSpec, MapSpec, RareSpec, EvidenceSpec, WatchSpec,
    ),
    "experiments/evidence/NAME.toml": (LedgerSpec, EntrySpec, CompleteSpec),
    "experts/PANEL/questions.toml": (QuestionsSpec, QuestionSpec, CookeSpec),
    "experts/PANEL/NAME.toml": (ExpertSpec, JudgementSpec),
}  # fmt: skip
CONDITIONS = {"requires": '`"true"`'}


def reference_markdown() -> str:
    """The whole page."""
    return "\n".join([HEAD, *(line for file, specs in FILES.items() for line in _file(file, specs))])


def _file(file: str, specs: tuple[type[Spec], ...]) -> Iterator[str]:
    yield f"## {file}\n"
    for spec in specs:
        about, _, _ = (spec.__doc__ or "").partition("\n")
        title, _, meaning = about.partition(": ")
        if len(specs) > 1:
            yield f"### {'The file' if title == f'`{file}`' else title}\n"
        yield f"{meaning[:1].upper()}{meaning[1:]}\n"
        yield "| key | meaning | unit | if left out | example |"
        yield "| --- | --- | --- | --- | --- |"
        for key, field in spec.entries().items():
            unit = (field.json_schema_extra or {}).get("unit", "")
            example = f"`{toml_value(field.examples[0])}`".replace("|", "\\|") if field.examples[0] != {} else ""
            yield f"| `{key}` | {field.description} | {unit} | {_default(key, field, unit)} | {example} |"
        yield ""


def _default(key: str, field: Any, unit: str) -> str:
    """The value if the key is left out; empty if the description states it or there is none."""
    if field.is_required():
        return "**required**"
    default = field.default
    if key in CONDITIONS:
        return CONDITIONS[key]
    if isinstance(default, dt.date):
        return "no limit"
    if isinstance(default, float) and math.isnan(default):
        return '`"optimal"`'
    if isinstance(default, float) and math.isinf(default):
        return f'`"{FOREVER}"`' if "duration" in unit else "no limit"
    if default in (None, "", {}, ()) or isinstance(default, Times | Spec):
        return ""
    if isinstance(default, float):
        return f'`"{duration_text(default)}"`' if unit == "duration" else f"`{default:g}`"
    return f"`{toml_value(default)}`"


def main(file: str) -> None:
    """Write the page."""
    Path(file).write_text(reference_markdown(), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
