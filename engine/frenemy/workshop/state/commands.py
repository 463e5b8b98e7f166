"""What can be asked of a session: commands, checked for shape and size before anything else looks at them."""

from __future__ import annotations

import datetime as dt
import unicodedata
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from frenemy.workshop.state.state import Refusal, Role

__all__ = [
    "Adopt", "Apply", "Ask", "Bins", "Cancel", "Close", "Command", "Drag", "Drop", "Enter", "Export", "Fit", "FocusOn",
    "Hello", "Join", "Note", "Open", "PoolBy", "Question", "Redo", "Rename", "Reset", "ResetAll", "Reveal", "Set",
    "Settle", "Stored", "Study", "Tune", "Undo", "Wanted", "read_command", "read_stored",
]  # fmt: skip

NAME, KEY, WHY = 40, 200, 2000
BINS, CHIPS = (3, 20), (5, 500)


def _plain(text: str) -> str:
    """One line without control characters, and without those that turn the direction of what follows."""
    kept = (" " if character.isspace() else character for character in text)
    return " ".join("".join(c for c in kept if unicodedata.category(c)[0] != "C").split())


def _lines(text: str) -> str:
    """The same, line by line."""
    return "\n".join(_plain(line) for line in text.splitlines()).strip()


def _said(text: str) -> str:
    if not text:
        raise ValueError("must not be empty")
    return text


Name = Annotated[str, Field(max_length=NAME), AfterValidator(_plain), AfterValidator(_said)]
Key = Annotated[str, Field(min_length=1, max_length=KEY)]
Why = Annotated[str, Field(max_length=WHY), AfterValidator(_lines)]
Label = Annotated[str, Field(max_length=KEY), AfterValidator(_plain)]
Real = Annotated[float, Field(allow_inf_nan=False, ge=-1e12, le=1e12)]
Chance = Annotated[float, Field(gt=0, lt=1)]
StateVersion = Annotated[int, Field(ge=0)]
Reading = Literal["at", "ever"]
Method = Literal["linear", "geometric", "extremised", "cooke"]


class _Shape(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class _Command(_Shape):
    id: Annotated[str, Field(max_length=40)] = ""


class _Seeing(_Command):
    """A command that says which version of the state the page had seen."""

    seen: StateVersion


class _OfQuestion(_Seeing):
    question: Key


class Bins(_Shape):
    """Chips on a roulette."""

    edges: Annotated[list[Real], Field(min_length=BINS[0] + 1, max_length=BINS[1] + 1)]
    chips: Annotated[list[Annotated[int, Field(ge=0, le=CHIPS[1])]], Field(min_length=BINS[0], max_length=BINS[1])]


class _View(_Shape):
    """What someone says of a question: quantiles or chips."""

    question: Key
    q05: Real | None = None
    median: Real | None = None
    q95: Real | None = None
    bins: Bins | None = None


class Join(_Command):
    """Someone comes in; made by the server, which alone knows the token's hash."""

    do: Literal["join"] = "join"
    name: Name
    role: Role
    token: str


class Rename(_Command):
    do: Literal["rename"] = "rename"
    name: Name


class Set(_Seeing):
    do: Literal["set"] = "set"
    key: Key
    value: Real
    why: Why = ""


class Reset(_Seeing):
    do: Literal["reset"] = "reset"
    key: Key


class ResetAll(_Seeing):
    do: Literal["reset_all"] = "reset_all"


class Undo(_Seeing):
    do: Literal["undo"] = "undo"


class Redo(_Seeing):
    do: Literal["redo"] = "redo"


class Settle(_Seeing):
    """Several numbers at once, as they stand in a file; made by the server for a goal reached or a pool adopted."""

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
    text: Annotated[Why, AfterValidator(_said)]


class Question(_Shape):
    """What is asked: about a slider, or about a number of its own."""

    text: Annotated[str, Field(max_length=300), AfterValidator(_plain), AfterValidator(_said)]
    key: Annotated[str, Field(max_length=KEY)] = ""
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


class Open(_OfQuestion):
    do: Literal["open"] = "open"


class Close(_OfQuestion):
    do: Literal["close"] = "close"


class Reveal(_OfQuestion):
    do: Literal["reveal"] = "reveal"


class PoolBy(_Command):
    do: Literal["pool"] = "pool"
    question: Key
    method: Method
    exponent: Annotated[float, Field(ge=1, le=5)] = 2.5


class Enter(_View, _Command):
    do: Literal["enter"] = "enter"
    round: Annotated[int, Field(ge=1)]
    why: Why = ""


Stored = (
    Join | Rename | Set | Reset | ResetAll | Undo | Redo | Settle | FocusOn | Note | Ask | Drop | Open | Close | Reveal
    | PoolBy | Enter
)  # fmt: skip
"""Commands that change the state, and are stored as they were made."""


class Hello(_Shape):
    do: Literal["hello"]
    protocol: int
    code: Annotated[str, Field(max_length=100)] = ""
    token: Annotated[str, Field(max_length=100)] = ""
    role: Role = "participant"
    name: Annotated[str, Field(max_length=4 * NAME)] = ""
    seen: int = 0


class Drag(_Shape):
    do: Literal["drag"]
    key: Key
    value: Real | None


class Fit(_View):
    do: Literal["fit"]


class Study(_Command):
    do: Literal["study"]
    what: Literal["tornado", "causes", "story", "experts"]
    scenario: Annotated[str, Field(max_length=KEY)] = ""
    question: Annotated[str, Field(max_length=KEY)] = ""


class Wanted(_Shape):
    scenario: Key
    reading: Reading = "at"
    date: dt.date
    probability: Chance


class Tune(_Command):
    do: Literal["tune"]
    targets: Annotated[list[Wanted], Field(min_length=1, max_length=6)]
    keys: Annotated[list[Key], Field(max_length=20)] = []


class Cancel(_Command):
    do: Literal["cancel"]
    job: Key


class Apply(_Seeing):
    do: Literal["apply"]
    proposal: Key


class Adopt(_OfQuestion):
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
    """The command in a message, or a refusal that says what is wrong with it."""
    try:
        return _COMMAND.validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"][1:])
        return Refusal("invalid", f"{place}: {first['msg']}" if place else first["msg"])


def read_stored(text: str) -> Stored:
    """A command from the journal. Raises pydantic's ValidationError for one that this version does not know."""
    command: Stored = _STORED.validate_json(text)
    return command
