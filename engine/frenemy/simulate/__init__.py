"""The law of the model, twice: `ensemble` runs many paths fast, `storyline` tells one in full."""
