"""Forecasts on record, and how good they were."""
