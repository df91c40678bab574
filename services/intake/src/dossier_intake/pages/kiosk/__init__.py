"""A machine in a post office, a library or a hall that many people use: how a browser becomes one, and how a person leaves it.

Belongs here: the cookie by which the browser says it, what every answer to it has, the page everybody begins with. Does not:
what a page of a filing does on such a machine (it reads `shared_machine()`, or `data-kiosk` of the document).
"""
