"""One dossier's story, stored: what is kept of each event, who may read it, how it is found, its API.

Never several dossiers at once (that is `lists`), never the words of a page.
"""
