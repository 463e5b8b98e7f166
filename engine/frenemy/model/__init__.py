"""What an analyst may say: specs, units, distributions, expressions, loading, and the resolved model."""
