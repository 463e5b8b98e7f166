"""How do the odds depend on one number, or on two?"""
