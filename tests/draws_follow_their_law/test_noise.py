"""Noise is data: a function of (seed, path) alone, in streams known by their names; marks are drawn on demand.

Theory: moments and distribution functions of normals, unit exponentials and uniforms; no correlation between streams,
layers, blocks or seeds. What must be equal is equal to the bit.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from proof import Proof, kolmogorov_smirnov, mean
from scipy.special import ndtr, ndtri

from builders import (
    branch,
    calendar_event,
    compiled,
    contagion,
    day,
    driver,
    experiment,
    follow_up,
    imposed,
    lognormal,
    model,
    per_year,
    trigger,
)
from frenemy.model.experiment import Initial
from frenemy.simulation.compile.compile import Compiled
from frenemy.simulation.ensemble.kernel.marks import exponential, normal, uniform, words
from frenemy.simulation.ensemble.kernel.maths import COMPILE
from frenemy.simulation.ensemble.run import Noise, simulate, simulate_paths
from frenemy.simulation.noise.streams import BLOCK, Stream, draw, keys, layout

LAWS = {
    "normal": (ndtr, [0, 1, 0, 3]),
    "uniform": (lambda u: u, [1 / 2, 1 / 3, 1 / 4, 1 / 5]),
}
MARKS = {
    "normal": (2, *LAWS["normal"]),
    "uniform": (0, *LAWS["uniform"]),
    "exponential": (1, lambda t: -np.expm1(-t), [1, 2, 6, 24]),
}
"""Where `made` has them, with distribution function and moments."""


def layers(name: str, *, law: str = "normal", depth: int = 1, seed: int = 1, block: int = 0) -> np.ndarray:
    out = np.empty((depth, BLOCK))
    draw(Stream(name, law, layers=depth), seed, block, out)
    return out


def joined(stream: Stream, *, blocks: range, seed: int = 1) -> np.ndarray:
    """First layer over many blocks, standardised so that correlations are means of products."""
    values = np.concatenate([layers(stream.name, law=stream.distribution, seed=seed, block=b)[0] for b in blocks])
    spread = {"normal": 1.0, "uniform": 12**-0.5}[stream.distribution]
    return (values - LAWS[stream.distribution][1][0]) / spread


@COMPILE
def fill(key: np.ndarray, first: int, numbers: np.ndarray, out: np.ndarray) -> None:
    """The words of marks, (paths, numbers, 4), of the paths from `first` on."""
    for p in range(out.shape[0]):
        for n in range(out.shape[1]):
            out[p, n, 0], out[p, n, 1], out[p, n, 2], out[p, n, 3] = words(key, np.uint64(first + p), numbers[n])


@COMPILE
def convert(drawn: np.ndarray, out: np.ndarray) -> None:
    """Each word as a uniform, a unit exponential and a standard normal, (3, words)."""
    for i in range(len(drawn)):
        out[0, i], out[1, i], out[2, i] = uniform(drawn[i]), exponential(drawn[i]), normal(drawn[i])


def drawn_words(name: str, *, seed: int = 1, paths: int = 1, numbers: int = 1, first: int = 0) -> np.ndarray:
    out = np.empty((paths, numbers, 4), dtype=np.uint64)
    fill(keys(seed, (name,))[0], first, np.arange(numbers), out)
    return out


def made(drawn: np.ndarray) -> np.ndarray:
    """(3, words) of `convert`."""
    out = np.empty((3, drawn.size))
    convert(drawn.ravel(), out)
    return out


def busy(**changes) -> Compiled:
    """A model that needs every kind of stream."""
    parts = dict(
        drivers=(driver("trust"), driver("alignment")),
        triggers=(
            trigger("strike", rate=per_year(2), effect={"trust": -5.0}, severity_cv=0.4, per_10_points={"trust": 0.8},
                    leads_to=(follow_up("sanctions", 0.6, lognormal(14, 70)),)),
            trigger("sanctions", kind="episode", rate=per_year(1), duration=lognormal(50, 200), severity_cv=0.2,
                    while_active={"trust": -4.0}, raises={"strike": contagion(0.2)}),
            trigger("talks", rate=per_year(3), effect={"alignment": 2.0}),
        ),
        calendar=(calendar_event("vote", day(100), branch("won", 0.5, effect={"trust": 3.0}), branch("lost", 0.5)),),
    )  # fmt: skip
    start = Initial(scars={}, episodes={"sanctions": lognormal(30, 60)})
    return compiled(model(**parts | changes), experiment(ticks=104, initial=start, impose=(imposed("strike", day(9)),)))


@pytest.mark.parametrize("law", list(LAWS))
def test_moments_and_law(law: str, proof: Proof) -> None:
    """First four moments and distribution function of a million numbers."""
    cdf, moments = LAWS[law]
    x = np.concatenate([layers("trust", law=law, depth=100, seed=7, block=b).ravel() for b in range(10)])
    proof.holds(f"moments 1 to 4, {law}", mean(np.stack([x**k for k in (1, 2, 3, 4)])), moments)
    proof.holds(f"distribution function, {law}", kolmogorov_smirnov(x, cdf))
    proof.refuses("spread 3 % too wide", mean((1.03 * x) ** 2), moments[1])
    proof.refuses("spread 3 % too wide", kolmogorov_smirnov(1.03 * x, lambda u: np.minimum(cdf(u), 1)))


@pytest.mark.parametrize("law", list(MARKS))
def test_marks_have_their_law(law: str, proof: Proof) -> None:
    """First four moments and distribution function of a million marks."""
    row, cdf, moments = MARKS[law]
    x = made(drawn_words("trigger/strike", seed=8, paths=5_000, numbers=50))[row]
    proof.holds(f"moments 1 to 4 of {law} marks", mean(np.stack([x**k for k in (1, 2, 3, 4)])), moments)
    proof.holds(f"distribution function of {law} marks", kolmogorov_smirnov(x, cdf))
    proof.refuses("spread 3 % too wide", mean((1.03 * x) ** 2), moments[1])


def test_marks_are_the_words_of_numpys_generator() -> None:
    """Number n of path p has words 4 n to 4 n + 3 of the Philox stream that starts at (0, p, 0, 0)."""
    for seed, name, path in ((0, "trigger/strike", 0), (2**63, "trigger/strike/follow_up", 7), (5, "x", 2**40)):
        key = keys(seed, (name,))[0]
        found = drawn_words(name, seed=seed, paths=1, numbers=30, first=path).ravel()
        np.testing.assert_array_equal(found, np.random.Philox(key=key, counter=[0, path, 0, 0]).random_raw(120))


def test_words_become_numbers_as_other_libraries_make_them(proof: Proof) -> None:
    """Against NumPy's uniforms, the C library's logarithm and SciPy's normal quantile; the ends of the range too."""
    key = keys(3, ("trigger/strike",))[0]
    some = drawn_words("trigger/strike", seed=3, numbers=50_000).ravel()
    ends = np.array([0, 1 << 11, 1 << 12, 2**63 - 1, 2**63, 2**64 - 2**11 - 1, 2**64 - 1], dtype=np.uint64)
    everything = np.concatenate([ends, some])
    u, e, z = made(everything)
    np.testing.assert_array_equal(
        u[len(ends) :], np.random.Generator(np.random.Philox(key=key, counter=[0, 0, 0, 0])).random(len(some))
    )
    proof.exact("exponential, relative", e[1:] / -np.log1p(-u[1:]), 1.0, bound=1e-15)
    middle = (everything >> np.uint64(12)).astype(float) + 0.5
    proof.exact("normal", z, ndtri(middle * 2.0**-52), bound=1e-14)
    assert e[0] == 0
    assert np.isfinite([e, z]).all()


def test_streams_are_independent(proof: Proof) -> None:
    """Every pair of streams of a model, and of marks in them, in values and in squares, over 60 blocks."""
    found = layout(busy())
    names = [stream.name for stream in found.streams] + [*found.events, *found.links]
    assert len(set(names)) == len(names)
    of_blocks = [joined(stream, blocks=range(60)) for stream in found.streams]
    marks = [made(drawn_words(name, paths=60 * BLOCK))[2].reshape(-1, 4).T for name in (*found.events, *found.links)]
    following = made(drawn_words(found.events[0], paths=60 * BLOCK, numbers=2))[2].reshape(-1, 8).T[4:]
    x = np.array([*of_blocks, *np.concatenate(marks), *following])
    pairs = np.array(list(combinations(range(len(x)), 2)))
    for block in np.array_split(pairs, 20):
        a, b = x[block[:, 0]], x[block[:, 1]]
        proof.holds("products of each pair of streams", mean(a * b), 0.0)
        proof.holds("products of their squares", mean((a**2 - 1) * (b**2 - 1)), 0.0)
    leak = np.sqrt(1 - 0.05**2) * x[1] + 0.05 * x[0]
    proof.refuses("5 % of one stream leaks into another", mean(x[0] * leak), 0.0)


def test_layers_blocks_and_seeds_are_independent(proof: Proof) -> None:
    """Neighbours in every direction: path, layer, block and seed, seed 0 among them."""
    stack = np.array([layers("trust", depth=2, block=b) for b in range(200)])  # (blocks, layers, paths)
    clock = Stream("trust", "normal")
    proof.holds("next path", mean((stack[..., :-1] * stack[..., 1:]).ravel()), 0.0)
    proof.holds("next layer", mean((stack[:, 0] * stack[:, 1]).ravel()), 0.0)
    proof.holds("next block", mean((stack[:-1] * stack[1:]).ravel()), 0.0)
    seeds = [joined(clock, blocks=range(60), seed=seed) for seed in (0, 1, 2, 2**32, 2**63)]
    proof.holds("other seeds", mean(np.array([a * b for a, b in combinations(seeds, 2)])), 0.0)
    proof.refuses("the same seed", mean(seeds[0] * joined(clock, blocks=range(60), seed=0)), 0.0)


def test_deeper_stacks_hold_the_shallower() -> None:
    """Further layers never change the earlier ones, and an eventful run leaves nothing in the noise for the next."""
    for law in LAWS:
        np.testing.assert_array_equal(layers("strike", law=law, depth=40)[:3], layers("strike", law=law, depth=3))
    used = Noise(5, keep=True)
    eventful = tuple(replace(t, rate=per_year(20)) for t in busy().model.triggers)
    simulate_paths(busy(triggers=eventful), seed=used, numbers=range(300))
    same(simulate_paths(busy(), seed=5, numbers=range(300)), simulate_paths(busy(), seed=used, numbers=range(300)))


def test_streams_are_keyed_by_name() -> None:
    """A driver, triggers and a date without effect, put in front of the others, change no draw and no path."""
    plain = busy()
    parts = plain.model
    more = busy(
        drivers=(driver("idle"), *parts.drivers),
        triggers=(
            trigger("rumour", rate=per_year(4), severity_cv=0.5),
            *parts.triggers,
            trigger("zeal", rate=per_year(2)),
        ),
        calendar=(calendar_event("fair", day(20), branch("fine")), *parts.calendar),
    )
    known = {stream.name: stream for stream in layout(more).streams}
    for stream in layout(plain).streams:
        again = known[stream.name]
        np.testing.assert_array_equal(
            layers(stream.name, law=stream.distribution), layers(again.name, law=again.distribution)
        )
    a, b = (simulate_paths(c, seed=3, numbers=range(500)) for c in (plain, more))
    np.testing.assert_array_equal(a.latent, b.latent[:, 1:])
    np.testing.assert_array_equal(a.counts, b.counts[1:-1])
    np.testing.assert_array_equal(a.branch, b.branch[1:])


def test_a_new_name_is_a_new_stream() -> None:
    """Renaming a driver changes its own draws and no other's."""
    before, after = (
        simulate_paths(compiled(model(drivers=(driver("trust"), driver(name))), experiment()), seed=3, numbers=range(9))
        for name in ("alignment", "concord")
    )
    np.testing.assert_array_equal(before.latent[:, 0], after.latent[:, 0])
    assert not np.isclose(before.latent[1:, 1], after.latent[1:, 1]).any()


def same(a: object, b: object) -> None:
    for name in ("latent", "index", "scenario", "counts", "branch", "event_path", "event_trigger", "event_time"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name), err_msg=name)


def test_a_path_is_a_function_of_seed_and_number() -> None:
    """The same path alone, among others, on other workers; other seeds are other paths, and 0 is a seed."""
    c = busy()
    many = simulate_paths(c, seed=0, numbers=range(2 * BLOCK))
    some = simulate_paths(c, seed=0, numbers=[1500, 3, 1024], workers=1)
    np.testing.assert_array_equal(some.latent, many.latent[:, :, [1500, 3, 1024]])
    np.testing.assert_array_equal(some.scenario, many.scenario[:, [1500, 3, 1024]])
    assert not np.array_equal(some.latent, simulate_paths(c, seed=1, numbers=[1500, 3, 1024]).latent)
    one, two = (simulate(c, seed=0, paths=5 * BLOCK + 77, workers=workers) for workers in (1, 2))
    for name in ("occupancy", "first_entry", "index_sum", "index_squares", "histogram", "events", "branches"):
        assert getattr(one, name).tobytes() == getattr(two, name).tobytes(), name
