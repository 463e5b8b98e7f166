"""What is generated from the specs."""
