"""Read TOML and CSV, write TOML, and give the file and line of every problem."""
