"""The commands of a session, checked for shape and size before anything else."""

from __future__ import annotations

import datetime as dt
import unicodedata
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from frenemy.workshop.state.state import Refusal, Role

__all__ = [
    "Adopt", "Apply", "Ask", "Bins", "Cancel", "Close", "Command", "Drag", "Drop", "Enter", "Export", "Fit", "FocusOn",
    "GoalTarget", "Hello", "Join", "Note", "Open", "PoolBy", "Question", "Redo", "Rename", "Reset", "ResetAll",
    "Reveal", "Set", "Settle", "Stored", "Study", "Tune", "Undo", "read_command", "read_stored",
]  # fmt: skip

MAX_NAME, MAX_KEY, MAX_WHY = 40, 200, 2000
"""Characters."""
MIN_BINS, MAX_BINS, MAX_CHIPS = 3, 20, 500


def _plain(text: str) -> str:
    """One line without control characters, including those that change the direction of the text."""
    kept = (" " if character.isspace() else character for character in text)
    return " ".join("".join(c for c in kept if unicodedata.category(c)[0] != "C").split())


def _lines(text: str) -> str:
    """The same, line by line."""
    return "\n".join(_plain(line) for line in text.splitlines()).strip()


def _nonempty(text: str) -> str:
    if not text:
        raise ValueError("must not be empty")
    return text


Name = Annotated[str, Field(max_length=MAX_NAME), AfterValidator(_plain), AfterValidator(_nonempty)]
Key = Annotated[str, Field(min_length=1, max_length=MAX_KEY)]
Why = Annotated[str, Field(max_length=MAX_WHY), AfterValidator(_lines)]
Label = Annotated[str, Field(max_length=MAX_KEY), AfterValidator(_plain)]
Real = Annotated[float, Field(allow_inf_nan=False, ge=-1e12, le=1e12)]
Chance = Annotated[float, Field(gt=0, lt=1)]
StateVersion = Annotated[int, Field(ge=0)]
Reading = Literal["at", "ever"]
Method = Literal["linear", "geometric", "extremised", "cooke"]


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class _Command(_Strict):
    id: Annotated[str, Field(max_length=40)] = ""


class _Versioned(_Command):
    """A command that names the last version of the state that the page has seen."""

    seen: StateVersion


class _OnQuestion(_Versioned):
    question: Key


class Bins(_Strict):
    """Chips in bins (the roulette method)."""

    edges: Annotated[list[Real], Field(min_length=MIN_BINS + 1, max_length=MAX_BINS + 1)]
    chips: Annotated[list[Annotated[int, Field(ge=0, le=MAX_CHIPS)]], Field(min_length=MIN_BINS, max_length=MAX_BINS)]


class _Estimate(_Strict):
    """An estimate: quantiles or chips."""

    question: Key
    q05: Real | None = None
    median: Real | None = None
    q95: Real | None = None
    bins: Bins | None = None


class Join(_Command):
    """A new member; made by the server, which alone knows the token's hash."""

    do: Literal["join"] = "join"
    name: Name
    role: Role
    token: str


class Rename(_Command):
    do: Literal["rename"] = "rename"
    name: Name


class Set(_Versioned):
    do: Literal["set"] = "set"
    key: Key
    value: Real
    why: Why = ""


class Reset(_Versioned):
    do: Literal["reset"] = "reset"
    key: Key


class ResetAll(_Versioned):
    do: Literal["reset_all"] = "reset_all"


class Undo(_Versioned):
    do: Literal["undo"] = "undo"


class Redo(_Versioned):
    do: Literal["redo"] = "redo"


class Settle(_Versioned):
    """Several numbers at once, as written in a file; made by the server to apply a goal or adopt a pool."""

    do: Literal["settle"] = "settle"
    numbers: dict[Key, Any]
    label: Label


class FocusOn(_Command):
    do: Literal["focus"] = "focus"
    scenario: Key
    reading: Reading
    date: dt.date


class Note(_Command):
    do: Literal["note"] = "note"
    text: Annotated[Why, AfterValidator(_nonempty)]


class Question(_Strict):
    """A question about a slider, or about any other number."""

    text: Annotated[str, Field(max_length=300), AfterValidator(_plain), AfterValidator(_nonempty)]
    key: Annotated[str, Field(max_length=MAX_KEY)] = ""
    unit: Literal["chance", "points", "number"] = "chance"
    low: Real = 0.0
    high: Real = 1.0
    answer: Real | None = None


class Ask(_Command):
    do: Literal["ask"] = "ask"
    question: Question


class Drop(_Command):
    do: Literal["drop"] = "drop"
    question: Key


class Open(_OnQuestion):
    do: Literal["open"] = "open"


class Close(_OnQuestion):
    do: Literal["close"] = "close"


class Reveal(_OnQuestion):
    do: Literal["reveal"] = "reveal"


class PoolBy(_Command):
    do: Literal["pool"] = "pool"
    question: Key
    method: Method
    exponent: Annotated[float, Field(ge=1, le=5)] = 2.5


class Enter(_Estimate, _Command):
    do: Literal["enter"] = "enter"
    round: Annotated[int, Field(ge=1)]
    why: Why = ""


Stored = (
    Join | Rename | Set | Reset | ResetAll | Undo | Redo | Settle | FocusOn | Note | Ask | Drop | Open | Close | Reveal
    | PoolBy | Enter
)  # fmt: skip
"""Commands that change the state; they are stored as received."""


class Hello(_Strict):
    do: Literal["hello"]
    protocol: int
    code: Annotated[str, Field(max_length=100)] = ""
    token: Annotated[str, Field(max_length=100)] = ""
    role: Role = "participant"
    name: Annotated[str, Field(max_length=4 * MAX_NAME)] = ""
    seen: int = 0


class Drag(_Strict):
    do: Literal["drag"]
    key: Key
    value: Real | None


class Fit(_Estimate):
    do: Literal["fit"]


class Study(_Command):
    do: Literal["study"]
    what: Literal["tornado", "causes", "story", "experts"]
    scenario: Annotated[str, Field(max_length=MAX_KEY)] = ""
    question: Annotated[str, Field(max_length=MAX_KEY)] = ""


class GoalTarget(_Strict):
    scenario: Key
    reading: Reading = "at"
    date: dt.date
    probability: Chance


class Tune(_Command):
    do: Literal["tune"]
    targets: Annotated[list[GoalTarget], Field(min_length=1, max_length=6)]
    keys: Annotated[list[Key], Field(max_length=20)] = []


class Cancel(_Command):
    do: Literal["cancel"]
    job: Key


class Apply(_Versioned):
    do: Literal["apply"]
    proposal: Key


class Adopt(_OnQuestion):
    do: Literal["adopt"]
    which: Key


class Export(_Command):
    do: Literal["export"]
    what: Literal["toml", "judgements", "minutes", "pictures", "report", "all"]


Command = Annotated[
    Rename | Set | Reset | ResetAll | Undo | Redo | FocusOn | Note | Ask | Drop | Open | Close | Reveal | PoolBy | Enter
    | Hello | Drag | Fit | Study | Tune | Cancel | Apply | Adopt | Export,
    Field(discriminator="do"),
]  # fmt: skip
"""What a page may send."""

_COMMAND: TypeAdapter[Any] = TypeAdapter(Command)
_STORED: TypeAdapter[Any] = TypeAdapter(Annotated[Stored, Field(discriminator="do")])


def read_command(text: str) -> Any:
    """The command in a message, or a refusal that says what is wrong."""
    try:
        return _COMMAND.validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"][1:])
        return Refusal("invalid", f"{place}: {first['msg']}" if place else first["msg"])


def read_stored(text: str) -> Stored:
    """A command from the log. Raises pydantic's ValidationError for one that this version does not know."""
    command: Stored = _STORED.validate_json(text)
    return command
