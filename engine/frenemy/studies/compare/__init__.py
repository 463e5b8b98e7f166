"""What would a change do, and which edit did it?"""
