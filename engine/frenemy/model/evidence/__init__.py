"""What is known about the world since the start."""
