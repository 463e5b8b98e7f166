"""Requests that take a while: studies, goals, exports. Each runs as a job, whose result is sent to everybody."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from frenemy.errors import InputError
from frenemy.model.files.rewrite import as_written
from frenemy.model.resolved import Number, central
from frenemy.workshop.compute import studies
from frenemy.workshop.compute.expert_odds import odds_by_expert
from frenemy.workshop.compute.export import Record, exported, report_files
from frenemy.workshop.compute.frames import pack_bytes
from frenemy.workshop.compute.jobs import Job, JobProgress, Jobs
from frenemy.workshop.server.session import Client, Session
from frenemy.workshop.state import commands as ask
from frenemy.workshop.state import pooled_estimates
from frenemy.workshop.state.command_log import LoggedCommand
from frenemy.workshop.state.sliders import numbers_at
from frenemy.workshop.state.state import NO_QUESTION, NO_SCENARIO, Question, Refusal, State

__all__ = ["LongRequests"]


class LongRequests:
    """The long requests of a session. All methods are called on the event loop."""

    def __init__(self, session: Session, experiment: Path) -> None:
        self.session, self._experiment = session, experiment
        self.jobs = Jobs(session.scheduler.priority, self._publish_progress)
        self._results: dict[str, dict[str, Any]] = {}
        self._proposals: dict[str, Mapping[str, Number]] = {}
        session.listeners.append(self._publish_pools)

    def welcome(self, client: Client) -> None:
        """Send the last result of each study to a new client."""
        for slot, message in self._results.items():
            client.send(message, slot)
        for question in self.session.state.questions:
            if pooled_estimates.latest_views(question):
                client.send(pooled_estimates.pool_message(self.session.state, question), f"pooled {question.id}")

    def answer(self, command: Any, client: Client) -> dict[str, Any] | Refusal:
        """Answer a command that changes no state by itself, or needs more than a transition."""
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
                cancelled = self.jobs.cancel(command.job)
                return {} if cancelled else Refusal("missing", "This job is no longer running.")
        return Refusal("invalid", "This command is not possible here.")

    def close(self) -> None:
        """Cancel everything."""
        self.jobs.close()

    def _study(self, command: ask.Study) -> dict[str, Any] | Refusal:
        catalogue, state, engine = self.session.catalogue, self.session.state, self.session.engine
        run, focus = engine.run(state.numbers), state.focus
        scenario = command.scenario or focus.scenario
        if scenario not in catalogue.scenarios:
            return NO_SCENARIO
        if command.question and state.question(command.question) is None:
            return NO_QUESTION

        def work(progress: JobProgress) -> dict[str, Any]:
            inputs = studies.StudyInput(catalogue, run, progress, engine.workers)
            match command.what:
                case "tornado":
                    return studies.tornado(inputs, focus)
                case "causes":
                    return studies.causes(inputs, focus)
                case "story":
                    return studies.story(inputs, scenario)
            return odds_by_expert(engine, catalogue, state, command.question, progress)

        return {"job": self.jobs.start(command.what, work, self._publish_result(state))}

    def _tune(self, command: ask.Tune) -> dict[str, Any]:
        catalogue, state, engine = self.session.catalogue, self.session.state, self.session.engine
        run = engine.run(state.numbers)

        def work(progress: JobProgress) -> tuple[dict[str, Any], Mapping[str, Number]]:
            inputs = studies.StudyInput(catalogue, run, progress, engine.workers)
            return studies.tune(inputs, command.targets, command.keys)

        def publish(job: Job, result: tuple[dict[str, Any], Mapping[str, Number]]) -> None:
            message, numbers = result
            self._proposals = {job.id: numbers}
            self._publish_result(state)(job, {**message, "proposal": job.id})

        return {"job": self.jobs.start("tune", work, publish)}

    def _apply(self, command: ask.Apply, client: Client) -> dict[str, Any] | Refusal:
        numbers = self._proposals.get(command.proposal)
        if numbers is None:
            return Refusal("missing", "This proposal is no longer available. Please search again.")
        return self._settle(numbers, "Goal", command, client)

    def _adopt(self, command: ask.Adopt, client: Client) -> dict[str, Any] | Refusal:
        catalogue, state = self.session.catalogue, self.session.state
        question = state.question(command.question)
        if question is None:
            return NO_QUESTION
        try:
            number = pooled_estimates.adopted_number(catalogue, state, question, command.which)
        except InputError as error:
            return Refusal("missing", "; ".join(problem.message for problem in error.problems))
        slider = catalogue.sliders[question.key]
        value = slider.clamp(slider.from_file(central(number)))
        numbers = {**numbers_at(catalogue.sliders.values(), state.numbers, question.key, value), question.key: number}
        source = "The pool" if command.which == "pool" else f"Expert {command.which}"
        return self._settle(numbers, f"{source} adopted", command, client)

    def _settle(
        self, numbers: Mapping[str, Number], label: str, command: ask.Apply | ask.Adopt, client: Client
    ) -> dict[str, Any] | Refusal:
        written = {key: as_written(key, number) for key, number in numbers.items()}
        settle = ask.Settle(id=command.id, numbers=written, label=label, seen=command.seen)
        version = self.session.execute(settle, client.who, client.socket_id)
        return version if isinstance(version, Refusal) else {"version": version}

    def _export(self, command: ask.Export, client: Client) -> dict[str, Any]:
        session, engine = self.session, self.session.engine
        state, minutes, run = session.state, list(session.minutes), engine.run(session.state.numbers)

        def work(progress: JobProgress) -> tuple[str, str, bytes]:
            record = Record(
                catalogue=session.catalogue, state=state, minutes=minutes,
                effects=session.effects(minutes, progress.step), experiment=self._experiment,
                session_id=session.log.about["session"],
            )  # fmt: skip
            return exported(record, command.what, lambda: report_files(record, run, progress, engine.workers))

        def send(job: Job, result: tuple[str, str, bytes]) -> None:
            name, mime, content = result
            client.send(pack_bytes({"type": "export", "job": job.id, "name": name, "mime": mime}, content))

        return {"job": self.jobs.start(f"export {client.socket_id}", work, send)}

    def _publish_result(self, state: State) -> Any:
        def publish(job: Job, message: dict[str, Any]) -> None:
            result = {**message, "job": job.id, "version": state.version, "focus": studies.focus_data(state.focus)}
            slot = f"{result['type']} {result.get('question', '')}"
            self._results[slot] = result
            self.session.broadcast(result, slot)

        return publish

    def _publish_pools(self, old: State, new: State, logged: LoggedCommand) -> None:  # noqa: ARG002 every listener
        """Send the pools of questions that have changed."""
        before = {question.id: question for question in old.questions}
        seeds = any(_changed(before.get(question.id), question) for question in new.questions if question.seed)
        for question in new.questions:
            reweighted = seeds and question.method == "cooke"
            changed = reweighted or _changed(before.get(question.id), question)
            if changed and pooled_estimates.latest_views(question):
                self.session.broadcast(pooled_estimates.pool_message(new, question), f"pooled {question.id}")

    def _publish_progress(self, message: dict[str, Any]) -> None:
        self.session.broadcast(message, f"job {message['job']}")


def _changed(old: Question | None, new: Question) -> bool:
    return old is None or old.version != new.version
