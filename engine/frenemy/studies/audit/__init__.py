"""What do the rules of the scenarios do, and how do the odds depend on them?"""
