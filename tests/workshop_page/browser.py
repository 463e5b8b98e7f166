"""What the tests of the page and the pictures of its docs share: a workshop as a process, and Chromium."""

import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync",
]  # fmt: skip
LINK = re.compile(r"^(Facilitator|Participants|Wall)\s+(http\S+)$", re.MULTILINE)


class Server:
    """`frenemy workshop` as a process, which can be killed and restarted."""

    def __init__(self, experiment, folder):
        self.experiment, self.file, self.log = experiment, folder / "room.workshop", folder / "log"
        self.port = 0
        self.process = None

    def start(self):
        command = [sys.executable, "-m", "frenemy", "workshop", str(self.experiment), "--no-browser"]
        command += ["--session", str(self.file)]
        if self.port:
            command += ["--port", str(self.port)]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        self.links = self._links()
        self.port = int(re.search(r":(\d+)/", self.links["Facilitator"])[1])
        return self

    def _links(self, patience=60):
        until = time.monotonic() + patience
        while time.monotonic() < until:
            links = dict(LINK.findall(self.log.read_text()))
            if len(links) == 3:
                return links
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise AssertionError(f"the workshop did not begin:\n{self.log.read_text()}")

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.kill()
