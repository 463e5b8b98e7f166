"""What an analyst can state: specs, files, evidence. No arrays, no simulation."""
