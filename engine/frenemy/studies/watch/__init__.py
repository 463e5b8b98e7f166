"""Which observations of the coming months are most informative about the odds?"""
