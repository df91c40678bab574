"""The stream of events as they come: one reader per node while somebody watches, lines, page and server-sent events.

Never anything stored; never the sealed part of an event.
"""
