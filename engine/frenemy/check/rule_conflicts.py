"""Cross-checks of rules: those that can never hold, those that hold together, and triggers that can never happen."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from frenemy.check.feasibility import Point, Possibilities, Undecided, filled, find
from frenemy.errors import Problem
from frenemy.model import conditions as ex
from frenemy.model.describe.wording import Names, counted, day, plain, time
from frenemy.model.experiment import Experiment
from frenemy.model.resolved import Model, Scenario, Trigger, WithinWindow, central

__all__ = ["NeverHappens", "idle_triggers", "logic_problems", "overlap_problems", "run_warnings"]


@dataclass(frozen=True, slots=True)
class NeverHappens:
    """A trigger that can never happen in a run."""

    trigger: str
    why: str
    key: str  # of the trigger's table: the number that prevents it
    intended: bool = False  # its rate is 0, which is how to switch a trigger off


def logic_problems(model: Model) -> tuple[list[Problem], list[Problem]]:
    """Errors and warnings about conditions of a realised model that can never hold, or always do."""
    errors: list[Problem] = []
    warnings: list[Problem] = []
    space = _unrestricted(model)
    for trigger in model.triggers:
        if trigger.requires != ex.FALSE and _never(_requires(trigger), space):
            key = f"triggers.{trigger.name}.requires"
            errors.append(Problem(message="can never hold", key=key, found=ex.text(trigger.requires)))
        warnings += _exact_levels(trigger.requires, f"triggers.{trigger.name}.requires")
    for scenario in _ruled(model):
        key = f"scenarios.{scenario.name}"
        warnings += _exact_levels(scenario.enter, f"{key}.enter")
        if _never(_enter(scenario), space):
            errors.append(Problem(message="can never hold", key=f"{key}.enter", found=ex.text(scenario.enter)))
            continue
        warnings += _leave_warnings(scenario, space, Names.of(model))
        if _never(ex.Not(_enter(scenario)), space):
            message = "holds always, so that no path stays in the default scenario"
            warnings.append(Problem(message=message, key=f"{key}.enter", found=ex.text(scenario.enter)))
    return errors, warnings


def _leave_warnings(scenario: Scenario, space: Possibilities, names: Names) -> Iterator[Problem]:
    if scenario.absorbing or scenario.leave == ex.Not(scenario.enter):
        return
    key, written = f"scenarios.{scenario.name}.leave", ex.text(scenario.leave)
    leave = filled(scenario.leave, _plain(scenario))
    yield from _exact_levels(scenario.leave, key)
    if _never(leave, space):
        message = "can never hold, so that a path stays for good; write `absorbing = true` if that is intended"
        yield Problem(message=message, key=key, found=written)
    elif _never(ex.And((_enter(scenario), ex.Not(leave))), space):
        message = (
            f"holds whenever `enter` does: a path leaves one assessment after it entered and waits {_wait(scenario)}"
        )
        yield Problem(message=message, key=key, found=written, allowed="a condition that ends what `enter` began")
    elif point := _example(ex.And((_enter(scenario), leave)), space):
        message = f"may hold while `enter` does ({point.words(names)}): such a path enters and leaves in turn"
        yield Problem(message=message, key=key, found=written)


def _wait(scenario: Scenario) -> str:
    return f"{time(central(scenario.for_))} again" if central(scenario.for_) > 0 else "for the next one"


def overlap_problems(model: Model) -> tuple[list[Problem], list[Problem]]:
    """Pairs of scenarios whose rules can hold at the same time, with an example and which of them wins.

    Warnings about ties and about scenarios that never win; notes about what a priority settles.
    """
    space, names = _unrestricted(model), Names.of(model)
    sometimes = [scenario for scenario in _ruled(model) if not _never(ex.Not(_enter(scenario)), space)]
    warnings: list[Problem] = []
    notes: list[Problem] = []
    for first, second in combinations(sometimes, 2):
        point = _example(ex.And((_enter(first), _enter(second))), space)
        if point is None:
            continue
        where = f"at {words}" if (words := point.words(names)) else "always"
        tie = first.priority == second.priority
        order = f"both have priority {first.priority}, so that" if tie else f"by its priority {first.priority},"
        shadow = _never(ex.And((_enter(second), ex.Not(_enter(first)))), space)
        always = f"; whenever it holds, {names.quoted(first.name)} holds too" if shadow else ""
        wins = f"{order} {names.quoted(first.name)} wins{' as the first of the two' if tie else ''}"
        message = f"can hold together with {names.quoted(first.name)}, for example {where}; {wins}{always}"
        allowed = "a priority of its own for each" if tie else ""
        problem = Problem(message=message, key=f"scenarios.{second.name}.enter", allowed=allowed)
        (warnings if tie or shadow else notes).append(problem)
    return warnings, notes


def run_warnings(model: Model, experiment: Experiment) -> tuple[list[Problem], list[Problem]]:
    """Warnings and notes about what cannot happen within one run of a realised model."""
    warnings: list[Problem] = []
    notes: list[Problem] = []
    idle = idle_triggers(model, experiment)
    for each in idle:
        message = f"the trigger never happens in this run: {each.why}"
        (notes if each.intended else warnings).append(
            Problem(message=message, key=f"triggers.{each.trigger}.{each.key}")
        )
    space = _space(model, frozenset(each.trigger for each in idle), experiment)
    for scenario in _ruled(model):
        key = f"scenarios.{scenario.name}"
        ticks = max(1, math.ceil(central(scenario.for_) / experiment.tick - 1e-9))
        if ticks > experiment.ticks:
            message = f"no run of {counted(experiment.ticks, 'tick')} is long enough: the rule must hold for {ticks}"
            warnings.append(Problem(message=message, key=f"{key}.for"))
        elif _never(_enter(scenario), space) and not _never(_enter(scenario), _unrestricted(model)):
            message = "can never hold in this run, as the triggers that it needs never happen"
            warnings.append(Problem(message=message, key=f"{key}.enter", found=ex.text(scenario.enter)))
    return warnings + _lost_impositions(model, experiment), notes + _outside(model, experiment)


def _outside(model: Model, experiment: Experiment) -> list[Problem]:
    message = f"lies outside the run, {day(experiment.start)} to {day(experiment.end)}, and is left out"
    return [
        Problem(message=message, key=f"calendar.{event.name}.date", found=day(event.date))
        for event in model.calendar
        if not experiment.start <= event.date < experiment.end
    ]


def _lost_impositions(model: Model, experiment: Experiment) -> list[Problem]:
    triggers = {trigger.name: trigger for trigger in model.triggers}
    problems, imposed = [], experiment.impose
    for item in imposed:
        trigger = triggers[item.trigger]
        if not experiment.start <= item.date < experiment.end:
            why = "it lies outside the run"
        elif not trigger.from_ <= item.date < trigger.until:
            why = f"the window of {trigger.name} is not open then"
        elif sum(other.trigger == item.trigger and other.date <= item.date for other in imposed) > trigger.max_count:
            why = f"max_count of {trigger.name} is {plain(trigger.max_count)}"
        else:
            continue
        message = f"the imposed event of {day(item.date)} is lost: {why}"
        problems.append(Problem(message=message, key=f"impose.{item.trigger}.date", found=day(item.date)))
    return problems


def idle_triggers(model: Model, experiment: Experiment) -> list[NeverHappens]:
    """The triggers that cannot happen within a run of a realised model, by the least fixed point of those that can."""
    possible: set[str] = set()
    while True:
        idle = {trigger.name for trigger in model.triggers} - possible
        space = _space(model, frozenset(idle), experiment)
        sources = _sources(model, experiment, possible)
        found = [_idle(trigger, experiment, space, sources) for trigger in model.triggers if trigger.name in idle]
        still = [each for each in found if each is not None]
        if len(still) == len(found):
            return still
        possible |= idle - {each.trigger for each in still}


@dataclass(frozen=True, slots=True)
class _Sources:
    """Triggers that other events can bring about: by contagion, or as follow-ups."""

    raised: frozenset[str]
    followed: frozenset[str]


def _sources(model: Model, experiment: Experiment, possible: set[str]) -> _Sources:
    active = [trigger for trigger in model.triggers if trigger.name in possible]
    raised = {name for t in active for name, contagion in t.raises.items() if central(contagion.expected_extra) > 0}
    followed = {item.trigger for t in active for item in t.leads_to if central(item.probability) > 0}
    return _Sources(frozenset(raised), frozenset(followed | {item.trigger for item in experiment.impose}))


def _idle(trigger: Trigger, experiment: Experiment, space: Possibilities, sources: _Sources) -> NeverHappens | None:
    """Why a trigger cannot happen, given what can; None if it can."""
    if trigger.max_count < 1:
        return NeverHappens(trigger.name, f"max_count is {plain(trigger.max_count)}", "max_count")
    if trigger.from_ >= experiment.end or trigger.until <= experiment.start:
        edge = "from" if trigger.from_ >= experiment.end else "until"
        return NeverHappens(trigger.name, f"its window ({_window(trigger)}) lies outside the run", edge)
    if trigger.name in sources.followed:
        return None
    key = "probability" if isinstance(trigger.rate, WithinWindow) else "rate"
    number = trigger.rate.probability if isinstance(trigger.rate, WithinWindow) else trigger.rate.rate
    if central(number) == 0 and trigger.name not in sources.raised:
        return NeverHappens(trigger.name, "its rate is 0 and nothing else brings it about", key, intended=True)
    if _never(_requires(trigger), space):
        return NeverHappens(trigger.name, "its `requires` can never hold", "requires")
    return None


def _window(trigger: Trigger) -> str:
    start = "" if trigger.from_ == dt.date.min else f"from {day(trigger.from_)}"
    end = "" if trigger.until == dt.date.max else f"until {day(trigger.until)}"
    return f"{start} {end}".strip()


def _space(model: Model, idle: frozenset[str], experiment: Experiment) -> Possibilities:
    running = frozenset(experiment.initial.episodes)
    return Possibilities(
        counts={trigger.name: 0.0 if trigger.name in idle else trigger.max_count for trigger in model.triggers},
        episodes=frozenset(t.name for t in model.triggers if t.kind == "episode" and t.name not in idle) | running,
        initial=running,
    )


def _unrestricted(model: Model) -> Possibilities:
    """Every trigger may happen as often as it is allowed to, and any episode may run from the start."""
    episodes = frozenset(trigger.name for trigger in model.triggers if trigger.kind == "episode")
    return Possibilities({trigger.name: trigger.max_count for trigger in model.triggers}, episodes, episodes)


def _ruled(model: Model) -> list[Scenario]:
    return [scenario for scenario in model.scenarios if not scenario.default]


def _plain(owner: Scenario | Trigger) -> dict[str, float]:
    return {name: central(value) for name, value in owner.thresholds.items()}


def _enter(scenario: Scenario) -> ex.Expression:
    return filled(scenario.enter, _plain(scenario))


def _requires(trigger: Trigger) -> ex.Expression:
    return filled(trigger.requires, _plain(trigger))


def _never(condition: ex.Expression, space: Possibilities) -> bool:
    try:
        return find(condition, space) is None
    except Undecided:
        return False


def _example(condition: ex.Expression, space: Possibilities) -> Point | None:
    try:
        return find(condition, space)
    except Undecided:
        return None


def _exact_levels(condition: ex.Expression, key: str) -> Iterator[Problem]:
    """Levels are continuous: == between them holds with probability 0."""
    comparisons = (node for node in ex.walk(condition) if isinstance(node, ex.Comparison))
    for node in comparisons:
        if node.operator in ("==", "!=") and any(isinstance(part, ex.Level) for part in ex.walk(node)):
            message = "a level is a continuous quantity and never exactly equal to anything"
            yield Problem(message=message, key=key, found=ex.text(node), allowed="< <= > >=")
