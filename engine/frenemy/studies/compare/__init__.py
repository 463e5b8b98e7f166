"""What would a change do, and which edit has which effect?"""
