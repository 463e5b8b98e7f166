"""The numbers of a model as sliders: chances in the next twelve months, levels, branches.

A slider is one number of the model, at its dotted key. Its value is in the slider's unit; what goes into the model is
the number in the file's unit, to four digits, as it will be written. A number with a range keeps its range: on the
natural scale of its domain (log-odds, logarithm), the median and the 5 % and 95 % points move by the same step.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from frenemy.model.distributions import (
    INDEX,
    NONNEGATIVE,
    PROBABILITY,
    SHARE,
    Distribution,
    Domain,
    FiveQuantiles,
    Pool,
    Quantiles,
)
from frenemy.model.durations import DAYS_PER_YEAR
from frenemy.model.experiment import Experiment
from frenemy.model.resolved import CalendarEvent, Driver, Model, Number, Trigger, WithinWindow, central

__all__ = ["Kind", "Slider", "numbers_at", "rounded", "shifted", "siblings", "sliders_of"]

SCALE_ENDS = {"chance": (0.001, 0.999), "points": (1.0, 99.0)}
"""The scale of every slider of a unit, unless its range extends further."""
MIN_CHANCE = 1e-5
"""The lowest end of a scale of log-odds."""

Kind = Literal["trigger", "start", "long_run", "branch"]
Unit = Literal["chance", "points"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slider:
    """One number of the model as a slider."""

    key: str
    kind: Kind
    name: str  # of the trigger, the driver or the branch
    event: str  # of a branch; empty for the others
    label: str
    group: str
    description: str
    source: str
    unit: Unit
    number: Number  # in the file
    years: float  # of the window that a probability is stated for; 0 for a yearly rate; 1 if neither applies

    @property
    def base(self) -> float:
        """The central value in the slider's unit."""
        return self.from_file(central(self.number))

    @property
    def ranged(self) -> bool:
        """Whether the file gives a range."""
        return not isinstance(self.number, float)

    @property
    def domain(self) -> Domain:
        """The values that the file allows."""
        if self.kind == "trigger":
            return PROBABILITY if self.years else NONNEGATIVE
        return SHARE if self.kind == "branch" else INDEX

    @property
    def ends(self) -> tuple[float, float]:
        """The ends of the scale."""
        low, high = SCALE_ENDS[self.unit]
        first, last = self.span(self.number)
        lowest, highest = (MIN_CHANCE, 1 - MIN_CHANCE) if self.unit == "chance" else (0.0, 100.0)
        return max(min(low, first), lowest), min(max(high, last), highest)

    def clamp(self, value: float) -> float:
        """The value, or the nearer end of the scale."""
        low, high = self.ends
        return min(max(value, low), high)

    def span(self, number: Number) -> tuple[float, float]:
        """The 5 % and 95 % points of a number in the slider's unit; its value twice if it is plain."""
        if isinstance(number, float):
            return self.from_file(number), self.from_file(number)
        return self.from_file(number.quantile(0.05)), self.from_file(number.quantile(0.95))

    def from_file(self, value: float) -> float:
        """A value in the file's unit, in the slider's: a probability within a window or a rate as a yearly chance."""
        if self.kind != "trigger" or self.years == 1:
            return value
        if self.years == 0:
            return -math.expm1(-value)
        return -math.expm1(math.log1p(-value) / self.years)

    def to_file(self, value: float) -> float:
        """The inverse of `from_file`, to four digits, as it will be written."""
        exact = value
        if self.kind == "trigger" and self.years != 1:
            rate = -math.log1p(-value)
            exact = rate if self.years == 0 else -math.expm1(-rate * self.years)
        written = rounded(exact)
        return written if self.domain.inside(written) else exact

    def read(self, written: Any) -> Number:
        """The number in a plain value or a table of a file. Raises KeyError for another table."""
        if not isinstance(written, Mapping):
            return float(written)
        if "pool" in written:
            views = tuple(self.read(view) for view in written["pool"])
            return Pool(views, tuple(written["weights"]), domain=self.domain)
        if "q25" in written:
            low, lower, middle, upper, high = (written[name] for name in ("q05", "q25", "median", "q75", "q95"))
            return FiveQuantiles(low, lower, middle, upper, high, domain=self.domain)
        return Quantiles(written["q05"], written["median"], written["q95"], domain=self.domain)


def rounded(value: float) -> float:
    """To four digits."""
    return float(f"{value:.4g}")


def sliders_of(model: Model, experiment: Experiment) -> tuple[Slider, ...]:
    """The sliders of a run, in the order of the files: triggers by group, levels, calendar events within the run."""
    by_group = dict.fromkeys(trigger.group for trigger in model.triggers)
    triggers = [_trigger(trigger) for group in by_group for trigger in model.triggers if trigger.group == group]
    levels = [_level(driver, kind) for kind in ("start", "long_run") for driver in model.drivers]
    dates = [event for event in model.calendar if experiment.start <= event.date < experiment.end]
    branches = [slider for event in sorted(dates, key=lambda event: event.date) for slider in _branches(event)]
    return (*triggers, *levels, *branches)


def siblings(sliders: Iterable[Slider], key: str) -> tuple[Slider, ...]:
    """All branches of the calendar event to which the branch at the key belongs; empty for other keys."""
    known = {slider.key: slider for slider in sliders}
    event = known[key].event
    return tuple(slider for slider in known.values() if event and slider.event == event)


def numbers_at(sliders: Iterable[Slider], numbers: Mapping[str, Number], key: str, value: float) -> dict[str, Number]:
    """The numbers to set, by key, when a slider moves to `value`: its own and, for a branch, those of its siblings.

    `numbers` are those that differ from the file so far.
    """
    known = {slider.key: slider for slider in sliders}
    slider = known[key]
    now = {item.key: numbers.get(item.key, item.number) for item in known.values()}
    target = slider.to_file(value)
    change = {key: _moved(slider, now[key], target)}
    group = siblings(known.values(), key)
    others = [item for item in group if item.key != key]
    if not others:
        return change
    total = math.fsum(central(now[item.key]) for item in others)
    rest, assigned = 1 - target, 0.0
    for place, item in enumerate(others):
        share = central(now[item.key]) / total if total > 0 else 1 / len(others)
        last = place == len(others) - 1
        part = round(rest - assigned, 12) if last else rounded(rest * share)
        part = min(max(part, 0.0), 1.0)
        assigned += part
        change[item.key] = _moved(item, now[item.key], part)
    return change


def _moved(slider: Slider, number: Number, target: float) -> Number:
    """The number with its median moved to `target`; at the file's value it is the file's number."""
    return slider.number if target == rounded(central(slider.number)) else shifted(number, target)


def shifted(number: Number, target: float) -> Number:
    """The number with its median and range moved to `target`; plain if it has no range or the range does not fit."""
    if isinstance(number, float):
        return target
    domain, points = number.domain, _points(number)
    if not (domain.inside(target) and all(domain.inside(point) for point in points)):
        return target
    low, middle, high = (domain.to_line(point) for point in points)
    step = domain.to_line(target) - middle
    ends = tuple(rounded(domain.from_line(end + step)) for end in (low, high))
    if not (domain.inside(ends[0]) and ends[0] < target < ends[1] and domain.inside(ends[1])):
        return target
    return Quantiles(ends[0], target, ends[1], domain=domain)


def _points(number: Distribution) -> tuple[float, float, float]:
    return number.quantile(0.05), number.median, number.quantile(0.95)


def _trigger(trigger: Trigger) -> Slider:
    rate = trigger.rate
    if isinstance(rate, WithinWindow):
        field, number, years = "probability", rate.probability, rate.within / DAYS_PER_YEAR
    else:
        field, number, years = "rate", rate.rate, 0.0
    key = f"triggers.{trigger.name}.{field}"
    return Slider(
        key=key, kind="trigger", name=trigger.name, event="", label=trigger.label, group=trigger.group or "Triggers",
        description=trigger.description, source=trigger.source, unit="chance", number=number, years=years,
    )  # fmt: skip


def _level(driver: Driver, kind: Literal["start", "long_run"]) -> Slider:
    group = "Levels at the start" if kind == "start" else "Long-run levels"
    return Slider(
        key=f"drivers.{driver.name}.{kind}", kind=kind, name=driver.name, event="", label=driver.label, group=group,
        description=driver.description, source=driver.source, unit="points",
        number=driver.start if kind == "start" else driver.long_run, years=1,
    )  # fmt: skip


def _branches(event: CalendarEvent) -> list[Slider]:
    if len(event.branches) < 2:
        return []
    return [
        Slider(
            key=f"calendar.{event.name}.branches.{branch.name}.probability", kind="branch", name=branch.name,
            event=event.name, label=branch.label, group=f"{event.label} ({event.date})", description=event.description,
            source=event.source, unit="chance", number=branch.probability, years=1,
        )
        for branch in event.branches
    ]  # fmt: skip
