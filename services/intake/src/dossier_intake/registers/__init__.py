"""Registers of the State that are asked instead of the person: the population database and the repository of results.

Each is a port that is off until its address is set. Never what a filing makes of an answer (filing_api.py).
"""
