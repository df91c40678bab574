"""Alarms: the rules, judging by them, recording what is raised and cleared, API and page.

Never a number of its own: it judges what board, broker and services say.
"""
