"""Where this service's addresses begin for a browser: nothing, or the path a proxy takes off before it asks us.

Routes never have it; whatever is handed to a browser or a client to call (a link, a form's action, a redirect, an address a
script gets from its page) does. Templates write `{{ root }}/late`, Python `own_url("/late")`; scripts know no address.
"""

from __future__ import annotations

_root = ""


def set_root(path: str) -> None:
    """Of the process, as `<SERVICE>_PATH` says it."""
    global _root  # one process is one service
    _root = path


def own_url(path: str) -> str:
    """`own_url("/work")` is `/intake/work` where INTAKE_PATH is `/intake`."""
    return _root + path
