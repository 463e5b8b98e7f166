"""What does the evidence make of the odds? (SMC2, particle filter)"""
