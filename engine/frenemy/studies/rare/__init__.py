"""How likely is a scenario that a plain run seldom reaches? Splitting and importance sampling."""
