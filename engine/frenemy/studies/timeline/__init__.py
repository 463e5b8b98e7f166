"""Which piece of news moved the odds?"""
