"""`frenemy workshop`: a group tunes the odds in the browser."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from frenemy.cli.console import console, errors
from frenemy.cli.options import Experiment, Port, Strings, Workers
from frenemy.model.files.toml_source import display_path

__all__ = ["workshop"]


def workshop(
    experiment: Experiment,
    /,
    *,
    host: str = "127.0.0.1",
    port: Port = 0,
    name: Strings | None = None,
    session: Path | None = None,
    browser: Annotated[bool, Parameter(negative="--no-browser")] = True,
    workers: Workers = 0,
) -> None:
    r"""Open a workshop: a group tunes the odds in the browser, and everyone gives their own estimate.

    Prints three links: one for the facilitator, who moves the sliders; one for the participants, who give estimates
    from a phone or laptop; and one for the wall screen. Each contains a code, without which nobody gets in. Everything
    is saved at once: if the workshop is stopped or killed, the same command continues it.

    The server answers this machine only, unless `--host` says otherwise. It contacts no other machine.

    ```
    # On this computer
    frenemy workshop experiments/baseline.toml
    # Open to the network, kept in a file of its own
    frenemy workshop experiments/baseline.toml --host 0.0.0.0 \
      --session runs/tuesday.workshop
    ```

    Parameters
    ----------
    host
        The address to listen on. 0.0.0.0 accepts connections from the network; phones need this. If not given:
        127.0.0.1.
    port
        The port to listen on. If not given: the first free one from 8377 on.
    name
        A further name by which browsers reach this machine; may be repeated.
    session
        The session's file, which is continued if it exists. If not given: runs/NAME.workshop beside the model.
    browser
        --no-browser does not open the facilitator's link.
    """
    from frenemy.runtime.kernel_cache import kernel_ready
    from frenemy.runtime.progress import Terminal
    from frenemy.workshop.server.access import is_loopback
    from frenemy.workshop.server.launch import Links, serve_workshop

    progress = Terminal(errors())
    if not kernel_ready():
        progress.note("Compiling the simulation for this machine, once; this takes about half a minute.")

    def ready(links: Links) -> None:
        lines = [
            f"The workshop {'continues' if links.resumed else 'begins'}; it is saved in {display_path(links.session)}.",
            "",
            f"Facilitator   {links.facilitator}",
            f"Participants  {links.participant}",
            f"Wall          {links.wall}",
            "",
            *([] if is_loopback(host) else ["The connection is not encrypted: use a network that you trust.", ""]),
            "Ctrl-C ends it.",
        ]
        console().print("\n".join(lines), soft_wrap=True, markup=False, highlight=False)
        if browser:
            _open(links.facilitator)

    saved = serve_workshop(
        experiment, session=session, host=host, port=port, names=name or (), workers=workers, ready=ready,
        progress=progress,
    )  # fmt: skip
    again = f"frenemy workshop {display_path(experiment)}" + (
        f" --session {display_path(saved)}" if session is not None else ""
    )
    console().print(
        f"\nThe session is saved in {display_path(saved)}; continue it with:\n  {again}", soft_wrap=True, markup=False
    )


def _open(link: str) -> None:
    """Open a browser, without waiting for it."""
    import threading
    import webbrowser

    threading.Thread(target=webbrowser.open, args=(link,), daemon=True).start()
