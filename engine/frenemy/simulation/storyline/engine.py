"""The readable engine: one path, event by event, in SimPy. It is the specification of the law in code.

Each trigger's clock, each follow-up on its way, each running episode, each calendar date and the assessment at the
end of every tick is a process. It shares the compiled model and the noise with the fast engine, and nothing else.

At one moment, an episode ends first, then the tick is assessed, then everything else happens: a tick includes its
start but not its end.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Container, Generator, Iterator
from typing import Any

import numpy as np
import simpy
from numpy.typing import NDArray
from scipy.special import ndtri
from simpy.events import EventPriority

from frenemy.arrays import Floats
from frenemy.model import conditions as ex
from frenemy.model.resolved import Scenario
from frenemy.simulation.compile.compile import Compiled
from frenemy.simulation.noise.streams import BLOCK, FOLLOW_UP, OWN, draw, keys, layout
from frenemy.simulation.storyline.log import Cause, Entry, EntryKind, Episode, Storyline

__all__ = ["Cause", "Entry", "Episode", "Storyline", "tell"]

ENDS, ASSESSED, OTHER = -1, 0, 1
"""Priorities at one moment; OTHER is SimPy's normal priority, that of everything else."""
Process = Generator[simpy.Event, Any, None]


def tell(
    compiled: Compiled, *, seed: int, path: int, suppressed: Container[tuple[str, int, int]] = frozenset()
) -> Storyline:
    """Path `path` of a seed as a storyline: the same path that the ensemble simulates.

    Events in `suppressed`, by (trigger, kind, number) as they are numbered in the noise, do not happen: they use up
    their unit exponential or their follow-up and their number, so that all later events keep their noise, and have no
    other effect.
    """
    path_state = _Path(compiled, seed, path)
    path_state.suppressed = suppressed
    return path_state.tell()


def _index(latent: Floats) -> Floats:
    """Latent levels as an index, 0-100."""
    return np.asarray(100 / (1 + np.exp(-np.clip(latent, -708, 708))))


class _PathNoise:
    """The noise of one path: column `path % BLOCK` of its block, and the marks of its events.

    The marks are made here by other means than in the fast engine: NumPy's own generator, SciPy's normal quantile.
    """

    def __init__(self, compiled: Compiled, seed: int, path: int) -> None:
        self.layout = layout(compiled)
        self._seed, self._block, self._column = seed, path // BLOCK, path % BLOCK
        self._path = path
        self._stacks: dict[int, Floats] = {}
        self._words: dict[str, NDArray[np.uint64]] = {}

    def __call__(self, stream: int, layer: int = 0) -> float:
        stack = self._stacks.get(stream)
        if stack is None or layer >= len(stack):
            depth = max(self.layout.streams[stream].layers, 2 * (layer + 1))
            block = np.empty((depth, BLOCK))
            draw(self.layout.streams[stream], self._seed, self._block, block)
            stack = self._stacks[stream] = block[:, self._column].copy()
        return float(stack[layer])

    def words(self, name: str, number: int) -> NDArray[np.uint64]:
        """The four words of a number in a stream of marks."""
        known = self._words.get(name)
        if known is None or len(known) <= number:
            source = np.random.Philox(key=keys(self._seed, (name,))[0], counter=[0, self._path, 0, 0])
            known = self._words[name] = source.random_raw(8 * (number + 1)).reshape(-1, 4)
        return np.asarray(known[number], dtype=np.uint64)

    def event(self, kind: int, trigger: int, number: int) -> tuple[float, float, float]:
        """What follows from event `number - 1`: the clock's next unit exponential; severity and duration, normal."""
        words = self.words(self.layout.events[kind * (len(self.layout.events) // 2) + trigger], number)
        return -math.log1p(-_uniform(words[0])), _normal(words[1]), _normal(words[2])

    def follow_up(self, kind: int, link: int, number: int) -> tuple[float, float]:
        """Chance, uniform, and delay, normal, of a link's follow-up."""
        words = self.words(self.layout.links[kind * (len(self.layout.links) // 2) + link], number)
        return _uniform(words[0]), _normal(words[1])


def _uniform(word: np.uint64) -> float:
    return (int(word) >> 11) * 2.0**-53


def _normal(word: np.uint64) -> float:
    return float(ndtri(((int(word) >> 12) + 0.5) * 2.0**-52))


def _lognormal(median: float, sigma: float, z: float) -> float:
    """A random time by median and log standard deviation."""
    return median * math.exp(sigma * z) if sigma > 0 else median


class _Path:
    """The state of one path, and the processes that move it."""

    def __init__(self, compiled: Compiled, seed: int, path: int) -> None:
        self.compiled, self.seed, self.path = compiled, seed, path
        self.suppressed: Container[tuple[str, int, int]] = frozenset()
        self.model = compiled.model
        self.noise = _PathNoise(compiled, seed, path)
        self.env = simpy.Environment()
        n_triggers = len(compiled.trigger_names)
        self.tick = 0
        self.level, self.scar = compiled.level.copy(), compiled.scar.copy()
        self.rate = np.zeros(n_triggers)
        self.contagion = np.zeros(len(compiled.pairs.target))  # extra events a day, by pair
        self.pending_effects: list[tuple[Floats, float]] = []  # (latent, lasting share), applied at the tick's end
        self.raised: list[int] = []  # pairs whose contagion begins with the next tick
        self.count = np.zeros(n_triggers, dtype=int)
        self.draws_used = np.zeros((2, n_triggers), dtype=int)  # by kind: numbers the events in the noise
        self.shut_until = np.full(n_triggers, -math.inf)
        self.ends = np.full(n_triggers, -math.inf)
        self.branch: dict[int, int] = {}
        self.scenario = self.default = compiled.rules.default
        self.streak = [0] * len(self.model.scenarios)
        self.new_tick = self.env.event()
        self.entries: list[Entry] = []
        self.episodes: list[Episode] = []
        self.sources = [k for k in range(n_triggers) for _ in range(*compiled.pairs.start[k : k + 2])]

    def tell(self) -> Storyline:
        compiled, noise, env = self.compiled, self.noise, self.env
        levels, scenarios = [self.level.copy()], list[int]()
        for i, (k, median, sigma) in enumerate(compiled.running):
            self._begin_episode(k, _lognormal(median, sigma, noise(int(noise.layout.remaining[i])) if sigma else 0.0))
        env.process(self._ticks(levels, scenarios))
        self.clocks = [env.process(self._clock(k)) for k in range(len(compiled.trigger_names))]
        for k, time in compiled.imposed:
            env.process(self._follow_up(k, time, "imposed", ""))
        for c in range(len(compiled.calendar_names)):
            env.process(self._calendar(c))
        env.run(until=self.finished)
        latent = np.array(levels)
        start = np.datetime64(compiled.start)
        return Storyline(
            path=self.path,
            seed=self.seed,
            dates=start + (np.arange(compiled.ticks + 1) * int(compiled.tick)).astype("timedelta64[D]"),
            latent=latent,
            index=_index(latent),
            scenario=np.array(scenarios, dtype=np.int8),
            entries=tuple(self.entries),
            episodes=tuple(self.episodes),
        )

    # --- the ticks -------------------------------------------------------------------------------------------------

    @property
    def finished(self) -> simpy.Event:
        """The moment after the last assessment."""
        return self._moment(self.compiled.ticks * self.compiled.tick, OTHER)

    def _moment(self, time: float, priority: int) -> simpy.Event:
        event = self.env.event()
        event._ok, event._value = True, None
        self.env.schedule(event, priority=EventPriority(priority), delay=time - self.env.now)
        return event

    def _ticks(self, levels: list[Floats], scenarios: list[int]) -> Process:
        """Set the rates at each tick's start; at its end move the drivers, apply its effects and assess the rules."""
        for tick in range(self.compiled.ticks):
            self.tick = tick
            anchor = self._anchor()
            self._assess_rates()
            self.new_tick, begun = self.env.event(), self.new_tick
            begun.succeed()
            yield self._moment((tick + 1) * self.compiled.tick, ASSESSED)
            self._move(anchor)
            self._assess_rules()
            levels.append(self.level.copy())
            scenarios.append(self.scenario)

    def _anchor(self) -> Floats:
        """Long run, shifted by the branches in force and by the episodes that run at the tick's start."""
        anchor = self.compiled.anchor.copy()
        for c, b in self._in_force(self.compiled.calendar.shift_end):
            anchor += self.compiled.calendar.shift[c, b]
        for k in range(len(self.rate)):
            if self._active(k):
                anchor += self.compiled.triggers.shift[k]
        return anchor

    def _in_force(self, until: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
        for c, b in self.branch.items():
            if self.compiled.calendar.tick[c] < self.tick < until[c, b]:
                yield c, b

    def _active(self, k: int) -> bool:
        return bool(self.ends[k] > self.env.now)

    def _assess_rates(self) -> None:
        """Set rates at the tick's start, 0 where a condition fails; contagion fades by one tick after it is used."""
        law = self.compiled.triggers
        index = _index(self.level)
        log_factor = np.zeros(len(self.rate))
        for c, b in self._in_force(self.compiled.calendar.factor_end):
            log_factor += self.compiled.calendar.log_factor[c, b]
        for q in self.raised:
            self.contagion[q] += self.compiled.pairs.jump[q]
        self.raised.clear()
        self.own_part = np.exp(np.clip(law.intercept + law.slope @ index + log_factor, -708, 708))
        self.contagion_part = self.contagion.copy()
        self.contagion *= self.compiled.pairs.keep
        for k, trigger in enumerate(self.model.triggers):
            extra = self.contagion_part[self.compiled.pairs.target == k].sum()
            self.rate[k] = self.own_part[k] + extra if self._holds(trigger.requires, trigger.thresholds) else 0.0

    def _move(self, anchor: Floats) -> None:
        """Move the drivers by the exact transition over the tick, then apply the effects of its events."""
        move, streams = self.compiled.transition, self.noise.layout.drivers
        z = np.array([self.noise(int(stream), self.tick) for stream in streams])
        self.level = move.phi @ self.level + move.anchor @ anchor + move.scar @ self.scar + move.shock @ z
        self.scar = move.heal @ self.scar
        for effect, lasting in self.pending_effects:
            self.level = self.level + effect
            self.scar = self.scar + lasting * effect
        self.pending_effects.clear()

    # --- triggers --------------------------------------------------------------------------------------------------

    def _clock(self, k: int) -> Process:
        """Own events: while the gate is open the clock runs at the tick's rate, until its exponential is used up."""
        left, _, _ = self.noise.event(OWN, k, 0)
        while True:
            since, rate = self.env.now, self.rate[k]
            opens, closes = self._gate(k)
            running = rate > 0 and opens <= since < closes
            rings = running and since + left / rate < closes
            try:
                if rings:
                    yield self.env.timeout(left / rate)
                elif rate > 0 and since < opens < closes:
                    yield self._moment(opens, OTHER)
                else:
                    yield self.new_tick
            except simpy.Interrupt:  # an event that did not come from the clock closed the gate
                rings = False
            if rings:
                self._happen(k, OWN, "event", self._causes(k))
                left, _, _ = self.noise.event(OWN, k, int(self.draws_used[OWN, k]))
            elif running:
                left -= rate * (min(self.env.now, closes) - since)

    def _gate(self, k: int) -> tuple[float, float]:
        """The stretch of this tick, from now on, in which the gate is open; empty if it ends before it begins."""
        law = self.compiled.triggers
        if self.count[k] >= law.max_count[k]:
            return math.inf, math.inf
        opens = max(self.env.now, law.opens[k], self.shut_until[k], self.ends[k])
        return opens, min((self.tick + 1) * self.compiled.tick, law.closes[k])

    def _causes(self, k: int) -> tuple[Cause, ...]:
        """Shares of the own rate and of each source of contagion."""
        shares = {k: 0.0}
        for q in np.flatnonzero(self.compiled.pairs.target == k):
            shares[~self.sources[q]] = shares.get(~self.sources[q], 0.0) + self.contagion_part[q]
        shares[k] += self.own_part[k]
        total = sum(shares.values())
        names = self.compiled.trigger_names
        return tuple(
            Cause("own rate", "", float(share / total))
            if source >= 0
            else Cause("contagion", names[~source], float(share / total))
            for source, share in shares.items()
            if share > 1e-9 * total
        )

    def _follow_up(self, k: int, delay: float, kind: EntryKind, source: str) -> Process:
        """A follow-up or imposed event: it arrives after the delay, and happens unless its window or limit forbids."""
        yield self.env.timeout(delay)
        law, now = self.compiled.triggers, self.env.now
        cause = (Cause("followed" if kind == "follow_up" else "imposed", source, 1.0),)
        why = (
            "outside its window" if not law.opens[k] <= now < law.closes[k]
            else "its limit is reached" if self.count[k] >= law.max_count[k]
            else "its episode already runs" if self._active(k)
            else ""
        )  # fmt: skip
        if why:
            self._log(now, "lost", self.compiled.trigger_names[k], cause, text=f"has no effect: {why}")
        else:
            self._happen(k, FOLLOW_UP, kind, cause)

    def _happen(self, k: int, kind: int, entry: EntryKind, causes: tuple[Cause, ...]) -> None:
        """An event of trigger k, with all its effects."""
        law, noise, now = self.compiled.triggers, self.noise, self.env.now
        name = self.compiled.trigger_names[k]
        number = int(self.draws_used[kind, k])
        self.draws_used[kind, k] += 1
        if (name, kind, number) in self.suppressed:
            return
        self.count[k] += 1
        sigma = law.severity_sigma[k]
        _, severe, long = noise.event(kind, k, number + 1)
        severity = math.exp(sigma * severe - sigma**2 / 2) if sigma else 1.0
        effect = severity * law.effect[k]
        self.pending_effects.append((effect, law.lasting[k]))
        self._log(now, entry, name, causes, effect=effect)
        if law.episode[k]:
            self._begin_episode(k, _lognormal(law.duration[k], law.duration_sigma[k], long))
        if law.cooldown[k] > 0:
            self.shut_until[k] = now + law.cooldown[k]
        if self.clocks[k] is not self.env.active_process:
            self.clocks[k].interrupt()  # it looks at its gate again
        self.raised.extend(range(*self.compiled.pairs.start[k : k + 2]))
        for link in range(*self.compiled.links.start[k : k + 2]):
            links = self.compiled.links
            chance, late = noise.follow_up(kind, link, number)
            if chance < links.chance[link]:
                delay = _lognormal(links.delay[link], links.delay_sigma[link], late)
                self.env.process(self._follow_up(int(links.target[link]), delay, "follow_up", name))

    def _begin_episode(self, k: int, lasts: float) -> None:
        begin = self.env.now
        self.ends[k] = begin + lasts
        self.episodes.append(Episode(self.compiled.trigger_names[k], begin, begin + lasts))
        self.env.process(self._episode(k, begin + lasts))

    def _episode(self, k: int, end: float) -> Process:
        """A running episode: when it ends, its `on_end` effect is applied at the end of that tick."""
        yield self._moment(end, ENDS)
        on_end = self.compiled.triggers.on_end[k]
        if on_end.any():
            self.pending_effects.append((on_end, 0.0))
        cause = (Cause("duration", "", 1.0),)
        self._log(end, "episode_end", self.compiled.trigger_names[k], cause, effect=on_end)

    # --- calendar and scenarios ------------------------------------------------------------------------------------

    def _calendar(self, c: int) -> Process:
        """A calendar date: a branch is drawn. Effects apply at the tick's end, factors and shifts from the next one."""
        event = self.model.calendar[self.compiled.calendar_index[c]]
        yield self.env.timeout(float((event.date - self.compiled.start).days))
        u = self.noise(int(self.noise.layout.calendar[c]))
        law = self.compiled.calendar
        b = int(np.searchsorted(law.cumulative[c], u, side="right"))
        self.branch[c] = b
        self.pending_effects.append((law.effect[c, b], law.lasting[c, b]))
        cause = (Cause("calendar", event.name, 1.0),)
        self._log(self.env.now, "calendar", event.name, cause, effect=law.effect[c, b], branch=event.branches[b].name)

    def _assess_rules(self) -> None:
        """The state machine of the scenarios, at the end of a tick."""
        rules, before = self.compiled.rules, self.scenario
        for j, scenario in enumerate(self.model.scenarios):
            if j != rules.default:
                self.streak[j] = self.streak[j] + 1 if self._holds(scenario.enter, scenario.thresholds) else 0
        if before != self.default and self._leaves(self.model.scenarios[before]):
            self.streak[before] = 0
            self.scenario = self.default
        if self.scenario == self.default:
            ready = [j for j in range(len(self.streak)) if j != self.default and self.streak[j] >= rules.ticks[j]]
            self.scenario = min(ready, default=self.default)  # scenarios are in the order of priority
        if self.scenario != before:
            cause = (Cause("rule", "", 1.0),)
            self._log(self.env.now, "leave", self.model.scenarios[before].name, cause)
            self._log(self.env.now, "enter", self.model.scenarios[self.scenario].name, cause)

    def _leaves(self, scenario: Scenario) -> bool:
        return not scenario.absorbing and self._holds(scenario.leave, scenario.thresholds)

    def _holds(self, node: ex.Expression, thresholds: Any) -> bool:
        match node:
            case ex.Truth(value):
                return value
            case ex.Active(trigger):
                return self._active(self.compiled.trigger_names.index(trigger))
            case ex.Not(operand):
                return not self._holds(operand, thresholds)
            case ex.And(operands):
                return all(self._holds(operand, thresholds) for operand in operands)
            case ex.Or(operands):
                return any(self._holds(operand, thresholds) for operand in operands)
            case ex.Comparison(operator, left, right):
                a, b = self._value(left, thresholds), self._value(right, thresholds)
                return bool({"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b, "==": a == b, "!=": a != b}[operator])

    def _value(self, node: ex.Numeric, thresholds: Any) -> float:
        match node:
            case ex.Number(value):
                return value
            case ex.Named(name):
                return float(thresholds[name])
            case ex.Level(driver):
                return float(_index(self.level)[self.compiled.drivers.index(driver)])
            case ex.Count(trigger):
                return float(self.count[self.compiled.trigger_names.index(trigger)])
            case ex.Arithmetic(operator, left, right):
                a, b = self._value(left, thresholds), self._value(right, thresholds)
                return a + b if operator == "+" else a - b if operator == "-" else a * b if operator == "*" else a / b

    # --- the log ---------------------------------------------------------------------------------------------------

    def _log(
        self, time: float, kind: EntryKind, name: str, causes: tuple[Cause, ...], *,
        effect: Floats | None = None, branch: str = "", text: str = "",
    ) -> None:  # fmt: skip
        latent = np.zeros(len(self.level)) if effect is None else effect
        points = 100 / (1 + np.exp(-latent)) - 50
        self.entries.append(
            Entry(
                time=time,
                date=self.compiled.start + dt.timedelta(days=math.floor(time)),
                kind=kind,
                name=name,
                branch=branch,
                causes=causes,
                effects={d: float(e) for d, e in zip(self.compiled.drivers, points, strict=True) if e},
                text=text,
            )
        )
