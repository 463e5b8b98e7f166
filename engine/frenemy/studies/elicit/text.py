"""What a panel holds, in a few tables for a terminal, as pictures and as a section of a report."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from frenemy.model.realise import quantities
from frenemy.present.key_labels import value_text
from frenemy.present.percentage_points import with_error
from frenemy.present.section import Section, grid
from frenemy.present.sheet import Picture, run_footer
from frenemy.present.style import display_order
from frenemy.studies.elicit.expert_odds import ViewDifference, ViewOdds
from frenemy.studies.elicit.findings import ElicitationFindings
from frenemy.studies.elicit.plots import densities, disagreement, rounds
from frenemy.studies.elicit.plots import odds as elicit_odds
from frenemy.studies.elicit.plots.rounds import convergence, questions_with_rounds
from frenemy.studies.elicit.tables import as_data, tables
from frenemy.studies.elicit.wording import asked_odds, percent, pooling, range_text, spread_of

__all__ = ["as_data", "as_text", "footer", "one_line", "pictures", "section", "tables"]


def pictures(found: ElicitationFindings) -> tuple[Picture, ...]:
    """Densities, odds by expert and, where there were several rounds, the movement."""
    drawn = [elicit_odds.picture(found)]
    if found.reach:
        drawn.append(disagreement.picture(found))
    drawn.append(densities.picture(found))
    if rounds.can_draw(found):
        drawn.append(rounds.picture(found))
    return tuple(drawn)


def footer(found: ElicitationFindings) -> str:
    """Draws and paths, seed and span."""
    size = f"{found.draws:,} draws × {found.paths:,} paths" if found.draws else f"{found.paths:,} paths"
    return run_footer(found.experiment, f"{size} on the same noise")


def one_line(found: ElicitationFindings) -> str:
    """`Total rift on 22 Jan 2030: 27.4 % together, 14.8 % to 52.7 % by expert`."""
    low, high = spread_of(found, found.scenario)
    pool = float(found.odds[found.reading].probability[found.tick, found.scenario])
    return f"{asked_odds(found)}: {percent(pool)} together, {percent(low)} to {percent(high)} by expert"


def as_text(found: ElicitationFindings) -> RenderableType:
    """Title, odds by expert, pooled numbers, and scores where there were seed questions."""
    title = Text(f"{found.panel.title}: {found.before[1].title}", "bold")
    parts: list[RenderableType] = [title, Text(one_line(found)), Text()]
    for _, table in _tables(found):
        parts += [table, Text()]
    return Group(*parts, Text(_footnote(found), "dim"))


def section(found: ElicitationFindings) -> Section:
    """The elicitation as a section of a report."""
    tables = tuple(grid(table, caption) for caption, table in _tables(found))
    told = (found.panel.description.strip(), _footnote(found), *_rationales(found))
    return Section(
        name="elicit", title=f"Experts: {found.panel.title}", paragraphs=tuple(text for text in told if text),
        pictures=pictures(found), tables=tables,
    )  # fmt: skip


def _tables(found: ElicitationFindings) -> Iterator[tuple[str, Table]]:
    yield "The odds by whose view is taken", _odds(found)
    if found.reach:
        yield "Which disagreement matters", _disagreements(found)
    yield "What the panel holds", _pools(found)
    if found.weighing.scores is not None:
        yield "How the experts did on the seed questions", _scores(found)


def _table(*names: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in names:
        table.add_column(name, justify="left" if name == names[0] else "right", min_width=12 if name == names[0] else 5)
    return table


def _odds(found: ElicitationFindings) -> Table:
    """Rows: experts, the pool, before; columns: scenarios, and the change against the pool in the one asked about."""
    order, j = display_order(found.model), found.scenario
    table = _table(
        "odds", *(scenario.label for _, scenario in order), f"{found.model.scenarios[j].label} against the pool"
    )
    for name in elicit_odds.order(found):
        voice = found.voices[name]
        table.add_row(found.names[name], *_cells(voice.odds[found.reading], found, order), _change(found, voice, j))
    table.add_row("Pool", *_cells(found.odds[found.reading], found, order), "")
    table.add_row("Before", *_cells(found.unasked.odds[found.reading], found, order), _change(found, found.unasked, j))
    return table


def _cells(world: ViewOdds, found: ElicitationFindings, order: tuple[tuple[int, object], ...]) -> Iterator[str]:
    for j, _ in order:
        low, high = world.quantiles[0, found.tick, j], world.quantiles[-1, found.tick, j]
        band = f" ({100 * low:.0f}–{100 * high:.0f})" if np.isfinite(low) else ""
        yield f"{percent(float(world.probability[found.tick, j]))}{band}"


def _change(found: ElicitationFindings, voice: ViewDifference, j: int) -> str:
    change = voice.change[found.reading]
    return with_error(float(change.change[found.tick, j]), float(change.mc_se[found.tick, j]))


def _pools(found: ElicitationFindings) -> Table:
    table = _table("question", "before", "pooled", "rounds")
    before = quantities(found.before[0]) | quantities(found.before[1])
    shifting = questions_with_rounds(found)
    for question in found.asked:
        closer = ""
        if question in shifting:
            first, last = convergence(found, question)
            closer = f"{100 * (last / first - 1):+.0f} %".replace("-", "−") if first > 0 else ""
        old, new = (range_text(question.key, number) for number in (before[question.key], found.pooled[question.name]))
        table.add_row(question.label, old, new, closer)
    return table


def _disagreements(found: ElicitationFindings) -> Table:
    table = _table("disagreement", "medians", "odds with them")
    for one in disagreement.by_width(found):
        low, high = (value_text(one.question.key, value) for value in (one.lowest, one.highest))
        odds = [percent(value) for value in disagreement.ends(found, one)]
        table.add_row(one.question.label, f"{low} to {high}", " to ".join(odds))
    return table


def _scores(found: ElicitationFindings) -> Table:
    scores, weighing = found.weighing.scores, found.weighing
    assert scores is not None
    table = _table("expert", "seeds", "calibration", "information", "weight")
    places = [found.panel.questions.index(question) for question in found.asked]
    for n, name in enumerate(weighing.experts):
        own = [float(weighing.weights[n, place]) for place in places]
        weight = f"{min(own):.3f}" if max(own) - min(own) < 5e-4 else f"{min(own):.3f}–{max(own):.3f}"
        known = scores.seeds[n] > 0
        told = (f"{scores.calibration[n]:.2g}", f"{scores.information[n]:.2f}") if known else ("", "")
        table.add_row(found.names[name], str(scores.seeds[n]), *told, weight)
    return table


def _footnote(found: ElicitationFindings) -> str:
    first = found.asked[0]
    text = f"{asked_odds(found)}; the pool is a {pooling(found, first)}. ±: 95 % Monte Carlo error of the difference. "
    if found.draws > 1:
        text += f"In brackets: 90 % of the {found.draws:,} draws in each world; a run may have more, and other ends. "
    if found.reach:
        text += "Odds with them: this number at the lowest and the highest median, all others at their medians. "
    if questions_with_rounds(found):
        text += "Rounds: change of the standard deviation between medians from the first round to the last. "
    if not math.isnan(found.weighing.alpha):
        calibration, information = found.weighing.made
        text += f"The pool itself scores {calibration:.2g} (calibration) and {information:.2f} (information). "
    return text.strip()


def _rationales(found: ElicitationFindings) -> Iterator[str]:
    """What experts gave as reasons, by question, the last round's."""
    for question in found.asked:
        said = {it.expert: it for it in found.panel.judgements if it.question == question.name and it.rationale}
        told = (f"{found.names[name]}: {it.rationale}" for name, it in said.items())
        if said:
            yield f"{question.label}. {' '.join(told)}"
