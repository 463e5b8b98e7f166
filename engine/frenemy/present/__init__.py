"""Tables, words, pictures and the report: what a forecast looks like. Nothing is computed here."""
