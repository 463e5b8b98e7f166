"""Which answer of the coming months would tell most?"""
