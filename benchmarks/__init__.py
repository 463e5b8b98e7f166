"""How fast, and how large: ratios measured within one run, printed as one table by `python -m benchmarks`."""
