"""A model in plain sentences."""
