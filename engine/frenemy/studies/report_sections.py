"""Studies as further sections of a run's report, by the name of their command."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from frenemy.errors import InputError, Problem
from frenemy.forecast.run import Source
from frenemy.model.files.load import load_variants
from frenemy.model.files.load_ledgers import load_case
from frenemy.model.files.toml_source import display_path
from frenemy.runtime.progress import Progress

if TYPE_CHECKING:
    from frenemy.present.section import Section

__all__ = ["SECTIONS", "check_sections", "sections"]

SECTIONS: Mapping[str, str] = {
    "compare": "compare",
    "causes": "causes",
    "sensitivity": "sensitivity",
    "tune": "tune",
    "sweep": "sweep",
    "audit": "audit",
    "map": "risk_map",
    "elicit": "elicit",
    "rare": "rare",
    "update": "update",
    "timeline": "timeline",
    "watch": "watch",
    "hindcast": "hindcast",
}
"""Command, and folder and function, of each study that an experiment's file can request."""
WITHOUT_SET = ("compare", "elicit")
"""Studies of the file's own values, which take no others."""
WITHOUT_PATHS = ("update", "timeline", "watch", "hindcast")
"""Studies whose paths are particles, which take much longer; the file states their number."""


NEEDED = {
    "compare": "[[variants]]", "tune": "[[targets]] and tune", "sweep": "[[sweep.over]]", "elicit": "panel",
    "update": "evidence", "timeline": "evidence", "hindcast": "evidence",
}  # fmt: skip
"""What a file must state for a study."""
OF_LEDGERS = ("update", "timeline", "hindcast")


def check_sections(names: Sequence[str], *, changed: bool = False, source: Source | None = None) -> None:
    """Raise InputError for sections that cannot be had, before the run.

    These are unknown ones, those that cannot have values `changed` by --set, and those whose block the file lacks.
    """
    problems = [
        Problem(
            message="there is no such section",
            key="--with",
            found=name,
            allowed=", ".join(SECTIONS),
            suggestion=next(iter(get_close_matches(name, SECTIONS, 1)), ""),
        )
        for name in names
        if name not in SECTIONS
    ]
    problems += [
        Problem(message="is a study of the experiment's file as written, without --set", key="--with", found=name)
        for name in WITHOUT_SET
        if changed and name in names
    ]
    if not problems and isinstance(source, str | Path):
        problems += _lacking(Path(source), names)
    if problems:
        raise InputError(problems)


def _lacking(file: Path, names: Sequence[str]) -> Iterator[Problem]:
    """Studies that need what the experiment's file does not state."""
    if not names:
        return
    loaded = load_variants(file)
    experiment = loaded.base[1]
    given: dict[str, object] = {
        "compare": loaded.variants, "tune": experiment.targets and experiment.tune, "elicit": experiment.panel,
        "sweep": experiment.sweep.over,
    }  # fmt: skip
    if not set(names).isdisjoint(OF_LEDGERS):
        given |= dict.fromkeys(OF_LEDGERS, load_case(file).files)
    for name, needed in NEEDED.items():
        if name in names and not given.get(name, True):
            message = "the experiment's file does not state what this needs"
            yield Problem(message=message, file=display_path(file), key="--with", found=name, allowed=needed)


def sections(
    source: Source,
    names: Sequence[str],
    *,
    paths: int | None = None,
    at_medians: bool = False,
    seed: int | None = None,
    set: Mapping[str, Any] | None = None,  # noqa: A002 the word of the file and of the command line
    workers: int = 0,
    progress: Progress | None = None,
) -> Iterator[Section]:
    """The sections of these names, in the order of `SECTIONS`, each a study of the experiment as its file states.

    `at_medians`: every uncertain number is at its median in all of them, as it then is in the run.

    Raises InputError for an unknown section, or for a study whose block the file lacks (variants, targets).
    """
    check_sections(names, changed=bool(set))
    for name, function in SECTIONS.items():
        if name in names:
            study: Callable[..., Any] = getattr(import_module(f"frenemy.studies.{function}.study"), function)
            options: dict[str, Any] = {"seed": seed, "workers": workers, "progress": progress}
            if at_medians:
                options["draws"] = 0
            if name not in WITHOUT_PATHS:
                options["paths"] = paths
            if name not in WITHOUT_SET:
                options["set"] = set
            yield study(source, **options).section()
