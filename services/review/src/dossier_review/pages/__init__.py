"""What officers see of review: the work list of who appraises and who decides.

Reads through the store and names the API's addresses; never changes or decides anything.
"""

from dossier_shared.pages.texts import add_texts

add_texts(__name__)
