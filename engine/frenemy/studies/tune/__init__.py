"""What would have to be true for the odds to be as stated?"""
