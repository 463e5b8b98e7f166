"""The files of a panel of experts, in experts/PANEL/."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, cast

from pydantic import Field

from frenemy.model.panel import ALL_POINTS, POINTS
from frenemy.model.specs.base import Finding, Names, Spec, close_to, entry, refusal, toml_text
from frenemy.model.specs.checks import repeat_findings
from frenemy.model.specs.fields import Items, Reads, name_problem
from frenemy.model.specs.judgement import Pair, Rho, pair_findings
from frenemy.model.specs.numbers import plain_number

__all__ = ["CookeSpec", "ExpertSpec", "JudgementSpec", "QuestionSpec", "QuestionsSpec"]


def _stated(value: Any) -> float | str:
    """A number, or a duration, which is checked against the key of the question."""
    if not isinstance(value, str):
        plain_number(value)
    return cast("float | str", value)


Stated = Annotated[float | str, Reads(_stated, lambda: {"anyOf": [{"type": "number"}, {"type": "string"}]})]


def _alpha(value: Any) -> float:
    if value == "optimal":
        return float("nan")
    number = plain_number(value) if not isinstance(value, str) else -1.0
    if not 0 <= number < 1:
        raise refusal("out of range", value=value, allowed='a probability below 1, or "optimal"')
    return number


Alpha = Annotated[
    float,
    Reads(_alpha, lambda: {"anyOf": [{"type": "number", "minimum": 0, "exclusiveMaximum": 1}, {"const": "optimal"}]}),
]
Positive = Annotated[float, Field(gt=0)]


class CookeSpec(Spec):
    """`[cooke]`: how the classical model weights experts by the seed questions."""

    weights: Literal["global", "item"] = entry(
        "One weight for each expert (global), or one for each expert and question, by the information given there "
        "(item).",
        example="item",
        default="global",
    )
    alpha: Alpha = entry(
        'The calibration score (a p-value) below which an expert has no weight; "optimal" takes the cut-off at which '
        "the panel scores best.",
        unit="probability",
        example=0.05,
        default=float("nan"),
    )
    overshoot: Annotated[float, Field(gt=0, le=10)] = entry(
        "How far the background measure extends beyond the range of the answers, as a share of it.",
        unit="share",
        example=0.1,
        default=0.1,
    )


class QuestionSpec(Spec):
    """`[[questions]]`: a number of the model, by its key, or a seed question, by its answer."""

    name: str = entry("A short name.", example="strike")
    label: str = entry("Name for tables and pictures; made from the name if left out.", example="A strike", default="")
    text: str = entry("The question as the experts read it.", example="How likely is a strike within a year?")
    key: str = entry(
        "The number in question.",
        unit="dotted key",
        example="triggers.unilateral_strike.probability",
        default="",
    )
    answer: float | None = entry("The known answer of a seed question.", unit="number", example=55, default=None)
    scale: Literal["linear", "log"] = entry(
        "The scale on which the classical model measures information: log for numbers that range over powers of ten.",
        example="log",
        default="linear",
    )
    bins: Items[Stated] = entry(
        "Edges of the bins on which chips are placed, ascending.",
        unit="numbers or durations",
        example=[0, 0.05, 0.1, 0.2, 0.4],
        default=(),
    )
    source: str = entry("Where the answer, or the need for the question, comes from.", example="000", default="")

    @classmethod
    def cross_checks(cls, table: Mapping[str, Any], names: Names) -> Iterator[Finding]:  # noqa: ARG003
        """A valid name; either a key or an answer."""
        name = table.get("name")
        if isinstance(name, str) and (why := name_problem(name)):
            yield Finding(why, ("name",))
        if ("key" in table) == ("answer" in table):
            message = "a question has either a key (a number of the model) or an answer (a seed question)"
            yield Finding(message, ("key",) if "key" in table else ())


class PanelCorrelatedSpec(Spec):
    """`[[correlated]]`: two questions whose answers hang together (a Gaussian copula)."""

    between: Pair = entry("The two questions, each about a number of the model.", example=["strike", "testimony"])
    rho: Rho = entry(
        "The correlation of the normal scores of the two numbers, as in `[[judgement.correlated]]` of drivers.toml.",
        unit="correlation",
        example=0.5,
    )
    source: str = entry("Where the correlation comes from.", example="the panel, second round", default="")


class QuestionsSpec(Spec):
    """`experts/PANEL/questions.toml`: the questions of a panel, and how its views are pooled."""

    title: str = entry("What the panel is about; the name of the folder if left out.", example="A panel", default="")
    description: str = entry("A few sentences for the reader of a report.", example="Eight experts.", default="")
    source: str = entry("Where the judgements come from.", example="workshop of 3 March 2026", default="")
    pool: Literal["linear", "geometric", "extremised", "cooke"] = entry(
        "How the views are pooled: a mixture, the mean of log-odds, that mean times `exponent`, or a mixture weighted "
        "by seed questions.",
        example="cooke",
        default="linear",
    )
    exponent: Positive | None = entry(
        "The power to which pooled odds are raised, for `extremised`.", unit="number above 0", example=1.5, default=None
    )
    anonymous: bool = entry(
        "Whether experts appear as Expert A, Expert B and so on in tables and pictures.", example=False, default=True
    )
    cooke: CookeSpec = entry(
        "How the classical model weights the experts.", example={"alpha": 0.05}, default=CookeSpec()
    )
    questions: Annotated[tuple[QuestionSpec, ...], Field(strict=False, min_length=1)] = entry(
        "The questions.", example=[{"name": "strike", "text": "How likely?", "key": "triggers.strike.probability"}]
    )
    correlated: Items[PanelCorrelatedSpec] = entry(
        "Pairs of questions whose answers are correlated. They replace what the model says of the same two numbers.",
        example=[{"between": ["strike", "testimony"], "rho": 0.5}],
        default=(),
    )

    @classmethod
    def cross_checks(cls, table: Mapping[str, Any], names: Names) -> Iterator[Finding]:  # noqa: ARG003
        """Each name and key once, pairs of questions about the model, and an exponent if it is needed."""
        yield from repeat_findings(table, "questions", "name")
        yield from repeat_findings(table, "questions", "key")
        yield from pair_findings(table)
        yield from _unasked(table)
        if table.get("pool") == "extremised" and "exponent" not in table:
            yield Finding("missing: extremising needs an exponent", ("exponent",), allowed=cls.like("exponent"))


def _unasked(table: Mapping[str, Any]) -> Iterator[Finding]:
    """Pairs that name no question about the model."""
    items = {name: table.get(name) for name in ("questions", "correlated")}
    questions, pairs = (
        [item for item in part if isinstance(item, dict)] if isinstance(part, list) else [] for part in items.values()
    )
    asked = [str(question.get("name")) for question in questions if "key" in question]
    for place, pair in enumerate(pairs):
        between = pair.get("between")
        for name in between if isinstance(between, list) else ():
            if isinstance(name, str) and name not in asked:
                meant = close_to(name, asked)
                at, allowed = ("correlated", place, "between"), "" if meant else ", ".join(asked)
                yield Finding("names no question about the model", at, toml_text(name), allowed, meant)


class JudgementSpec(Spec):
    """`[[judgements]]`: an expert's answer to one question in one round."""

    question: str = entry("The name of the question.", example="strike")
    round: Annotated[int, Field(ge=1, le=99)] = entry("The round.", unit="whole number", example=2, default=1)
    q05: Stated | None = entry(
        "The 5 % quantile: one chance in twenty that the number is lower.",
        unit="number or duration",
        example=0.02,
        default=None,
    )
    q25: Stated | None = entry(
        "The 25 % quantile, for an answer by five points: one chance in four that the number is lower.",
        unit="number or duration",
        example=0.04,
        default=None,
    )
    median: Stated | None = entry(
        "The median: as likely above as below.", unit="number or duration", example=0.06, default=None
    )
    q75: Stated | None = entry(
        "The 75 % quantile, for an answer by five points: one chance in four that the number is higher.",
        unit="number or duration",
        example=0.09,
        default=None,
    )
    q95: Stated | None = entry(
        "The 95 % quantile: one chance in twenty that the number is higher.",
        unit="number or duration",
        example=0.15,
        default=None,
    )
    counts: Items[Annotated[float, Field(ge=0, lt=1e9)]] = entry(
        "Chips on each of the question's bins, instead of quantiles.",
        unit="numbers",
        example=[1, 5, 8, 4],
        default=(),
    )
    rationale: str = entry("The reasons.", example="No precedent in a century.", default="")

    @classmethod
    def cross_checks(cls, table: Mapping[str, Any], names: Names) -> Iterator[Finding]:  # noqa: ARG003
        """Either three or five quantiles, or chips."""
        yield from stated_findings(table)


def stated_findings(table: Mapping[str, Any]) -> Iterator[Finding]:
    """Either three or five quantiles, or chips."""
    points = [key for key in ALL_POINTS if key in table]
    wanted = POINTS if table.keys().isdisjoint({"q25", "q75"}) else ALL_POINTS
    form = "q05, median and q95, or counts"
    if "counts" in table and points:
        yield Finding("states both quantiles and chips", ("counts",), toml_text(table["counts"]), form)
    elif not points and "counts" not in table:
        yield Finding("states neither quantiles nor chips", (), "", form)
    elif points:
        form = form if wanted == POINTS else "q05, q25, median, q75 and q95, or counts"
        yield from (Finding("missing", (key,), "", form) for key in wanted if key not in table)


class ExpertSpec(Spec):
    """`experts/PANEL/NAME.toml`: one expert, with this expert's judgements."""

    label: str = entry("Name for people to read; made from the name if left out.", example="A. Author", default="")
    description: str = entry("Who the expert is, for the reader of a report.", example="A former diplomat.", default="")
    judgements: Annotated[tuple[JudgementSpec, ...], Field(strict=False)] = entry(
        "The expert's judgements.",
        example=[{"question": "strike", "q05": 0.02, "median": 0.06, "q95": 0.15}],
        default=(),
    )
