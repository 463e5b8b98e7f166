"""What would the model have said month by month?"""
