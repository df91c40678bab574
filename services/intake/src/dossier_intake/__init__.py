"""Tiếp nhận: filings are checked, given a code, and accepted with a promised day or refused with a reason.

Here belongs what happens before review begins, and what the citizen sees of it; never what officers think of a case.
"""
