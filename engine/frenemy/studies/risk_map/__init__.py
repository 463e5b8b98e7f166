"""How do the odds depend on today's levels of two drivers?"""
