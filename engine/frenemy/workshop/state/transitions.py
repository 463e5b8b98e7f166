"""How commands change the state of a session: pure functions of (catalogue, state, command, who, when).

A command that is not allowed gives a refusal and leaves the state unchanged. Replaying the accepted commands in their
order gives the same state.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from frenemy.workshop.state import rounds
from frenemy.workshop.state.catalogue import Catalogue
from frenemy.workshop.state.commands import (
    Ask,
    Close,
    Drop,
    Enter,
    FocusOn,
    Join,
    Note,
    Open,
    PoolBy,
    Redo,
    Rename,
    Reset,
    ResetAll,
    Reveal,
    Set,
    Settle,
    Stored,
    Undo,
)
from frenemy.workshop.state.sliders import numbers_at, siblings
from frenemy.workshop.state.state import (
    FACILITATOR_ONLY,
    NO_SCENARIO,
    NO_SLIDER,
    Focus,
    Member,
    Refusal,
    Setting,
    State,
)

__all__ = ["PARTICIPANTS_MAY", "apply", "may"]

MAX_MEMBERS = 64
MAX_UNDO_STEPS = 500
PARTICIPANTS_MAY = (Enter, Rename)


def may(role: str, command: Any) -> bool:
    """Whether someone with this role may send this command."""
    return role == "facilitator" or (role == "participant" and isinstance(command, PARTICIPANTS_MAY))


def apply(catalogue: Catalogue, state: State, command: Stored, who: str, when: str) -> State | Refusal:
    """The state after a command, or why it was refused. `who` is a member's id, `when` a time in ISO 8601."""
    if not isinstance(command, Join):
        member = state.members.get(who)
        if member is None:
            return Refusal("forbidden", "You are not a member of this session. Please join again.")
        if not may(member.role, command):
            return FACILITATOR_ONLY
    new = _TRANSITIONS[type(command)](catalogue, replace(state, version=state.version + 1), command, who, when)
    return new if isinstance(new, Refusal) else replace(new, changed=when)


def _join(_: Catalogue, state: State, command: Join, who: str, when: str) -> State | Refusal:  # noqa: ARG001
    if len(state.members) >= MAX_MEMBERS:
        return Refusal("full", f"This session is full: it has {MAX_MEMBERS} members.")
    member = Member(name=command.name, role=command.role, token=command.token)
    return replace(state, members={**state.members, who: member})


def _rename(_: Catalogue, state: State, command: Rename, who: str, when: str) -> State:  # noqa: ARG001
    member = replace(state.members[who], name=command.name)
    return replace(state, members={**state.members, who: member})


def _set(catalogue: Catalogue, state: State, command: Set, who: str, when: str) -> State | Refusal:  # noqa: ARG001
    slider = catalogue.sliders.get(command.key)
    if slider is None:
        return NO_SLIDER
    low, high = slider.ends
    if not low <= command.value <= high:
        return Refusal("invalid", f"{slider.label} must be between {low:g} and {high:g}.")
    if refused := _stale(catalogue, state, command.key, command.seen):
        return refused
    change = numbers_at(catalogue.sliders.values(), state.numbers, command.key, command.value)
    return _settings_changed(catalogue, state, {**state.numbers, **change}, who)


def _reset(catalogue: Catalogue, state: State, command: Reset, who: str, when: str) -> State | Refusal:  # noqa: ARG001
    if command.key not in catalogue.sliders:
        return NO_SLIDER
    if refused := _stale(catalogue, state, command.key, command.seen):
        return refused
    reset = _with_siblings(catalogue, command.key)
    kept = {key: number for key, number in state.numbers.items() if key not in reset}
    return _settings_changed(catalogue, state, kept, who)


def _reset_all(catalogue: Catalogue, state: State, command: ResetAll, who: str, when: str) -> State | Refusal:  # noqa: ARG001
    return _outdated(state, command.seen) or _settings_changed(catalogue, state, {}, who)


def _settle(catalogue: Catalogue, state: State, command: Settle, who: str, when: str) -> State | Refusal:  # noqa: ARG001
    if refused := _outdated(state, command.seen):
        return refused
    unknown = [key for key in command.numbers if key not in catalogue.sliders]
    if unknown:
        return Refusal("missing", f"There is no slider for {unknown[0]}.")
    numbers = {key: catalogue.sliders[key].read(written) for key, written in command.numbers.items()}
    return _settings_changed(catalogue, state, {**state.numbers, **numbers}, who)


def _undo(_: Catalogue, state: State, command: Undo, who: str, when: str) -> State | Refusal:  # noqa: ARG001
    if not state.past:
        return Refusal("missing", "There is nothing to undo.")
    if refused := _outdated(state, command.seen):
        return refused
    future = (state.settings, *state.future)
    return _with_settings(replace(state, past=state.past[:-1], future=future), state.past[-1])


def _redo(_: Catalogue, state: State, command: Redo, who: str, when: str) -> State | Refusal:  # noqa: ARG001
    if not state.future:
        return Refusal("missing", "There is nothing to redo.")
    if refused := _outdated(state, command.seen):
        return refused
    past = (*state.past, state.settings)
    return _with_settings(replace(state, past=past, future=state.future[1:]), state.future[0])


def _focus(catalogue: Catalogue, state: State, command: FocusOn, who: str, when: str) -> State | Refusal:  # noqa: ARG001
    run = catalogue.experiment
    if command.scenario not in catalogue.scenarios:
        return NO_SCENARIO
    if not run.start < command.date <= run.end:
        return Refusal("invalid", f"The date must be after {run.start} and not after {run.end}.")
    return replace(state, focus=Focus(scenario=command.scenario, reading=command.reading, date=command.date))


def _note(_: Catalogue, state: State, command: Note, who: str, when: str) -> State:  # noqa: ARG001
    return state


def _stale(catalogue: Catalogue, state: State, key: str, seen: int) -> Refusal | None:
    """A refusal if the number or one of its siblings was changed after the version seen."""
    keys = _with_siblings(catalogue, key)
    changed = max((state.key_versions.get(key, 0) for key in keys), default=0)
    if changed <= seen:
        return None
    by = next((state.settings[key].by for key in keys if key in state.settings), "")
    name = state.members[by].name if by in state.members else "Someone"
    return Refusal("stale", f"{name} has moved this slider in the meantime.")


def _with_siblings(catalogue: Catalogue, key: str) -> set[str]:
    return {key, *(item.key for item in siblings(catalogue.sliders.values(), key))}


def _outdated(state: State, seen: int) -> Refusal | None:
    return Refusal("stale", "The sliders have been moved in the meantime.") if state.settings_version > seen else None


def _settings_changed(catalogue: Catalogue, state: State, numbers: Mapping[str, Any], who: str) -> State:
    """The state with these numbers, as a step that can be undone; numbers equal to the file's are dropped."""
    settings = {}
    for key in catalogue.sliders:
        if key not in numbers or numbers[key] == catalogue.sliders[key].number:
            continue
        old = state.settings.get(key)
        same = old is not None and old.number == numbers[key]
        settings[key] = old if same and old is not None else Setting(number=numbers[key], by=who, version=state.version)
    past = (*state.past, state.settings)[-MAX_UNDO_STEPS:]
    return _with_settings(replace(state, past=past, future=()), settings)


def _with_settings(state: State, settings: Mapping[str, Setting]) -> State:
    keys = {*state.settings, *settings}
    changed = [key for key in keys if _number(state.settings, key) != _number(settings, key)]
    key_versions = {**state.key_versions, **dict.fromkeys(sorted(changed), state.version)}
    return replace(state, settings=settings, key_versions=key_versions, settings_version=state.version)


def _number(settings: Mapping[str, Setting], key: str) -> Any:
    return settings[key].number if key in settings else None


_TRANSITIONS: Mapping[type, Callable[[Catalogue, State, Any, str, str], State | Refusal]] = {
    Join: _join,
    Rename: _rename,
    Set: _set,
    Reset: _reset,
    ResetAll: _reset_all,
    Settle: _settle,
    Undo: _undo,
    Redo: _redo,
    FocusOn: _focus,
    Note: _note,
    Ask: rounds.ask,
    Drop: rounds.drop,
    Open: rounds.open_round,
    Close: rounds.close,
    Reveal: rounds.reveal,
    PoolBy: rounds.pool_by,
    Enter: rounds.enter,
}
