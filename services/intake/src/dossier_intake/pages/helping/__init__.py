"""The page of who files for others: what they filed and how far each is, and a table of many filed at once, row by row.

What one row is refused for keeps no other from being filed; a row sent again finds what was filed of it.
"""
