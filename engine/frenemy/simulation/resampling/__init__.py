"""Paths that stop between ticks, to be weighed, copied and dropped."""
