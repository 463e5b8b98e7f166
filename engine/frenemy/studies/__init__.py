"""The questions asked of an experiment after its odds: what if, why, what matters, what would have to be true.

Each module goes from a file to findings (`analyse` finds them), which are shown, plotted and saved as `present` says.
"""
