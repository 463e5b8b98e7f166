"""What are the experts' views, pooled and one by one, and what do they do to the odds?"""
