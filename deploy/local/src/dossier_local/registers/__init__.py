"""Registers of the State, simulated: the population database and the repository of results, with people nobody is."""
