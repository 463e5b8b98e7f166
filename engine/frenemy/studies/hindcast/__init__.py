"""What would the model have forecast month by month, and how good was that?"""
