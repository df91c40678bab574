"""How a case's state follows from events, and nothing else: pure, no decision, no I/O. The table is in `evolve.py`."""
