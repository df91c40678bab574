"""A citizen files for themselves, or their organisation: begin, fill in, check the answers, send. Works without a script.

Whatever is posted is kept in the draft before anything else is said; what a filing must be is decided in filing/ and forms/.
"""
