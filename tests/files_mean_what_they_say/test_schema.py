"""Do the schemas that editors use agree with the loader, and the reference with the specs?"""

import datetime as dt
import json
import tomllib

import jsonschema
import pytest
from corpus import FILES, ROOT, VALID

from frenemy.model.documentation.json_schema import FILES as KINDS
from frenemy.model.documentation.json_schema import schema, schemas
from frenemy.model.documentation.reference import reference_markdown

MODELS = [*(FILES / "valid").glob("*/"), ROOT, ROOT / "engine" / "frenemy" / "starter"]
PARTS = [
    *(("model", root / "drivers.toml") for root in MODELS),
    *(("scenario", file) for root in MODELS for file in sorted((root / "scenarios").glob("*.toml"))),
    *(("experiment", file) for root in MODELS for file in sorted((root / "experiments").glob("*.toml"))),
    *(("ledger", file) for root in MODELS for file in sorted((root / "experiments" / "evidence").glob("*.toml"))),
    *(("questions", file) for root in MODELS for file in sorted((root / "experts").glob("*/questions.toml"))),
    *(("expert", file) for root in MODELS for file in sorted((root / "experts").glob("*/[!q]*.toml"))),
]


def as_json(value):
    """TOML's dates as JSON holds them."""
    if isinstance(value, dict):
        return {key: as_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_json(item) for item in value]
    return value.isoformat() if isinstance(value, dt.date) else value


def complaints(kind, table):
    return [error.message for error in jsonschema.Draft7Validator(schema(kind)).iter_errors(as_json(table))]


@pytest.mark.parametrize(("kind", "file"), PARTS, ids=lambda part: part if isinstance(part, str) else part.stem)
def test_good_files_satisfy_their_schema(kind, file):
    assert complaints(kind, tomllib.loads(file.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "name",
    [
        "unknown_key_in_driver", "misspelt_key_in_driver", "missing_key", "text_for_number", "level_out_of_range",
        "duration_without_unit", "duration_in_words", "quantile_missing", "mixed_distribution", "probability_of_one",
        "effect_of_fifty", "kind_unknown", "leads_to_without_delay", "factor_of_zero", "unknown_section",
    ],
)  # fmt: skip
def test_schemas_catch_what_a_schema_can(name):
    text = (FILES / "invalid" / "drivers" / f"{name}.toml").read_text(encoding="utf-8")
    assert complaints("model", tomllib.loads(text))


@pytest.mark.parametrize("kind", [*KINDS])
def test_schemas_are_schemas_and_every_key_is_explained(kind):
    jsonschema.Draft7Validator.check_schema(schema(kind))
    tables = [schema(kind), *(part for name, part in schema(kind)["definitions"].items() if name.endswith("Spec"))]
    for table in tables:
        for name, part in table["properties"].items():
            assert part.get("description"), f"{name} has no description"


def test_the_schemas_in_the_project_are_those_of_the_program():
    for name, text in schemas().items():
        assert (ROOT / "schema" / name).read_text(encoding="utf-8") == text, (
            "python -m frenemy.model.documentation.json_schema schema"
        )
        assert json.loads(text)["$schema"] == "http://json-schema.org/draft-07/schema#"


def test_the_reference_in_the_docs_is_that_of_the_program():
    page = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
    assert page == reference_markdown(), "python -m frenemy.model.documentation.reference docs/reference.md"


def test_files_name_a_schema_that_is_there():
    for kind, file in PARTS:
        first = file.read_text(encoding="utf-8").splitlines()[0]
        if first.startswith("#:schema"):
            assert first.split("/")[-1] == f"{kind}.schema.json", file


def test_the_corpus_uses_every_key():
    """So that no key of any file goes untested."""
    folder = FILES / "valid" / "everything"
    used = {key for file in sorted(folder.rglob("*.toml")) for key in keys_in(tomllib.loads(file.read_text("utf-8")))}
    for kind in KINDS:
        tables = [schema(kind), *schema(kind)["definitions"].values()]
        known = {key for table in tables for key in table.get("properties", {})}
        assert known - used <= {"mode", "pool", "weights", "events", "years"}, "forms that the corpus uses elsewhere"
    assert VALID


def keys_in(value):
    if isinstance(value, dict):
        yield from value
        for item in value.values():
            yield from keys_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from keys_in(item)


def test_defaults_are_shown_as_they_are_written():
    """Row E15: the default of `[map].within`, a year, was shown as "0d"."""
    page = reference_markdown()
    (row,) = [line for line in page.splitlines() if line.startswith("| `within` | How far to look ahead.")]
    assert '| `"1y"` |' in row
