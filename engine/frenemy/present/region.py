"""The region in which odds wanted hold: a table, text, data, and a picture of the boxes and of how they were peeled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from frenemy.analyse.prim import Box
from frenemy.analyse.regions import Restriction, restrictions
from frenemy.analyse.tuned import Tuned
from frenemy.present.keys import key_label, value_text
from frenemy.present.labels import heading, note
from frenemy.present.sentences import and_list, percent
from frenemy.present.sheet import WIDE, Layout, Lettering, Picture, panels
from frenemy.present.style import HAIR, INK, MUTED, PAPER, SMALL, styled, wrap
from frenemy.present.tables import csv_text, fixed
from frenemy.present.timeline import day

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["as_data", "as_text", "footnote", "grids", "pictures", "region", "tables"]

VEIL = {"facecolor": PAPER, "edgecolor": "none", "alpha": 0.75, "pad": 0.8}
COLOURS = ("#0072b2", "#d55e00", "#009e73")
ROW, LABELS = 0.42, 2.6
"""Inches for a restriction, and for its label."""
TALL = 2.6
"""Inches of the panel with the trajectory."""


def _each(found: Tuned) -> Iterator[tuple[int, Box, tuple[Restriction, ...]]]:
    for n, box in enumerate(found.region.boxes, 1):
        yield n, box, restrictions(box, found.region.knobs)


def _met(found: Tuned) -> str:
    """`Total rift on 22 Jan 2030 at least 25 %`."""
    parts = []
    for target, at_least in zip(found.targets, found.region.at_least, strict=True):
        label = next(s.label for s in found.model.scenarios if s.name == target.scenario)
        date = day(min(target.date, found.experiment.end))
        when = {"at": f"on {date}", "ever": f"by {date}"}.get(target.reading, f"of the time up to {date}")
        parts.append(f"{label} {when} at {'least' if at_least else 'most'} {100 * target.probability:g} %")
    return and_list(parts)


def _within(one: Restriction) -> str:
    """`at least 0.08`, `at most 3`, `0.1 to 0.2`."""
    low, high = (value_text(one.knob.key, value) for value in (one.least, one.most))
    if np.isnan(one.most):
        return f"at least {low}"
    return f"at most {high}" if np.isnan(one.least) else f"{low} to {high}"


def as_text(found: Tuned) -> list[RenderableType]:
    """The boxes, for a terminal."""
    parts: list[RenderableType] = [Text(f"Where in the ranges: {_met(found)}", "bold"), Text()]
    for caption, table in grids(found):
        parts += [Text(caption), table, Text()]
    return [*parts, Text(footnote(found), "dim")]


def grids(found: Tuned) -> Iterator[tuple[str, Table]]:
    """A caption and a table for each box."""
    for n, box, said in _each(found):
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
        for name in ("where", "is", "of its range", "quasi-p"):
            table.add_column(name, justify="left" if name in ("where", "is") else "right", no_wrap=True)
        for one in said:
            shares = f"{100 * one.low:.0f}–{100 * one.high:.0f} %"
            table.add_row(one.knob.key, _within(one), shares, _small(one.quasi_p))
        error = 196 * box.density_se
        caption = (
            f"Box {n}: {percent(box.density)} ±{error:.0f} of its draws meet it, {percent(box.coverage)} of all that do"
        )
        yield caption, table


def _small(chance: float) -> str:
    return "<0.0001" if chance < 1e-4 else f"{chance:.2g}"


def footnote(found: Tuned) -> str:
    """How much was looked at, and what the words mean."""
    area = found.region
    base = (
        f"{area.cases:,} of {area.draws:,} draws of all uncertain numbers meet it ({percent(area.cases / area.draws)})"
    )
    if not area.boxes:
        return f"{base}. There is no region to report: {area.why_none}."
    return (
        f"{base}, {area.paths:,} futures each. Boxes were found on one half of the draws by peeling (PRIM), and "
        "measured on the other. Quasi-p: the chance that the box would be as dense if this restriction told nothing."
    )


def tables(found: Tuned) -> Mapping[str, str]:
    """region.csv, boxes.csv and trajectory.csv; nothing if no region was asked for."""
    if not found.region.draws:
        return {}
    sides = (
        (
            str(n),
            one.knob.key,
            fixed(one.low, 4),
            fixed(one.high, 4),
            _plain(one.least),
            _plain(one.most),
            f"{one.quasi_p:.3g}",
        )
        for n, _, said in _each(found)
        for one in said
    )
    measures = ((str(n), *(fixed(value, 6) for value in _measures(box).values())) for n, box, _ in _each(found))
    peeled = (
        (str(n), str(step), fixed(coverage, 6), fixed(density, 6), f"{restricted:.0f}")
        for n, box, _ in _each(found)
        for step, (coverage, density, restricted) in enumerate(box.trajectory)
    )
    header = ("box", "key", "from_share", "to_share", "from", "to", "quasi_p")
    return {
        "region.csv": csv_text(header, sides),
        "boxes.csv": csv_text(("box", *MEASURES), measures),
        "trajectory.csv": csv_text(("box", "step", "coverage", "density", "restricted"), peeled),
    }


MEASURES = ("coverage", "density", "density_se", "support", "found_coverage", "found_density")


def _measures(box: Box) -> dict[str, float]:
    return {name: float(getattr(box, name)) for name in MEASURES}


def _plain(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.6g}"


def as_data(found: Tuned) -> dict[str, Any]:
    """The same as plain data, ready for JSON; a free end is absent."""
    area = found.region
    return {
        "draws": area.draws,
        "paths": area.paths,
        "cases": area.cases,
        "why_none": area.why_none,
        "boxes": [
            {
                **_measures(box),
                "limits": [
                    {"key": one.knob.key, "quasi_p": one.quasi_p,
                     **({} if np.isnan(one.least) else {"from": one.least, "from_share": one.low}),
                     **({} if np.isnan(one.most) else {"to": one.most, "to_share": one.high})}
                    for one in said
                ],
            }
            for _, box, said in _each(found)
        ],
    }  # fmt: skip


@styled()
def region(found: Tuned, axes: Sequence[Axes] | None = None) -> Sequence[Axes]:
    """Two panels: the boxes within the elicited ranges, and the trajectory of the peeling."""
    if axes is None:
        axes = panels(_layout(found, WIDE), WIDE)
    _boxes(axes[0], found)
    _trajectory(axes[1], found)
    return axes


def _boxes(ax: Axes, found: Tuned) -> None:
    """Each restriction as a bar within its number's range, in shares of it, with the values at its ends."""
    rows = [(n, one) for n, _, said in _each(found) for one in said]
    for row, (n, one) in enumerate(rows):
        colour = COLOURS[n - 1]
        ax.plot([0, 1], [row, row], color=HAIR, lw=7, solid_capstyle="butt", zorder=1.5)
        ax.plot([one.low, one.high], [row, row], color=colour, lw=7, solid_capstyle="butt", zorder=2)
        ax.plot([0.5, 0.5], [row - 0.2, row + 0.2], color=INK, lw=1, zorder=3)
        for value, share, side in ((one.least, one.low, "left"), (one.most, one.high, "right")):
            if np.isfinite(value):
                text = value_text(one.knob.key, value)
                note(ax, text, (share, row), (0, 5), coords="data", ha=side, va="bottom", color=colour, weight="bold")
    ax.set_ylim(len(rows) - 0.4, -0.75)
    ax.set_xlim(-0.01, 1.01)
    ax.set_yticks(range(len(rows)))
    labels = [wrap(key_label(one.knob.key, found.model), LABELS - 0.3, SMALL, lines=2) for _, one in rows]
    several = len(found.region.boxes) > 1
    lines = ["\n".join(label) for label in labels]
    ax.set_yticklabels(
        [f"{n}: {line}" if several else line for (n, _), line in zip(rows, lines, strict=True)], color=INK
    )
    ax.set_xticks([0, 0.05, 0.5, 0.95, 1], ["", "5 %", "median", "95 %", ""])
    ax.spines["left"].set_visible(False)
    heading(ax, "Where the numbers have to lie", reach=LABELS)


def _trajectory(ax: Axes, found: Tuned) -> None:
    """Coverage against density of all boxes on the way, those that were taken as measured on the other draws."""
    for n, box, _ in _each(found):
        coverage, density, _ = box.trajectory.T
        ax.plot(coverage, density, "-o", color=COLOURS[n - 1], ms=2.5, lw=0.8, alpha=0.6, zorder=2)
        ax.errorbar(
            [box.coverage], [box.density], [1.96 * box.density_se], fmt="D", color=COLOURS[n - 1], ms=7, mec=PAPER,
            elinewidth=1, zorder=4,
        )  # fmt: skip
        name = f"box {n}" if len(found.region.boxes) > 1 else "the box"
        how: dict[str, Any] = {"color": COLOURS[n - 1], "va": "center", "weight": "bold", "bbox": VEIL, "zorder": 6}
        note(ax, name, (box.coverage, box.density), (8, 0), coords="data", **how)
    base = found.region.cases / found.region.draws
    ax.axhline(base, color=MUTED, lw=0.9, ls=(0, (4, 3)), zorder=1.6)
    note(ax, f"all draws: {percent(base)}", (0, base), (4, -4), coords="data", va="top", bbox=VEIL)
    ax.set(xlim=(0, 1.02), ylim=(0, 1.04))
    shares = [0, 0.25, 0.5, 0.75, 1]
    ax.set_xticks(shares, [f"{100 * share:.0f} %" for share in shares])
    ax.set_yticks(shares, [f"{100 * share:.0f} %" for share in shares])
    ax.grid(visible=True, color=HAIR, lw=0.5)
    ax.set_xlabel("share of all that meet it (coverage)", color=INK, size=SMALL, loc="right")
    heading(ax, "Share that meets it")


def _layout(found: Tuned, width: float) -> Layout:
    rows = sum(len(box.limits) for box in found.region.boxes)
    wide = width > 6
    tall = max(rows * ROW + 0.3, TALL if wide else 0.8)
    room = (1.15, 1.0)
    if wide:
        return Layout(heights=(tall,), columns=room, left=LABELS, right=0.3, across=0.75, top=0.3, bottom=0.5)
    return Layout(heights=(tall, TALL), left=1.7, right=0.2, top=0.3, bottom=0.5, down=(0.7,))


def pictures(found: Tuned) -> tuple[Picture, ...]:
    """The picture of the region, if there is one."""
    if not found.region.boxes:
        return ()
    return (
        Picture(
            name="region",
            lettering=_lettering(found),
            layout=lambda width: _layout(found, width),
            draw=lambda axes: region(found, axes),
        ),
    )


def _lettering(found: Tuned) -> Lettering:
    _, box, said = next(_each(found))
    where = and_list(f"{key_label(one.knob.key, found.model)} {_within(one)}" for one in said[:2])
    more = f" and {len(said) - 2} more" if len(said) > 2 else ""
    return Lettering(
        title=f"{_met(found)}: {percent(box.density)} of the draws with {where}{more}",
        subtitle="Which part of its elicited range each number has to lie in",
        caption="Left: bars within each number's elicited range, by share; grey: excluded; tick: the median. Right: "
        "the boxes on the way of the peeling, on the draws they were found on; diamonds: those taken, on the "
        f"other draws, with the 95 % error. {footnote(found)}",
        source=f"Source: simulation of the model “{found.model.title}”, experiment “{found.experiment.title}”.",
        alt=f"Box: {where}{more}. Coverage {percent(box.coverage)}, density {percent(box.density)}.",
    )
