"""From a realised model to arrays."""
