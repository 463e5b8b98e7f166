"""Does a model hang together? All that can be known about that before a run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from frenemy.check.rule_conflicts import logic_problems, overlap_problems, run_warnings
from frenemy.check.stability import (
    check_draws,
    concerned_draws,
    contagion_problems,
    driver_problems,
    one_draw,
    tolerated_draws,
)
from frenemy.errors import InputError, Problem
from frenemy.model.experiment import Experiment
from frenemy.model.realise import realise
from frenemy.model.resolved import Driver, Model, Scenario, Trigger
from frenemy.simulation.cost import estimate, free_memory, size_problems

__all__ = ["Findings", "check", "check_draws", "concerned_draws", "one_draw"]


@dataclass(frozen=True, slots=True)
class Findings:
    """The problems found; keys are dotted keys of the model or the experiment."""

    errors: tuple[Problem, ...]  # the model cannot be run as it is
    warnings: tuple[Problem, ...]  # it can be run, but may not mean what its author intended
    notes: tuple[Problem, ...]  # good to know

    def located(self, locate: Callable[[Sequence[Problem]], Sequence[Problem]]) -> Findings:
        """The same with file and line of each key, as `locate` finds them."""
        return Findings(*(tuple(locate(group)) for group in (self.errors, self.warnings, self.notes)))

    def raise_errors(self) -> None:
        """Raises InputError with all errors, if there are any."""
        if self.errors:
            raise InputError(self.errors)


def check(model: Model, experiment: Experiment | None = None, *, memory: float | None = None) -> Findings:
    """Check a model, with its uncertain numbers at their medians, and an experiment on it, with all its outer draws.

    `memory` is what a run may use, in bytes (default: what is free on this machine).
    """
    central = realise(model)
    errors = [*driver_problems(central.drivers, central.correlations), *contagion_problems(central)]
    rule_errors, warnings = logic_problems(central)
    errors += rule_errors
    overlaps, notes = overlap_problems(central)
    warnings += [*overlaps, *_same_labels(central)]
    if experiment is not None:
        if experiment.uncertainty.draws == 1:
            message = "a single draw shows neither the medians nor a range"
            errors.append(
                Problem(message=message, key="uncertainty.draws", found="1", allowed="0 for the medians, or 2 and more")
            )
        size, free = estimate(model, experiment), free_memory() if memory is None else memory
        too_large, large = size_problems(size, free, experiment.uncertainty.draws)
        if not too_large and not errors:
            draws = concerned_draws(model, experiment)
            errors += check_draws(draws)
            notes += tolerated_draws(draws)
        errors += too_large
        suspicious, more = run_warnings(central, experiment)
        notes += more
        impossible = {problem.key for problem in errors}
        warnings += [*(problem for problem in suspicious if problem.key not in impossible), *large]
    return Findings(_once(errors), _once(warnings), _once(notes))


def _once(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    return tuple(dict.fromkeys(problems))


def _same_labels(model: Model) -> Iterator[Problem]:
    """Scenarios, drivers or triggers that no table or picture could tell apart."""
    groups: dict[str, Sequence[Scenario | Driver | Trigger]] = {
        "scenarios": model.scenarios, "drivers": model.drivers, "triggers": model.triggers,
    }  # fmt: skip
    for section, items in groups.items():
        first: dict[str, str] = {}
        for item in items:
            other = first.setdefault(item.label.casefold(), item.name)
            if other != item.name:
                key = f"{section}.{item.name}.label"
                yield Problem(message=f"is also the label of {other}", key=key, found=item.label)
