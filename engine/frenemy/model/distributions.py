"""Distributions of numbers that an analyst is unsure of, each through its quantile function.

Every distribution carries the `domain` of the field it stands in, so that each quantile is an allowed value.
"""
