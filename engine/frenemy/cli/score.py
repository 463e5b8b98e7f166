"""`frenemy score`: how good forecasts were."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from frenemy.cli.output import deliver

__all__ = ["score"]


def score(
    source: Annotated[Path, Parameter(name="JOURNAL|CSV")] = Path(),
    /,
    *,
    cluster: str = "question",
    order: Annotated[list[str] | None, Parameter(consume_multiple=True)] = None,
    out: Path | None = None,
    plots: Annotated[bool, Parameter(negative="--no-plots")] = True,
    json: bool = False,
) -> None:
    """Score forecasts against what came of them.

    Of the model's journal, or of any CSV file with an outcome and a probability (or p_NAME for each category, or
    quantiles such as q05). Brier score with its parts, log score, ranked probability score, CRPS; skill over base rate
    and persistence; errors over clusters; a reliability diagram with counts.

    ```
    frenemy score
    frenemy score forecasts.csv --cluster date
    ```

    Parameters
    ----------
    source
        A journal, a CSV file, or a model's folder. If not given: the journal of the model here.
    cluster
        Forecasts that stand or fall together: those of one question, of one date, or of one value of a CSV's column.
    order
        The scenarios of a journal from one end to the other, for the ranked probability score.
    out
        The folder. If not given: runs/NAME.score.
    plots
        --no-plots leaves out the picture.
    json
        Print the scores as JSON, for other programs.
    """
    from frenemy.studies.score.record import journal_of
    from frenemy.studies.score.study import score as judge

    file = source if source.suffix.lower() == ".csv" else journal_of(source)
    folder = out or (Path("runs") if file.suffix.lower() == ".csv" else file.parent / "runs") / f"{file.stem}.score"
    deliver(
        lambda _: judge(file, cluster=cluster, order=order), folder, plots=plots, json=json, inputs={file.name: file}
    )
