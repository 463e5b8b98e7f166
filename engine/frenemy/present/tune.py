"""What tuning found: tables for a terminal, CSV text, plain data, and a picture of the judgements that moved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from frenemy.analyse.aims import FARTHEST
from frenemy.analyse.tuned import Tuned
from frenemy.model.experiment import Target
from frenemy.present.annex import Annex, grid
from frenemy.present.keys import key_label, value_text
from frenemy.present.labels import note
from frenemy.present.sheet import WIDE, Layout, Lettering, Picture, footing, panels
from frenemy.present.style import HAIR, INK, MUTED, SMALL, styled, wrap
from frenemy.present.tables import csv_text, fixed
from frenemy.present.timeline import day

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["annex", "as_data", "as_text", "footer", "head", "picture", "tables", "tuned"]

ROW = 0.5
"""Inches for a number."""
LABELS = 3.4
MOVED = "#0072b2"
SHARES = ((-1.6449, "5 %"), (-0.8416, "20 %"), (0.0, "median"), (0.8416, "80 %"), (1.6449, "95 %"))


def _target(found: Tuned, target: Target) -> str:
    """`Total rift on 22 Jan 2030`."""
    label = next(s.label for s in found.model.scenarios if s.name == target.scenario)
    date = day(min(target.date, found.experiment.end))
    words = {"at": f"{label} on {date}", "ever": f"{label} ever by {date}"}
    return words.get(target.reading, f"share of time in {label} up to {date}")


def _percent(value: float) -> str:
    return f"{100 * value:.1f} %"


def _met(found: Tuned) -> Iterator[tuple[Target, float, float, float]]:
    yield from zip(found.targets, found.before, found.found.reached, found.found.reached_se, strict=True)


def head(found: Tuned) -> tuple[str, ...]:
    """Comment lines for the top of the tuned file."""
    lines = [f"Tuned from {found.experiment.name}.toml; the values under [set] say what they were before. Odds:"]
    for target, before, reached, error in _met(found):
        said = f"{_percent(reached)} ± {_percent(1.96 * error)}; before: {_percent(before)}"
        lines.append(f"  {_target(found, target)}: {said}")
    return tuple(lines)


def as_text(found: Tuned) -> RenderableType:
    """The numbers that move and the odds that follow."""
    title = Text(f"{found.model.title}: {found.experiment.title}", "bold")
    return Group(title, Text(), _turned(found), Text(), _odds(found), Text(), Text(_footnote(found), "dim"))


def annex(found: Tuned) -> Annex:
    """What tuning found as a section of a report."""
    return Annex(
        name="tune",
        title="What would have to be true?",
        paragraphs=(_footnote(found),),
        pictures=(picture(found),),
        tables=(grid(_odds(found), "The odds wanted"), grid(_turned(found), "What would bring them about")),
    )


def _odds(found: Tuned) -> Table:
    odds = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("odds", "before", "wanted", "reached"):
        odds.add_column(name, justify="left" if name == "odds" else "right", no_wrap=name != "odds")
    for target, before, reached, error in _met(found):
        told = f"{_percent(reached)} ± {100 * 1.96 * error:.1f}"
        odds.add_row(_target(found, target), _percent(before), _percent(target.probability), told)
    return odds


def _turned(found: Tuned) -> Table:
    turned = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("what would have to be true", "before", "now", "lies at"):
        turned.add_column(name, justify="left" if name.startswith("what") else "right", no_wrap=True)
    for knob, value in zip(found.knobs, found.values, strict=True):
        old, new = (value_text(knob.key, number) for number in (knob.spread.median, value))
        turned.add_row(knob.key, old, new, f"{100 * knob.share(value):.0f} % of its range")
    return turned


def _footnote(found: Tuned) -> str:
    text = "Lies at: the share of the elicited range that is at or below the value; 50 % is the median. "
    if np.isfinite(found.found.reach).all():
        low, high = (_percent(value) for value in found.found.reach)
        text += f"Within this number's range the odds reach from {low} to {high}. "
    if len(found.found.others):
        knob = found.knobs[0]
        also = ", ".join(value_text(knob.key, knob.value(float(z))) for z in found.found.others)
        text += f"The odds are not monotone in it: about {also} would serve as well. "
    elif len(found.knobs) > 1:
        text += "Of all combinations that serve, this one departs least from what was elicited. "
    return text + "±: 95 % Monte Carlo error."


def tables(found: Tuned) -> Mapping[str, str]:
    """All tables by file name."""
    numbers = (
        (knob.key, f"{knob.spread.median:.6g}", f"{value:.6g}", fixed(knob.share(value), 4), fixed(float(z), 4))
        for knob, value, z in zip(found.knobs, found.values, found.found.z, strict=True)
    )
    odds = (
        (
            target.scenario, target.reading, str(min(target.date, found.experiment.end)),
            fixed(target.probability, 6), fixed(before, 6), fixed(reached, 6), fixed(error, 6),
        )
        for target, before, reached, error in _met(found)
    )  # fmt: skip
    written = {
        "tune.csv": csv_text(("key", "before", "after", "share", "spreads"), numbers),
        "targets.csv": csv_text(("scenario", "reading", "date", "wanted", "before", "reached", "mc_se"), odds),
    }
    curve = found.found.curve
    if len(curve.z):
        knob = found.knobs[0]
        rows = ((f"{knob.value(float(z)):.6g}", fixed(float(p), 6)) for z, p in zip(curve.z, curve.odds, strict=True))
        written["curve.csv"] = csv_text(("value", "odds_at_medians"), rows)
    return written


def as_data(found: Tuned) -> dict[str, Any]:
    """The same as plain data; `reach` only where one number was tuned."""
    low, high = (float(value) for value in found.found.reach)
    return {
        "model": found.model.title,
        "experiment": found.experiment.name,
        "seed": found.experiment.seed,
        "numbers": [
            {
                "key": knob.key, "label": key_label(knob.key, found.model), "before": float(knob.spread.median),
                "after": value, "share": float(knob.share(value)),
            }
            for knob, value in zip(found.knobs, found.values, strict=True)
        ],
        "targets": [
            {
                "scenario": target.scenario, "reading": target.reading,
                "date": str(min(target.date, found.experiment.end)), "wanted": target.probability,
                "before": float(before), "reached": float(reached), "mc_se": float(error),
            }
            for target, before, reached, error in _met(found)
        ],
        **({"reach": [low, high]} if np.isfinite(found.found.reach).all() else {}),
    }  # fmt: skip


@styled()
def tuned(found: Tuned, ax: Axes | None = None) -> Axes:
    """Each number on its own elicited scale: where it was, and where it would have to be."""
    if ax is None:
        ax = panels(_layout(found, WIDE), WIDE)[0]
    for row, (knob, value, z) in enumerate(zip(found.knobs, found.values, found.found.z, strict=True)):
        ax.plot([-1.6449, 1.6449], [row, row], color=HAIR, lw=7, solid_capstyle="butt", zorder=1.5)
        ax.plot([-0.8416, 0.8416], [row, row], color="#b4bcc6", lw=7, solid_capstyle="butt", zorder=1.6)
        ax.plot([0, z], [row, row], color=MOVED, lw=2, zorder=3)
        ax.plot([0], [row], "o", color=INK, ms=5, zorder=4)
        ax.plot([z], [row], "D", color=MOVED, ms=7, zorder=5)
        side = 1 if z >= 0 else -1
        at = {"coords": "data", "size": SMALL, "va": "bottom"}
        note(
            ax,
            value_text(knob.key, knob.spread.median),
            (0, row),
            (-6 * side, 5),
            ha="right" if side > 0 else "left",
            color=MUTED,
            **at,
        )
        note(ax, value_text(knob.key, value), (float(z), row), (0, 7), ha="center", color=MOVED, weight="bold", **at)
    ax.set_xlim(-FARTHEST - 0.2, FARTHEST + 0.2)
    ax.set_ylim(len(found.knobs) - 0.5, -0.6)
    ax.set_yticks(range(len(found.knobs)))
    labels = [wrap(key_label(knob.key, found.model), LABELS - 0.15, SMALL, lines=1)[0] for knob in found.knobs]
    ax.set_yticklabels(labels, size=SMALL, color=INK)
    ax.set_xticks([place for place, _ in SHARES], [text for _, text in SHARES])
    ax.grid(visible=True, axis="x", color=HAIR, lw=0.6)
    ax.spines["left"].set_visible(False)
    return ax


def _layout(found: Tuned, width: float) -> Layout:
    tall = max(len(found.knobs) * ROW, 0.7)
    return Layout(heights=(tall,), left=LABELS if width > 6 else 2.0, right=0.25, top=0.15, bottom=0.35)


def picture(found: Tuned) -> Picture:
    """The numbers that moved as a picture."""
    target = found.targets[0]
    odds = f"{_target(found, target)}: {_percent(target.probability)}"
    more = f" and {len(found.targets) - 1} more" if len(found.targets) > 1 else ""
    reached = "; ".join(
        f"{_target(found, item)} {_percent(after)} ± {100 * 1.96 * error:.1f} (before: {_percent(before)})"
        for item, before, after, error in _met(found)
    )
    lettering = Lettering(
        title=f"What would have to be true for {odds}{more}",
        subtitle="Each number on the scale of its own elicited range",
        caption="Dot: the median that was elicited. Diamond: what it would have to be. Bars: 60 and 90 % of its range. "
        f"Odds when run: {reached}; ± is the Monte Carlo error (95 %).",
        source=f"Source: simulation of the model “{found.model.title}”, experiment “{found.experiment.title}”.",
        alt="One row for each number, with its median and the value it would have to have: "
        + ", ".join(
            f"{knob.key} from {value_text(knob.key, knob.spread.median)} to {value_text(knob.key, value)}"
            for knob, value in zip(found.knobs, found.values, strict=True)
        )
        + ".",
    )
    return Picture(
        name="tune",
        lettering=lettering,
        layout=lambda width: _layout(found, width),
        draw=lambda axes: tuned(found, axes[0]),
    )


def footer(found: Tuned) -> str:
    """Draws and paths, seed and span."""
    run = found.experiment
    draws = f"{run.uncertainty.draws:,} draws × {run.uncertainty.paths:,} paths" if run.uncertainty.draws else ""
    return footing(run, draws or f"{run.paths:,} paths")
