"""How likely is what a run hardly meets? (splitting, importance sampling)"""
