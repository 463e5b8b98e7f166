"""What to watch: in a few lines, as tables, as plain data and as a section of a report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from rich.console import Group, RenderableType
from rich.text import Text

from frenemy.present.csv_text import csv_text, fixed
from frenemy.present.number_text import and_list, brief, percent
from frenemy.present.section import Grid, Section
from frenemy.present.sheet import Picture
from frenemy.present.time_axis import day
from frenemy.studies.watch.findings import Question, WatchFindings
from frenemy.studies.watch.plots import dates, questions
from frenemy.studies.watch.wording import answer_text, as_of, gain_text, named, odds_text, question_text

__all__ = ["answers_csv", "as_data", "as_text", "footer", "pictures", "questions_csv", "section", "tables"]

ROWS = 15
"""Questions in the printed table; the files have all."""
SENTENCES = 3


def pictures(found: WatchFindings) -> tuple[Picture, ...]:
    """For each scenario with a rule: what would tell most about it, and what the coming dates would do."""
    made = [questions.picture(found, j) for j in found.model.ruled_scenarios] if found.questions else []
    return (*made, *(dates.picture(found, j) for j in found.model.ruled_scenarios if found.calendar))


def footer(found: WatchFindings, digest: str = "") -> str:
    """Paths, draws, seed, span and the hash of the configuration."""
    run = found.experiment
    paths = f"{found.draws:,} draws × {found.paths:,} paths" if found.draws else f"{found.paths:,} paths"
    span = f"{run.start.isoformat()} to {run.end.isoformat()} in {run.tick}-day ticks"
    return f"Frenemy · {paths} · seed {run.seed} · {span}{f' · config {digest[:12]}' if digest else ''}"


def as_text(found: WatchFindings) -> RenderableType:
    """The most telling questions, what a yes or a no would mean, and the coming dates."""
    parts: list[RenderableType] = [
        Text(f"{found.model.title}: {found.experiment.title}", "bold"),
        Text(_about(found)),
        Text(),
        _grid(found).rich(title=True),
        Text(),
        *(Text(line) for line in _sentences(found)),
    ]
    if found.calendar:
        parts += [Text(), _dates(found).rich(title=True)]
    return Group(*parts, Text(), Text(_reading(found), "dim"))


def _about(found: WatchFindings) -> str:
    odds = and_list(
        f"{brief(scenario.label)} {percent(float(found.odds[j]))}" for j, scenario in enumerate(found.model.scenarios)
    )
    known = as_of(found)
    return f"What would tell most by {day(found.by)} about {_asked(found)}. {known[0].upper()}{known[1:]}: {odds}."


def _asked(found: WatchFindings) -> str:
    if found.reading == "at":
        return f"which scenario holds on {day(found.at)}"
    return f"which scenarios will have come about by {day(found.at)}"


def _grid(found: WatchFindings) -> Grid:
    labels = [brief(found.model.scenarios[j].label) for j in found.model.ruled_scenarios]
    rows = tuple(
        (
            question_text(asked),
            percent(float(asked.learnt.chance[0])),
            *(cell for j in found.model.ruled_scenarios for cell in odds_text(asked, j)),
            gain_text(asked, found, -1),
        )
        for asked in found.questions[:ROWS]
    )
    columns = (cell for label in labels for cell in (f"{label} if so", "if not"))
    return Grid(
        caption=f"By {day(found.by)}", header=("", "chance", *columns, "resolves"), rows=rows,
    )  # fmt: skip


def _dates(found: WatchFindings) -> Grid:
    labels = [brief(found.model.scenarios[j].label) for j in found.model.ruled_scenarios]
    rows = []
    for asked in found.calendar:
        rows.append((f"{day(asked.date)}  {asked.label}", "", *("" for _ in labels), gain_text(asked, found, -1)))
        for a, answer in enumerate(asked.answers):
            odds = (
                percent(float(asked.learnt.odds[a, j])) if asked.learnt.chance[a] else ""
                for j in found.model.ruled_scenarios
            )
            text = f"    {answer_text(found, asked, answer)}"
            rows.append((text, percent(float(asked.learnt.chance[a])), *odds, ""))
    return Grid(caption="Coming dates", header=("", "chance", *labels, "resolves"), rows=tuple(rows))


def _sentences(found: WatchFindings) -> Iterator[str]:
    """`If U.S. tariff round by 21 Jan 2026 (chance 40 %), Total rift goes from 21 % to 25 %; if not, to 18 %.`"""
    for asked in found.questions[:SENTENCES]:
        if asked.learnt.told[-1]:
            yield sentence(found, asked, max(found.model.ruled_scenarios, key=lambda j: float(asked.learnt.gain[j])))


def sentence(found: WatchFindings, asked: Question, j: int) -> str:
    """What a yes and a no would do to the odds of one scenario."""
    chance, odds = asked.learnt.chance, asked.learnt.odds
    label = found.model.scenarios[j].label
    now, yes, no = (percent(float(share)) for share in (found.odds[j], odds[0, j], odds[1, j]))
    otherwise = "it stays there" if no == now else f"to {no}"
    likely = percent(float(chance[0]))
    return (
        f"If {named(asked)} by {day(asked.date)} (chance {likely}), {label} goes from {now} to {yes}; "
        f"if not, {otherwise}."
    )


def _reading(found: WatchFindings) -> str:
    varied = (
        "The uncertain numbers of the model are drawn anew in each draw, so that an answer also tells about them."
        if found.draws
        else "Every uncertain number stands at its median."
    )
    counted = f"Events count from {day(found.since)} on. " if found.evidence else ""
    return (
        f"{counted}Resolves: the expected fall of the Brier score, summed over all scenarios, as a share of the doubt "
        f"there is today. –: not told from chance, at the 99 % point of {_SHUFFLES} random dealings of the answers. An "
        f"answer is a sign, not a cause: it may tell of the state that brought it about. {varied}"
    )


_SHUFFLES = 199


def section(found: WatchFindings) -> Section:
    """What to watch, as a section of a report."""
    return Section(
        name="watch",
        title="What should we watch?",
        paragraphs=(_about(found), *_sentences(found), _reading(found)),
        pictures=pictures(found),
        tables=(_grid(found), *((_dates(found),) if found.calendar else ())),
    )


def questions_csv(found: WatchFindings) -> str:
    """What each question would tell about each scenario, and about all of them."""
    header = (
        "kind", "name", "date", "at_least", "scenario", "odds_now", "brier_now", "brier_gain", "brier_gain_se",
        "brier_floor", "told_from_chance", "bits",
    )  # fmt: skip
    rows = (
        (
            *_key(asked),
            scenario,
            fixed(float(found.odds[j]), 6) if j < len(found.odds) else "",
            fixed(float(found.doubt[j]), 6),
            *(fixed(float(part[j]), 6) for part in (asked.learnt.gain, asked.learnt.gain_se, asked.learnt.floor)),
            "yes" if asked.learnt.told[j] else "no",
            fixed(float(asked.learnt.bits[j]), 6),
        )
        for asked in (*found.questions, *found.calendar)
        for j, scenario in enumerate((*(item.name for item in found.model.scenarios), "all"))
    )
    return csv_text(header, rows)


def answers_csv(found: WatchFindings) -> str:
    """How likely each answer is, and the odds of each scenario given it."""
    header = (
        "kind", "name", "date", "at_least", "answer", "chance", "chance_se", "scenario", "odds", "odds_se", "shift_se",
    )  # fmt: skip
    rows = (
        (
            *_key(asked),
            answer,
            *(fixed(float(part[a]), 6) for part in (asked.learnt.chance, asked.learnt.chance_se)),
            scenario.name,
            *(fixed(float(part[a, j]), 6) for part in (asked.learnt.odds, asked.learnt.odds_se, asked.learnt.shift_se)),
        )
        for asked in (*found.questions, *found.calendar)
        for a, answer in enumerate(asked.answers)
        for j, scenario in enumerate(found.model.scenarios)
    )
    return csv_text(header, rows)


def _key(asked: Question) -> Sequence[str]:
    return asked.kind, asked.name, asked.date.isoformat(), str(asked.least or "")


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
        "questions": [_question(found, asked) for asked in found.questions],
        "calendar": [_question(found, asked) for asked in found.calendar],
    }


def _question(found: WatchFindings, asked: Question) -> dict[str, Any]:
    what = asked.learnt
    names = [item.name for item in found.model.scenarios]
    tells = {
        name: _present(brier_gain=what.gain[j], brier_gain_se=what.gain_se[j], brier_floor=what.floor[j],
                       bits=what.bits[j]) | {"told_from_chance": bool(what.told[j])}
        for j, name in enumerate((*names, "all"))
    }  # fmt: skip
    answers = {
        answer: _present(chance=what.chance[a], chance_se=what.chance_se[a])
        | {"odds": _present(**{name: what.odds[a, j] for j, name in enumerate(names)})}
        for a, answer in enumerate(asked.answers)
    }
    least = {"at_least": asked.least} if asked.least else {}
    return {"kind": asked.kind, "name": asked.name, "label": asked.label, "date": str(asked.date), **least,
            "answers": answers, "tells": tells}  # fmt: skip


def _present(**numbers: Any) -> dict[str, Any]:
    return {name: float(number) for name, number in numbers.items() if np.isfinite(number)}


def tables(found: WatchFindings) -> Mapping[str, str]:
    """All tables by file name."""
    return {"questions.csv": questions_csv(found), "answers.csv": answers_csv(found)}
