"""Consent by a one-time code that goes to the person's phone: asked for by who wants to file for them, typed in by them.

What is kept of a code is a keyed digest. The code itself is on its way to notify only, encrypted (`consent.codes`).
"""
