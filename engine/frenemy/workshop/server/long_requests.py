"""What takes a while: studies, goals, exports. The office starts the jobs and tells the room what they came to."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from frenemy.errors import InputError
from frenemy.model.files.rewrite import as_written
from frenemy.model.resolved import Number
from frenemy.workshop.compute import studies
from frenemy.workshop.compute.expert_odds import carried
from frenemy.workshop.compute.export import Record, exported, report_files
from frenemy.workshop.compute.frames import pack_bytes
from frenemy.workshop.compute.jobs import Job, JobProgress, Jobs
from frenemy.workshop.server.room import Client, Room
from frenemy.workshop.state import commands as ask
from frenemy.workshop.state import pooled_estimates
from frenemy.workshop.state.command_log import LoggedCommand
from frenemy.workshop.state.sliders import numbers_at
from frenemy.workshop.state.state import Question, Refusal, State

__all__ = ["LongRequests"]


class LongRequests:
    """The office of a room. All methods are called on the event loop."""

    def __init__(self, room: Room, experiment: Path) -> None:
        self.room, self._experiment = room, experiment
        self.jobs = Jobs(room.director.road, self._tell)
        self._results: dict[str, dict[str, Any]] = {}
        self._proposals: dict[str, Mapping[str, Number]] = {}
        room.listeners.append(self._hear)

    def welcome(self, client: Client) -> None:
        """The last result of each study, for someone who has come in."""
        for slot, message in self._results.items():
            client.send(message, slot)
        for question in self.room.state.questions:
            if pooled_estimates.held(question):
                client.send(pooled_estimates.pooled(self.room.state, question), f"pooled {question.id}")

    def take(self, command: Any, client: Client) -> dict[str, Any] | Refusal:
        """Take a command that changes no state by itself, or asks for more than a transition."""
        match command:
            case ask.Study():
                return self._study(command)
            case ask.Tune():
                return self._tune(command)
            case ask.Export():
                return self._export(command, client)
            case ask.Apply():
                return self._apply(command, client)
            case ask.Adopt():
                return self._adopt(command, client)
            case ask.Cancel():
                found = self.jobs.cancel(command.job)
                return {} if found else Refusal("missing", "This is not under way any more.")
        return Refusal("invalid", "This cannot be done here.")

    def close(self) -> None:
        """Cancel everything."""
        self.jobs.close()

    def _study(self, command: ask.Study) -> dict[str, Any] | Refusal:
        catalogue, state, engine = self.room.catalogue, self.room.state, self.room.engine
        world, focus = engine.run(state.numbers), state.focus
        scenario = command.scenario or focus.scenario
        if scenario not in catalogue.scenarios:
            return Refusal("missing", "There is no such scenario.")
        if command.question and state.question(command.question) is None:
            return Refusal("missing", "There is no such question.")

        def work(watched: JobProgress) -> dict[str, Any]:
            bench = studies.StudyInput(catalogue, world, watched, engine.workers)
            match command.what:
                case "tornado":
                    return studies.tornado(bench, focus)
                case "causes":
                    return studies.causes(bench, focus)
                case "story":
                    return studies.story(bench, scenario)
            return carried(engine, catalogue, state, command.question, watched)

        return {"job": self.jobs.start(command.what, work, self._tells(state))}

    def _tune(self, command: ask.Tune) -> dict[str, Any]:
        catalogue, state, engine = self.room.catalogue, self.room.state, self.room.engine
        world = engine.run(state.numbers)

        def work(watched: JobProgress) -> tuple[dict[str, Any], Mapping[str, Number]]:
            bench = studies.StudyInput(catalogue, world, watched, engine.workers)
            return studies.tune(bench, command.targets, command.keys)

        def then(job: Job, found: tuple[dict[str, Any], Mapping[str, Number]]) -> None:
            message, numbers = found
            self._proposals = {job.id: numbers}
            self._tells(state)(job, {**message, "proposal": job.id})

        return {"job": self.jobs.start("tune", work, then)}

    def _apply(self, command: ask.Apply, client: Client) -> dict[str, Any] | Refusal:
        numbers = self._proposals.get(command.proposal)
        if numbers is None:
            return Refusal("missing", "This goal is not known any more; look for it again.")
        return self._settle(numbers, "Goal", command, client)

    def _adopt(self, command: ask.Adopt, client: Client) -> dict[str, Any] | Refusal:
        catalogue, state = self.room.catalogue, self.room.state
        question = state.question(command.question)
        if question is None:
            return Refusal("missing", "There is no such question.")
        try:
            number = pooled_estimates.adopted(catalogue, state, question, command.which)
        except InputError as error:
            return Refusal("missing", "; ".join(problem.message for problem in error.problems))
        slider = catalogue.sliders[question.key]
        middle = number if isinstance(number, float) else number.median
        low, high = slider.ends
        value = min(max(slider.shown(middle), low), high)
        numbers = {**numbers_at(catalogue.sliders.values(), state.numbers, question.key, value), question.key: number}
        who = "The pool" if command.which == "pool" else f"Expert {command.which}"
        return self._settle(numbers, f"{who} adopted", command, client)

    def _settle(
        self, numbers: Mapping[str, Number], label: str, command: ask.Apply | ask.Adopt, client: Client
    ) -> dict[str, Any] | Refusal:
        written = {key: as_written(key, number) for key, number in numbers.items()}
        settle = ask.Settle(id=command.id, numbers=written, label=label, seen=command.seen)
        found = self.room.carry_out(settle, client.who, client.hand)
        return found if isinstance(found, Refusal) else {"version": found}

    def _export(self, command: ask.Export, client: Client) -> dict[str, Any]:
        room, engine = self.room, self.room.engine
        state, minutes, world = room.state, list(room.minutes), engine.run(room.state.numbers)

        def work(watched: JobProgress) -> tuple[str, str, bytes]:
            record = Record(
                catalogue=room.catalogue, state=state, minutes=minutes, effects=room.effects(minutes, watched.step),
                experiment=self._experiment, session=room.journal.about["session"],
            )  # fmt: skip
            return exported(record, command.what, lambda: report_files(record, world, watched, engine.workers))

        def then(job: Job, found: tuple[str, str, bytes]) -> None:
            name, kind, content = found
            head = {"type": "export", "job": job.id, "name": name, "mime": kind}
            client.send(pack_bytes(head, content))

        return {"job": self.jobs.start(f"export {client.hand}", work, then)}

    def _tells(self, state: State) -> Any:
        def then(job: Job, message: dict[str, Any]) -> None:
            told = {**message, "job": job.id, "version": state.version, "focus": studies.focus_data(state.focus)}
            slot = f"{told['type']} {told.get('question', '')}"
            self._results[slot] = told
            self.room.tell(told, slot)

        return then

    def _hear(self, old: State, new: State, made: LoggedCommand) -> None:  # noqa: ARG002 what listeners are told
        """Tell the pools of questions that have moved on."""
        before = {question.id: question for question in old.questions}
        seeds = any(_moved(before.get(question.id), question) for question in new.questions if question.seed)
        for question in new.questions:
            again = seeds and question.method == "cooke"
            if pooled_estimates.held(question) and (again or _moved(before.get(question.id), question)):
                self.room.tell(pooled_estimates.pooled(new, question), f"pooled {question.id}")

    def _tell(self, message: dict[str, Any]) -> None:
        self.room.tell(message, f"job {message['job']}")


def _moved(old: Question | None, new: Question) -> bool:
    return old is None or old.version != new.version
