"""When offices work, and what day is promised: the law's arithmetic, and nothing that has to be looked up. Pure.

Never the catalogue (it is made of these rules), a dossier's state or a clock: the moment is given.
"""
