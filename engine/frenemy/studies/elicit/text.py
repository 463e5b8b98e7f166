"""An elicitation for a terminal, as pictures and as a section of a report."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from rich.console import Group, RenderableType
from rich.text import Text

from frenemy.model.describe.wording import counted, plain
from frenemy.model.realise import quantities
from frenemy.present.key_labels import value_text
from frenemy.present.percentage_points import with_error
from frenemy.present.section import Section
from frenemy.present.sheet import Picture, averaged, other_numbers, run_footer
from frenemy.present.style import display_order
from frenemy.present.table import Grid
from frenemy.studies.elicit.expert_odds import ViewDifference, ViewOdds
from frenemy.studies.elicit.findings import ElicitationFindings
from frenemy.studies.elicit.plots.densities import densities
from frenemy.studies.elicit.plots.disagreement import disagreements
from frenemy.studies.elicit.plots.odds import expert_odds
from frenemy.studies.elicit.plots.rounds import rounds
from frenemy.studies.elicit.tables import as_data, tables
from frenemy.studies.elicit.wording import (
    asked_odds,
    by_odds,
    by_width,
    convergence,
    ends,
    percent,
    pooling,
    questions_with_rounds,
    range_text,
    spread_of,
)

__all__ = ["as_data", "as_text", "footer", "one_line", "pictures", "section", "tables"]


def pictures(found: ElicitationFindings) -> tuple[Picture, ...]:
    """Odds by expert, disagreements, densities and, where there were several rounds, the movement."""
    plots = (
        (expert_odds, True), (disagreements, bool(found.disagreements)), (densities, True),
        (rounds, bool(questions_with_rounds(found))),
    )  # fmt: skip
    return tuple(plot.picture(found) for plot, wanted in plots if wanted)


def footer(found: ElicitationFindings) -> str:
    """Draws and paths, seed and span."""
    size = (
        f"{counted(found.draws, 'draw')} × {counted(found.paths, 'path')}"
        if found.draws
        else counted(found.paths, "path")
    )
    return run_footer(found.experiment, f"{size} on the same noise")


def one_line(found: ElicitationFindings) -> str:
    """`Total rift on 22 Jan 2030: 27.4 % under the pool, 14.8 % to 52.7 % by expert`."""
    low, high = spread_of(found, found.scenario)
    pool = float(found.odds[found.reading].probability[found.tick, found.scenario])
    return f"{asked_odds(found)}: {percent(pool)} under the pool, {percent(low)} to {percent(high)} by expert"


def as_text(found: ElicitationFindings) -> RenderableType:
    """Title, odds by expert, pooled numbers, and scores where there were seed questions."""
    title = Text(f"{found.panel.title} · {found.before[1].title}", "bold")
    parts: list[RenderableType] = [title, Text(one_line(found)), Text()]
    for grid in _grids(found):
        parts += [grid.rich(), Text()]
    return Group(*parts, Text(_how_to_read(found), "dim"))


def section(found: ElicitationFindings) -> Section:
    """The elicitation as a section of a report."""
    texts = (found.panel.description.strip(), _how_to_read(found), *_rationales(found))
    return Section(
        name="elicit", title=f"Experts: {found.panel.title}", paragraphs=tuple(text for text in texts if text),
        pictures=pictures(found), tables=tuple(_grids(found)),
    )  # fmt: skip


def _grids(found: ElicitationFindings) -> Iterator[Grid]:
    yield _odds_grid(found)
    if found.disagreements:
        yield _disagreements_grid(found)
    yield _pools_grid(found)
    if found.weighing.scores is not None:
        yield _scores_grid(found)


def _odds_grid(found: ElicitationFindings) -> Grid:
    """Rows: experts, the pool, before; columns: scenarios, and the change from the pool in the scenario in question."""
    order, j, reading = display_order(found.model), found.scenario, found.reading
    rows = [
        (found.names[name], *_cells(view.odds[reading], found), _change(found, view, j))
        for name, view in ((name, found.by_expert[name]) for name in by_odds(found))
    ]
    rows.append(("Pool", *_cells(found.odds[reading], found), ""))
    rows.append(("Before", *_cells(found.prior.odds[reading], found), _change(found, found.prior, j)))
    against = f"{found.model.scenarios[j].label} against the pool"
    header = ("view", *(scenario.label for _, scenario in order), against)
    return Grid(caption="The odds under each view", header=header, rows=tuple(rows))


def _cells(world: ViewOdds, found: ElicitationFindings) -> Iterator[str]:
    for j, _ in display_order(found.model):
        low, high = world.quantiles[0, found.tick, j], world.quantiles[-1, found.tick, j]
        band = f" ({100 * low:.0f}–{100 * high:.0f})" if np.isfinite(low) else ""
        yield f"{percent(float(world.probability[found.tick, j]))}{band}"


def _change(found: ElicitationFindings, view: ViewDifference, j: int) -> str:
    change = view.change[found.reading]
    return with_error(float(change.change[found.tick, j]), float(change.mc_se[found.tick, j]))


def _pools_grid(found: ElicitationFindings) -> Grid:
    before = quantities(found.before[0]) | quantities(found.before[1])
    rows = []
    for question in found.questions:
        closer = ""
        if question in questions_with_rounds(found):
            first, last = convergence(found, question)
            closer = f"{100 * (last / first - 1):+.0f} %".replace("-", "−") if first > 0 else ""
        old, new = (range_text(question.key, number) for number in (before[question.key], found.pooled[question.name]))
        rows.append((question.label, old, new, closer))
    return Grid(caption="The pooled numbers", header=("question", "before", "pooled", "rounds"), rows=tuple(rows))


def _disagreements_grid(found: ElicitationFindings) -> Grid:
    rows = []
    for one in by_width(found):
        medians = (value_text(one.question.key, value) for value in (one.lowest, one.highest))
        rows.append((one.question.label, " to ".join(medians), " to ".join(map(percent, ends(found, one)))))
    header = ("disagreement", "medians", "odds at these")
    return Grid(caption="Which disagreement matters most", header=header, rows=tuple(rows))


def _scores_grid(found: ElicitationFindings) -> Grid:
    scores, weighing = found.weighing.scores, found.weighing
    assert scores is not None
    places = [found.panel.questions.index(question) for question in found.questions]
    rows = []
    for n, name in enumerate(weighing.experts):
        own = [float(weighing.weights[n, place]) for place in places]
        weight = f"{min(own):.3f}" if max(own) - min(own) < 5e-4 else f"{min(own):.3f}–{max(own):.3f}"
        known = scores.seeds[n] > 0
        values = (f"{scores.calibration[n]:.2g}", f"{scores.information[n]:.2f}") if known else ("", "")
        rows.append((found.names[name], str(scores.seeds[n]), *values, weight))
    header = ("expert", "seeds", "calibration", "information", "weight")
    return Grid(caption="Scores on the seed questions", header=header, rows=tuple(rows))


def _how_to_read(found: ElicitationFindings) -> str:
    pool = pooling(found, found.questions[0])
    sentences = [f"{asked_odds(found)}; the pool is a {pool}. ±: 95 % Monte Carlo error of the difference."]
    if not found.draws:
        sentences.append(averaged(found.experiment))
    if found.draws > 1:
        sentences.append(
            f"In brackets: 90 % of the {counted(found.draws, 'draw')} in each world; a run with more draws has "
            "other bands."
        )
    if found.disagreements:
        sentences.append(
            f"Odds at these: one number at its lowest and at its highest median; {other_numbers(found.experiment)}."
        )
    if found.panel.correlated and found.draws:
        pairs = "; ".join(f"{' and '.join(it.between)}: {plain(it.rho)}" for it in found.panel.correlated)
        sentences.append(
            f"The panel's numbers are drawn together where it says so (correlation of normal scores): {pairs}."
        )
    if questions_with_rounds(found):
        sentences.append("Rounds: change in the standard deviation of the medians from the first round to the last.")
    if not math.isnan(found.weighing.alpha):
        calibration, information = found.weighing.pool_scores
        sentences.append(f"The pool itself scores {calibration:.2g} (calibration) and {information:.2f} (information).")
    return " ".join(sentences)


def _rationales(found: ElicitationFindings) -> Iterator[str]:
    """The experts' reasons in the last round, by question."""
    for question in found.questions:
        latest = {it.expert: it for it in found.panel.judgements if it.question == question.name and it.rationale}
        reasons = (f"{found.names[name]}: {it.rationale}" for name, it in latest.items())
        if latest:
            yield f"{question.label}. {' '.join(reasons)}"
