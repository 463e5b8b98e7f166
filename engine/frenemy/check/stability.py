"""Do drivers stay within bounds, and do chains of events die out? At one set of numbers, and over outer draws."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from frenemy.arrays import Bools, Floats
from frenemy.check.branching import extras, extras_of_draws, leading, radius
from frenemy.errors import Problem
from frenemy.model.describe.wording import counted, listing, plain, rounded, spoken, time
from frenemy.model.experiment import Experiment
from frenemy.model.realise import quantities, uncertain, with_columns
from frenemy.model.resolved import Driver, Model, Number, central
from frenemy.simulation.compile.drift import POINTS_PER_LATENT, covariance, restoring, system
from frenemy.simulation.parameter_draws import points
from frenemy.simulation.quantiles import values_at

__all__ = [
    "Draws",
    "check_draws",
    "concerned_draws",
    "contagion_problems",
    "driver_problems",
    "one_draw",
    "tolerated_draws",
]

Correlations = Mapping[str, Mapping[str, Number]]
TOLERANCE = 1e-9
"""Rounding allowed in an eigenvalue, relative to the largest."""
FEW = 0.001
"""Share of the draws in which no noise need sustain the levels: half-lives far out in their ranges have such draws, and
there the levels vary together as closely as noise can make them."""
MAX_NAMED = 4
"""Numbers named in one message."""


def driver_problems(drivers: Sequence[Driver], correlations: Correlations) -> list[Problem]:
    """Problems of the linear system of a realised model: unstable pulls, impossible correlations or noise.

    One problem at a time, as each check assumes that the one before has passed.
    """
    return _unstable(drivers) or _contradictory(drivers, correlations) or _noiseless(drivers, correlations)


def contagion_problems(model: Model) -> list[Problem]:
    """Chains of events that do not die out, in a realised model."""
    matrix = extras(model.triggers)
    growth = radius(matrix)
    if growth < 1:
        return []
    keys = _chain_keys(model, matrix)
    message = f"chains of events never die out: each generation is {rounded(growth)} times the one before"
    allowed = f"a contagion radius below 1; lower {_listed(keys)}"
    return [Problem(message=message, key=keys[0], found=f"a radius of {plain(growth)}", allowed=allowed)]


def _unstable(drivers: Sequence[Driver]) -> list[Problem]:
    matrix = restoring(drivers)
    if not _runs_away(matrix):
        return []
    keys = [f"drivers.{drivers[i].name}.pulls.{drivers[j].name}" for i, j in _on_loops(matrix) if i != j]
    slowest = float(np.linalg.eigvals(matrix).real.min())
    doubling = f"a gap doubles every {time(math.log(2) / -slowest)}" if slowest < -1e-9 else "a gap never closes"
    message = f"the pulls between drivers reinforce each other and make them run away: {doubling}"
    found = plain(dict(_pulls(drivers, {driver.name for driver in drivers}))[keys[0]])
    return [Problem(message=message, key=keys[0], found=found, allowed=f"weaker pulls; lower {_listed(keys)}")]


def _runs_away(matrix: Floats) -> Bools:
    """Whether the gaps between drivers never close, (...), for matrices of restoring rates, (..., drivers, drivers)."""
    slowest = np.linalg.eigvals(matrix).real.min(axis=-1, initial=math.inf)
    # a gap that never closes is an eigenvalue of 0, which rounding may put on either side
    pulls_alone = matrix / np.diagonal(matrix, axis1=-2, axis2=-1)[..., None]
    least = np.linalg.svd(pulls_alone, compute_uv=False).min(axis=-1, initial=math.inf)
    # without a loop every driver reverts: a pull is so strong that the matrix only looks singular
    loops = _loops(matrix) & ~np.eye(matrix.shape[-1], dtype=bool)
    return np.asarray(((slowest <= 0) | (least <= TOLERANCE)) & loops.any(axis=(-2, -1)))


def _on_loops(matrix: Floats) -> list[tuple[int, int]]:
    """The entries, by row and column, that lie on a loop."""
    return [(int(row), int(column)) for row, column in np.argwhere(_loops(matrix))]


def _loops(matrix: Floats) -> Bools:
    """(..., n, n): whether an entry lies on a loop."""
    linked = matrix != 0
    reach = np.linalg.matrix_power(np.eye(matrix.shape[-1]) + linked, matrix.shape[-1]) > 0
    return np.asarray(linked & reach.mT)


def _contradictory(drivers: Sequence[Driver], correlations: Correlations) -> list[Problem]:
    matrix = _levels_alone(drivers, correlations)
    if not _impossible(matrix):
        return []
    _, vectors = np.linalg.eigh(matrix)
    keys = _pair_keys(drivers, correlations, vectors[:, 0])
    found = plain(_correlation(correlations, *keys[0].split(".")[1:]))
    message = f"the correlations contradict each other: no {len(drivers)} drivers can move together in this way"
    allowed = f"weaker correlations; look at {_listed(keys)}"
    return [Problem(message=message, key=keys[0], found=found, allowed=allowed)]


def _levels_alone(drivers: Sequence[Driver], correlations: Correlations) -> Floats:
    """The stated correlations as a matrix, (..., drivers, drivers)."""
    return covariance([replace(driver, volatility=POINTS_PER_LATENT) for driver in drivers], correlations)


def _impossible(matrix: Floats) -> Bools:
    """(...): whether correlations, (..., drivers, drivers), contradict each other."""
    return np.asarray(np.linalg.eigvalsh(matrix).min(axis=-1, initial=0) < -TOLERANCE * matrix.shape[-1])


def _noiseless(drivers: Sequence[Driver], correlations: Correlations) -> list[Problem]:
    """Levels that would need noise of negative variance: the smallest eigenvalue of Sigma = K P + P K' is below 0."""
    sigma = system(drivers, correlations).Sigma
    _, vectors = np.linalg.eigh(sigma)
    if _upheld(sigma):
        return []
    weight = np.abs(np.outer(vectors[:, 0], vectors[:, 0]) * (sigma / np.abs(sigma).max()))
    np.fill_diagonal(weight, 0)
    definite = np.round(weight / max(float(weight.max()), 1e-300), 9)  # a tie is not for rounding errors to decide
    i, j = sorted(divmod(int(definite.argmax()), len(drivers)))
    first, second = drivers[i].name, drivers[j].name
    key, found = f"correlations.{first}.{second}", _correlation(correlations, first, second)
    allowed = _allowed(drivers, correlations, (first, second))
    if allowed:
        remedy = f"a correlation from {allowed[0]:.2f} to {allowed[1]:.2f}, or half-lives and pulls closer together"
    else:
        remedy = f"weaker pulls, or a higher volatility of {spoken(first)} or {spoken(second)}: no correlation fits"
        key, found = next(_pulls(drivers, {first, second}), (key, found))
    message = (
        f"no noise sustains these levels of {spoken(first)} and {spoken(second)}: their half-lives, pulls and "
        "volatilities are not consistent with their correlation"
    )
    return [Problem(message=message, key=key, found=plain(found), allowed=remedy)]


def _pulls(drivers: Sequence[Driver], among: set[str]) -> Iterator[tuple[str, float]]:
    """The pulls between some of the drivers of a realised model, by dotted key."""
    for driver in drivers:
        for other, pull in driver.pulls.items():
            if {driver.name, other} <= among:
                yield f"drivers.{driver.name}.pulls.{other}", central(pull)


def _upheld(sigma: Floats) -> Bools:
    """(...): whether noise can have these covariances, (..., drivers, drivers)."""
    least = np.linalg.eigvalsh(sigma).min(axis=-1, initial=0)
    return np.asarray(least >= -TOLERANCE * np.abs(sigma).max(axis=(-2, -1), initial=0))


def _correlation(correlations: Correlations, first: str, second: str) -> float:
    value = correlations.get(first, {}).get(second, correlations.get(second, {}).get(first, 0.0))
    assert isinstance(value, float | int)
    return value


def _allowed(
    drivers: Sequence[Driver], correlations: Correlations, pair: tuple[str, str]
) -> tuple[float, float] | None:
    """The correlations of one pair, in hundredths, that noise can uphold with the others as they are, if any."""
    first, second = pair
    others = {
        one: {two: value for two, value in row.items() if {one, two} != set(pair)} for one, row in correlations.items()
    }
    fitting = []
    for hundredths in range(-99, 100):
        trial = {**others, first: {**others.get(first, {}), second: hundredths / 100}}
        matrices = system(drivers, trial)
        if _upheld(matrices.Sigma) and _upheld(matrices.P):
            fitting.append(hundredths / 100)
    return (fitting[0], fitting[-1]) if fitting else None


def _pair_keys(drivers: Sequence[Driver], correlations: Correlations, vector: Floats) -> list[str]:
    """The correlations with the largest weight in a direction of negative variance; ties in the order of the file.

    Weights are compared to a millionth of the largest, so that rounding, which differs by processor, decides no tie.
    """
    weight = {driver.name: abs(float(v)) for driver, v in zip(drivers, vector, strict=True)}
    shares = {
        f"correlations.{a}.{b}": weight[a] * weight[b] * abs(_correlation(correlations, a, b))
        for a in correlations
        for b in correlations[a]
    }
    most = max(shares.values())
    ranked = sorted(shares, key=lambda key: -round(shares[key] / most, 6))
    return [key for key in ranked if shares[key] > 0]


def _chain_keys(model: Model, matrix: Floats) -> list[str]:
    keys = []
    for row, column in leading(matrix) or _on_loops(matrix):  # equal loops in a row have no leading one
        owner, target = model.triggers[column], model.triggers[row].name
        start = f"triggers.{owner.name}"
        keys += [f"{start}.raises.{target}.expected_extra"] if target in owner.raises else []
        keys += [f"{start}.leads_to.{target}.probability" for item in owner.leads_to if item.trigger == target]
    return keys


def _listed(keys: Sequence[str]) -> str:
    named = list(keys[:MAX_NAMED])
    return listing([*named, f"{len(keys) - MAX_NAMED} more"] if len(keys) > MAX_NAMED else named, last="or")


@dataclass(frozen=True, slots=True, kw_only=True)
class Draws:
    """What stability and contagion depend on, in each outer draw."""

    numbers: Mapping[str, Floats]  # the uncertain numbers that concern them, (draws,), by key
    drivers: Sequence[Driver]  # whose numbers may be columns, (draws,)
    correlations: Correlations
    radius: Floats  # (draws,) of contagion


@dataclass(frozen=True, slots=True)
class _Requirement:
    """A condition that draws may fail, and the numbers it may depend on."""

    message: str  # what is wrong where it fails
    key: str
    fails: Callable[[Draws], Bools]  # (draws,), or one answer for all
    concerns: Callable[[str], bool]
    tolerated: float = 0.0  # share of the draws that may fail
    instead: str = ""  # what is simulated in these


def _of_drivers(key: str) -> bool:
    """Whether the linear system depends on this number."""
    return key.startswith(("drivers.", "correlations.")) and not key.endswith(
        (".start", ".long_run", ".scar_half_life")
    )


def _of_chains(key: str) -> bool:
    """Whether the contagion radius depends on this number."""
    return key.endswith(".expected_extra") or (".leads_to." in key and key.endswith(".probability"))


def _noise_lacks(draws: Draws) -> Bools:
    motion = system(draws.drivers, draws.correlations)
    return np.asarray(~_runs_away(motion.K) & ~_upheld(motion.Sigma))


REQUIREMENTS = (
    _Requirement(
        "the pulls between drivers make them run away",
        "drivers",
        lambda draws: _runs_away(restoring(draws.drivers)),
        lambda key: ".pulls." in key or (key.startswith("drivers.") and key.endswith(".half_life")),
    ),
    _Requirement(
        "the correlations contradict each other",
        "correlations",
        lambda draws: _impossible(_levels_alone(draws.drivers, draws.correlations)),
        lambda key: key.startswith("correlations."),
    ),
    _Requirement(
        "no noise sustains the levels: half-lives, pulls and volatilities are not consistent with the correlations",
        "correlations",
        _noise_lacks,
        _of_drivers,
        tolerated=FEW,
        instead="There the levels vary together as closely as noise can make them",
    ),
    _Requirement(
        "chains of events never die out (a contagion radius of 1 or more)",
        "triggers",
        lambda draws: np.asarray(draws.radius >= 1),
        _of_chains,
    ),
)


def concerned_draws(model: Model, experiment: Experiment, *, repeat: int = 0) -> Draws:
    """The outer draws of an experiment, or another repeat of them, in the numbers that stability and contagion need.

    None where the experiment has no draws, or none of these numbers is uncertain.
    """
    ranges = uncertain(model)  # all of them: correlated ones depend on one another
    concerned = [key for key in ranges if _of_drivers(key) or _of_chains(key)]
    draws = experiment.uncertainty.draws if concerned else 0
    if not draws:
        return Draws(numbers={}, drivers=(), correlations={}, radius=np.empty(0))
    places = points(tuple(ranges), draws, experiment.seed, model.correlated, repeat=repeat)
    columns = [list(ranges).index(key) for key in concerned]
    values = values_at((ranges[key] for key in concerned), places[:, columns])
    numbers = dict(zip(concerned, values.T, strict=True))
    return _draws(with_columns(model, numbers), numbers, draws)


def one_draw(model: Model) -> Draws:
    """A realised model as the only draw."""
    numbers = {
        key: np.array([number]) for key, number in quantities(model).items() if _of_drivers(key) or _of_chains(key)
    }
    return _draws(model, numbers, 1)


def _draws(model: Model, numbers: Mapping[str, Floats], draws: int) -> Draws:
    matrices = extras_of_draws(model.triggers, draws)
    return Draws(
        numbers=numbers,
        drivers=model.drivers,
        correlations=model.correlations,
        radius=np.abs(np.linalg.eigvals(matrices)).max(axis=-1, initial=0.0),
    )


def check_draws(draws: Draws) -> list[Problem]:
    """Problems in some of the outer draws: one for each kind, with the numbers it depends on most."""
    allowed = "narrower or lower ranges of these numbers"
    return [
        Problem(message=what, key=key, allowed=allowed)
        for requirement, share, what, key in _failed(draws)
        if share > requirement.tolerated
    ]


def tolerated_draws(draws: Draws) -> list[Problem]:
    """What so few of the outer draws fail that they are simulated all the same, in another way."""
    return [
        Problem(message=f"{what}. {requirement.instead}", key=key)
        for requirement, share, what, key in _failed(draws)
        if share <= requirement.tolerated
    ]


def _failed(draws: Draws) -> Iterator[tuple[_Requirement, float, str, str]]:
    """The requirements that some draws fail: in which share of them, in words, and the key that decides most."""
    for requirement in REQUIREMENTS:
        failing = np.broadcast_to(requirement.fails(draws), draws.radius.shape)
        if not failing.any():
            continue
        deciding = _deciding_numbers(draws, failing, requirement.concerns)
        cause = f"; it depends most on {listing([text for _, text in deciding])}" if deciding else ""
        message = f"in {failing.sum():,} of {counted(len(failing), 'draw')} {requirement.message}{cause}"
        yield requirement, float(failing.mean()), message, deciding[0][0] if deciding else requirement.key


def _deciding_numbers(
    draws: Draws, failing: NDArray[np.bool_], concerns: Callable[[str], bool]
) -> list[tuple[str, str]]:
    """The uncertain numbers in which the failing draws differ most from all: key, and key with typical values."""
    found = []
    for key, values in draws.numbers.items():
        spread = float(values.std())
        if concerns(key) and spread > 1e-12 * max(1.0, float(np.abs(values).max())):
            bad = values[failing]
            text = f"{key} (median {plain(float(np.median(bad)))} there, {plain(float(np.median(values)))} in all)"
            found.append((-abs(float(bad.mean() - values.mean())) / spread, key, text))
    return [(key, text) for _, key, text in sorted(found)[:MAX_NAMED]]
