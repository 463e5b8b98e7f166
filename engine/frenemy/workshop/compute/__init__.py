"""Answers while people drag: newest first, stale ones dropped."""
