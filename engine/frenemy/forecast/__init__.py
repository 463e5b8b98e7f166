"""The first question: what are the odds? Also what every other question reads."""
