"""How good were the forecasts? Freezing, resolving and scoring them."""
