"""Randomness as addressable data."""
