"""The odds over the plane of two drivers."""
