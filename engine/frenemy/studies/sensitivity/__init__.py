"""Which uncertain number moves the odds, when?"""
