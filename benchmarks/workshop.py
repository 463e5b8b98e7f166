"""How long participants wait: from a slider's move to the answer over the websocket, or to the picture in a browser."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import websockets

from benchmarks.measure import Row, in_turns, spread
from benchmarks.reference import PATHS, SEED
from frenemy.simulation.compile.compile import Compiled
from frenemy.simulation.ensemble.run import simulate
from frenemy.workshop.compute.frames import unpack

__all__ = ["measure"]

ROOT = Path(__file__).parent.parent
KEY = "triggers.unilateral_strike.probability"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
PREVIEW, SETTLED, SETTLED_TWO = 0.2, 0.6, 1.0
"""Fresh runs of the reference ensemble in which 95 of 100 answers are there; the last for two workshops at once."""
STEPS = 4
"""Moves of a slider before it is released."""
QUIET = 0.25
"""Seconds between two drags."""


@dataclass(frozen=True, slots=True)
class Waits:
    """Waiting times in milliseconds."""

    previews: list[float] = field(default_factory=list)
    settled: list[float] = field(default_factory=list)


def measure(compiled: Compiled, *, moves: int) -> Iterator[Row]:
    """One workshop, over the websocket and in a browser, and then two at once; `moves` moves each."""
    fresh = 1e3 * spread(in_turns([lambda: simulate(compiled, seed=SEED, paths=PATHS)], 15)[0]).middle
    with _served() as room:
        yield from _rows("over the websocket", [asyncio.run(_drag(*room, moves))], fresh)
        if CHROMIUM is not None:
            yield from _rows("drawn in headless Chromium", [_browse(*room, moves)], fresh)
        with _served() as other:
            both = asyncio.run(_both([room, other], moves))
            yield from _rows("two workshops at once, over the websocket", both, fresh, settled_in=SETTLED_TWO)


def _rows(what: str, waits: Sequence[Waits], fresh: float, *, settled_in: float = SETTLED) -> Iterator[Row]:
    previews = [wait for each in waits for wait in each.previews]
    settled = [wait for each in waits for wait in each.settled]
    for kind, found, bar in (("a move to its preview", previews, PREVIEW), ("release to settled", settled, settled_in)):
        worst = quantiles(found, n=20, method="inclusive")[-1]
        judged = settled_in in {SETTLED, bar}  # of two at once, the settled answers only
        yield Row(
            question="Workshop: from the slider to the answer (shipped model, settled on 4,096 futures)",
            what=f"{kind}, {what}: median {median(found):.0f} ms",
            answer=f"{worst:.0f} ms, {worst / fresh:.2f} fresh runs (95th percentile)",
            bar=f"below {bar:g} fresh runs" if judged else "",
            kept=worst < bar * fresh if judged else None,
        )


@contextmanager
def _served() -> Iterator[tuple[int, str]]:
    """A workshop in a process of its own: port and facilitator's code."""
    with tempfile.TemporaryDirectory() as folder:
        words = ["workshop", str(ROOT / "experiments" / "baseline.toml"), "--no-browser"]
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "engine")}
        process = subprocess.Popen(
            [sys.executable, "-m", "frenemy", *words, "--session", str(Path(folder) / "room.workshop")],
            stdout=subprocess.PIPE, text=True, env=environment,
        )  # fmt: skip
        assert process.stdout is not None
        output = ""
        while "Ctrl-C" not in output and process.poll() is None:
            output += process.stdout.readline()
        try:
            found = re.search(r":(\d+)/#facilitate=(\S+)", output)
            assert found is not None, output
            yield int(found[1]), found[2]
        finally:
            process.terminate()
            process.communicate(timeout=20)


async def _both(rooms: Sequence[tuple[int, str]], moves: int) -> list[Waits]:
    return list(await asyncio.gather(*(_drag(port, code, moves) for port, code in rooms)))


async def _drag(port: int, code: str, moves: int) -> Waits:
    """Drag a slider again and again, each move as soon as the one before is answered."""
    waits, host = Waits(), f"127.0.0.1:{port}"
    async with websockets.connect(f"ws://{host}/ws", origin=f"http://{host}", max_size=None) as line:  # type: ignore[arg-type]

        async def send(**what: Any) -> float:
            await line.send(json.dumps(what))
            return time.perf_counter()

        async def receive(kind: str, key: str, value: object) -> dict[str, Any]:
            while True:
                message = await line.recv()
                answer = unpack(message)[0] if isinstance(message, bytes) else json.loads(message)
                if answer.get("type") == "refused":
                    raise RuntimeError(answer["message"])
                if answer.get("kind", answer["type"]) == kind and (answer.get(key) == value or key == ""):
                    return answer

        await send(do="hello", protocol=1, code=code, role="facilitator", name="Benchmark")
        version = (await receive("welcome", "", None))["state"]["version"]
        await receive("settled", "which", "now")
        for drag in range(moves // STEPS):
            await asyncio.sleep(QUIET)
            value = 0.0
            for step in range(STEPS):
                value = round(0.02 + 0.003 * ((7 * drag + step) % 90), 4)
                begun = await send(do="drag", key=KEY, value=value)
                await receive("preview", "moving", {KEY: value})
                waits.previews.append(1000 * (time.perf_counter() - begun))
            begun = await send(do="set", id=f"b{drag}", key=KEY, value=value, seen=version)
            version = (await receive("settled", "which", "now"))["version"]
            waits.settled.append(1000 * (time.perf_counter() - begun))
    return waits


PAGE = """
async ({ key, drags, steps, quiet }) => {
  const range = document.querySelector(`.slider[data-key="${key}"] input[type=range]`);
  const sleep = (time) => new Promise((done) => setTimeout(done, time));
  const kind = () => document.getElementById("status").dataset.kind;
  const drawn = (wanted) => new Promise((done, failed) => {
    const late = setTimeout(() => failed(new Error(`not ${wanted} in ten seconds`)), 10000);
    const before = document.body.dataset.drawn;
    const watch = new MutationObserver(() => {
      if (document.body.dataset.drawn === before || kind() !== wanted) return;
      watch.disconnect();
      clearTimeout(late);
      done(performance.now());
    });
    watch.observe(document.body, { attributes: true, subtree: true, attributeFilter: ["data-drawn", "data-kind"] });
  });
  const say = (name) => range.dispatchEvent(new Event(name, { bubbles: true }));
  const waits = { previews: [], settled: [] };
  const middle = Number(range.value);
  for (let drag = 0; drag < drags; drag += 1) {
    await sleep(quiet);
    range.dispatchEvent(new PointerEvent("pointerdown", { bubbles: true }));
    for (let step = 0; step < steps; step += 1) {
      range.value = middle + 0.03 * ((7 * drag + step) % 60);
      const begun = performance.now();
      const seen = drawn("preview");
      say("input");
      waits.previews.push((await seen) - begun);
    }
    const begun = performance.now();
    const seen = drawn("settled");
    say("change");
    waits.settled.push((await seen) - begun);
  }
  return waits;
}
"""


def _browse(port: int, code: str, moves: int) -> Waits:
    """The same in a browser, until the odds and fans are drawn."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        page = chromium.new_page(viewport={"width": 1440, "height": 900})
        page.goto(f"http://127.0.0.1:{port}/#facilitate={code}")
        page.locator("#status[data-kind=settled]").wait_for(timeout=60_000)
        asked = {"key": KEY, "drags": moves // STEPS, "steps": STEPS, "quiet": 1000 * QUIET}
        found = page.evaluate(PAGE, asked)
        chromium.close()
    return Waits(found["previews"], found["settled"])
