"""What text, tables and pictures of an elicitation share: the pool in words, and the order of rows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from frenemy.model.describe.wording import counted
from frenemy.model.distributions import FiveQuantiles, Pool, Quantiles
from frenemy.model.panel import Question
from frenemy.model.resolved import Number
from frenemy.present.key_labels import value_text
from frenemy.present.style import wrap
from frenemy.present.time_axis import day
from frenemy.studies.elicit.findings import DisagreementRange, ElicitationFindings
from frenemy.studies.elicit.rounds import spread_of_views
from frenemy.studies.elicit.weights import method, pooled

__all__ = [
    "asked_odds", "by_odds", "by_width", "convergence", "ends", "head", "percent", "pool_after", "pooling",
    "questions_with_rounds", "range_text", "short_name", "sourced", "spread_of",
]  # fmt: skip

NAME_WIDTH = 1.5
"""Inches for the name of an expert."""


def percent(value: float) -> str:
    """`12.3 %`."""
    return f"{100 * value:.1f} %"


def short_name(found: ElicitationFindings, expert: str) -> str:
    """The name of an expert, cut to what a picture has room for."""
    return wrap(found.names[expert], NAME_WIDTH, 9.0, "bold", lines=1)[0]


def asked_odds(found: ElicitationFindings) -> str:
    """`Total rift on 22 Jan 2030`."""
    label = found.model.scenarios[found.scenario].label
    date = day(found.dates[found.tick + 1])
    words = {"at": f"{label} on {date}", "ever": f"{label} ever by {date}"}
    return words.get(found.reading, f"time share of {label} up to {date}")


def pooling(found: ElicitationFindings, question: Question) -> str:
    """`linear pool of 8 experts, equal weights`."""
    panel = found.panel
    place = panel.questions.index(question)
    weights = found.weighing.of(place)
    count = counted(len(weights), "expert")
    match method(panel, found.views.domains[question.name]):
        case "geometric":
            return f"mean of the log-odds (or logarithms) of {count}"
        case "extremised":
            return f"mean of the log-odds of {count}, odds raised to the power {panel.exponent:g}"
        case "cooke":
            kind = "item" if panel.cooke.weights == "item" else "global"
            return f"linear pool of {count}, {kind} weights of the classical model, cut-off {found.weighing.alpha:.2g}"
        case _:
            return f"linear pool of {count}, equal weights"


def sourced(found: ElicitationFindings, question: Question) -> Number:
    """The pooled view of a question with its source, as it stands in the file."""
    number = found.pooled[question.name]
    origin = found.panel.source or found.panel.title
    source = f"{origin}: {pooling(found, question)}"
    if isinstance(number, Quantiles | FiveQuantiles):
        return replace(number, source=source)
    if not isinstance(number, Pool):
        return number
    names = [found.names[expert] for expert in found.weighing.of(found.panel.questions.index(question))]
    views = tuple(
        replace(view, source=name) if isinstance(view, Quantiles | FiveQuantiles) else view
        for view, name in zip(number.pool, names, strict=True)
    )
    return replace(number, pool=views, source=source)


def range_text(key: str, number: Number) -> str:
    """`0.046 (0.011 to 0.18)`: the median and the 5–95 % range."""
    if isinstance(number, float):
        return value_text(key, number)
    low, middle, high = (value_text(key, number.quantile(u)) for u in (0.05, 0.5, 0.95))
    return f"{middle} ({low} to {high})"


def head(found: ElicitationFindings) -> tuple[str, ...]:
    """Comment lines for the top of the file with the pooled numbers."""
    panel, j, tick = found.panel, found.scenario, found.tick
    odds, before = found.odds[found.reading], found.prior.odds[found.reading]
    values = [float(view.odds[found.reading].probability[tick, j]) for view in found.by_expert.values()]
    size = (
        f"{counted(found.draws, 'draw')} of {counted(found.paths, 'path')}"
        if found.draws
        else f"{counted(found.paths, 'path')} at the medians"
    )
    pool = f"{percent(odds.probability[tick, j])} ± {percent(1.96 * odds.mc_se[tick, j])}"
    lines = [
        f"With the judgements of the panel “{panel.title}” on {found.before[1].name}.toml;",
        "the numbers under [set] say what they were before.",
    ]
    if panel.source:
        lines.append(f"Source: {panel.source}.")
    lines += [
        f"{asked_odds(found)}, by {size}: {pool}; before: {percent(before.probability[tick, j])};",
        f"under one expert's view alone: {percent(min(values))} to {percent(max(values))}.",
    ]
    return tuple(" ".join(line.split()) for line in lines)


def spread_of(found: ElicitationFindings, j: int) -> tuple[float, float]:
    """The least and the greatest odds of a scenario under any one expert's view."""
    odds = np.array([view.odds[found.reading].probability[found.tick, j] for view in found.by_expert.values()])
    return float(odds.min()), float(odds.max())


def by_odds(found: ElicitationFindings) -> list[str]:
    """The experts by the odds in question under their views, the highest first."""
    j, tick, reading = found.scenario, found.tick, found.reading
    return sorted(found.by_expert, key=lambda name: -found.by_expert[name].odds[reading].probability[tick, j])


def ends(found: ElicitationFindings, one: DisagreementRange) -> tuple[float, float]:
    """The odds in question with the number at the lowest and at the highest median."""
    low, high = (at[found.reading].variant[found.tick, found.scenario] for at in (one.at_lowest, one.at_highest))
    return float(low), float(high)


def by_width(found: ElicitationFindings) -> list[DisagreementRange]:
    """The questions by the distance between these odds, the largest first."""
    return sorted(found.disagreements, key=lambda one: -abs(ends(found, one)[1] - ends(found, one)[0]))


def questions_with_rounds(found: ElicitationFindings) -> tuple[Question, ...]:
    """The questions about the model with answers after the first round."""
    return tuple(question for question in found.questions if len(found.views.stated[question.name]) > 1)


def pool_after(found: ElicitationFindings, question: Question, last: int) -> Number:
    """The pooled view after a round, with the final weights."""
    views = found.views.upto(question.name, last)
    weights = found.weighing.of(found.panel.questions.index(question))
    own = {name: weight for name, weight in weights.items() if name in views}
    domain = found.views.domains[question.name]
    return pooled(found.panel, question, views, own or dict.fromkeys(views, 1.0), domain)


def convergence(found: ElicitationFindings, question: Question) -> tuple[float, float]:
    """Standard deviation of the medians, on the line, after the first round and after the last."""
    numbers = sorted(found.views.stated[question.name])
    domain = found.views.domains[question.name]
    first, last = (
        spread_of_views([*found.views.upto(question.name, number).values()], domain).between
        for number in (numbers[0], numbers[-1])
    )
    return first, last
