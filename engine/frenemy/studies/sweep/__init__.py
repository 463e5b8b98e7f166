"""The odds along one number, or over two."""
