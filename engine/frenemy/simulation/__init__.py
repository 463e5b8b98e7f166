"""The law: resolved numbers in, paths out. No files, no pictures."""
