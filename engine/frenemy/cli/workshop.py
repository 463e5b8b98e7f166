"""`frenemy workshop`: a room tunes the odds in the browser."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter, validators
from cyclopts.types import NonNegativeInt

from frenemy.cli.console import console, errors
from frenemy.model.files.toml_source import display_path

__all__ = ["workshop"]

Port = Annotated[int, Parameter(validator=validators.Number(gte=0, lte=65535))]
Names = Annotated[list[str] | None, Parameter(name="--name", consume_multiple=False)]


def workshop(
    experiment: Annotated[Path, Parameter(name="EXPERIMENT")],
    /,
    *,
    host: str = "127.0.0.1",
    port: Port = 0,
    name: Names = None,
    session: Path | None = None,
    browser: Annotated[bool, Parameter(negative="--no-browser")] = True,
    workers: NonNegativeInt = 0,
) -> None:
    """Open a workshop: a room tunes the odds in the browser, and everyone gives their own estimate.

    Prints three links: the facilitator's, who moves the sliders; the participants', who give estimates from a phone or
    laptop; and that of the wall screen. Each holds a code, without which nobody gets in. Everything is stored as it is
    done: stopped or killed, the same command goes on where the session was.

    Only this machine is answered, unless `--host` says otherwise. Nothing is asked of any other machine.

    ```
    frenemy workshop experiments/baseline.toml
    frenemy workshop experiments/baseline.toml --host 0.0.0.0 --session runs/tuesday.workshop
    ```

    Parameters
    ----------
    experiment
        The experiment's file, such as experiments/baseline.toml.
    host
        The address to listen on; 0.0.0.0 lets the network in, as a room of phones needs.
    port
        The port to listen on. If not given: the first free one from 8377 on.
    name
        A further name by which browsers reach this machine; may be given again.
    session
        The session's file: gone on with if it is there, else begun. If not given: runs/NAME.workshop beside the model.
    browser
        --no-browser does not open the facilitator's link.
    workers
        Threads; 0 takes one a core. Changes no number.
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
            f"The workshop {'goes on' if links.resumed else 'begins'}; it is kept in {display_path(links.session)}.",
            "",
            f"Facilitator   {links.facilitator}",
            f"Participants  {links.participant}",
            f"Wall          {links.wall}",
            "",
            *([] if is_loopback(host) else ["Nothing is encrypted on its way: use a network that you trust.", ""]),
            "Ctrl-C ends it.",
        ]
        console().print("\n".join(lines), soft_wrap=True, markup=False, highlight=False)
        if browser:
            _open(links.facilitator)

    kept = serve_workshop(
        experiment, session=session, host=host, port=port, names=name or (), workers=workers, ready=ready,
        progress=progress,
    )  # fmt: skip
    again = f"frenemy workshop {display_path(experiment)}" + (
        f" --session {display_path(kept)}" if session is not None else ""
    )
    console().print(
        f"\nThe session is kept in {display_path(kept)}; go on with:\n  {again}", soft_wrap=True, markup=False
    )


def _open(link: str) -> None:
    """Open a browser, without waiting for it."""
    import threading
    import webbrowser

    threading.Thread(target=webbrowser.open, args=(link,), daemon=True).start()
