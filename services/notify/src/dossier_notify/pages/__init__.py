"""What the counter sees of notify: the results that wait for somebody to take them, and the page where they are handed over.

Reads through the store and acts through the verbs; never changes or decides anything.
"""

from dossier_shared.pages.texts import add_texts

add_texts(__name__)
