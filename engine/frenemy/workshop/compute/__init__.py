"""Answers while sliders move: newest first, outdated ones dropped."""
