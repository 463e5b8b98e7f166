"""Several models on the same noise, path by path."""
