"""What people see of intake: the counter's work list, the citizen's own dossiers, and their words, templates and styles.

Reads through the store and links to the API; never changes or decides anything.
"""

from dossier_shared.pages.texts import add_texts

add_texts(__name__)
