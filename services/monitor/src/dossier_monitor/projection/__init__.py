"""What an event means for the numbers: a dossier's state in the projection, its facts, what it adds to the board's cells.

Pure: no broker, no database, no HTTP, no clock but the one it is given, no word people read.
"""
