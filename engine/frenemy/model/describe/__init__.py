"""A model as plain sentences."""
