"""Open data, for anyone: what is published, small numbers put together, page and files.

Never a number that has not passed `suppression`.
"""
