"""JSON Schemas of the files, with which editors complete and check keys as they are typed.

`python -m frenemy.model.documentation.json_schema FOLDER` writes them.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Literal

from pydantic.json_schema import GenerateJsonSchema

from frenemy.model.specs.base import Spec
from frenemy.model.specs.experiment import ExperimentSpec
from frenemy.model.specs.ledger import LedgerSpec
from frenemy.model.specs.model import DriversFile
from frenemy.model.specs.panel import ExpertSpec, QuestionsSpec
from frenemy.model.specs.scenarios import ScenarioSpec

__all__ = ["FILES", "Kind", "schema", "schemas"]

Kind = Literal["model", "scenario", "experiment", "ledger", "questions", "expert"]
FILES: dict[Kind, tuple[type[Spec], str]] = {
    "model": (DriversFile, "drivers.toml"),
    "scenario": (ScenarioSpec, "scenarios/NAME.toml"),
    "experiment": (ExperimentSpec, "experiments/NAME.toml"),
    "ledger": (LedgerSpec, "experiments/evidence/NAME.toml"),
    "questions": (QuestionsSpec, "experts/PANEL/questions.toml"),
    "expert": (ExpertSpec, "experts/PANEL/NAME.toml"),
}
"""The spec and the files that each schema describes."""
DROPPED = frozenset({"title", "default", "examples", "unit", "properties", "propertyNames"})
DIALECT = "http://json-schema.org/draft-07/schema#"
"""The draft that TOML editors understand."""


class _Quiet(GenerateJsonSchema):
    """Without warnings about defaults that JSON cannot hold: all defaults are dropped afterwards."""

    ignored_warning_kinds = {"skipped-choice", "non-serializable-default"}  # noqa: RUF012 as in the base class


def schema(kind: Kind) -> dict[str, Any]:
    """The JSON Schema (draft 7) of a kind of file. Raises KeyError for another kind."""
    cls, file = FILES[kind]
    raw = cls.model_json_schema(by_alias=True, schema_generator=_Quiet)
    shared: dict[str, Any] = {}
    parts = {name: _tidy(part, shared) for name, part in raw.pop("$defs", {}).items()}
    body = _tidy(raw, shared)
    definitions = dict(sorted({**parts, **shared}.items()))
    return {"$schema": DIALECT, "title": file, **body, "definitions": definitions}


def schemas() -> dict[str, str]:
    """The text of each schema by the name of its file, such as `model.schema.json`."""
    return {f"{kind}.schema.json": json.dumps(schema(kind), indent=2, ensure_ascii=False) + "\n" for kind in FILES}


def _tidy(node: Any, shared: dict[str, Any]) -> Any:
    """A schema for editors: kinds of number by reference, units in the descriptions, no titles, defaults or nulls."""
    if isinstance(node, list):
        return [_tidy(item, shared) for item in node]
    if not isinstance(node, dict):
        return node
    node = _without_null(node)
    reference = _shared(node, shared) if "$name" in node else node.get("$ref", "").replace("#/$defs/", "#/definitions/")
    if reference:
        described = {"description": _described(node)} if "description" in node else {}
        # draft 7 ignores the keys beside a $ref, hence the allOf
        return {"allOf": [{"$ref": reference}], **described} if described else {"$ref": reference}
    tidied = {key: _tidy(value, shared) for key, value in node.items() if key not in DROPPED}
    if "properties" in node:
        tidied["properties"] = {name: _tidy(part, shared) for name, part in node["properties"].items()}
    if "description" in node:
        tidied["description"] = _described(node)
    return tidied


def _described(node: dict[str, Any]) -> str:
    return f"{node['description']} [{node['unit']}]" if "unit" in node else str(node["description"])


def _without_null(node: dict[str, Any]) -> dict[str, Any]:
    choices = node.get("anyOf", [])
    if {"type": "null"} not in choices:
        return node
    alone, *others = [choice for choice in choices if choice != {"type": "null"}]
    outside = {key: value for key, value in node.items() if key != "anyOf"}
    return {"anyOf": [alone, *others], **outside} if others else {**alone, **outside}


def _shared(node: dict[str, Any], shared: dict[str, Any]) -> str:
    """Define a kind of number once, under its name, and return the reference to it."""
    name = node["$name"]
    if "anyOf" in node and name not in shared:
        shared[name] = {}  # a pool within it refers to it
        shared[name] = {"anyOf": _tidy(node["anyOf"], shared)}
    return f"#/definitions/{name}"


def main(folder: str) -> None:
    """Write all schemas into a folder."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    for name, text in schemas().items():
        (Path(folder) / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
