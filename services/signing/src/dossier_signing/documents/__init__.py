"""The document itself: what it says, how it is set, with which letters, who signs it and with which key.

Made from an intent alone, so that the same intent gives the same bytes; never a dossier's stage, a queue or a request.
"""
