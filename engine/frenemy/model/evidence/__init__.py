"""What is known of the world since the start."""
