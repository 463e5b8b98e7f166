"""From tallies to odds: readings, judgement, levels, events, typical paths, and the forecast that holds them."""
