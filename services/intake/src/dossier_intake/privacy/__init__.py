"""By which key a person's data are encrypted: whose it is, how it is made, and how it goes.

Never in here: what a sealed part says.
"""
