"""Where every command begins and ends: dispatch, help, error messages, exit codes.

Exit codes: 0 done, 1 something went wrong, 2 bad input (a file, an option, a command), 130 interrupted.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from frenemy.errors import FrenemyError, InputError, Interrupted
from frenemy.version import __version__

if TYPE_CHECKING:
    from cyclopts import App

__all__ = ["COMMANDS", "OVERVIEW", "application", "entry", "main"]

COMMANDS = {
    "run": "run an experiment: odds, tables, pictures and a report",
    "check": "check a model and say in plain sentences what it means",
    "audit": "say what the rules of the scenarios do: who enters, by what, for how long",
    "map": "map the odds by where two drivers stand today",
    "sensitivity": "say what moves the odds: which uncertain number, by how much, and when",
    "sweep": "move one number, or two, and see the odds follow: a curve, or a map",
    "tune": "find what would have to be true for the odds to be as stated",
    "elicit": "pool the judgements of a panel of experts, and show whose judgement matters",
    "story": "tell one simulated future as dated events with their causes",
    "compare": "compare what-ifs with a base: which odds change, and why",
    "causes": "hold triggers to account: which scenarios owe what to which",
    "rare": "estimate the odds of a scenario that a run hardly meets",
    "update": "take in what is known of the world, and say what the odds are now",
    "timeline": "tell how the odds moved as news came in: which entry did what",
    "watch": "say what to watch: which news would move the odds most, and what if it comes",
    "fit": "fit a driver to a series, or a trigger's rate to a list of events",
    "freeze": "put a forecast on record",
    "resolve": "record what came of a question",
    "score": "score forecasts against what came of them",
    "hindcast": "stand at each month since the start, and score what the model would have said",
    "workshop": "open a workshop: a room tunes the odds in the browser",
    "init": "write a small commented model to start from",
    "schema": "write JSON Schemas, with which editors complete and check keys",
}

MODULES = {"map": "risk_map"}
"""Commands whose name is taken in Python."""

_LIST = "\n".join(f"  {name:<12}{summary}" for name, summary in COMMANDS.items())
OVERVIEW = f"""\
Usage: frenemy COMMAND

How likely is each future, what would move the odds, and what should we watch?

Commands:
{_LIST}

Options:
  --help     after a command: all about it
  --version  the version
  --debug    show where in the program an error arose

Examples:
  frenemy run experiments/baseline.toml
  frenemy run experiments/baseline.toml --set triggers.unilateral_strike.probability=0.1 --out runs/what_if
  frenemy story experiments/baseline.toml --scenario total_rift
  frenemy init my_model
"""

DONE, FAILED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130


def entry() -> None:
    """Run the command line and exit."""
    sys.exit(main())


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out one command and return its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in words
    if debug:
        words.remove("--debug")
    if words[:1] == ["help"]:
        words = [*words[1:], "--help"]
    try:
        code = _dispatch(words)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader, say `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except (KeyboardInterrupt, Exception) as error:  # the user gets one line, not a traceback
        if debug:
            raise
        return _explain(error)
    return code


def _dispatch(words: list[str]) -> int:
    if not words or words in (["--help"], ["-h"]):  # in a blink: no library is loaded for this
        sys.stdout.write(OVERVIEW)
        return DONE
    if words == ["--version"]:
        sys.stdout.write(f"frenemy {__version__}\n")
        return DONE
    app = application()
    from cyclopts import CycloptsError

    try:
        app(words, exit_on_error=False, print_error=False, result_action="return_value")
    except CycloptsError as error:
        return _usage(words, str(error))
    return DONE


def application() -> App:
    """The commands; each is imported when it is called."""
    from cyclopts import App, Parameter

    app = App(
        name="frenemy",
        version=__version__,
        help_format="markdown",
        default_parameter=Parameter(negative=(), show_default=False),
    )
    for name in COMMANDS:
        function = MODULES.get(name, name)
        app.command(f"frenemy.cli.{function}:{function}", name=name)
    return app


def _usage(words: list[str], message: str) -> int:
    from frenemy.cli.console import complain

    known = words[0] in COMMANDS
    complain(message.replace(" Available commands: ", " Commands: "))
    complain(f"See frenemy {words[0]} --help" if known else "See frenemy --help", label="")
    return BAD_INPUT


def _explain(error: BaseException) -> int:
    from frenemy.cli.console import complain, list_problems

    match error:
        case InputError():
            list_problems(error.problems)
            return BAD_INPUT
        case Interrupted():
            complain(str(error), label="interrupted")
            return INTERRUPTED
        case KeyboardInterrupt():
            complain("nothing was written", label="interrupted")
            return INTERRUPTED
        case FrenemyError():
            complain(str(error))
        case MemoryError():
            complain("not enough memory; ask for fewer paths or draws")
        case OSError() if error.strerror:
            complain(f"{error.strerror}: {error.filename}" if error.filename else error.strerror)
        case _:
            complain(f"{type(error).__name__}: {error} (this is a fault in Frenemy; --debug shows where it arose)")
    return FAILED
