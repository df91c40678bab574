"""The procedures, published: anyone finds what they need, reads what it takes, and prints it. No sign-in, no session.

Reads the catalogue in force and a file of life events; files nothing. Everything is made once per catalogue and day.
"""
