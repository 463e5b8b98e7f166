"""What an analyst may say. No arrays, no simulation."""
