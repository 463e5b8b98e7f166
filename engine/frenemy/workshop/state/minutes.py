"""The minutes of a session: what was done and by whom, in plain sentences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from frenemy.model.describe.wording import counted
from frenemy.model.resolved import Number, central
from frenemy.workshop.state import commands as ask
from frenemy.workshop.state.catalogue import Catalogue
from frenemy.workshop.state.command_log import LoggedCommand
from frenemy.workshop.state.sliders import Slider
from frenemy.workshop.state.state import Focus, Refusal, State
from frenemy.workshop.state.transitions import apply

__all__ = ["Minute", "SettingsChange", "minute", "reading_text", "replay", "value_text"]

METHODS = {
    "linear": "equal weights (linear)", "geometric": "geometric odds", "extremised": "extremised odds",
    "cooke": "Cooke's performance weights",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsChange:
    """A change of settings: the numbers before and after, and the odds in focus."""

    before: dict[str, Number]
    after: dict[str, Number]
    focus: Focus


@dataclass(frozen=True, slots=True, kw_only=True)
class Minute:
    """One entry of the minutes."""

    n: int
    version: int
    at: str
    who: str
    text: str
    why: str
    change: SettingsChange | None  # None if it changed no setting


def replay(catalogue: Catalogue, log: Iterable[LoggedCommand]) -> tuple[State, list[Minute]]:
    """State and minutes after all commands of a log.

    Raises ValueError if a command that was once carried out is refused: the log belongs to another run.
    """
    state, minutes = State(focus=catalogue.focus), list[Minute]()
    for logged in log:
        new = apply(catalogue, state, logged.command, logged.who, logged.when)
        if isinstance(new, Refusal) or new.version != logged.version:
            raise ValueError(f"command {logged.version} no longer fits the commands before it")
        if (entry := minute(catalogue, state, new, logged, len(minutes) + 1)) is not None:
            minutes.append(entry)
        state = new
    return state, minutes


def minute(catalogue: Catalogue, before: State, after: State, logged: LoggedCommand, number: int) -> Minute | None:
    """The entry for a command that led from one state to another; None if it needs none."""
    text = _text(catalogue, before, after, logged.command)
    if not text:
        return None
    change = None
    if before.settings != after.settings:
        change = SettingsChange(before=before.numbers, after=after.numbers, focus=after.focus)
    why = getattr(logged.command, "why", "")
    who = after.members[logged.who].name if logged.who in after.members else ""
    return Minute(n=number, version=logged.version, at=logged.when, who=who, text=text, why=why, change=change)


def value_text(slider: Slider, number: Number) -> str:
    """A number in the slider's unit, with its range if it has one."""
    middle = _amount(slider, slider.from_file(central(number)))
    if isinstance(number, float):
        return middle
    low, high = slider.span(number)
    return f"{middle} ({_amount(slider, low)} to {_amount(slider, high)})"


def _amount(slider: Slider, value: float) -> str:
    if slider.unit == "points":
        return f"{value:.3g}"
    percent = 100 * value
    return f"{percent:.3g} %" if percent < 99 else f"{percent:.4g} %"


def _text(catalogue: Catalogue, before: State, after: State, command: ask.Stored) -> str:
    match command:
        case ask.Set() | ask.Reset():
            slider = catalogue.sliders[command.key]
            old, new = (_brief(slider, state.numbers) for state in (before, after))
            return f"{_named(slider)}: {old} → {new}"
        case ask.ResetAll():
            return "All sliders reset to the file's values"
        case ask.Settle():
            changed = [slider for key, slider in catalogue.sliders.items() if key in command.numbers]
            return f"{command.label}: {_list(changed, after)}" if changed else command.label
        case ask.Undo() | ask.Redo():
            keys = {*before.settings, *after.settings}
            changed = [
                slider for key, slider in catalogue.sliders.items()
                if key in keys and before.settings.get(key) != after.settings.get(key)
            ]  # fmt: skip
            return f"{'Undone' if isinstance(command, ask.Undo) else 'Redone'}: {_list(changed, after)}"
        case ask.Note():
            return command.text
        case ask.FocusOn():
            return f"Focus: {catalogue.scenarios[command.scenario]} {reading_text(after.focus)}"
        case ask.Join() | ask.Rename() | ask.Enter():
            return ""
    return _question_text(before, after, command)


def _question_text(before: State, after: State, command: ask.Stored) -> str:
    if isinstance(command, ask.Ask):
        return f"Question: {after.questions[-1].text}"
    question = before.question(getattr(command, "question", ""))
    assert question is not None, "the command was not refused"
    number = len(question.rounds)
    match command:
        case ask.Drop():
            return f"Question removed: {question.text}"
        case ask.Open():
            return f"Round {number + 1} opened: {question.text}"
        case ask.Close():
            return f"Round {number} closed with {_count(question.rounds[-1].entries)}: {question.text}"
        case ask.Reveal():
            return f"Round {number} revealed, {_count(question.rounds[-1].entries)}: {question.text}"
        case ask.PoolBy():
            power = f", exponent {command.exponent:g}" if command.method == "extremised" else ""
            return f"Pooled with {METHODS[command.method]}{power}: {question.text}"
    raise AssertionError(command)


def _brief(slider: Slider, numbers: dict[str, Number]) -> str:
    return _amount(slider, slider.from_file(central(numbers.get(slider.key, slider.number))))


def _named(slider: Slider) -> str:
    match slider.kind:
        case "start":
            return f"{slider.label} at the start"
        case "long_run":
            return f"{slider.label} in the long run"
        case "branch":
            return f"{slider.group}: {slider.label}"
    return f"{slider.label}, chance in 12 months"


def _list(sliders: Sequence[Slider], state: State) -> str:
    return "; ".join(f"{_named(slider)} {_brief(slider, state.numbers)}" for slider in sliders)


def reading_text(focus: Focus) -> str:
    """When the odds in focus apply."""
    return f"on {focus.date}" if focus.reading == "at" else f"at any time by {focus.date}"


def _count(entries: object) -> str:
    return counted(len(entries), "estimate")  # type: ignore[arg-type]
