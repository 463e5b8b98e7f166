"""`python -m frenemy` is `frenemy`."""

from frenemy.cli.main import entry

entry()
