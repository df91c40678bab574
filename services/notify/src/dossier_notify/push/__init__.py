"""Notices on a person's own devices by web push, beside text messages: which devices there are, what they are told, and how.

Never text messages, and nothing a message depends on: what fails here is told nowhere else.
"""
