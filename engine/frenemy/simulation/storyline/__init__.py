"""The readable engine."""
