"""Experts' judgements: from a panel's files to pooled numbers, and to the odds under each expert's view."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from frenemy.check.check import check_draws, one_draw
from frenemy.errors import InputError, Problem
from frenemy.forecast.forecast import report_ticks
from frenemy.forecast.paired.differences import difference
from frenemy.forecast.paired.draws import paired_contrasts
from frenemy.forecast.run import Source, announce, prepare
from frenemy.model.experiment import Experiment
from frenemy.model.files.load import find_root
from frenemy.model.files.load_panel import load_panel
from frenemy.model.files.rewrite import with_set
from frenemy.model.panel import Panel
from frenemy.model.realise import quantities, realise, uncertain
from frenemy.model.resolved import Correlated, Model, Number, central
from frenemy.model.specs.judgement import contradictions
from frenemy.runtime.progress import Progress, automatic
from frenemy.simulation.ensembles import for_study
from frenemy.studies.base import Study
from frenemy.studies.elicit.check_views import check_keys, read_views
from frenemy.studies.elicit.expert_odds import odds_by_expert
from frenemy.studies.elicit.findings import DisagreementRange, ElicitationFindings
from frenemy.studies.elicit.rounds import anonymised
from frenemy.studies.elicit.weights import Views, pooled, weigh
from frenemy.studies.knobs import changed, with_siblings

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Elicitation", "elicit", "panel_folder"]

World = tuple[Model, Experiment]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Elicitation(Study[ElicitationFindings]):
    """A panel's views, pooled and carried through to the odds. A notebook shows its tables.

    Its folder: judgements, pools, experts, odds, disagreements and rounds (.csv), resolved.toml and the pictures.
    """

    @property
    def set(self) -> Mapping[str, Number]:
        """The values for `[set]`, by dotted key: the pooled distributions, and siblings of pooled branches."""
        from frenemy.studies.elicit.wording import sourced

        found = self.findings
        return {question.key: sourced(found, question) for question in found.questions} | dict(found.sibling_values)

    @property
    def correlated(self) -> Sequence[Correlated]:
        """The pairs of judgements in the pooled world where the panel states any; else none, and the model's hold."""
        return self.findings.model.correlated if self.findings.panel.correlated else ()

    def rewritten(self, text: str) -> str:
        """The text of the experiment's file with the pooled numbers, the previous values in comments."""
        from frenemy.studies.elicit.wording import head

        model, run = self.findings.before
        before = quantities(model) | quantities(run)
        outer = run.uncertainty
        options = {"paths": run.paths, "seed": run.seed, "draws": outer.draws, "draw_paths": outer.paths}
        pairs = [{"between": [*it.between], "rho": it.rho, "source": it.source} for it in self.correlated]
        given = {"judgement.correlated": pairs} if pairs else {}
        return with_set(text, self.set, before=before, head=head(self.findings), options=options, given=given)

    def plot(self, axes: Sequence[Axes] | None = None) -> Sequence[Axes]:
        """Each expert's density of each number, with the pool; one panel for each question."""
        from frenemy.studies.elicit.plots.densities import densities

        return densities.on(axes, self.findings)

    def plot_odds(self, axes: Sequence[Axes] | None = None) -> Sequence[Axes]:
        """The odds under each expert's view, beside those under the pool; one panel for each scenario."""
        from frenemy.studies.elicit.plots.odds import expert_odds

        return expert_odds.on(axes, self.findings)

    def plot_rounds(self, axes: Sequence[Axes] | None = None) -> Sequence[Axes]:
        """How each expert's view moved from round to round; one panel for each question."""
        from frenemy.studies.elicit.plots.rounds import rounds

        return rounds.on(axes, self.findings)

    def plot_disagreements(self, ax: Axes | None = None) -> Axes:
        """The odds as each number goes from the lowest to the highest of the experts' medians."""
        from frenemy.studies.elicit.plots.disagreement import disagreements

        return disagreements.on_one(ax, self.findings)

    def _size(self) -> Mapping[str, int]:
        return {"paths": self.findings.paths, "draws": self.findings.draws}

    def __repr__(self) -> str:
        from frenemy.studies.elicit.text import one_line

        return f"<Elicitation {one_line(self.findings)}>"


def elicit(
    source: Source,
    panel: str | Path | Panel | None = None,
    *,
    paths: int | None = None,
    draws: int | None = None,
    seed: int | None = None,
    workers: int = 0,
    progress: Progress | None = None,
) -> Elicitation:
    """Pool experts' judgements of a model's numbers, and simulate the odds under the pool and under each expert's view.

    `panel` is a folder with questions.toml and the experts' answers (TOML or CSV), or a panel read by `load_panel`; the
    default is the folder named in the experiment's file. The experiment is simulated under each expert's last view,
    under the pooled view and with its own numbers, on the same noise, with `draws` draws of the uncertain numbers (by
    default as many as share the experiment's `paths` futures). Numbers without an expert's answer stay as in the
    experiment. Raises InputError with all problems of the files.
    """
    progress = progress or automatic()
    before = prepare(source, paths=paths, seed=seed, progress=progress)
    panel = panel if isinstance(panel, Panel) else load_panel(panel_folder(source, before[1], panel))
    check_keys(panel, before)
    views = read_views(panel, before)
    weighing = weigh(panel, views)
    pool = {
        question.name: pooled(panel, question, latest, weighing.of(place), views.domains[question.name])
        for place, question in enumerate(panel.questions)
        if question.key and (latest := views.latest(question.name))
    }
    if not pool:
        raise InputError([Problem(message="no question about the model was answered", file=panel.file)])
    keys = {question.name: question.key for question in panel.questions}
    values = {keys[name]: number for name, number in pool.items()}
    siblings = _sibling_values(before[0], values)
    answers = {it.name: own for it in panel.experts if (own := _latest(panel, views, it.name))}
    changes = [values | siblings, {}, *(own | _sibling_values(before[0], own) for own in answers.values())]
    run, together = _sized(before, draws, [*values.values()]), _together(panel, before[0])
    models = [before[0] if not change else together for change in changes]
    worlds = [_world(model, run, change) for model, change in zip(models, changes, strict=True)]
    announce(progress)
    count = run.uncertainty.draws
    odds, (prior, *own_odds) = odds_by_expert(paired_contrasts(worlds, workers, progress))
    steps = np.arange(run.ticks + 1) * np.timedelta64(run.tick, "D")
    found = ElicitationFindings(
        panel=panel, views=views, weighing=weighing, names=_names(panel), pooled=pool, before=before,
        model=worlds[0][0], experiment=worlds[0][1], sibling_values=siblings,
        dates=np.datetime64(run.start, "D") + steps, paths=run.uncertainty.paths if count else run.paths, draws=count,
        odds=odds, prior=prior, by_expert=dict(zip(answers, own_odds, strict=True)), report_ticks=report_ticks(run),
        disagreements=_disagreements(worlds[0], panel, views, workers, progress),
    )  # fmt: skip
    return Elicitation(findings=found)


def _disagreements(
    world: World, panel: Panel, views: Views, workers: int, progress: Progress
) -> tuple[DisagreementRange, ...]:
    """The odds at the lowest and the highest median of each question."""
    model, run = world
    run = for_study(run)
    spans = []
    for question in panel.questions:
        medians = [central(view) for view in views.latest(question.name).values()] if question.key else []
        if medians and min(medians) < max(medians):
            spans.append((question, min(medians), max(medians)))
    changes: list[dict[str, Number]] = [{question.key: end} for question, *ends in spans for end in ends]
    if not changes:
        return ()
    worlds = [(model, run), *(_world(model, run, change | _sibling_values(model, change)) for change in changes)]
    found = [difference(one)[0] for one in paired_contrasts(worlds, workers, progress)]
    return tuple(
        DisagreementRange(
            question=question, lowest=low, highest=high, at_lowest=found[2 * n], at_highest=found[2 * n + 1]
        )
        for n, (question, low, high) in enumerate(spans)
    )


def panel_folder(source: Source, experiment: Experiment, panel: str | Path | None = None) -> Path:
    """The folder of the panel: the given one, else the experiment's. Raises InputError where there is none."""
    if panel is not None:
        return Path(panel)
    if not experiment.panel:
        allowed = 'a folder such as experts/invented, or panel = "experts/invented" in the experiment\'s file'
        raise InputError([Problem(message="no panel of experts is named", key="panel", allowed=allowed)])
    return (find_root(Path(source)) if isinstance(source, str | Path) else Path()) / experiment.panel


def _together(panel: Panel, model: Model) -> Model:
    """The model with the panel's pairs of judgements in the place of its own. Raises InputError if they contradict."""
    stated = {frozenset(pair.between) for pair in panel.correlated}
    pairs = (*(pair for pair in model.correlated if frozenset(pair.between) not in stated), *panel.correlated)
    found = [*contradictions({frozenset(pair.between): pair.rho for pair in pairs})]
    if found:
        raise InputError(
            Problem(message=it.message, file=panel.file, key="correlated", allowed=it.allowed) for it in found
        )
    return replace(model, correlated=pairs)


def _latest(panel: Panel, views: Views, expert: str) -> dict[str, Number]:
    """An expert's latest view of each number of the model, by dotted key."""
    latest = {q.key: views.latest(q.name) for q in panel.questions if q.key}
    return {key: by_expert[expert] for key, by_expert in latest.items() if expert in by_expert}


def _sibling_values(model: Model, values: Mapping[str, Number]) -> dict[str, Number]:
    """Plain numbers for the siblings of branches whose probability is among the values."""
    all_values = with_siblings(model, {key: central(number) for key, number in values.items()})
    return {key: value for key, value in all_values.items() if key not in values}


def _sized(world: World, draws: int | None, numbers: Sequence[Number]) -> Experiment:
    """The experiment with this number of draws in each world; none where nothing is uncertain."""
    is_uncertain = any(uncertain(subject) for subject in world) or any(not isinstance(it, float) for it in numbers)
    outer = world[1].uncertainty
    if draws is None:
        return for_study(replace(world[1], uncertainty=replace(outer, draws=outer.draws if is_uncertain else 0)))
    return replace(world[1], uncertainty=replace(outer, draws=draws if is_uncertain else 0))


def _world(model: Model, run: Experiment, values: Mapping[str, Number]) -> World:
    """The world under a view. Raises InputError where a model cannot run with it."""
    outer = run.uncertainty
    model, run = changed(model, run, values)
    if problems := check_draws(one_draw(realise(model))):
        raise InputError(problems)
    return model, replace(run, uncertainty=outer)


def _names(panel: Panel) -> dict[str, str]:
    """The name of each expert in tables and pictures."""
    if panel.anonymous:
        return anonymised([expert.name for expert in panel.experts])
    return {expert.name: expert.label for expert in panel.experts}
