"""Numbers, times and conditions in words, for the sentences of `describe`.

Numbers as stated have three significant digits; numbers that Frenemy computed have two.
"""

from __future__ import annotations

import datetime as dt
import math
import operator as op
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from frenemy.model import conditions as ex
from frenemy.model.distributions import FiveQuantiles, History, Pert, Pool, Quantiles
from frenemy.model.durations import DAYS_PER_YEAR
from frenemy.model.resolved import CalendarEvent, Model, Number, Scenario, Times, Trigger, central

__all__ = [
    "DAYS_PER_MONTH",
    "Names",
    "after",
    "condition",
    "counted",
    "day",
    "judged",
    "lasting",
    "listing",
    "often",
    "percent",
    "plain",
    "range_of_judgement",
    "rounded",
    "sentence",
    "spoken",
    "time",
]

DAYS_PER_MONTH = DAYS_PER_YEAR / 12
UNITS = ((DAYS_PER_YEAR, "year"), (DAYS_PER_MONTH, "month"), (7.0, "week"), (1.0, "day"))
Show = Callable[[float], str]


@dataclass(frozen=True, slots=True)
class Names:
    """The labels of triggers, calendar events and scenarios, for sentences."""

    labels: Mapping[str, str]

    @classmethod
    def of(cls, model: Model) -> Names:
        """The labels of a model."""
        parts: tuple[Trigger | CalendarEvent | Scenario, ...] = (*model.triggers, *model.calendar, *model.scenarios)
        return cls({part.name: part.label for part in parts})

    def quoted(self, name: str) -> str:
        """The label in quotation marks."""
        return f"“{self.labels.get(name, name)}”"


def spoken(name: str) -> str:
    """The name of a driver as a word in a sentence."""
    return name.replace("_", " ")


def sentence(parts: Iterable[str]) -> str:
    """Clauses as one sentence, separated by semicolons, without empty clauses."""
    text = "; ".join(part for part in parts if part)
    return f"{text[0].upper()}{text[1:]}." if text else ""


def listing(items: Iterable[str], *, last: str = "and") -> str:
    """`a, b and c`."""
    words = list(items)
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}" if words else ""


def plain(value: float, digits: int = 3) -> str:
    """A number with at most `digits` significant digits; the digits before the point are all kept, up to 15."""
    if value == 0 or math.isinf(value):
        return "0" if value == 0 else "infinity"
    if abs(value) >= 1e15:
        return f"{value:.{digits}g}"
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    text = f"{value:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def rounded(value: float) -> str:
    """A number that Frenemy computed: two significant digits."""
    return plain(value, 2)


def percent(probability: float, digits: int = 3) -> str:
    """A probability in percent; near 100 % the digits are those of the distance from it."""
    if probability >= 1 or probability <= 0:
        return "100 %" if probability >= 1 else "0 %"
    if probability > 0.99:
        rest = 100 * (1 - probability)
        decimals = max(0, digits - 2 - math.floor(math.log10(rest)))
        return "over 99.99 %" if rest < 0.01 else f"{f'{100 - rest:.{decimals}f}'.rstrip('0').rstrip('.')} %"
    return "less than 0.001 %" if probability < 1e-5 else f"{plain(100 * probability, digits)} %"


def time(days: float) -> str:
    """A length of time in the largest unit of which it is a whole number, or else in a suitable one."""
    if days == 0 or math.isinf(days):
        return "no time" if days == 0 else "for ever"
    for size, unit in UNITS:
        number = days / size
        if number > 0.99 and abs(number - round(number)) < 1e-6 * number:
            return _amount(round(number), unit)
    size, unit = next(((s, u) for s, u in UNITS if days >= 2 * s and u != "month"), UNITS[-1])
    return f"{rounded(days / size)} {unit}s"


def _amount(number: int, unit: str) -> str:
    return f"a {unit}" if number == 1 else f"{number:,} {unit}s"


def day(date: dt.date) -> str:
    """A date as in the files."""
    return date.isoformat()


def range_of_judgement(number: Number, show: Show) -> str:
    """The judged range of a number; empty for a plain number."""
    if isinstance(number, float | int):
        return ""
    ends = _between(number.quantile(0.05), number.quantile(0.95), show)
    match number:
        case Quantiles(q05, _, q95):
            return f"judged {_between(q05, q95, show)}"
        case FiveQuantiles(q05, q25, _, q75, q95):
            return f"judged {_between(q05, q95, show)}, as likely as not {_between(q25, q75, show)}"
        case Pert(low, mode, high):
            return f"judged {_between(low, high, show)}, most likely {show(mode)}"
        case History(events, years):
            of = "event" if events == 1 else "events"
            return f"{plain(events)} {of} counted in {time(years * DAYS_PER_YEAR)}: {ends}"
        case Pool(pool, weights):
            equal = max(weights) == min(weights)
            by = "" if equal else f" weighted {' to '.join(plain(weight) for weight in weights)}"
            return f"{len(pool)} views pooled{by}: {ends}"


def _between(low: float, high: float, show: Show) -> str:
    """`between 300 and 600 days`: a unit that both ends share is written once."""
    first, last = show(low), show(high)
    number, _, unit = first.partition(" ")
    shared = unit.endswith("s") and last.endswith(f" {unit}")
    return f"between {number if shared else first} and {last}"


def judged(number: Number, show: Show = plain, unit: str = "") -> str:
    """The number with its unit, and its judged range in brackets."""
    reach = range_of_judgement(number, show)
    return f"{show(central(number))}{unit}{f' ({reach})' if reach else ''}"


def often(number: float) -> str:
    """`once`, `twice`, `3 times`."""
    return {1.0: "once", 2.0: "twice"}.get(number, f"{plain(number)} times")


def after(times: Times) -> str:
    """A random delay: `typically after 2 weeks (95 %: within 10 weeks)`, or `after 2 weeks` if it is fixed."""
    return _random_time(times, "after ", "within") if times.q95 != 0 else "at once"


def lasting(times: Times) -> str:
    """A random length: `typically 16 weeks (95 %: at most 60 weeks)`, or the length itself if it is fixed."""
    return _random_time(times, "", "at most")


def _random_time(times: Times, lead: str, bound: str) -> str:
    median, q95 = times.median, times.q95
    if isinstance(median, float) and (median == q95 or (isinstance(q95, float) and q95 <= median)):
        return lead + time(median)
    reach = range_of_judgement(median, time)
    return f"typically {lead}{time(central(median))} ({f'{reach}; ' if reach else ''}95 %: {bound} {_bare(q95)})"


def _bare(number: Number) -> str:
    reach = range_of_judgement(number, time)
    return f"{time(central(number))}, {reach}" if reach else time(central(number))


COMPUTE = {"+": op.add, "-": op.sub, "*": op.mul, "/": op.truediv}
OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}
MIRROR = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
LEVELS = {"<": "below", "<=": "at most", ">": "above", ">=": "at least", "==": "exactly", "!=": "other than"}


def condition(expression: ex.Expression, thresholds: Mapping[str, Number], names: Names) -> str:
    """A condition in words, with the values of its thresholds."""
    return _Words(thresholds, names).condition(expression)


@dataclass(frozen=True, slots=True)
class _Words:
    thresholds: Mapping[str, Number]
    names: Names

    def condition(self, node: ex.Expression, *, negated: bool = False, outer: str = "") -> str:
        match node:
            case ex.Truth(value):
                return "always" if value != negated else "never"
            case ex.Active(trigger):
                return f"{self.names.quoted(trigger)} is {'not ' if negated else ''}running"
            case ex.Not(operand):
                return self.condition(operand, negated=not negated, outer=outer)
            case ex.And(operands) | ex.Or(operands):
                joiner = "and" if isinstance(node, ex.And) != negated else "or"
                words = f" {joiner} ".join(self.condition(item, negated=negated, outer=joiner) for item in operands)
                return words if outer in ("", joiner) else f"({words})"
            case ex.Comparison(operator, left, right):
                return self._comparison(OPPOSITE[operator] if negated else operator, left, right)

    def _comparison(self, operator: str, left: ex.Numeric, right: ex.Numeric) -> str:
        if isinstance(left, ex.Number | ex.Named) and not isinstance(right, ex.Number | ex.Named):
            operator, left, right = MIRROR[operator], right, left
        if isinstance(left, ex.Count) and isinstance(right, ex.Number):
            return self._tally(self.names.quoted(left.trigger), operator, right.value)
        return f"{self.numeric(left)} is {LEVELS[operator]} {self.numeric(right)}"

    @staticmethod
    def _tally(trigger: str, operator: str, number: float) -> str:
        """Counts are whole numbers, so every comparison is one of: at least, at most, exactly, other than."""
        whole = number == math.floor(number)
        if operator in ("==", "!=") and number != 0:
            return f"{trigger} has {'not ' if operator == '!=' else ''}happened exactly {often(number)}"
        if operator in (">", ">=", "!="):
            least = math.floor(number) + 1 if whole and operator != ">=" else math.ceil(number)
            return f"{trigger} has happened" + (f" at least {often(least)}" if least != 1 else "")
        most = math.ceil(number) - 1 if whole and operator == "<" else math.floor(number)
        return f"{trigger} has happened at most {often(most)}" if most != 0 else f"{trigger} has not happened"

    def numeric(self, node: ex.Numeric, *, tight: bool = False) -> str:
        match node:
            case ex.Number(value):
                return plain(value, 6)
            case ex.Level(driver):
                return spoken(driver)
            case ex.Named(name):
                return judged(self.thresholds[name])
            case ex.Count(trigger):
                return f"the count of {self.names.quoted(trigger)}"
            case ex.Arithmetic(operator, ex.Named() | ex.Number() as left, ex.Named() | ex.Number() as right):
                return self._constant(operator, self._number(left), self._number(right), tight=tight)
            case ex.Arithmetic(operator, left, right):
                first = self.numeric(left, tight=operator in "*/")
                words = f"{first} {operator} {self.numeric(right, tight=operator != '+')}"
                return f"({words})" if tight else words

    def _number(self, node: ex.Named | ex.Number) -> Number:
        return node.value if isinstance(node, ex.Number) else self.thresholds[node.name]

    @staticmethod
    def _constant(operator: str, left: Number, right: Number, *, tight: bool) -> str:
        """The result, if at most the first number is uncertain; otherwise the expression as written."""
        if isinstance(right, float | int):
            return judged(left, lambda number: plain(COMPUTE[operator](number, right)))
        words = f"{judged(left)} {operator} {judged(right)}"
        return f"({words})" if tight else words


def counted(number: int, one: str, many: str = "") -> str:
    """`1 forecast`, `62 forecasts`; `1 entry`, `2 entries`, if `many` says so."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"
