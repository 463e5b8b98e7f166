"""What are the odds given the evidence? (SMC², particle filter)"""
