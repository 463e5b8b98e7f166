"""The track record: forecasts of a journal, or of any CSV file, scored against their outcomes."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from frenemy.errors import InputError, Problem
from frenemy.model.describe.wording import counted
from frenemy.model.files.csv_input import CsvTable, a_date, a_number, read_table
from frenemy.storage import hash_chain
from frenemy.storage.hash_chain import HashChain
from frenemy.studies.base import DataStudy
from frenemy.studies.score.findings import ExcludedForecast, ForecastRecord, Kind, ScoreFindings, level_of, score_all
from frenemy.studies.score.record import journal_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Clustering", "ScoreCard", "score"]

Clustering = Literal["question", "date"]
QUANTILE = re.compile(r"q[0-9]{1,6}")
YES = {
    "yes": 1.0, "y": 1.0, "true": 1.0, "t": 1.0, "1": 1.0, "1.0": 1.0,
    "no": 0.0, "n": 0.0, "false": 0.0, "f": 0.0, "0": 0.0, "0.0": 0.0,
}  # fmt: skip
ROUNDING = 1e-3
"""Probabilities of categories may miss 1 by this much, or by what rounding each of them as written explains."""
LABELS = ("question", "date", "made", "series", "base", "persistence")
"""Columns that say more of a forecast."""
OUTCOMES = ("outcome", "resolved", "resolution")
"""Names of the column that says what happened."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScoreCard(DataStudy[ScoreFindings]):
    """Scores, their decomposition, and skill; a terminal and a notebook show them.

    Its folder: scores.csv, forecasts.csv, reliability.csv, excluded.csv (what is not scored, and why) and the
    reliability diagram.
    """

    def plot(self, ax: Axes | None = None) -> Axes:
        """The reliability diagram of the probabilities. Raises InputError if there are none."""
        from frenemy.studies.score.plots import reliability_diagram

        group = next((group for group in self.findings.groups if group.kind == "probability"), None)
        if group is None:
            raise InputError([Problem(message="no probability has an outcome yet: there is nothing to draw")])
        return reliability_diagram.on_one(ax, self.findings, group)

    def __repr__(self) -> str:
        return f"<ScoreCard {counted(sum(len(group.forecasts) for group in self.findings.groups), 'forecast')}>"


def score(source: str | Path = ".", *, cluster: str = "question", order: Sequence[str] | None = None) -> ScoreCard:
    """Score the forecasts of a journal, of the model in a folder, or of a CSV file.

    `cluster`: which forecasts are not independent of one another, those of one "question" or those for one "date"; of a
    CSV file any column. A CSV file has `outcome` and either `probability`, or `p_NAME` for each of several ordered
    categories, or quantiles `q05`, `q50` and so on; `question`, `series`, `made`, `date`, `base` and `persistence` are
    optional. `order`: the scenarios of a journal from one end to the other; without it they have no ranked probability
    score. Raises InputError with all that is wrong with the file, or where nothing has an outcome yet.
    """
    path = Path(source)
    if path.suffix.lower() == ".csv":
        table = read_table(path)
        groups = score_all(_of_table(table, cluster))
        return ScoreCard(
            findings=ScoreFindings(title=path.name, groups=groups, open=(), cluster=cluster, source=path.name)
        )
    if cluster not in {"question", "date"}:
        raise InputError([Problem(message="not a cluster", key="cluster", found=cluster, allowed="question or date")])
    path = journal_of(path)
    journal = hash_chain.read_chain(path)
    forecasts, waiting, excluded = _of_journal(journal, cluster, tuple(order or ()))
    if excluded and not forecasts:
        message = f"each outcome was known when its forecast was made, so none is scored: {excluded[0].question}"
        raise InputError([Problem(message=f"{message}, {excluded[0].why}", file=str(path))])
    if not forecasts:
        due = f"; the first of {counted(len(waiting), 'question')} is due on {waiting[0][1]}" if waiting else ""
        message = f"no forecast has an outcome yet{due}"
        raise InputError([Problem(message=message, file=str(path), allowed="frenemy resolve QUESTION --outcome ...")])
    title = f"{counted(len(journal.of('frozen')), 'forecast')} on record, to entry {journal.head[:12]}"
    title += "; the last line is unfinished and not read" if journal.torn else ""
    groups = score_all(forecasts)
    return ScoreCard(
        findings=ScoreFindings(
            title=title, groups=groups, open=waiting, excluded=excluded, cluster=cluster, source=path.name
        )
    )


def _of_journal(
    journal: HashChain, cluster: str, order: tuple[str, ...]
) -> tuple[list[ForecastRecord], tuple[tuple[str, dt.date], ...], tuple[ExcludedForecast, ...]]:
    """Forecasts with an outcome, questions without one by the date they are due, and forecasts that are not scored."""
    outcomes = {entry["question"]: entry for entry in journal.of("resolved")}
    forecasts, waiting, excluded = [], {}, []
    for entry in journal.of("frozen"):
        for question, forecast in entry["questions"].items():
            known = outcomes.get(question)
            if known is None:
                waiting[question] = _due(question)
            elif entry["as_of"] >= known["date"]:
                made, when = dt.date.fromisoformat(entry["as_of"]), dt.date.fromisoformat(known["date"])
                name = f"{entry['forecast']}/{question}"
                excluded.append(ExcludedForecast(question=name, made=made, known=when))
            else:
                one = _record(entry, question, _ordered(forecast, order), known)
                group = question if cluster == "question" else str(one.due)
                forecasts.append(replace(one, cluster=group, ordered=bool(order)))
    return forecasts, tuple(sorted(waiting.items(), key=lambda pair: pair[1])), tuple(excluded)


def _record(
    entry: Mapping[str, Any], question: str, forecast: Mapping[str, float], known: Mapping[str, Any]
) -> ForecastRecord:
    """A forecast of a frozen entry with its outcome; every question a cluster of its own."""
    kind, outcome = _kind_of([*forecast]), known["outcome"]
    is_one = (
        isinstance(outcome, str) and outcome in forecast
        if kind == "categories"
        else isinstance(outcome, bool | int | float)
    )
    if not is_one:
        message = "the outcome on record is none of this question"
        problem = Problem(message=message, key=question, found=str(outcome), allowed="frenemy resolve --correct")
        raise InputError([problem])
    return ForecastRecord(
        question=f"{entry['forecast']}/{question}", kind=kind, made=dt.date.fromisoformat(entry["as_of"]),
        due=_due(question), series=_series(question), cluster=question, forecast=forecast,
        outcome=float([*forecast].index(outcome) if kind == "categories" else outcome),
    )  # fmt: skip


def _due(question: str) -> dt.date:
    return dt.date.fromisoformat(question.rpartition("/")[2])


def _ordered(forecast: Mapping[str, float], order: tuple[str, ...]) -> Mapping[str, float]:
    """The probabilities of scenarios in an order from one end to the other; other forecasts as they are."""
    if not order or _kind_of([*forecast]) != "categories":
        return forecast
    if sorted(forecast) != sorted(order):
        message, allowed = "the order must name every scenario once", ", ".join(forecast)
        raise InputError([Problem(message=message, key="--order", found=", ".join(order), allowed=allowed)])
    return {name: forecast[name] for name in order}


def _series(question: str) -> str:
    """The question without its dates: `trigger/strike`."""
    return "/".join(part for part in question.split("/") if not part[:4].isdigit())


def _kind_of(names: Sequence[str]) -> Kind:
    if [*names] == ["yes"]:
        return "probability"
    return "quantiles" if all(name.startswith("q") and name[1:].isdigit() for name in names) else "categories"


def _lowered(table: CsvTable) -> CsvTable:
    """The table with the names of our columns in small letters: `Probability`, `Outcome`."""
    ours = {"probability", *OUTCOMES, *LABELS}
    small = (
        name.lower() if name.lower() in ours and name.lower() not in table.header else name for name in table.header
    )
    return replace(table, header=tuple(small))


def _of_table(table: CsvTable, cluster: str) -> list[ForecastRecord]:
    table = _lowered(table)
    categories = [name for name in table.header if name.startswith("p_")]
    quantiles = sorted((name for name in table.header if QUANTILE.fullmatch(name)), key=level_of)
    probability = "probability"
    if len(categories) == 1 and probability not in table.header:  # that it happens, as this forecaster says
        probability, categories = categories[0], []
    outcome_column = next((name for name in OUTCOMES if name in table.header), "")
    forms = [form for form in (probability in table.header, bool(categories), bool(quantiles)) if form]
    if len(forms) != 1 or not outcome_column:
        message = "which columns are forecasts and outcomes?"
        allowed = "outcome, and probability, or p_NAME for each category, or quantiles such as q05, q50, q95"
        raise InputError([Problem(message=message, file=table.label, line=1, allowed=allowed)])
    odd = [name for name in quantiles if name == "q100" or not 0 < level_of(name) < 1]
    odd += [name for name in quantiles if [level_of(other) for other in quantiles].count(level_of(name)) > 1]
    if odd:
        message, allowed = "not a level of its own", "such as q05 (5 %), q025 (2.5 %), q50, q975"
        raise InputError(
            [Problem(message=message, file=table.label, line=1, key=name, allowed=allowed) for name in odd]
        )
    columns = categories or quantiles or [probability]
    kind: Kind = "categories" if categories else "quantiles" if quantiles else "probability"
    forecasts = [table.read(name, a_probability if kind != "quantiles" else a_number) for name in columns]
    outcomes = table.read(outcome_column, _outcome_reader(kind, columns))
    written = [table.texts(name) for name in columns]
    labels = _labels(table, cluster)
    found, problems = [], []
    for n, (line, outcome) in enumerate(zip(table.lines, outcomes, strict=True)):
        values = [forecast[n] for forecast in forecasts]
        known = [value for value in values if value is not None]
        if outcome is None:
            continue  # not resolved yet
        unit = sum(_last_digit(column[n]) for column in written) / 2
        wrong = "a forecast is missing" if len(known) < len(values) else _wrong(kind, known, unit)
        if wrong:
            problems.append(Problem(message=wrong, file=table.label, line=line, key=", ".join(columns)))
            continue
        if kind == "categories":
            known = [value / math.fsum(known) for value in known]
        names = ["yes"] if kind == "probability" else [name.removeprefix("p_") for name in columns]
        forecast = dict(zip(names, known, strict=True))
        found.append(ForecastRecord(kind=kind, forecast=forecast, outcome=outcome, **labels[n]))
    if problems:
        raise InputError(problems[:20])
    if not found:
        raise InputError([Problem(message="no forecast has an outcome yet", file=table.label, key="outcome")])
    return found


def _labels(table: CsvTable, cluster: str) -> list[dict[str, Any]]:
    """Question, series, dates, cluster and references of each row, as far as there are columns for them."""
    count = len(table.rows)
    has = set(table.header)

    def texts(name: str, otherwise: Sequence[str]) -> Sequence[str]:
        return table.texts(name) if name in has else otherwise

    numbered = [str(line) for line in table.lines]
    questions = texts("question", numbered)
    due = table.read("date", a_date, "date") if "date" in has else [dt.date.min] * count
    due = [day or dt.date.min for day in due]
    made = table.read("made", a_date, "made") if "made" in has else due
    days = [day or dt.date.min for day in made]
    if "made" not in has:  # what was due before counts as known
        days = [day - dt.timedelta(days=1) if day > dt.date.min else day for day in due]
    series = texts("series", numbered)
    base = table.read("base", a_probability) if "base" in has else [None] * count
    same = table.read("persistence", a_probability) if "persistence" in has else [None] * count
    if "date" not in has:  # when outcomes were out is not known: each row is a series of its own, without persistence
        series = numbered
    groups = (
        questions if cluster == "question" else [str(day) for day in due] if cluster == "date" and "date" in has
        else table.texts(cluster, "--cluster")
    )  # fmt: skip
    return [
        {
            "question": questions[n], "made": days[n], "due": due[n], "series": series[n], "cluster": groups[n],
            "references": {
                name: value
                for name, value in (("base_rate", base[n]), ("persistence", same[n]))
                if value is not None
            },
        }
        for n in range(count)
    ]  # fmt: skip


def a_probability(text: str) -> float:
    """A number from 0 to 1, or a percentage. Raises ValueError, with what is allowed as second argument."""
    text = text.replace("\u00a0", " ").replace("\u202f", " ").strip()
    share = text.endswith("%")
    value = a_number(text.removesuffix("%").strip()) / (100 if share else 1)
    if not 0 <= value <= 1:
        raise ValueError("not a probability", "0 to 1, or such as 35%")
    return value


def _outcome_reader(kind: Kind, columns: Sequence[str]) -> Any:
    names = [name.removeprefix("p_") for name in columns]

    def yes_or_no(text: str) -> float:
        if text.lower() not in YES:
            raise ValueError("not an outcome", "yes or no, 1 or 0")
        return YES[text.lower()]

    def category(text: str) -> float:
        if text not in names:
            raise ValueError("not one of the categories", ", ".join(names))
        return float(names.index(text))

    return {"probability": yes_or_no, "categories": category, "quantiles": a_number}[kind]


def _last_digit(text: str) -> float:
    """What the last digit of a probability as written stands for: 0.01 for 33% and 0.33, 0.001 for 0.333."""
    text = text.strip()
    number = text.removesuffix("%").strip().replace(",", ".")
    return 10.0 ** -(len(number.partition(".")[2]) + 2 * text.endswith("%"))


def _wrong(kind: Kind, values: Sequence[float], rounding: float) -> str:
    if kind == "categories" and abs(math.fsum(values) - 1) > max(ROUNDING, 1.001 * min(rounding, 0.02)):
        return f"probabilities add up to {math.fsum(values):.4g}, not 1"
    if kind == "quantiles" and any(low > high for low, high in pairwise(values)):
        return "quantiles must not fall"
    return ""
