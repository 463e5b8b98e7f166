"""`frenemy check`: what a model means, in plain sentences, and whether it hangs together."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from frenemy.cli.console import console, errors, list_remarks
from frenemy.cli.options import Changes, values

__all__ = ["check"]


def check(
    what: Annotated[Path, Parameter(name="EXPERIMENT|FOLDER")] = Path(),
    /,
    *,
    change: Changes | None = None,
) -> None:
    """Check a model and describe it in plain sentences.

    Lists every problem of every file, with its line and what is allowed. If there is none, prints the model card: each
    driver, trigger, calendar event and rule as one sentence with numbers, where each driver settles in the ordinary
    course of events, and how many further events an event causes.

    ```
    # The model in this folder
    frenemy check
    # The model as an experiment changes it
    frenemy check experiments/baseline.toml
    ```

    Parameters
    ----------
    what
        An experiment's file, or a file or folder of a model. If not given: the current folder.
    """
    from frenemy.check.card import card
    from frenemy.check.card_text import card_text
    from frenemy.check.check import check as findings_of
    from frenemy.forecast.run import announce, examine
    from frenemy.model.files.load import DRIVERS, SCENARIOS, find_root, load_model
    from frenemy.model.files.locate import locate
    from frenemy.runtime.progress import Terminal

    if what.is_dir() or what.name == DRIVERS or what.parent.name == SCENARIOS:
        root, experiment = find_root(what), None
        model = load_model(root, values(change))
        findings = findings_of(model).located(partial(locate, source=root, set=values(change)))
    else:
        model, experiment, findings = examine(what, set=values(change))
    findings.raise_errors()
    announce(Terminal(errors()))
    console().print(card_text(card(model, experiment)), markup=False)
    list_remarks(findings.warnings, "warning", errors())
    list_remarks(findings.notes, "note", errors())
