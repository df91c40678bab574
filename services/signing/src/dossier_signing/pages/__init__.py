"""What leaders see of signing: the work list of results to sign.

Reads through the store and names the API's addresses; never changes or decides anything.
"""

from dossier_shared.pages.texts import add_texts

add_texts(__name__)
