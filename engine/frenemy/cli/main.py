"""Where every command begins and ends: dispatch, help, error messages, exit codes.

Exit codes: 0 done, 1 something went wrong, 2 bad input (a file, an option, a command), 130 interrupted.
"""

from __future__ import annotations

import errno
import io
import os
import re
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from frenemy.errors import FrenemyError, InputError, Interrupted, Problem
from frenemy.version import __version__

if TYPE_CHECKING:
    from cyclopts import App

__all__ = ["COMMANDS", "OVERVIEW", "application", "entry", "main"]

COMMANDS = {
    "run": "run an experiment: odds, tables, pictures and a report",
    "check": "check a model and describe it in plain sentences",
    "audit": "show what the scenario rules do: what enters, through which clause, for how long",
    "map": "map how the odds depend on the levels of two drivers at the start",
    "sensitivity": "show what moves the odds: which uncertain number, by how much, and when",
    "sweep": "vary one number or two and see how the odds change: a curve, or a map",
    "tune": "find what would have to be true for the odds to be as stated",
    "elicit": "pool the judgements of a panel of experts, and show whose judgement matters",
    "story": "tell one simulated future as dated events with their causes",
    "compare": "compare what-ifs with a base: which odds change, and why",
    "causes": "show which triggers drive which scenario",
    "rare": "estimate the odds of a rare scenario",
    "update": "update the odds with what is known of the world",
    "timeline": "show how the odds moved as evidence came in: which entry did what",
    "watch": "show what to watch: which events would move the odds most, and how",
    "fit": "fit a driver to a series, or a trigger's rate to a list of events",
    "freeze": "put a forecast on record",
    "resolve": "record the outcome of a question",
    "score": "score forecasts against outcomes",
    "hindcast": "score what the model would have forecast in each month since the start",
    "workshop": "open a workshop: a group tunes the odds in the browser",
    "init": "write a small commented model to start from",
    "schema": "write JSON Schemas, with which editors complete and check keys",
}

MODULES = {"map": "risk_map"}
"""Commands whose name Python uses itself, with the name of their function."""

_LIST = "\n".join(f"  {name:<12}{summary}" for name, summary in COMMANDS.items())
PLAIN = (
    (r'^Command "\w+" parameter (\S+) requires an argument\.', r"\1 is missing, or has no value."),
    (
        r'^Command "\w+" parameter (\S+) requires (\d+) positional arguments\. Only got (\d+)\.',
        r"\1 takes \2 values, not \3.",
    ),
    (r"^Unused Tokens: \[(.*)\]\.", r"One argument too many (found \1)."),
    (r" Available commands: ", " Commands: "),
)
"""Messages of the command line's parser, and ours."""
OVERVIEW = f"""\
Usage: frenemy COMMAND

How likely is each scenario, what would move the odds, and what should we watch?

Commands:
{_LIST}

Options:
  --help     after a command: its options and examples
  --version  the version
  --debug    show where in the program an error occurred

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
        _check_text(words)
        code = _dispatch(words)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader, such as `head`, has closed the pipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except (KeyboardInterrupt, Exception) as error:  # the user gets one line, not a traceback
        if debug:
            raise
        return _explain(error)
    return code


def _check_text(words: Sequence[str]) -> None:
    """Raise InputError for what is not UTF-8; let a terminal with few letters show the others as question marks."""
    odd = [word for word in words if word != word.encode(errors="replace").decode()]
    if odd:
        message = "not UTF-8 text; rename the file"
        raise InputError([Problem(message=message, found=ascii(word)) for word in odd])
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


def _dispatch(words: list[str]) -> int:
    if not words or words in (["--help"], ["-h"]):  # at once: no library is loaded for this
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
    complain(_plain(message))
    complain(f"See frenemy {words[0]} --help" if known else "See frenemy --help", label="")
    return BAD_INPUT


def _plain(message: str) -> str:
    """What the parser of the command line says, in plain words."""
    for theirs, ours in PLAIN:
        message = re.sub(theirs, ours, message)
    return message


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
        case OSError() if error.errno == errno.ENAMETOOLONG:
            complain(f"{error.filename}: this name is too long")
            return BAD_INPUT
        case OSError() if error.strerror:
            complain(f"{error.strerror}: {error.filename}" if error.filename else error.strerror)
        case _:
            complain(f"{type(error).__name__}: {error} (this is a bug in Frenemy; --debug shows where it occurred)")
    return FAILED
