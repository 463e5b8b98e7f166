"""What to watch: for a terminal, as files, as plain data and as a section of a report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from rich.console import Group, RenderableType
from rich.text import Text

from frenemy.model.describe.wording import counted
from frenemy.present.number_text import and_list, brief, percent
from frenemy.present.section import Section
from frenemy.present.sheet import Picture, run_footer
from frenemy.present.style import display_order
from frenemy.present.table import COUNT, PROBABILITY, TEXT, YES_NO, Columns, Grid
from frenemy.present.time_axis import day
from frenemy.studies.watch.findings import Question, WatchFindings
from frenemy.studies.watch.plots.dates import coming_dates
from frenemy.studies.watch.plots.questions import most_informative
from frenemy.studies.watch.value_of_information import PERMUTATIONS
from frenemy.studies.watch.wording import answer_text, as_of, gain_text, odds_text, question_text, sentence

__all__ = ["as_data", "as_text", "footer", "pictures", "section", "tables"]

MAX_ROWS = 15
"""Questions in the printed table; the files have all."""
SENTENCES = 3
QUESTIONS = Columns(
    kind=TEXT, name=TEXT, date=TEXT, at_least=COUNT, scenario=TEXT, odds_now=PROBABILITY, brier_now=PROBABILITY,
    brier_gain=PROBABILITY, brier_gain_se=PROBABILITY, brier_floor=PROBABILITY, significant=YES_NO, bits=PROBABILITY,
)  # fmt: skip
ANSWERS = Columns(
    kind=TEXT, name=TEXT, date=TEXT, at_least=COUNT, answer=TEXT, chance=PROBABILITY, chance_se=PROBABILITY,
    scenario=TEXT, odds=PROBABILITY, odds_se=PROBABILITY, shift_se=PROBABILITY,
)  # fmt: skip


def _key(question: Question) -> Sequence[Any]:
    return question.kind, question.name, question.date, question.least or None


def _questions(found: WatchFindings) -> Iterator[Sequence[Any]]:
    """The value of each question for each scenario, and for all of them."""
    for question in (*found.questions, *found.calendar):
        value = question.value
        for j, scenario in enumerate((*(item.name for item in found.model.scenarios), "all")):
            yield (
                *_key(question), scenario, found.odds[j] if j < len(found.odds) else None, found.brier_now[j],
                value.gain[j], value.gain_se[j], value.floor[j], value.significant[j], value.bits[j],
            )  # fmt: skip


def _answers(found: WatchFindings) -> Iterator[Sequence[Any]]:
    """The chance of each answer, and the odds of each scenario given it."""
    for question in (*found.questions, *found.calendar):
        value = question.value
        for a, answer in enumerate(question.answers):
            for j, scenario in enumerate(found.model.scenarios):
                yield (
                    *_key(question), answer, value.chance[a], value.chance_se[a], scenario.name, value.odds[a, j],
                    value.odds_se[a, j], value.shift_se[a, j],
                )  # fmt: skip


def tables(found: WatchFindings) -> Mapping[str, str]:
    """All tables by file name."""
    return {"questions.csv": QUESTIONS.csv(_questions(found)), "answers.csv": ANSWERS.csv(_answers(found))}


def as_data(found: WatchFindings) -> dict[str, Any]:
    """The same as plain data, ready for JSON; what was not assessed is absent."""
    run = found.experiment
    return {
        "model": found.model.title,
        "experiment": run.name,
        "start": str(run.start),
        "since": str(found.since),
        "evidence": found.evidence,
        "by": str(found.by),
        "at": str(found.at),
        "reading": found.reading,
        "seed": run.seed,
        "paths": found.paths,
        "draws": found.draws,
        "odds": {item.name: float(found.odds[j]) for j, item in enumerate(found.model.scenarios)},
        "questions": [_question_data(found, question) for question in found.questions],
        "calendar": [_question_data(found, question) for question in found.calendar],
    }


def _question_data(found: WatchFindings, question: Question) -> dict[str, Any]:
    value = question.value
    names = [item.name for item in found.model.scenarios]
    tells = {
        name: _known(brier_gain=value.gain[j], brier_gain_se=value.gain_se[j], brier_floor=value.floor[j],
                     bits=value.bits[j]) | {"significant": bool(value.significant[j])}
        for j, name in enumerate((*names, "all"))
    }  # fmt: skip
    answers = {
        answer: _known(chance=value.chance[a], chance_se=value.chance_se[a])
        | {"odds": _known(**{name: value.odds[a, j] for j, name in enumerate(names)})}
        for a, answer in enumerate(question.answers)
    }
    least = {"at_least": question.least} if question.least else {}
    return {"kind": question.kind, "name": question.name, "label": question.label, "date": str(question.date), **least,
            "answers": answers, "tells": tells}  # fmt: skip


def _known(**numbers: Any) -> dict[str, Any]:
    return {name: float(number) for name, number in numbers.items() if np.isfinite(number)}


def pictures(found: WatchFindings) -> tuple[Picture, ...]:
    """For each scenario with a rule: the most informative questions, and the coming dates."""
    ruled = found.model.ruled_scenarios
    questions = [most_informative.picture(found, j) for j in ruled] if found.questions else []
    return (*questions, *(coming_dates.picture(found, j) for j in ruled if found.calendar))


def footer(found: WatchFindings) -> str:
    """Paths, draws, seed and span."""
    draws = f"{counted(found.draws, 'draw')} × " if found.draws else ""
    return run_footer(found.experiment, f"{draws}{counted(found.paths, 'path')}")


def as_text(found: WatchFindings) -> RenderableType:
    """The most informative questions, the odds given yes or no, and the coming dates."""
    parts: list[RenderableType] = [
        Text(f"{found.model.title} · {found.experiment.title}", "bold"),
        Text(_about(found)),
        Text(),
        _grid(found).rich(title=True),
        Text(),
        *(Text(line) for line in _sentences(found)),
    ]
    if found.calendar:
        parts += [Text(), _dates(found).rich(title=True)]
    return Group(*parts, Text(), Text(_how_to_read(found), "dim"))


def section(found: WatchFindings) -> Section:
    """What to watch, as a section of a report."""
    return Section(
        name="watch",
        title="What should we watch?",
        paragraphs=(_about(found), *_sentences(found), _how_to_read(found)),
        pictures=pictures(found),
        tables=(_grid(found), *((_dates(found),) if found.calendar else ())),
    )


def _about(found: WatchFindings) -> str:
    odds = and_list(
        f"{brief(scenario.label)} {percent(float(found.odds[j]))}" for j, scenario in display_order(found.model)
    )
    scenarios = (
        f"which scenario holds on {day(found.at)}"
        if found.reading == "at"
        else f"which scenarios will have occurred by {day(found.at)}"
    )
    known = as_of(found)
    return (
        f"Most informative about {scenarios}, among what will be known by {day(found.by)}. "
        f"{known[0].upper()}{known[1:]}: {odds}."
    )


def _sentences(found: WatchFindings) -> Iterator[str]:
    for question in found.questions[:SENTENCES]:
        if question.value.significant[-1]:
            ruled = found.model.ruled_scenarios
            yield sentence(found, question, max(ruled, key=lambda j: float(question.value.gain[j])))


def _grid(found: WatchFindings) -> Grid:
    ruled = found.model.ruled_scenarios
    rows = tuple(
        (
            question_text(question),
            percent(float(question.value.chance[0])),
            *(cell for j in ruled for cell in odds_text(question, j)),
            gain_text(question, found, -1),
        )
        for question in found.questions[:MAX_ROWS]
    )
    heads = (f"{brief(found.model.scenarios[j].label)}\n{head}" for j in ruled for head in ("if yes", "if no"))
    return Grid(caption=f"By {day(found.by)}", header=("", "chance", *heads, "informs"), rows=rows)


def _dates(found: WatchFindings) -> Grid:
    ruled = found.model.ruled_scenarios
    rows = []
    for question in found.calendar:
        value = question.value
        rows.append(
            (f"{day(question.date)}  {question.label}", "", *("" for _ in ruled), gain_text(question, found, -1))
        )
        for a, answer in enumerate(question.answers):
            odds = (percent(float(value.odds[a, j])) if value.chance[a] else "" for j in ruled)
            rows.append((f"    {answer_text(found, question, answer)}", percent(float(value.chance[a])), *odds, ""))
    labels = (brief(found.model.scenarios[j].label) for j in ruled)
    return Grid(caption="Coming dates", header=("", "chance", *labels, "informs"), rows=tuple(rows))


def _how_to_read(found: WatchFindings) -> str:
    numbers = (
        "Each draw has its own values of the uncertain numbers, so an answer is also informative about these."
        if found.draws
        else "Every uncertain number is at its median."
    )
    since = f"Events count from {day(found.since)} on. " if found.evidence else ""
    return (
        f"{since}Informs: the expected fall of the Brier score, summed over all scenarios, as a share of its "
        f"expected value now. –: not distinguishable from chance, at the 99 % point of {PERMUTATIONS} random "
        "permutations of the answers. An answer is a sign, not a cause: it may reveal the state that led to it. "
        f"{numbers}"
    )
