"""Which numbers would give the odds that we believe?"""
