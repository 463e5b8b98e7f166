"""What each file may contain: one module for each file or block."""
