"""Numbers from data: a driver from a series, a rate from events."""
