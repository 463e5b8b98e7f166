"""The disk: whole or absent, append-only, resumable."""
