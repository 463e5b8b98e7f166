"""Does a running session answer, agree with the command line, and export what was agreed?"""

import asyncio
import csv
import io
import threading
import time
import zipfile

import numpy as np
import pytest

import frenemy as fr
from frenemy.forecast.run import run as run_experiment
from frenemy.model.files.load_panel import load_panel
from frenemy.present.section import as_html
from frenemy.workshop.compute.export import Record, panel_files, section

PATIENCE = 30


def settled(message, version=None):
    return (
        message.get("type") == "odds"
        and (message["which"], message["kind"]) == ("now", "settled")
        and (version is None or message["version"] == version)
    )


def complete(message, version):
    return (
        message.get("type") == "odds" and message["which"] == "now" and message["kind"] == "settled"
        and (message["version"], message["paths"]) == (version, message["paths_of"])
    )  # fmt: skip


def arrays_of(person, head):
    return next(arrays for known, arrays, _ in reversed(person.frames) if known is head)


def trigger(person):
    return next(s for s in person.messages[0]["catalogue"]["sliders"] if s["kind"] == "trigger" and s["ranged"])


async def fetched(person, what):
    """An exported file: name and bytes."""
    answer = await person.ask("export", what=what)
    assert answer["type"] == "done", answer
    head = await person.until(
        lambda message: message["type"] == "export" or (message["type"] == "job" and message["state"] == "failed"), 90
    )
    assert head["type"] == "export", head
    frame = person.frames[-1][2]
    return head["name"], frame[4 + int.from_bytes(frame[:4], "little") :]


def test_a_move_is_previewed_then_settled_then_refined(shared):
    async def script():
        dana = await shared.facilitator()
        wall = await shared.wall()
        key = trigger(dana)["key"]
        await dana.until(settled)
        await dana.send("drag", key=key, value=0.5)
        preview = await wall.until(lambda message: message.get("kind") == "preview")
        assert preview["moving"] == {key: 0.5}
        assert preview["paths"] <= 512
        done = await dana.ask("set", key=key, value=0.6, seen=dana.state["version"], why="because")
        assert done["type"] == "done"
        head = await dana.until(lambda message: settled(message, done["version"]))
        assert head["stamp"] > preview["stamp"]
        assert (head["paths"], head["moving"]) == (512, {})
        row = next(row for row in head["table"] if row["scenario"] == dana.state["focus"]["scenario"])
        assert row["change"] == pytest.approx(row["now"] - row["base"])
        assert row["word"]
        assert row["low"] <= row["high"]
        whole = await dana.until(lambda message: complete(message, done["version"]))
        assert whole["stamp"] == head["stamp"] or whole["stamp"] > preview["stamp"]
        better = next(row for row in whole["table"] if row["scenario"] == dana.state["focus"]["scenario"])
        assert better["se"] < row["se"]
        assert abs(better["now"] - row["now"]) < 4 * row["se"], "before, it is right to within its stated error"
        entry = dana.minutes[-1]
        assert (entry["who"], entry["why"]) == ("Dana", "because")
        assert "→" in entry["text"]
        assert "→" in entry["effect"]
        await asyncio.gather(dana.close(), wall.close())

    asyncio.run(script())


def test_a_cancelled_move_shows_the_settled_odds_again(shared):
    async def script():
        dana = await shared.facilitator()
        key = trigger(dana)["key"]
        first = await dana.until(settled)
        await dana.send("drag", key=key, value=0.9)
        await dana.until(lambda message: message.get("kind") == "preview")
        await dana.send("drag", key=key, value=None)
        again = await dana.until(settled)
        assert again["stamp"] > first["stamp"]
        assert np.array_equal(arrays_of(dana, again)["at"], arrays_of(dana, first)["at"])
        await dana.send("drag", key=key, value=0.9)
        await dana.until(lambda message: message.get("kind") == "preview")
        ben = await shared.facilitator("Ben")
        await dana.close()
        await ben.until(lambda message: settled(message) and message["stamp"] > again["stamp"])
        await ben.close()

    asyncio.run(script())


def test_the_agreed_file_gives_the_odds_that_were_shown_bit_for_bit(serve, experiment):
    async def script(served):
        dana = await served.facilitator()
        sliders = dana.messages[0]["catalogue"]["sliders"]
        await dana.ask("set", key=trigger(dana)["key"], value=0.37, seen=dana.state["version"])
        start = next(s for s in sliders if s["kind"] == "start")
        await dana.ask("set", key=start["key"], value=61.3, seen=dana.state["version"])
        branch = next(s for s in sliders if s["kind"] == "branch")
        done = await dana.ask("set", key=branch["key"], value=0.21, seen=dana.state["version"])
        final = await dana.until(lambda message: complete(message, done["version"]))
        name, content = await fetched(dana, "toml")
        await dana.close()
        return name, content.decode(), arrays_of(dana, final)

    name, text, final = asyncio.run(script(serve()))
    assert name == "first_agreed.toml"
    comments = [line for line in experiment.read_text().splitlines() if line.startswith("# ")]
    assert comments
    assert set(comments) <= set(text.splitlines()), "comments are kept"
    assert "Agreed in a workshop" in text
    agreed = experiment.with_name("agreed_here.toml")
    agreed.write_text(text)
    try:
        run = fr.run(agreed).forecast
    finally:
        agreed.unlink()
    for reading in ("at", "ever"):
        assert np.array_equal(final[reading], run.odds[reading].probability.astype("f4"))
        assert np.array_equal(final[f"{reading}_se"], run.odds[reading].mc_se.astype("f4"))
        assert np.array_equal(final[f"{reading}_q"], run.odds[reading].quantiles.astype("f4"))
    before = run_experiment(experiment).forecast
    assert not np.array_equal(final["at"], before.odds["at"].probability.astype("f4")), "a setting did change"


def test_studies_say_what_moves_the_odds_and_later_participants_see_it(serve):
    async def script():
        served = serve()
        dana = await served.facilitator()
        for what, check in (
            ("tornado", lambda m: m["bars"] and any(bar["slider"] for bar in m["bars"])),
            ("causes", lambda m: m["rows"]),
            ("story", lambda m: m["log"] and m["spells"] and all(len(x) > 100 for x in m["levels"].values())),
        ):
            answer = await dana.ask("study", what=what)
            assert answer["type"] == "done"
            found = await dana.until(
                lambda message, what=what: message["type"] == what or message.get("state") == "failed", 90
            )
            assert found["type"] == what, found
            assert check(found), found
            assert found["job"] == answer["job"]
        wall, kinds = await served.wall(), set()
        while not {"tornado", "causes", "story"} <= kinds:
            kinds.add((await wall.receive())["type"])
        await asyncio.gather(dana.close(), wall.close())

    asyncio.run(script())


def test_a_goal_is_met_by_the_sliders(serve):
    async def script():
        dana = await serve().facilitator()
        focus = dana.state["focus"]
        head = await dana.until(settled)
        now = next(row["now"] for row in head["table"] if row["scenario"] == focus["scenario"])
        goal = {**focus, "probability": round(now + 0.04, 3)}
        key = trigger(dana)["key"]
        answer = await dana.ask("tune", targets=[goal], keys=[key])
        found = await dana.until(lambda message: message["type"] == "tune" or message.get("state") == "failed", 90)
        if found["type"] == "job":
            assert "reaches from" in found["message"], "it says how far one gets"
            await dana.close()
            return
        assert found["proposal"] == answer["job"]
        assert dana.state["settings"] == {}, "nothing moves before it is applied"
        done = await dana.ask("apply", proposal=found["proposal"], seen=dana.state["version"])
        assert done["type"] == "done"
        head = await dana.until(lambda message: settled(message, done["version"]))
        reached = next(row["now"] for row in head["table"] if row["scenario"] == focus["scenario"])
        goal_met = found["targets"][0]
        assert abs(reached - goal_met["reached"]) < 4 * goal_met["mc_se"]
        assert (await dana.ask("undo", seen=done["version"]))["type"] == "done"
        assert dana.state["settings"] == {}
        again = await dana.ask("tune", targets=[{**goal, "probability": 0.999}], keys=[key])
        failed = await dana.until(
            lambda message: message.get("job") == again["job"] and message.get("state") == "failed", 90
        )
        assert failed["message"]
        await dana.close()

    asyncio.run(script())


def test_experts_are_pooled_carried_to_the_odds_and_adopted(serve, experiment, tmp_path):
    async def script():
        served = serve()
        dana = await served.facilitator()
        people = [await served.participant(f"Expert {n}") for n in range(3)]
        key = trigger(dana)["key"]
        await dana.ask("ask", question={"text": "How likely?", "key": key})
        name = dana.state["questions"][0]["id"]
        await dana.ask("open", question=name, seen=dana.state["version"])
        views = [(0.05, 0.1, 0.2), (0.2, 0.3, 0.5), (0.4, 0.6, 0.8)]
        for person, (low, middle, high) in zip(people, views, strict=True):
            await person.send("fit", question=name, q05=low, median=middle, q95=high)
            fit = await person.until(lambda message: message["type"] == "fitted")
            assert len(fit["x"]) == len(fit["density"]) == 200
            done = await person.ask("enter", question=name, round=1, q05=low, median=middle, q95=high, why="I think so")
            assert done["type"] == "done"
        await dana.ask("reveal", question=name, seen=dana.state["version"])
        pool = await dana.latest(lambda message: message["type"] == "pooled")
        assert (pool["method"], len(pool["experts"])) == ("linear", 3)
        assert pool["median"] == pytest.approx(0.3, abs=0.02)
        await dana.ask("pool", question=name, method="geometric")
        pool = await people[0].latest(lambda message: message["type"] == "pooled" and message["method"] == "geometric")
        odds = np.prod([m / (1 - m) for _, m, _ in views]) ** (1 / 3)
        assert pool["median"] == pytest.approx(odds / (1 + odds))
        await dana.ask("pool", question=name, method="cooke")
        pool = await dana.latest(lambda message: message["type"] == "pooled" and message["method"] == "cooke")
        assert "answers are known" in pool["message"]
        await dana.ask("pool", question=name, method="linear")
        await dana.ask("study", what="experts", question=name)
        found = await dana.until(lambda message: message["type"] == "experts" or message.get("state") == "failed", 90)
        assert [row["label"] for row in found["rows"]] == ["base", "pool", "A", "B", "C"]
        done = await dana.ask("adopt", question=name, which="pool", seen=dana.state["version"])
        assert done["type"] == "done"
        assert dana.state["settings"][key]["value"] == pytest.approx(0.3, abs=0.02)
        await dana.until(lambda message: settled(message, done["version"]))
        _, content = await fetched(dana, "judgements")
        rows = list(csv.DictReader(io.StringIO(content.decode())))
        assert sorted(round(float(row["median"]), 3) for row in rows) == [0.1, 0.3, 0.6]
        assert not any("Expert" in row["expert"] for row in rows), "nobody is named"
        session = served.session
        panel = panel_files(
            Record(
                catalogue=session.catalogue,
                state=session.state,
                minutes=(),
                effects={},
                experiment=experiment,
                session_id="s",
            )
        )
        for file, text in panel.items():
            (tmp_path / file).parent.mkdir(exist_ok=True)
            (tmp_path / file).write_text(text)
        read = load_panel(tmp_path / "experts")
        assert (read.pool, [(q.name, q.key) for q in read.questions]) == ("linear", [(name, key)])
        medians = sorted(judgement.quantiles["median"] for judgement in read.judgements)
        assert medians == pytest.approx([0.1, 0.3, 0.6], abs=2e-4)
        await asyncio.gather(dana.close(), *(person.close() for person in people))

    asyncio.run(script())


def test_everything_can_be_exported(serve, monkeypatch):
    made = {"report.html": b"<p>report", "pictures/fan.png": b"png"}
    seen = []
    monkeypatch.setattr(
        "frenemy.workshop.server.long_requests.report_files", lambda record, *_: seen.append(record) or made
    )

    async def script():
        served = serve()
        dana = await served.facilitator("=Dana <b>")
        await dana.ask(
            "set", key=trigger(dana)["key"], value=0.37, seen=dana.state["version"], why="<script>x</script>"
        )
        await dana.ask("note", text="=1+1")
        _, minutes = await fetched(dana, "minutes")
        name, archive = await fetched(dana, "all")
        await dana.close()
        return minutes.decode(), name, archive

    minutes, name, archive = asyncio.run(script())
    rows = list(csv.DictReader(io.StringIO(minutes)))
    assert (rows[-1]["what"], rows[-1]["who"]) == ("'=1+1", "'=Dana <b>"), "a spreadsheet takes it for text"
    assert "→" in rows[0]["effect"]
    files = zipfile.ZipFile(io.BytesIO(archive))
    assert name == "first_workshop.zip"
    assert {"first_agreed.toml", "minutes.csv", "judgements.csv", "run/report.html"} <= set(files.namelist())
    assert files.read("run/pictures/fan.png") == b"png"
    found = section(seen[-1])
    assert "Present: =Dana <b>." in found.paragraphs
    page = as_html(found)
    assert "<script>" not in page
    assert "&lt;script&gt;x&lt;/script&gt;" in page


def test_work_for_an_outdated_setting_is_dropped(serve, monkeypatch):
    async def script():
        served = serve()
        begun, ended, moved = [], [], threading.Event()
        refined = served.session.engine.refined.__func__

        def watched(engine, numbers, stop):
            begun.append(dict(numbers))
            if numbers:
                moved.set()
            answer = refined(engine, numbers, stop)
            ended.append(dict(numbers))
            return answer

        monkeypatch.setattr(type(served.session.engine), "refined", watched)
        dana = await served.facilitator()
        served.session.scheduler.priority.wait = slowed(served.session.scheduler.priority.wait)
        key = trigger(dana)["key"]
        first = await dana.ask("set", key=key, value=0.2, seen=dana.state["version"])
        assert await asyncio.to_thread(moved.wait, 90)
        last = await dana.ask("set", key=key, value=0.5, seen=first["version"])
        await dana.until(lambda message: complete(message, last["version"]))
        await dana.close()
        of_first, of_last = ([numbers for numbers in begun if numbers.get(key) == n] for n in numbers_of(served, key))
        assert (len(of_first), len(of_last)) == (1, 1)
        assert of_first[0] not in ended, "it was dropped half way"
        assert not any(complete(head, first["version"]) for head, _, _ in dana.frames)
        stamps = [head["stamp"] for head, _, _ in dana.frames if settled(head)]
        assert stamps == sorted(stamps)

    def numbers_of(served, key):
        now = served.session.state.settings[key].number
        return served.session.state.past[-1][key].number, now

    def slowed(wait):
        def slow(wanted):
            wait(wanted)
            time.sleep(0.1)
            wait(wanted)

        return slow

    asyncio.run(script())


def test_two_facilitators_drag_at_once(serve):
    async def script():
        served = serve()
        dana, ben = await served.facilitator(), await served.facilitator("Ben")
        keys = [s["key"] for s in dana.messages[0]["catalogue"]["sliders"] if s["kind"] == "start"]
        await dana.send("drag", key=keys[0], value=40.0)
        await ben.send("drag", key=keys[1], value=60.0)
        both = {keys[0]: 40.0, keys[1]: 60.0}
        await dana.until(lambda message: message.get("kind") == "preview" and message["moving"] == both)
        done = await dana.ask("set", key=keys[0], value=40.0, seen=dana.state["version"])
        await ben.until(lambda message: message.get("kind") == "preview" and message["moving"] == {keys[1]: 60.0})
        done = await ben.ask("set", key=keys[1], value=60.0, seen=done["version"])
        await dana.until(lambda message: settled(message, done["version"]))
        assert {key: item["value"] for key, item in dana.state["settings"].items()} == both
        await asyncio.gather(dana.close(), ben.close())

    asyncio.run(script())


def test_what_the_disk_refuses_is_not_done(serve, monkeypatch):
    async def script():
        served = serve()
        dana = await served.facilitator()
        before = served.session.state

        def full(_):
            raise OSError("database or disk is full")

        monkeypatch.setattr(served.session.log, "write", full)
        answer = await dana.ask("set", key=trigger(dana)["key"], value=0.4, seen=dana.state["version"])
        assert answer["code"] == "unsaved"
        assert "disk is full" in answer["message"]
        assert served.session.state is before
        await dana.close()

    asyncio.run(script())


def test_the_odds_of_a_resting_slider_are_computed_before_its_release(serve):
    async def script():
        served = serve()
        dana = await served.facilitator()
        await dana.until(settled)
        key = trigger(dana)["key"]
        await dana.send("drag", key=key, value=0.44)
        await dana.until(lambda message: message.get("kind") == "preview")
        scheduler = served.session.scheduler
        for _ in range(200):
            if scheduler._ahead is not None:
                break
            await asyncio.sleep(0.02)
        ahead = scheduler._ahead
        done = await dana.ask("set", key=key, value=0.44, seen=dana.state["version"])
        head = await dana.until(lambda message: settled(message, done["version"]))
        assert ahead is not None
        assert head["took_ms"] == round(1000 * ahead[1].seconds, 1), "the very answer that was ready"
        await dana.close()

    asyncio.run(script())
