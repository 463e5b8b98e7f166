"""What may stand in each file: one module a file or a block."""
