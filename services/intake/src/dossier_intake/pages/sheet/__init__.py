"""A filing as a page has it while it is filled in, at the counter and at home: what is offered, typed, wrong, and how it looks.

Knows no route: who may file, and what becomes of it, is said by counter/ and filing/.
"""
