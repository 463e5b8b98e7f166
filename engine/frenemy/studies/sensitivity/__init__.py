"""Which assumptions move the odds: tornado, Sobol indices, derivatives."""
