"""A group tunes the odds in the browser."""
