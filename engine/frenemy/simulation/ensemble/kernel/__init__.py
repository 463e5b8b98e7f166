"""The compiled loop over ticks, outside, and paths, inside."""
