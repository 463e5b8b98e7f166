"""The report of a run, to which every study can add a section."""
