"""How do the odds depend on the levels of two drivers at the start?"""
