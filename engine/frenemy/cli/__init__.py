"""One module per command: read the options, call the study, print."""
