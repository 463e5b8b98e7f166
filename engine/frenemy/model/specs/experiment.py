"""experiments/NAME.toml."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Field, ValidationError

from frenemy.model.durations import DURATION_PATTERN, days, end_of_run, later
from frenemy.model.experiment import LEAST_PRECISION, MOST_PRECISION
from frenemy.model.specs.base import Finding, Names, Spec, entry, refusal, toml_text
from frenemy.model.specs.checks import outside_findings
from frenemy.model.specs.fields import Items, Reads
from frenemy.model.specs.initial import ImposeSpec, InitialSpec
from frenemy.model.specs.sourced import Section
from frenemy.model.specs.studies import (
    AuditSpec,
    CausesSpec,
    EvidenceSpec,
    LedgersOrBlock,
    MapSpec,
    RareSpec,
    SensitivitySpec,
    TargetSpec,
    TuningSpec,
    VariantSpec,
    WatchSpec,
    block_findings,
)
from frenemy.model.specs.sweep import SweepSpec

__all__ = ["TICKS", "ExperimentSpec", "ResolvedExperimentSpec", "UncertaintySpec"]

TICKS = {"1w": 7, "1d": 1}
"""Days of each tick allowed, as `resolved.toml` writes it."""
DEFAULT_HORIZON = "5y"
Count = Annotated[int, Field(ge=1, le=10**12)]


def _horizon(value: Any) -> str | dt.date:
    if type(value) is dt.date:
        return value
    allowed = 'a date, or a duration such as "5y"'
    if not isinstance(value, str):
        raise refusal("expected a date or a duration", value=value, allowed=allowed)
    try:
        end = later(dt.date(2000, 1, 1), value)
    except ValueError as error:
        raise refusal(error.args[0], value=value, allowed=allowed, suggestion=error.args[1]) from None
    if end <= dt.date(2000, 1, 1):
        raise refusal("out of range", value=value, allowed="a duration above zero")
    return value


def _horizon_schema() -> dict[str, Any]:
    return {"anyOf": [{"type": "string", "pattern": DURATION_PATTERN}, {"type": "string", "format": "date"}]}


def _tick(value: Any) -> str:
    """`1w` or `1d`, however the duration is written: `7d`, `1 w`."""
    allowed = " or ".join(f'"{text}"' for text in TICKS)
    if not isinstance(value, str):
        raise refusal("expected a duration", value=value, allowed=allowed)
    try:
        length = days(value)
    except ValueError as error:
        raise refusal(error.args[0], value=value, allowed=allowed, suggestion=error.args[1]) from None
    for text, permitted in TICKS.items():
        if length == permitted:
            return text
    raise refusal("not one of the values allowed", value=value, allowed=allowed)


def _tick_days(value: Any) -> int:
    """The same in days; a week for what is no tick, which has a problem of its own."""
    try:
        return TICKS[_tick(value)]
    except ValidationError:
        return TICKS["1w"]


def _tick_schema() -> dict[str, Any]:
    return {"anyOf": [{"enum": [*TICKS]}, {"type": "string", "pattern": DURATION_PATTERN}]}


Tick = Annotated[str, Reads(_tick, _tick_schema)]
Horizon = Annotated[str | dt.date, Reads(_horizon, _horizon_schema)]


class UncertaintySpec(Spec):
    """`[uncertainty]`: how many times the uncertain numbers are drawn."""

    draws: Annotated[int, Field(ge=0, le=10**6)] = entry(
        "Outer draws of the uncertain numbers; 0 for medians only. Many draws of few paths give the smallest error.",
        unit="whole number",
        example=8192,
        default=8192,
    )
    paths: Count | None = entry(
        "Paths of each outer draw, on noise of their own; so many that all draws have 131,072, but from 16 to 64, and "
        "no more than the experiment's paths.",
        unit="whole number",
        example=16,
        default=None,
    )


def _precision(value: float) -> float:
    if value and not LEAST_PRECISION <= value <= MOST_PRECISION:
        allowed = f"percentage points, from {LEAST_PRECISION:g} to {MOST_PRECISION:g}, or 0"
        raise refusal("not a precision", value=value, allowed=allowed)
    return value


Precision = Annotated[float, AfterValidator(_precision)]


class ExperimentSpec(Section):
    """`experiments/NAME.toml`: what to run on the model."""

    title: str = entry(
        "The question, in a few words; the name of the file if left out.", example="Baseline", default=""
    )
    description: str = entry("A few sentences for the reader of a report.", example="From 2025 on.", default="")
    start: dt.date | None = entry(
        "First day; the model's start if left out.", unit="date", example=dt.date(2026, 1, 16), default=None
    )
    horizon: Horizon = entry(
        "Last day, or how long to run.", unit="date or duration", example="5y", default=DEFAULT_HORIZON
    )
    tick: Tick = entry("Length of a tick: a week or a day.", unit="duration", example="1w", default="1w")
    paths: Count = entry(
        "Futures of each world in a study, in all; and of a run without outer draws.",
        unit="whole number",
        example=10000,
        default=10000,
    )
    seed: Annotated[int, Field(ge=0, le=2**63 - 1)] = entry(
        "Seed of all randomness.", unit="whole number", example=1, default=1
    )
    precision: Precision = entry(
        "The run goes on, with further draws of the uncertain numbers, until the odds at every date of the report are "
        "known to within so many percentage points (95 %). 0: as many futures as stated.",
        unit="percentage points",
        example=0.5,
        default=0.0,
    )
    set: dict[str, Any] = entry(
        "Other values for keys of the model, by dotted key. A table is merged into the existing one; a distribution "
        "replaces the number. Another way to state a rate replaces the existing one.",
        example={"triggers.unilateral_strike.probability": 0.1},
        default={},
    )
    initial: InitialSpec = entry(
        "The state of the world at the start.", example={"scars": {"trust": -3}}, default=InitialSpec()
    )
    impose: Items[ImposeSpec] = entry(
        "Events that happen in every path.", example=[{"trigger": "strike", "date": dt.date(2026, 3, 2)}], default=()
    )
    uncertainty: UncertaintySpec = entry(
        "How many times the uncertain numbers are drawn.", example={"draws": 8192}, default=UncertaintySpec()
    )
    sensitivity: SensitivitySpec = entry(
        "The odds that `frenemy sensitivity` studies.", example={"scenario": "total_rift"}, default=SensitivitySpec()
    )
    targets: Items[TargetSpec] = entry(
        "Odds to tune to.", example=[{"scenario": "total_rift", "probability": 0.4}], default=()
    )
    tune: Items[str] = entry(
        "Keys of the uncertain numbers that may change to meet the targets.",
        unit="dotted keys",
        example=["triggers.unilateral_strike.probability"],
        default=(),
    )
    panel: str = entry(
        "The folder of a panel of experts, whose judgements `frenemy elicit` pools; relative to the model's folder, "
        "whereas ledgers are relative to the experiment's file.",
        example="experts/invented",
        default="",
    )
    report_at: Items[dt.date] = entry(
        "Dates for the table of odds; each anniversary of the start if left out. The end is always among them.",
        unit="dates",
        example=[dt.date(2027, 1, 1)],
        default=(),
    )
    variants: Items[VariantSpec] = entry(
        "What-ifs for `frenemy compare`: this experiment with changes.",
        example=[{"name": "likelier", "set": {"triggers.strike.probability": 0.2}}],
        default=(),
    )
    causes: CausesSpec = entry(
        "Settings of `frenemy causes`.", example={"triggers": ["unilateral_strike"]}, default=CausesSpec()
    )
    evidence: LedgersOrBlock = entry(
        "What is known about the world: a list of ledgers, or a table that names them.",
        example=["evidence/2025.toml"],
        default=EvidenceSpec(),
    )
    watch: WatchSpec = entry("Settings of `frenemy watch`.", example={"reading": "ever"}, default=WatchSpec())

    tuning: TuningSpec = entry(
        "What `frenemy tune` finds beyond the least change.", example={"solutions": 3}, default=TuningSpec()
    )
    sweep: SweepSpec = entry(
        "The numbers that `frenemy sweep` varies, and the odds that it shows.",
        example={"over": [{"key": "triggers.unilateral_strike.probability", "from": 0.01, "to": 0.2}]},
        default=SweepSpec(),
    )

    audit: AuditSpec = entry(
        "Settings of `frenemy audit`.", example={"date": dt.date(2027, 12, 31)}, default=AuditSpec()
    )
    map: MapSpec = entry("The plane of `frenemy map`.", example={"within": "26w"}, default=MapSpec())
    rare: RareSpec = entry("Settings of `frenemy rare`.", example={"scenario": "total_rift"}, default=RareSpec())

    @classmethod
    def cross_checks(cls, table: Mapping[str, Any], names: Names) -> Iterator[Finding]:
        """All dates lie within the run."""
        yield from super().cross_checks(table, names)
        start, end = table.get("start", names.start), None
        if type(start) is not dt.date or start == dt.date.min:
            return
        try:
            horizon = _horizon(table.get("horizon", DEFAULT_HORIZON))
            last = later(start, horizon) if isinstance(horizon, str) else horizon
            end = end_of_run(start, last, _tick_days(table.get("tick", "1w")))
        except (ValueError, OverflowError) as error:
            if isinstance(error, OverflowError) or error.args[:1] == ("goes beyond the year 9999",):
                yield Finding(
                    "goes beyond the year 9999", ("horizon",), toml_text(table.get("horizon", DEFAULT_HORIZON))
                )
            return
        if last <= start:
            yield Finding("must be after the start", ("horizon",), str(last), f"a date after {start}")
            return
        yield from outside_findings(table, start, end)
        yield from block_findings(table, start, end)


class ResolvedExperimentSpec(ExperimentSpec):
    """The experiment of a run, as saved with its results."""

    name: str = entry("The name of the experiment's file.", example="baseline")
