"""Does a model hang together? Before any run."""
