"""Puts this folder on the import path, so that every test can import the shared builders; no colours, no windows."""

import os
import signal

os.environ["MPLBACKEND"] = "Agg"
os.environ.pop("FORCE_COLOR", None)
os.environ["NO_COLOR"] = "1"
os.environ["COLUMNS"] = "120"
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the package does, which tests import after NumPy

NO_BROWSER = "no Chromium on this machine"
"""Why a test of the workshop's page is skipped."""

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # so a shell starts what runs in the background (row C2)
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_terminal_summary(terminalreporter):
    """Say what was not tested, and how to test it (row C3)."""
    skipped = [report for report in terminalreporter.stats.get("skipped", ()) if NO_BROWSER in str(report.longrepr)]
    if skipped:
        terminalreporter.section("NOT TESTED: the page of the workshop", sep="!", red=True, bold=True)
        terminalreporter.line(f"{len(skipped)} tests need a browser, and there is {NO_BROWSER}.")
        terminalreporter.line("Debian, Ubuntu: apt install chromium. Elsewhere: any Chromium or Chrome on the PATH.")
