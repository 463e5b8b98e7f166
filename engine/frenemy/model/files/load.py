"""Read the files of a model and of experiments. One InputError reports all their problems."""

from __future__ import annotations

import datetime as dt
import difflib
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from frenemy.errors import InputError, Problem
from frenemy.model.dotted_keys import leaves
from frenemy.model.experiment import Experiment
from frenemy.model.files.misspelt import misspelling, misspelt_tables, renamed
from frenemy.model.files.toml_source import Document, display_path, parse, read_toml
from frenemy.model.files.tree import Origin, Tree
from frenemy.model.realise import quantities, uncertain
from frenemy.model.resolve import label_of, resolve_experiment, resolve_model
from frenemy.model.resolved import Model, central
from frenemy.model.specs.base import Finding, Names, Spec, close_to, findings_of
from frenemy.model.specs.checks import tables
from frenemy.model.specs.experiment import ExperimentSpec
from frenemy.model.specs.fields import LEVEL
from frenemy.model.specs.model import ModelTree
from frenemy.model.specs.run import ResolvedTree, RunTree
from frenemy.model.specs.signposts import signpost_names
from frenemy.model.specs.studies import CausesSpec

__all__ = [
    "DRIVERS", "Variant", "Variants", "experiment_tree", "find_root", "load_experiment", "load_model",
    "load_overridden", "load_resolved", "load_table", "load_variants", "make_experiment", "model_tree", "parse_set",
    "validated",
]  # fmt: skip

DRIVERS = "drivers.toml"
SCENARIOS = "scenarios"
OPTIONS = {"draws": ("uncertainty", "draws")}
"""Options whose key in the file is not their name."""
AnySpec = TypeVar("AnySpec", bound=Spec)


def find_root(path: Path) -> Path:
    """The nearest folder, from `path` upward, that holds drivers.toml. Raises InputError if there is none."""
    start = Path(path).absolute()
    for folder in (start, *start.parents):
        if (folder / DRIVERS).is_file():
            return folder
    message = f"no {DRIVERS} here or in any folder above; a model's root is the folder that holds it"
    raise InputError([Problem(message=message, file=display_path(Path(path)))])


def load_model(root: Path, overrides: Mapping[str, Any] | None = None) -> Model:
    """The resolved model in a folder, with the values of `overrides` (by dotted key) instead of those written.

    Raises InputError with every problem of every file.
    """
    tree, problems = model_tree(Path(root), overrides)
    return resolve_model(validated(ModelTree, tree, problems))


def load_experiment(
    path: Path,
    *,
    paths: int | None = None,
    draws: int | None = None,
    seed: int | None = None,
    set: Mapping[str, Any] | None = None,  # noqa: A002 - the key in the file
    times: Mapping[str, Any] | None = None,
) -> tuple[Model, Experiment]:
    """The experiment in a file and its model with `[set]` applied; the keywords override the file, `times` its start,
    horizon and tick.

    Raises InputError with every problem of every file.
    """
    return load_variants(path, paths=paths, draws=draws, seed=seed, set=set, times=times).base


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """A named what-if of an experiment, resolved."""

    name: str
    label: str
    model: Model
    experiment: Experiment


@dataclass(frozen=True, slots=True, kw_only=True)
class Variants:
    """An experiment with its variants and its block `[causes]`."""

    base: tuple[Model, Experiment]
    variants: tuple[Variant, ...]
    causes: CausesSpec


def load_variants(
    path: Path,
    *,
    paths: int | None = None,
    draws: int | None = None,
    seed: int | None = None,
    set: Mapping[str, Any] | None = None,  # noqa: A002
    times: Mapping[str, Any] | None = None,
) -> Variants:
    """The experiment in a file as `load_experiment` reads it, and each of its `[[variants]]` on top of that.

    Raises InputError with every problem of every file or, if there is none, of every variant.
    """
    path = Path(path)
    tree, problems = experiment_tree(path, paths=paths, draws=draws, seed=seed, set=set, times=times)
    spec = validated(RunTree, tree, problems)
    changed = [_variant_tree(tree, place) for place in range(len(spec.experiment.variants))]
    return Variants(
        base=(resolve_model(spec), resolve_experiment(spec.experiment, path.stem, spec.model.start)),
        variants=_variants(spec, changed, path.stem),
        causes=spec.experiment.causes,
    )


def _variant_tree(tree: Tree, place: int) -> tuple[Tree, list[Problem]]:
    """The tree with variant number `place` applied, and the problems of its keys."""
    variant, document = tree.table["experiment"]["variants"][place], tree.documents["experiment",]
    changed, problems = tree.copy(), list[Problem]()
    content = changed.table["experiment"]
    del content["variants"]
    for part, added in variant.get("initial", {}).items():
        content.setdefault("initial", {}).setdefault(part, {}).update(added)
    sets = [*leaves(tables(variant, "set"))]
    for key, value, written in sets:
        line = document.line(("variants", place, "set", *written))
        problems += changed.override(key, value, Origin(document.label, line))
    problems += _overridden_pairs(changed, tree)
    content["set"] = {key: value for key, value, _ in [*leaves(tables(content, "set")), *sets]}
    content["impose"] = [*content.get("impose", []), *variant.get("impose", [])]
    return changed, problems


def _variants(spec: RunTree, changed: list[tuple[Tree, list[Problem]]], name: str) -> tuple[Variant, ...]:
    """The variants, each read as an experiment of its own. Raises InputError with the problems of all of them."""
    found, problems = list[Variant](), list[Problem]()
    for variant, (tree, wrong) in zip(spec.experiment.variants, changed, strict=True):
        try:
            read = validated(RunTree, tree, wrong)
        except InputError as error:
            problems += error.problems
            continue
        experiment = resolve_experiment(read.experiment, name, read.model.start)
        label = variant.label or label_of(variant.name)
        found.append(Variant(name=variant.name, label=label, model=resolve_model(read), experiment=experiment))
    if problems:
        raise InputError(dict.fromkeys(problems))
    return tuple(found)


def load_overridden(table: Mapping[str, Any], values: Iterable[tuple[str, Any, Origin]]) -> tuple[Model, Experiment]:
    """The model and experiment of a resolved text that was read as a table, with other values at dotted keys.

    Each value comes with the place where it is written. Raises InputError with all problems of the values.
    """
    tree, problems = Tree(), list[Problem]()
    tree.add(Document("", "", dict(table)))
    for key, value, origin in values:
        problems += tree.override(key, value, origin)
    spec = validated(ResolvedTree, tree, problems)
    return resolve_model(spec), resolve_experiment(spec.experiment, spec.experiment.name, spec.model.start)


def model_tree(root: Path, overrides: Mapping[str, Any] | None = None) -> tuple[Tree, list[Problem]]:
    """The contents of the files in a folder, with the overrides applied, and the problems found."""
    tree, problems = _read_model(root)
    before = tree.copy()
    for key, value in _flat(overrides):
        problems += tree.override(key, value, Origin("--set"))
    return tree, [*problems, *_overridden_pairs(tree, before)]


def experiment_tree(
    path: Path,
    *,
    paths: int | None = None,
    draws: int | None = None,
    seed: int | None = None,
    set: Mapping[str, Any] | None = None,  # noqa: A002
    times: Mapping[str, Any] | None = None,
) -> tuple[Tree, list[Problem]]:
    """The contents of an experiment's file and of its model's files, with all overrides applied, and the problems."""
    document = _read_experiment(path)
    tree, problems = _read_model(find_root(path.parent))
    before = tree.copy()
    tree.add(document, ("experiment",))
    content = tree.table["experiment"]
    for key, value, written in leaves(tables(content, "set")):
        problems += tree.override(key, value, Origin(document.label, document.line(("set", *written))))
    applied = {key: _plain(value) for key, value in _flat(set)}
    for key, value in applied.items():
        problems += tree.override(key, value, Origin("--set"))
    if applied and isinstance(content.get("set", {}), dict):
        content["set"] = {key: value for key, value, _ in leaves(tables(content, "set"))} | applied
    for option, value in {"paths": paths, "draws": draws, "seed": seed, **(times or {})}.items():
        if value is not None:
            _option(tree, option, _plain(value))
    return tree, [*problems, *_overridden_pairs(tree, before)]


def _overridden_pairs(tree: Tree, before: Tree) -> Iterator[Problem]:
    """Wrong pairs that overrides state. A number that only overrides make certain leaves its pair without effect."""
    if any(keys[0] == "judgement" for keys in tree.overrides.keys() - before.overrides.keys()):
        yield from _correlated_problems(tree, before)


def _plain(value: Any) -> Any:
    """A number of an array library as one of Python."""
    return value.item() if hasattr(value, "item") and not isinstance(value, dict) else value


def make_experiment(model: Model, name: str = "experiment", **options: Any) -> Experiment:
    """An experiment on a model without a file; the options are the keys of an experiment's file, except `set`.

    Raises InputError with every problem of the options.
    """
    names = Names(
        drivers=tuple(driver.name for driver in model.drivers),
        scarred=frozenset(driver.name for driver in model.drivers),
        triggers=tuple(trigger.name for trigger in model.triggers),
        episodes=frozenset(trigger.name for trigger in model.triggers if trigger.kind == "episode"),
        scenarios=tuple(scenario.name for scenario in model.scenarios),
        start=model.start,
    )
    try:
        spec = ExperimentSpec.model_validate(options, context=names)
    except ValidationError as error:
        raise InputError(Tree(table=options).problem(finding) for finding in findings_of(error)) from None
    return resolve_experiment(spec, name, model.start)


def load_resolved(text: str, label: str = "resolved.toml") -> tuple[Model, Experiment]:
    """The model and experiment that `dump_resolved` wrote."""
    return _resolved(parse(text, label))


def load_table(table: Mapping[str, Any], label: str = "") -> tuple[Model, Experiment]:
    """The model and experiment of a resolved text that was read as a table (and perhaps changed)."""
    return _resolved(Document(label, "", dict(table)))


def _resolved(document: Document) -> tuple[Model, Experiment]:
    tree = Tree()
    tree.add(document)
    spec = validated(ResolvedTree, tree, [])
    return resolve_model(spec), resolve_experiment(spec.experiment, spec.experiment.name, spec.model.start)


def parse_set(text: str) -> tuple[str, Any]:
    """Key and value of `KEY=VALUE` as on the command line; a value that is not TOML, such as 26w, is read as text."""
    key, equals, written = text.partition("=")
    if not equals or not key.strip():
        raise InputError([Problem(message="expected KEY=VALUE", file="--set", found=text)])
    try:
        value = tomllib.loads(f"value = {written}")["value"]
    except (ValueError, RecursionError):
        value = written.strip()
    return key.strip(), value


def _flat(overrides: Mapping[str, Any] | None) -> Iterable[tuple[str, Any]]:
    return ((key, value) for key, value, _ in leaves(overrides or {}))


def _option(tree: Tree, option: str, value: Any) -> None:
    keys = OPTIONS.get(option, (option,))
    node = tree.table["experiment"]
    for key in keys[:-1]:
        if not isinstance(node.get(key), dict):
            node[key] = {}
        node = node[key]
    node[keys[-1]] = value
    tree.overrides[("experiment", *keys)] = Origin(f"--{option}")


def _read_experiment(path: Path) -> Document:
    if not path.exists():
        close = difflib.get_close_matches(path.name, [other.name for other in path.parent.glob("*.toml")], n=1)
        suggestion = display_path(path.parent / close[0]) if close else ""
        raise InputError([Problem(message="no such file", file=display_path(path), suggestion=suggestion)])
    return read_toml(path)


def _read_model(root: Path) -> tuple[Tree, list[Problem]]:
    """All files of a model that can be read, and the problems of those that cannot."""
    tree = Tree()
    problems: list[Problem] = []
    try:
        tree.add(read_toml(root / DRIVERS))
    except InputError as error:
        problems += error.problems
    for key in ("scenarios", "experiment"):
        if key in tree.table:
            finding = Finding("does not belong in this file", (key,), "", f"a file of its own in {key.rstrip('s')}s/")
            problems.append(tree.problem(finding))
            del tree.table[key]
    written = [file for file in (root / SCENARIOS).glob("*") if not file.name.startswith(".")]
    files = sorted(file for file in written if file.suffix == ".toml")
    for file in sorted(file for file in written if file.suffix != ".toml" and file.suffix.lower() == ".toml"):
        problems.append(Problem(message="its name must end in .toml", file=display_path(file), found=file.suffix))
    if not files:
        message = "no scenarios; write one file for each, one of them without a rule as the default"
        problems.append(Problem(message=message, file=display_path(root / SCENARIOS)))
        tree.whole = False
    tree.add(Document(display_path(root / SCENARIOS), "", {}), (SCENARIOS,))
    for file in files:
        try:
            tree.add(read_toml(file), ("scenarios", file.stem))
        except InputError as error:
            problems += error.problems
            tree.skip(Document(display_path(file), "", {}), (SCENARIOS, file.stem))
    _keep_references(tree)
    return tree, [*problems, *_correlated_problems(tree)]


def _correlated_problems(tree: Tree, before: Tree | None = None) -> Iterator[Problem]:
    """Judgements said to be correlated of numbers that are none, or that are certain, now and `before`."""
    if "judgement" not in tree.table or (model := _model_in(tree)) is None:
        return  # what is wrong is said when the whole is validated
    earlier = None if before is None else _model_in(before)
    known, ranges = quantities(model), uncertain(model)
    allowed_keys = ranges if earlier is None else ranges | uncertain(earlier)
    for place, pair in enumerate(model.correlated):
        for key in pair.between:
            at = ("judgement", "correlated", place, "between")
            if key not in known:
                meant = close_to(key, ranges)
                yield tree.problem(Finding("names no number of the model", at, f'"{key}"', "", meant))
            elif key not in allowed_keys:
                allowed = "a number with a range, such as { q05 = 0.02, median = 0.06, q95 = 0.15 }"
                yield tree.problem(Finding("a number that is certain is correlated with none", at, f'"{key}"', allowed))


def _model_in(tree: Tree) -> Model | None:
    """The model of a tree, if it can be read and has no problems."""
    table = {key: value for key, value in tree.table.items() if key != "experiment"}
    spec, wrong = _validate(ModelTree, replace(tree, table=table))
    return resolve_model(spec) if tree.whole and spec is not None and not wrong else None


def _keep_references(tree: Tree) -> None:
    """Fix the reference of each driver where its file puts the long run, before anything overrides that."""
    for driver in tables(tree.table, "drivers").values():
        if isinstance(driver, dict) and "long_run" in driver and "reference" not in driver:
            with suppress(ValueError):  # what is wrong is said when the whole is validated
                driver["reference"] = central(LEVEL.parse(driver["long_run"]))


def validated(cls: type[AnySpec], tree: Tree, problems: list[Problem]) -> AnySpec:
    """The spec of the whole tree. Raises InputError with these problems and those found, in the order of the files."""
    if () not in tree.documents:
        raise InputError(problems)
    spec, found = _validate(cls, tree)
    if spec is not None and not problems:
        return spec
    first: list[Problem] = []
    for section, name, meant in misspelt_tables(tree.table):  # one mistake, not one at each place that names it
        first.append(tree.problem(misspelling(section, name, meant)))
        problems = [problem for problem in problems if not problem.key.startswith(f"{section}.{meant}.")]
        tree = renamed(tree, section, name, meant)
    if first:
        found = _validate(cls, tree)[1]
    order = [document.label for document in tree.documents.values()]
    rest = sorted(dict.fromkeys([*problems, *found]), key=lambda problem: _place(problem, order))
    raise InputError([*first, *rest])


def _validate(cls: type[AnySpec], tree: Tree) -> tuple[AnySpec | None, list[Problem]]:
    """The spec of a tree, or the problems found."""
    try:
        return cls.model_validate(tree.table, context=_names_in(tree)), []
    except ValidationError as error:
        return None, [tree.problem(finding) for finding in findings_of(error)]


def _place(problem: Problem, order: list[str]) -> tuple[int, int]:
    return order.index(problem.file) if problem.file in order else -1, problem.line


def _branches(event: Any) -> tuple[str, ...]:
    """The names of a calendar event's branches as written."""
    branches = event.get("branches") if isinstance(event, dict) else None
    named = (
        (branch.get("name") for branch in branches if isinstance(branch, dict)) if isinstance(branches, list) else ()
    )
    return tuple(name for name in named if isinstance(name, str))


def _names_in(tree: Tree) -> Names:
    """The names in the files, whatever other problems they have."""
    drivers, triggers = tables(tree.table, "drivers"), tables(tree.table, "triggers")
    start = tables(tree.table, "model").get("start")
    return Names(
        drivers=tuple(drivers),
        scarred=frozenset(
            name for name, spec in drivers.items() if isinstance(spec, dict) and "scar_half_life" in spec
        ),
        triggers=tuple(triggers),
        episodes=frozenset(
            name for name, spec in triggers.items() if isinstance(spec, dict) and spec.get("kind") == "episode"
        ),
        scenarios=tuple(tables(tree.table, "scenarios")),
        signposts=tuple(name for name, _ in signpost_names(tree.table)),
        calendar={name: _branches(event) for name, event in tables(tree.table, "calendar").items()},
        start=start if type(start) is dt.date else dt.date.min,
        whole=tree.whole,
    )
