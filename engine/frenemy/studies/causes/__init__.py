"""What does a scenario owe to which trigger?"""
