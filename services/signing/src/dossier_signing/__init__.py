"""Ký số: the result of a decided dossier becomes a signed document, or an entry in a register.

Here belongs a result from its decision to its file; never the decision itself (review) or who is told of it (notify).
"""
