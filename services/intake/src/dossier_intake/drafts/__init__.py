"""What a citizen has begun and not sent yet: kept on the server, so that it is gone on with on another device.

A draft is no dossier: no event tells of it, no office sees it. It belongs to one account, and goes by itself.
"""
