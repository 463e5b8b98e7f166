"""The machine: threads, progress, compiled code."""
