"""What is said in a text message, what it costs, and what may not be in it. Pure.

Never whether somebody is told (handlers.py, alarms.py) or how it leaves (channels.py).
"""
