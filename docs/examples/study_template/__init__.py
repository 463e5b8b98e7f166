"""How often does each trigger happen?"""
