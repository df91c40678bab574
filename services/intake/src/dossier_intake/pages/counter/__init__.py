"""The counter's desk: somebody stands at it, and their dossier is filed and accepted while they wait. Works without a script.

Reads what was posted, asks the filing desk, draws; what a filing must be is decided in filing/ and forms/, never here.
"""
