"""Which evidence moved the odds?"""
