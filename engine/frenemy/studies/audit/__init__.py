"""What do the rules of the scenarios let in?"""
