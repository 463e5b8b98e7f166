"""Several experts' views of one number, pooled into one.

*Linear*: the mixture of the experts' distributions. *Geometric*: the 5, 50 and 95 % points are each the mean of the
experts' points on the line that the number's domain is mapped to: the log-odds of a probability (so the odds are a
geometric mean), the logarithm of a positive number, and the number itself where it has no bounds. *Extremised*, for
probabilities only: the same, with the odds raised to a stated exponent (Satopää and others 2014). The three points of
the last two are joined by the smooth distribution that the model uses for any three quantiles.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from frenemy.errors import InputError, Problem
from frenemy.model.distributions import Domain, Pool, Quantiles
from frenemy.model.resolved import Number

__all__ = ["extremised", "geometric", "is_probability", "linear", "quantile"]

LEVELS = (0.05, 0.5, 0.95)


def linear(views: Sequence[Number], weights: Sequence[float] | None = None, *, domain: Domain) -> Number:
    """The mixture of views by weight (equal if not given), without views of weight 0."""
    _shares(views, weights)
    given = [1.0] * len(views) if weights is None else [float(weight) for weight in weights]
    kept = [(view, weight) for view, weight in zip(views, given, strict=True) if weight > 0]
    if len(kept) == 1:
        return kept[0][0]
    return Pool(tuple(view for view, _ in kept), tuple(weight for _, weight in kept), domain=domain)


def geometric(views: Sequence[Number], weights: Sequence[float] | None = None, *, domain: Domain) -> Number:
    """The weighted mean of the views on the domain's line, quantile by quantile; of plain numbers a plain number.

    Raises InputError for a view that is certain of an end of the domain, whose log-odds are infinite.
    """
    return _on_line(views, weights, domain, 1.0)


def extremised(
    views: Sequence[Number], exponent: float, weights: Sequence[float] | None = None, *, domain: Domain
) -> Number:
    """The geometric pool of a probability with its odds raised to `exponent`; above 1 it moves away from one half.

    Raises InputError for an exponent of 0 or below, for a number that is not a probability, and where `geometric` does.
    """
    if not (0 < exponent < math.inf):
        raise InputError([Problem(message="out of range", key="exponent", found=f"{exponent:g}", allowed="above 0")])
    if not is_probability(domain):
        raise InputError([Problem(message="only the odds of a probability can be raised to a power", key="pool")])
    return _on_line(views, weights, domain, exponent)


def is_probability(domain: Domain) -> bool:
    """Whether the numbers of the domain have odds."""
    return domain.low == 0 and domain.high == 1


def quantile(number: Number, u: float) -> float:
    """The quantile of a number with or without spread."""
    return number if isinstance(number, float) else number.quantile(u)


def _on_line(views: Sequence[Number], weights: Sequence[float] | None, domain: Domain, exponent: float) -> Number:
    shares = _shares(views, weights)
    means = []
    for level in LEVELS:
        places = [quantile(view, level) for view in views]
        for place in places:
            if not domain.inside(place):
                message = "a view that is certain of an end of the range cannot be averaged on the scale of the odds"
                raise InputError([Problem(message=message, found=f"{place:g}", allowed="linear")])
        means.append(math.fsum(share * domain.to_line(place) for share, place in zip(shares, places, strict=True)))
    low, middle, high = (domain.from_line(exponent * mean) for mean in means)
    return Quantiles(low, middle, high, domain=domain) if low < middle < high else middle


def _shares(views: Sequence[Number], weights: Sequence[float] | None) -> tuple[float, ...]:
    """Weights that sum to 1. Raises InputError for invalid weights."""
    given = [1.0] * len(views) if weights is None else [float(weight) for weight in weights]
    total = math.fsum(given)
    if not views or len(given) != len(views) or min(given) < 0 or not 0 < total < math.inf:
        allowed = "one weight of at least 0 for each view, at least one above 0"
        raise InputError([Problem(message="the views cannot be weighted like this", key="weights", allowed=allowed)])
    return tuple(weight / total for weight in given)
