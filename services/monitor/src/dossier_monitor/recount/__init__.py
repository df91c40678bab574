"""Counts everything again from what the four services hold and compares it with the board, as a process of its own.

`journals`, `sums` and `worklists` are an independent telling: never a line of `projection` in them, nor of what shows it.
"""
