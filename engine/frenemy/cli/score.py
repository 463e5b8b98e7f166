"""`frenemy score`: how good forecasts were."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from frenemy.cli.options import OutputOptions
from frenemy.cli.output import deliver

__all__ = ["score"]


def score(
    source: Annotated[Path, Parameter(name="JOURNAL|CSV")] = Path(),
    /,
    *,
    cluster: str = "question",
    order: Annotated[list[str] | None, Parameter(consume_multiple=True)] = None,
    output: OutputOptions = OutputOptions(),
) -> None:
    """Score forecasts against outcomes.

    The forecasts are those of the model's journal, or of any CSV file with an outcome and a probability (or p_NAME for
    each category, or quantiles such as q05). Reports the Brier score with its parts, log score, ranked probability
    score and CRPS; skill over base rate and persistence; errors over clusters; and a reliability diagram with counts.
    Writes runs/NAME.score beside the journal, or in the current folder.

    ```
    # The journal of this folder
    frenemy score
    # Any table of forecasts, those of one date taken as one
    frenemy score forecasts.csv --cluster date
    ```

    Parameters
    ----------
    source
        A journal, a CSV file, or a model's folder. If not given: the journal of the model in the current folder.
    cluster
        Forecasts that stand or fall together: those of one question, of one date, or of one value of a CSV column. If
        not given: question.
    order
        The scenarios of a journal from one extreme to the other, for the ranked probability score. If not given:
        they have none.
    """
    from frenemy.studies.score.record import journal_of
    from frenemy.studies.score.study import score as find

    file = source if source.suffix.lower() == ".csv" else journal_of(source)
    runs = Path("runs") if file.suffix.lower() == ".csv" else file.parent / "runs"
    deliver(
        lambda _: find(file, cluster=cluster, order=order), output.out or runs / f"{file.stem}.score", output,
        inputs={file.name: file},
    )  # fmt: skip
