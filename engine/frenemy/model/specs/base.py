"""What all specs share: strict tables that report all their problems in an analyst's words."""

from __future__ import annotations

import datetime as dt
import difflib
import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ModelWrapValidatorHandler, ValidationInfo, model_validator
from pydantic.config import JsonDict
from pydantic_core import InitErrorDetails, PydanticCustomError, ValidationError

__all__ = ["Finding", "Names", "Spec", "close_to", "entry", "findings_of", "names_of", "refusal", "refuse", "toml_text"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """The names in the files of a model, as far as they can be read: the context of every validation."""

    drivers: tuple[str, ...] = ()
    scarred: frozenset[str] = frozenset()  # drivers that state a scar_half_life
    triggers: tuple[str, ...] = ()
    episodes: frozenset[str] = frozenset()
    scenarios: tuple[str, ...] = ()
    signposts: tuple[str, ...] = ()  # those with a likelihood
    calendar: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # event -> its branches
    start: dt.date = dt.date.min  # of the model; date.min where it cannot be read
    whole: bool = True  # whether every file could be read


def names_of(info: ValidationInfo) -> Names:
    """The names in the context of a validation."""
    return info.context if isinstance(info.context, Names) else Names()


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem at `key`, relative to the table that was checked."""

    message: str
    key: tuple[str | int, ...] = ()
    found: str = ""
    allowed: str = ""
    suggestion: str = ""

    def details(self) -> InitErrorDetails:
        """The same for pydantic."""
        context = {"message": self.message, "found": self.found, "allowed": self.allowed, "suggestion": self.suggestion}
        return InitErrorDetails(type=PydanticCustomError("input", "{message}", context), loc=self.key, input=None)


def refuse(findings: Iterable[Finding]) -> None:
    """Raise one error with all findings; do nothing if there are none."""
    details = [finding.details() for finding in findings]
    if details:
        raise ValidationError.from_exception_data("input", details)


def refusal(message: str, *, value: object = "", allowed: str = "", suggestion: str = "") -> ValidationError:
    """An error about the value itself."""
    found = "" if value == "" else toml_text(value)
    finding = Finding(message, (), found, allowed, suggestion)
    return ValidationError.from_exception_data("input", [finding.details()])


def close_to(name: str, known: Iterable[str]) -> str:
    """The known name that was probably meant by `name`, or the empty text."""
    matches = difflib.get_close_matches(name.lower(), [*known], n=1, cutoff=0.6)
    return matches[0] if matches else ""


def toml_text(value: object, limit: int = 60) -> str:
    """A value about as written in the file, on one line, cut to `limit` characters."""
    if limit < 4:
        return "…"
    match value:
        case bool():
            text = "true" if value else "false"
        case str():
            text = json.dumps(value, ensure_ascii=False)
        case dict():
            text = (
                "{ " + ", ".join(f"{key} = {toml_text(item, limit // 2)}" for key, item in [*value.items()][:8]) + " }"
            )
        case list() | tuple():
            text = "[" + ", ".join(toml_text(item, limit // 2) for item in value[:8]) + "]"
        case float() if math.isfinite(value):
            text = repr(value)
        case int() if abs(value) > 10**limit:
            text = "a very large whole number"
        case _:
            text = str(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def entry(description: str, *, unit: str = "", example: Any, default: Any = ..., alias: str | None = None) -> Any:
    """A key of a table, with everything its documentation needs."""
    extra: JsonDict = {"unit": unit} if unit else {}
    return Field(default, alias=alias, description=description, examples=[example], json_schema_extra=extra)


LAST = ("source", "sources")


class Spec(BaseModel):
    """A table in a file. Unknown keys are errors, and values keep the type as written."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, arbitrary_types_allowed=True)

    @classmethod
    def cross_checks(cls, table: Mapping[str, Any], names: Names) -> Iterator[Finding]:  # noqa: ARG003
        """Problems between the keys of the table as written; single keys may have errors of their own."""
        return iter(())

    @classmethod
    def entries(cls) -> dict[str, Any]:
        """The keys allowed, as written in the file, with their field; sources come last."""
        named = {field.alias or name: field for name, field in cls.model_fields.items()}
        return {**{key: field for key, field in named.items() if key not in LAST}, **named}

    @classmethod
    def like(cls, key: str) -> str:
        """What a key may hold, by its unit and example."""
        field = cls.entries().get(key)
        if field is None:
            return ""
        unit, example = (field.json_schema_extra or {}).get("unit"), toml_text(field.examples[0], 120)
        return f"{unit}, such as {key} = {example}" if unit else f"something like {key} = {example}"

    @model_validator(mode="wrap")
    @classmethod
    def _report_all(cls, table: Any, handler: ModelWrapValidatorHandler[Self], info: ValidationInfo) -> Self:
        crossed = [*cls.cross_checks(table, names_of(info))] if isinstance(table, dict) else []
        try:
            spec = handler(table)
        except ValidationError as error:
            details = [*_in_our_words(cls, table, error), *(finding.details() for finding in crossed)]
            raise ValidationError.from_exception_data(cls.__name__, details) from None
        refuse(crossed)
        return spec


def findings_of(error: ValidationError) -> list[Finding]:
    """Every problem of a validation, once; the place of a bad key is the key itself."""
    findings = (
        Finding(key=tuple(part for part in problem["loc"] if part != "[key]"), **problem["ctx"])
        for problem in error.errors(include_url=False)
    )
    return [*dict.fromkeys(findings)]


def _in_our_words(cls: type[Spec], table: Any, error: ValidationError) -> Iterator[InitErrorDetails]:
    problems = error.errors(include_url=False)
    missing = {str(problem["loc"][0]) for problem in problems if problem["type"] == "missing"}
    free = [key for key in cls.entries() if not isinstance(table, dict) or key not in table]
    for problem in problems:
        if problem["type"] == "extra_forbidden" and len(problem["loc"]) == 1:
            name = str(problem["loc"][0])
            meant = close_to(name, missing) or close_to(name, free) or close_to(name, cls.entries())
            missing.discard(meant)
            allowed = "" if meant else ", ".join(cls.entries())
            yield Finding("unknown key", (name,), "", allowed, meant).details()
    for problem in problems:
        kind, loc = problem["type"], problem["loc"]
        if kind == "missing" and str(loc[0]) in missing:
            yield Finding("missing", (str(loc[0]),), allowed=cls.like(str(loc[0]))).details()
        elif kind == "input":
            yield Finding(key=loc, **problem["ctx"]).details()
        elif kind not in {"missing", "extra_forbidden"}:
            message, allowed = _worded(kind, problem)
            like = cls.like(str(loc[0])) if len(loc) == 1 else ""
            yield Finding(message, loc, toml_text(problem["input"]), allowed or like).details()


WORDS = {
    "float_type": "expected a number",
    "int_type": "expected a whole number",
    "string_type": "expected text",
    "bool_type": "expected true or false",
    "date_type": "expected a date such as 2026-07-01, without quotes and without a time of day",
    "tuple_type": "expected a list",
    "list_type": "expected a list",
    "dict_type": "expected a table",
    "model_type": "expected a table",
    "too_short": "expected at least one",
    "finite_number": "expected a finite number",
}


def _worded(kind: str, problem: Any) -> tuple[str, str]:
    """Message and allowed values for an error of pydantic's own."""
    context = problem.get("ctx", {})
    match kind:
        case "literal_error":
            return "not one of the values allowed", str(context["expected"]).replace("'", '"')
        case "greater_than_equal":
            return "too small", f"at least {context['ge']}"
        case "less_than_equal":
            return "too large", f"at most {context['le']}"
        case "greater_than":
            return "too small", f"above {context['gt']:g}"
        case "less_than":
            return "too large", f"below {context['lt']:g}"
        case "string_pattern_mismatch":
            return "not of the form allowed", ""
    return WORDS.get(kind, problem["msg"]), ""
