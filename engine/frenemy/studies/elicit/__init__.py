"""What do experts hold, together and one by one?"""
