"""Frenemy: how likely is each future, what would move the odds, and what should we watch?"""

__version__ = "0.1.0"
