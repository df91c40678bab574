"""What monitor's pages share: frame, words, forms of values, files to download; and the pages of board and timelines.

A page that belongs to one feature is in that feature. Never a query, never a rule about dossiers.
"""

from dossier_shared.pages.texts import add_texts

add_texts(__name__)
