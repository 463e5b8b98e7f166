"""Reading and writing: TOML and CSV in, TOML out, with file and line of every problem."""
