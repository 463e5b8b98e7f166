"""One block of paths through all ticks, ticks outside and paths inside.

Rows of the state run over the paths of the block, so that the inner loops are vectorised; only paths in which
something happens during a tick are taken one by one, in `events`. All arithmetic is IEEE double precision in a stated
order: the same bits for any number of threads.

Numba's cache does not see a change in a function that is called from another file. So the name of the cache folder
depends on all sources of the simulation (`frenemy.runtime.kernel_cache`).
"""

from __future__ import annotations

from frenemy.arrays import Floats
from frenemy.simulation.ensemble.kernel.counts import count, end_year, finish
from frenemy.simulation.ensemble.kernel.events import run_events
from frenemy.simulation.ensemble.kernel.evidence import weigh_absence
from frenemy.simulation.ensemble.kernel.levels import end_tick, move_drivers, read_levels
from frenemy.simulation.ensemble.kernel.marks import first_exponentials
from frenemy.simulation.ensemble.kernel.maths import COMPILE, PART, at, copy, exp
from frenemy.simulation.ensemble.kernel.rates import apply_calendar, set_rates
from frenemy.simulation.ensemble.kernel.rules import assess
from frenemy.simulation.ensemble.kernel.state import DONE, EV_IMPOSED, CountRows, KeptPaths, Law, State, Sums
from frenemy.simulation.noise.streams import Marks, Rows

__all__ = ["simulate_block"]


@COMPILE
def simulate_block(
    law: Law,
    rows: Rows,
    noise: Floats,
    marks: Marks,
    counted: CountRows,
    until: int,
    state: State,
    sums: Sums,
    kept: KeptPaths,
) -> tuple[int, int]:
    """Simulate the paths of a block that `state` has room for up to tick `until`; `noise` is (rows, paths or more).

    All numbers of `law` are those of one model, or each is that of the path's outer draw: Numba makes two kernels of
    this one.

    Returns (DONE, 0), (RUNS_AWAY, trigger), or what is too small and 0: NEED_QUEUE, NEED_EVENTS, NEED_PENDING.
    Then call again with more of that and everything else unchanged: `state.resume` holds where to continue.
    """
    levels, clocks, places, stack = state.levels, state.clocks, state.places, state.stack
    paths = len(places.scenario)
    first = state.resume[0]
    if first < 0:
        _start(law, rows, noise, marks, state, paths)
        if kept.running_end.size > 0:
            for i in range(len(law.initial.running_trigger)):
                copy(kept.running_end[i], clocks.ends[law.initial.running_trigger[i]], paths)
        read_levels(levels, sums, kept, 0, paths)
        first = 0
    for n in range(first, until):
        start, end = n * law.tick, (n + 1) * law.tick
        if state.resume[2] == 0:
            apply_calendar(law, levels.anchor, clocks.log_factor, places.branch, n, paths)
            set_rates(law, levels.s, clocks, state.evidence.log_weight, stack, start, paths)
            move_drivers(law, rows.drivers, noise, levels, clocks.ends, n, start, paths)
            state.resume[1] = 0
        code, trigger = run_events(law, rows, noise, marks, state, sums, kept, n, paths)
        if code != DONE:
            state.resume[0], state.resume[2] = n, 1
            return code, trigger
        state.resume[2] = 0
        if n + 1 == until and len(state.evidence.since) > 0:  # it is read only then
            weigh_absence(law, clocks, state.evidence, end, paths)
        end_tick(law, levels, clocks.ends, places.branch, n, start, end, paths)
        read_levels(levels, sums, kept, n + 1, paths)
        assess(law.rules, law.programs, levels.s, clocks, places, stack, end, paths)
        count(places, sums, kept.scenario, counted, n, paths)
        if n + 1 == law.ticks or law.year[n + 1] > law.year[n]:
            end_year(law.draw, clocks.happened, clocks.before, sums, law.year[n], paths)
    state.resume[0] = until
    if until == law.ticks:
        finish(levels, clocks.happened, places, sums, kept, paths)
    return DONE, 0


@PART
def _start(law: Law, rows: Rows, noise: Floats, marks: Marks, state: State, paths: int) -> None:
    """Set the state at the start, and draw the branches that the calendar takes and the days of occurrences."""
    levels, clocks, queue = state.levels, state.clocks, state.queue
    for d in range(len(law.motion.level)):
        copy(levels.x[d], law.motion.level[d], paths)
        copy(levels.scar[d], law.motion.scar[d], paths)
        copy(levels.anchor[d], law.motion.anchor[d], paths)
    first_exponentials(marks, clocks.left)
    for c in range(len(law.calendar.tick)):
        if law.observations.branch[c] >= 0:
            state.places.branch[c, :] = law.observations.branch[c]
            continue
        for p in range(paths):
            u, b, m = noise[rows.calendar[c], p], 0, at(law.draw, p)
            while u >= at(law.calendar.cumulative[c, b], m):
                b += 1
            state.places.branch[c, p] = b
    for i in range(len(law.initial.imposed_time)):
        queue.time[i, :] = law.initial.imposed_time[i]
        queue.trigger[i, :] = law.initial.imposed_trigger[i]
        queue.source[i, :] = EV_IMPOSED
        queue.waiting[:] = len(law.initial.imposed_time)
        queue.due[:] = min(queue.due[0], law.initial.imposed_time[i])
    for i in range(len(law.observations.first)):
        for p in range(paths):
            u = noise[rows.occurrence[i], p]
            state.evidence.day[i, p] = law.observations.first[i] + int(u * law.observations.days[i])
    for i in range(len(law.initial.running_trigger)):
        k = law.initial.running_trigger[i]
        for p in range(paths):
            m = at(law.draw, p)
            remaining, sigma = at(law.initial.running_median[i], m), at(law.initial.running_sigma[i], m)
            if sigma > 0:
                remaining *= exp(sigma * noise[rows.remaining[i], p])
            clocks.ends[k, p] = remaining
            clocks.gate[k, p] = remaining
