"""Which triggers drive which scenario?"""
