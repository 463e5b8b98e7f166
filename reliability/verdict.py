"""What a command may answer to a damaged file: its work, or a refusal in our words that names the place."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from reliability.playground import Outcome

__all__ = ["fault_of"]

FOREIGN = re.compile(
    r"Traceback|Errno|this is a bug|\w+Error\b|\w+Warning\b|pydantic|validation error|Input should|numpy|numba|dtype"
    r"|ndarray|<class|object has no|has no attribute|NoneType|could not convert|invalid literal|codec can't|sqlite"
    r"|not supported between|Expecting (?:value|property)|unhashable|takes \d+ positional|unexpected keyword"
    r"|out of range for|must be str|math domain|cannot convert|divide by zero|invalid value encountered"
    r"|overflow encountered|Singular matrix|index \d+ is out"
)
"""Words of libraries and of Python, which say nothing to whoever wrote the file."""
NAMED = re.compile(r"^error: .*?(?:: | \(found |--\w|\"|/)", re.MULTILINE | re.DOTALL)
"""An error that begins with the file, the option or the key that it is about, or says which word it found."""
CHANCES = re.compile(r"(?:^|_)(?:probability|odds)$|^q(?:05|20|35|50|65|80|95)$")


def fault_of(outcome: Outcome, words: Sequence[str] = ()) -> str:
    """What is wrong with an answer; nothing if all is well. An answer may repeat the `words` that were given."""
    if foreign := FOREIGN.search(outcome.err):
        line = next(line for line in outcome.err.splitlines() if foreign[0] in line)
        return f"foreign words, exit {outcome.code}: {line.strip()[:300]}"
    if outcome.code == 0:
        return "" if "nan" in words else _fault_of_answer(outcome.out)
    if outcome.code != 2:
        return f"exit {outcome.code}: {outcome.err.strip()[-300:]}"
    if not NAMED.search(outcome.err):
        return f"names neither file nor option: {outcome.err.strip()[:300]}"
    return ""


def _fault_of_answer(text: str) -> str:
    """A number in an answer that cannot be one."""
    if not text.startswith("{"):
        return "an odd number: nan" if re.search(r"(?<![=\w./-])nan\b", text) else ""
    try:
        answer = json.loads(text, parse_constant=_no_number)
    except ValueError as error:
        return f"not JSON: {error}"
    return next(
        (f"odds outside 0 to 1: {place} = {value}" for place, value in _chances(answer) if not 0 <= value <= 1), ""
    )


def _no_number(text: str) -> float:
    raise ValueError(f"holds {text}")


def _chances(answer: Any, place: str = "") -> list[tuple[str, float]]:
    """All odds in an answer, each with its place."""
    found: list[tuple[str, float]] = []
    parts = answer.items() if isinstance(answer, dict) else enumerate(answer) if isinstance(answer, list) else ()
    is_odds = isinstance(answer, dict) and "scenario" in answer
    for key, value in parts:
        name = str(key)
        if isinstance(value, int | float) and is_odds and CHANCES.search(name) and "change" not in place:
            found.append((f"{place}.{name}", float(value)))
        found += _chances(value, f"{place}.{name}")
    return found
